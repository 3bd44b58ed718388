-- A mail whose job was given up, or lost, waited for ever and kept its text.
-- The sweep finds such mails by this, and drops the rows of old ones.
CREATE INDEX mail_outbox_waiting ON mail_outbox (created_at) WHERE sent_at IS NULL AND failed_at IS NULL;
