-- A person may have everything that is kept about them. A job gathers it into
-- one archive, which lies encrypted in the object store for a week; a row here
-- says where. Only its owner's own transaction sees a row, and the worker.
CREATE TABLE account_export (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES app_user ON DELETE CASCADE,
    asked_at   timestamptz NOT NULL DEFAULT now(),
    ready_at   timestamptz,
    expires_at timestamptz, -- since ready_at is set; past it the object goes, then the row
    blob_key   text        UNIQUE,
    size_bytes bigint      CHECK (size_bytes > 0),
    sha256     text        CHECK (sha256 ~ '^[0-9a-f]{64}$'), -- of the archive as it is handed out
    failed_at  timestamptz,
    CONSTRAINT account_export_whole CHECK ((ready_at IS NULL) = (expires_at IS NULL)
               AND (ready_at IS NULL OR (blob_key IS NOT NULL AND size_bytes IS NOT NULL AND sha256 IS NOT NULL))),
    CONSTRAINT account_export_ended CHECK (ready_at IS NULL OR failed_at IS NULL)
);
CREATE UNIQUE INDEX account_export_waiting ON account_export (user_id) WHERE ready_at IS NULL AND failed_at IS NULL;
CREATE INDEX account_export_by_user ON account_export (user_id, asked_at DESC);
CREATE INDEX account_export_expiring ON account_export (expires_at) WHERE expires_at IS NOT NULL;

ALTER TABLE account_export ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_export FORCE ROW LEVEL SECURITY;

CREATE POLICY own_read ON account_export FOR SELECT
    USING (user_id = assay_user());
CREATE POLICY own_ask ON account_export FOR INSERT
    WITH CHECK (user_id = assay_user() AND ready_at IS NULL);
CREATE POLICY worker ON account_export
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

GRANT SELECT, DELETE ON account_export TO assay_app;
GRANT INSERT (id, user_id) ON account_export TO assay_app;
GRANT UPDATE (ready_at, expires_at, blob_key, size_bytes, sha256, failed_at) ON account_export TO assay_app;

-- What invited a person is part of what is kept about them.
CREATE POLICY worker_read ON invitation FOR SELECT
    USING (assay_platform() = 'worker');
