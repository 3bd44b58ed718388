-- The vault keeps an organization's private documents: approvals, contracts,
-- certificates. Their bytes lie encrypted in the object store; a row here says
-- what they are. A version is never overwritten: a newer one follows it.
CREATE TABLE vault_document (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    kind            text NOT NULL CHECK (kind ~ '^[a-z][a-z_]{0,39}$'),
    title           text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, organization_id)
);
CREATE INDEX vault_document_organization ON vault_document (organization_id);

CREATE TABLE vault_version (
    document_id     uuid NOT NULL,
    number          integer NOT NULL CHECK (number > 0),
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    media_type      text NOT NULL CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg')),
    size_bytes      bigint NOT NULL CHECK (size_bytes BETWEEN 1 AND 20971520),
    sha256          text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    blob_key        text NOT NULL,
    key_id          text NOT NULL CHECK (key_id ~ '^([0-9a-f]{16})?$'),
    uploaded_by     uuid NOT NULL REFERENCES app_user,
    uploaded_at     timestamptz NOT NULL DEFAULT now(),
    valid_from      date,
    expires_on      date,
    submitted_at    timestamptz,
    held_at         timestamptz,
    warned_days     smallint,
    PRIMARY KEY (document_id, number),
    UNIQUE (document_id, number, organization_id),
    FOREIGN KEY (document_id, organization_id) REFERENCES vault_document (id, organization_id),
    CHECK (valid_from IS NULL OR expires_on IS NULL OR valid_from <= expires_on)
);
COMMENT ON COLUMN vault_version.key_id IS 'which key sealed the bytes; empty while they lie in clear';
COMMENT ON COLUMN vault_version.expires_on IS 'the last day on which the document holds, UTC';
COMMENT ON COLUMN vault_version.submitted_at IS 'since when reviewers may read it';
COMMENT ON COLUMN vault_version.held_at IS 'since when a decision names it: it stays';
COMMENT ON COLUMN vault_version.warned_days IS 'the nearest warning that was sent, in days before the end';
CREATE INDEX vault_version_organization ON vault_version (organization_id);
CREATE INDEX vault_version_key ON vault_version (key_id);
CREATE INDEX vault_version_expiring ON vault_version (expires_on) WHERE expires_on IS NOT NULL;

-- Objects that no row names, or not yet: written down before an object is,
-- taken away by the transaction that keeps it. A sweep deletes what is due.
CREATE TABLE vault_leftover (
    blob_key text PRIMARY KEY,
    due_at   timestamptz NOT NULL
);
CREATE INDEX vault_leftover_due ON vault_leftover (due_at);

-- What a version is never changes; by whom it may be read and what seals it
-- does, each in one direction.
CREATE FUNCTION vault_version_stays() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF (NEW.key_id, NEW.blob_key) IS DISTINCT FROM (OLD.key_id, OLD.blob_key)
       AND (assay_platform() IS DISTINCT FROM 'worker' OR NEW.key_id = '') THEN
        RAISE EXCEPTION 'only the sweep seals a document anew';
    END IF;
    IF OLD.submitted_at IS NOT NULL AND NEW.submitted_at IS DISTINCT FROM OLD.submitted_at
       OR OLD.held_at IS NOT NULL AND NEW.held_at IS DISTINCT FROM OLD.held_at THEN
        RAISE EXCEPTION 'a document that was submitted or decided on stays so';
    END IF;
    IF NEW.held_at IS DISTINCT FROM OLD.held_at AND assay_platform() NOT IN ('reviewer', 'admin') THEN
        RAISE EXCEPTION 'only a decision holds a document';
    END IF;
    IF NEW.warned_days IS DISTINCT FROM OLD.warned_days AND assay_platform() <> 'worker' THEN
        RAISE EXCEPTION 'only the sweep warns';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER vault_version_stays BEFORE UPDATE ON vault_version
    FOR EACH ROW EXECUTE FUNCTION vault_version_stays();

CREATE FUNCTION vault_version_leaves() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO vault_leftover (blob_key, due_at) VALUES (OLD.blob_key, now())
    ON CONFLICT (blob_key) DO UPDATE SET due_at = excluded.due_at;
    RETURN OLD;
END
$$;
CREATE TRIGGER vault_version_leaves BEFORE DELETE ON vault_version
    FOR EACH ROW EXECUTE FUNCTION vault_version_leaves();

ALTER TABLE vault_document ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault_document FORCE ROW LEVEL SECURITY;
ALTER TABLE vault_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault_version FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON vault_document
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY reviewer_read ON vault_document FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1
                       FROM   vault_version v
                       WHERE  v.document_id = id
                       AND    v.submitted_at IS NOT NULL));
CREATE POLICY worker_read ON vault_document FOR SELECT
    USING (assay_platform() = 'worker');

CREATE POLICY tenant_read ON vault_version FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_add ON vault_version FOR INSERT
    WITH CHECK (organization_id = assay_organization()
                AND uploaded_by = assay_user()
                AND key_id <> ''
                AND submitted_at IS NULL
                AND held_at IS NULL
                AND warned_days IS NULL);
CREATE POLICY tenant_submit ON vault_version FOR UPDATE
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY tenant_remove ON vault_version FOR DELETE
    USING (organization_id = assay_organization() AND held_at IS NULL);
CREATE POLICY reviewer_read ON vault_version FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin') AND submitted_at IS NOT NULL);
CREATE POLICY reviewer_hold ON vault_version FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin') AND submitted_at IS NOT NULL)
    WITH CHECK (assay_platform() IN ('reviewer', 'admin') AND submitted_at IS NOT NULL);
CREATE POLICY worker ON vault_version
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

GRANT SELECT, INSERT, DELETE ON vault_document TO assay_app;
GRANT UPDATE (title) ON vault_document TO assay_app;
GRANT SELECT, INSERT, DELETE ON vault_version TO assay_app;
GRANT UPDATE (key_id, blob_key, submitted_at, held_at, warned_days) ON vault_version TO assay_app;
GRANT SELECT, INSERT, DELETE ON vault_leftover TO assay_app;
GRANT UPDATE (due_at) ON vault_leftover TO assay_app;
