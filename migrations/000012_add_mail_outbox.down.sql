-- Takes the outbox away with whatever still waits in it.
DROP TABLE mail_outbox;
