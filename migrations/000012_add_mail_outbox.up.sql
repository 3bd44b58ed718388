-- Mail waits here from the act's own transaction until a job has sent it.
-- Once sent, or given up, the text is erased: links in it are secrets.
CREATE TABLE mail_outbox (
    id         uuid PRIMARY KEY,
    recipient  text NOT NULL,
    subject    text NOT NULL,
    body_text  text,
    body_html  text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz,
    failed_at  timestamptz,
    CHECK ((sent_at IS NULL AND failed_at IS NULL) OR (body_text IS NULL AND body_html IS NULL)),
    CHECK (sent_at IS NULL OR failed_at IS NULL)
);
CREATE INDEX mail_outbox_created ON mail_outbox (created_at DESC, id DESC);

ALTER TABLE mail_outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE mail_outbox FORCE ROW LEVEL SECURITY;

-- Anyone's act may write a mail; only the worker reads it back.
CREATE POLICY enqueue ON mail_outbox FOR INSERT
    WITH CHECK (sent_at IS NULL AND failed_at IS NULL);
CREATE POLICY worker ON mail_outbox
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

GRANT SELECT, INSERT, DELETE ON mail_outbox TO assay_app;
GRANT UPDATE (body_text, body_html, sent_at, failed_at) ON mail_outbox TO assay_app;
