-- Events that people are told of wait here from the act's own transaction
-- until a job has told everybody whom they concern.
CREATE TABLE notice_event (
    id              uuid        PRIMARY KEY,
    kind            text        NOT NULL,
    users           uuid[]      NOT NULL,
    organization_id uuid        REFERENCES organization ON DELETE CASCADE,
    roles           text[]      NOT NULL,
    platform        text        NOT NULL CHECK (platform IN ('', 'reviewer', 'admin')),
    address         text        NOT NULL,
    subject         text        NOT NULL CHECK (subject <> '' AND subject !~ '[\r\n]'),
    lines           text[]      NOT NULL,
    action          text        NOT NULL,
    path            text        NOT NULL CHECK (path = '' OR path ~ '^/([^/]|$)'),
    created_at      timestamptz NOT NULL DEFAULT now(),
    delivered_at    timestamptz
);
CREATE INDEX notice_event_waiting ON notice_event (created_at) WHERE delivered_at IS NULL;

ALTER TABLE notice_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice_event FORCE ROW LEVEL SECURITY;

-- Anyone's act may tell; only the worker reads it back.
CREATE POLICY tell ON notice_event FOR INSERT
    WITH CHECK (delivered_at IS NULL);
CREATE POLICY worker ON notice_event
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

GRANT SELECT, INSERT, DELETE ON notice_event TO assay_app;
GRANT UPDATE (address, delivered_at) ON notice_event TO assay_app;
