-- A mail that its receiver may turn off says so in its header, where mailboxes
-- show a button for it. The link is as secret as the text, and goes with it.
ALTER TABLE mail_outbox ADD COLUMN unsubscribe text
    CHECK (unsubscribe IS NULL OR unsubscribe ~ '^https?://[!-;=?-~]+$');
GRANT UPDATE (unsubscribe) ON mail_outbox TO assay_app;
