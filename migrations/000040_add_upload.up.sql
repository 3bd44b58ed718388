-- Bytes on their way in: one upload a version at a time, received in pieces,
-- hashed while they stream. The object's key is made from the id; names of
-- people's files are not kept.
CREATE TABLE upload (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    version_id      uuid        NOT NULL,
    user_id         uuid        NOT NULL REFERENCES app_user,
    state           text        NOT NULL DEFAULT 'receiving'
                    CHECK (state IN ('receiving', 'finished', 'canceled', 'expired')),
    storage_id      text        NOT NULL DEFAULT '', -- what the store calls it
    fingerprint     text        NOT NULL DEFAULT '' CHECK (fingerprint ~ '^[0-9a-f]{0,64}$'),
    size_bytes      bigint      NOT NULL CHECK (size_bytes > 0),
    received_bytes  bigint      NOT NULL DEFAULT 0 CHECK (received_bytes BETWEEN 0 AND size_bytes),
    hash_state      bytea, -- SHA-256 of the first hash_bytes, to go on after a restart
    hash_bytes      bigint      NOT NULL DEFAULT 0,
    sha256          text        CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    finished_at     timestamptz,
    deleted_at      timestamptz, -- since then the object is gone from the store
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id),
    CHECK (state <> 'finished' OR (sha256 IS NOT NULL AND received_bytes = size_bytes AND finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX upload_one_a_version ON upload (version_id) WHERE state IN ('receiving', 'finished');
CREATE INDEX upload_by_organization ON upload (organization_id, created_at DESC);
CREATE INDEX upload_open ON upload (expires_at) WHERE state = 'receiving';

-- The text that a seller's person accepted by typing the name, before the
-- first byte of a version. It holds for the version that is begun next.
CREATE TABLE upload_acceptance (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    listing_id      uuid        NOT NULL,
    listing_kind    text        NOT NULL DEFAULT 'hosted' CHECK (listing_kind = 'hosted'),
    user_id         uuid        NOT NULL REFERENCES app_user,
    typed_name      text        NOT NULL CHECK (length(typed_name) BETWEEN 2 AND 200),
    text_version    text        NOT NULL,
    text_sha256     text        NOT NULL CHECK (text_sha256 ~ '^[0-9a-f]{64}$'),
    accepted_at     timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (listing_id, organization_id, listing_kind) REFERENCES listing (id, organization_id, kind) ON DELETE CASCADE
);
CREATE INDEX upload_acceptance_by_listing ON upload_acceptance (listing_id, accepted_at DESC);

-- One process at a time writes to an upload; a process that dies stops
-- renewing its hold.
CREATE TABLE upload_lock (
    storage_id text        PRIMARY KEY,
    holder     uuid        NOT NULL,
    held_until timestamptz NOT NULL,
    wanted     boolean     NOT NULL DEFAULT false -- somebody else waits for it
);
GRANT SELECT, INSERT, UPDATE, DELETE ON upload_lock TO assay_app;

ALTER TABLE upload ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload FORCE ROW LEVEL SECURITY;
ALTER TABLE upload_acceptance ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload_acceptance FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON upload
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY worker ON upload
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
CREATE POLICY tenant ON upload_acceptance
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY reviewer_read ON upload_acceptance FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1 FROM listing l WHERE l.id = listing_id AND l.submitted_at IS NOT NULL));

GRANT SELECT, INSERT ON upload TO assay_app;
GRANT UPDATE (state, storage_id, received_bytes, hash_state, hash_bytes, sha256, updated_at, expires_at,
              finished_at, deleted_at) ON upload TO assay_app;
GRANT SELECT, INSERT ON upload_acceptance TO assay_app;

-- What arrived stays what it was.
CREATE FUNCTION upload_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.state <> 'receiving' AND (NEW.state, NEW.sha256, NEW.received_bytes) IS DISTINCT FROM
       (OLD.state, OLD.sha256, OLD.received_bytes) THEN
        RAISE EXCEPTION 'an upload that ended does not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER upload_guard BEFORE UPDATE ON upload
    FOR EACH ROW EXECUTE FUNCTION upload_guard();
