DROP INDEX mail_outbox_waiting;
