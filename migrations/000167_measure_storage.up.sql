-- What the platform keeps is measured by a job, never while somebody waits for
-- a page: what lies in the object store and in the rows that hold pictures, for
-- which organization, what no row names, and what a row names that is gone.
CREATE TABLE storage_measurement (
    id               uuid        PRIMARY KEY,
    begun_at         timestamptz NOT NULL DEFAULT now(),
    renewed_at       timestamptz NOT NULL DEFAULT now(), -- by its worker
    finished_at      timestamptz,
    disk_free_bytes  bigint CHECK (disk_free_bytes >= 0), -- NULL: the store does not say
    disk_total_bytes bigint CHECK (disk_total_bytes > 0),
    CHECK ((disk_free_bytes IS NULL) = (disk_total_bytes IS NULL))
);
CREATE INDEX storage_measurement_by_end ON storage_measurement (finished_at DESC) WHERE finished_at IS NOT NULL;

-- A measurement's figures by kind, kept for its history.
CREATE TABLE storage_part (
    measurement_id uuid   NOT NULL REFERENCES storage_measurement ON DELETE CASCADE,
    kind           text   NOT NULL CHECK (kind IN ('submission', 'report', 'picture', 'document', 'head', 'free_audit', 'export', 'unknown')),
    objects        bigint NOT NULL CHECK (objects >= 0),
    bytes          bigint NOT NULL CHECK (bytes >= 0),
    waiting        bigint NOT NULL CHECK (waiting >= 0), -- unnamed for less than a day: their row may come
    orphans        bigint NOT NULL CHECK (orphans >= 0), -- unnamed for longer
    orphan_bytes   bigint NOT NULL CHECK (orphan_bytes >= 0),
    missing        bigint NOT NULL CHECK (missing >= 0), -- rows whose object is not there
    PRIMARY KEY (measurement_id, kind)
);

-- What each organization keeps, of the newest measurement.
CREATE TABLE storage_share (
    organization_id uuid   NOT NULL REFERENCES organization,
    kind            text   NOT NULL CHECK (kind IN ('submission', 'report', 'picture', 'document')),
    objects         bigint NOT NULL CHECK (objects >= 0),
    bytes           bigint NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (organization_id, kind)
);

-- What does not fit together, of the newest measurement. Keys are made by us
-- and hold ids alone.
CREATE TABLE storage_finding (
    key             text        PRIMARY KEY CHECK (length(key) <= 200),
    what            text        NOT NULL CHECK (what IN ('orphan', 'missing')),
    kind            text        NOT NULL,
    bytes           bigint      CHECK (bytes >= 0),
    written_at      timestamptz,
    organization_id uuid        REFERENCES organization, -- of the row, where it has one
    CHECK ((what = 'orphan') = (written_at IS NOT NULL AND bytes IS NOT NULL))
);

-- Objects are compared with their rows in the order of their keys.
CREATE INDEX vault_version_object ON vault_version (blob_key COLLATE "C");

ALTER TABLE storage_measurement ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage_measurement FORCE ROW LEVEL SECURITY;
ALTER TABLE storage_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage_part FORCE ROW LEVEL SECURITY;
ALTER TABLE storage_share ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage_share FORCE ROW LEVEL SECURITY;
ALTER TABLE storage_finding ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage_finding FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON storage_measurement USING (assay_platform() = 'worker') WITH CHECK (assay_platform() = 'worker');
CREATE POLICY worker ON storage_part USING (assay_platform() = 'worker') WITH CHECK (assay_platform() = 'worker');
CREATE POLICY worker ON storage_share USING (assay_platform() = 'worker') WITH CHECK (assay_platform() = 'worker');
CREATE POLICY worker ON storage_finding USING (assay_platform() = 'worker') WITH CHECK (assay_platform() = 'worker');
CREATE POLICY platform_read ON storage_measurement FOR SELECT USING (assay_platform() = 'admin');
CREATE POLICY platform_read ON storage_part FOR SELECT USING (assay_platform() = 'admin');
CREATE POLICY platform_read ON storage_share FOR SELECT USING (assay_platform() = 'admin');
CREATE POLICY platform_read ON storage_finding FOR SELECT USING (assay_platform() = 'admin');
GRANT SELECT, INSERT, DELETE ON storage_measurement, storage_part, storage_share, storage_finding TO assay_app;
GRANT UPDATE (renewed_at, finished_at, disk_free_bytes, disk_total_bytes) ON storage_measurement TO assay_app;

-- The one definition of "a row names this object", for workers. What lies
-- outside of our folders is not ours to judge, and a head of the record of acts
-- without its row is evidence: both count as named.
CREATE FUNCTION object_is_named(object_key text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    folder text := split_part(object_key, '/', 1);
    name   text := split_part(split_part(object_key, '/', 2), '.', 1);
BEGIN
    IF folder NOT IN ('upload', 'free', 'report', 'texts', 'vault', 'account-exports') THEN
        RETURN true;
    END IF;
    IF name !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RETURN false; -- what a write that was cut off left behind
    END IF;
    CASE folder
        WHEN 'upload' THEN
            RETURN EXISTS (SELECT FROM upload WHERE id = name::uuid AND deleted_at IS NULL);
        WHEN 'free' THEN
            RETURN EXISTS (SELECT FROM free_audit WHERE id = name::uuid AND state IN ('queued', 'running'));
        WHEN 'account-exports' THEN
            RETURN EXISTS (SELECT FROM account_export WHERE id = name::uuid AND failed_at IS NULL);
        WHEN 'vault' THEN
            RETURN EXISTS (SELECT FROM vault_version WHERE blob_key COLLATE "C" = object_key)
                OR EXISTS (SELECT FROM vault_leftover WHERE blob_key = object_key);
        ELSE
            RETURN EXISTS (SELECT FROM audit_report WHERE id = name::uuid);
    END CASE;
END
$$;
