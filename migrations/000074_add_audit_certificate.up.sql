-- Signed certificates of what an audit found in a live version, the public
-- keys that sign them, and the signed list of those taken back. Private keys
-- are never here. A certificate never changes; it can be taken back once, and
-- a version that is taken down takes its certificate with it.
CREATE TABLE certificate_key (
    key_id      text        PRIMARY KEY,
    public_key  bytea       NOT NULL UNIQUE CHECK (length(public_key) = 32),
    valid_from  timestamptz NOT NULL DEFAULT now(),
    valid_until timestamptz, -- NULL while it signs
    revoked_at  timestamptz, -- it is no longer trusted: nothing it signed counts
    CONSTRAINT certificate_key_names_itself CHECK (key_id = encode(sha256(public_key), 'hex')),
    CHECK (revoked_at IS NULL OR valid_until IS NOT NULL)
);
CREATE UNIQUE INDEX certificate_key_one_current ON certificate_key ((true)) WHERE valid_until IS NULL;

CREATE TABLE audit_certificate (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    version_id      uuid        NOT NULL,
    report_id       uuid        NOT NULL,
    root_digest     text        NOT NULL CHECK (root_digest ~ '^[0-9a-f]{64}$'),
    key_id          text        NOT NULL REFERENCES certificate_key,
    file            text        NOT NULL CHECK (length(file) BETWEEN 1 AND 65536), -- as it is downloaded
    issued_at       timestamptz NOT NULL,
    revoked_at      timestamptz,
    revoked_reason  text        CHECK (revoked_reason IN ('suspended', 'withdrawn', 'key_revoked')),
    FOREIGN KEY (report_id, version_id, organization_id) REFERENCES audit_report (id, version_id, organization_id),
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE UNIQUE INDEX audit_certificate_one_valid ON audit_certificate (version_id) WHERE revoked_at IS NULL;
CREATE INDEX audit_certificate_revoked ON audit_certificate (revoked_at, id) WHERE revoked_at IS NOT NULL;
CREATE INDEX audit_certificate_by_key ON audit_certificate (key_id);

CREATE TABLE revocation_list (
    id          smallint    PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    serial      bigint      NOT NULL CHECK (serial > 0),
    key_id      text        NOT NULL REFERENCES certificate_key,
    entries     integer     NOT NULL CHECK (entries >= 0),
    file        text        NOT NULL,
    issued_at   timestamptz NOT NULL,
    next_update timestamptz NOT NULL CHECK (next_update > issued_at)
);

CREATE FUNCTION certificate_key_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF (NEW.key_id, NEW.public_key, NEW.valid_from) IS DISTINCT FROM (OLD.key_id, OLD.public_key, OLD.valid_from)
       OR OLD.valid_until IS NOT NULL AND NEW.valid_until IS DISTINCT FROM OLD.valid_until
       OR OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION 'a key that was replaced never signs again' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER certificate_key_guard BEFORE UPDATE ON certificate_key
    FOR EACH ROW EXECUTE FUNCTION certificate_key_guard();

CREATE FUNCTION audit_certificate_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    v version;
BEGIN
    SELECT * INTO v FROM version WHERE id = NEW.version_id AND organization_id = NEW.organization_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.revoked_at IS NOT NULL
           OR v.state IS DISTINCT FROM 'live'
           OR v.root_digest IS DISTINCT FROM NEW.root_digest
           OR NOT latest_report_is_clear(NEW.version_id, NEW.root_digest)
           OR NOT EXISTS (SELECT 1 FROM certificate_key WHERE key_id = NEW.key_id AND valid_until IS NULL) THEN
            RAISE EXCEPTION 'a certificate is about the files of a live version without blockers, by the current key'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_certificate_grounds';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.revoked_at IS NOT NULL
       OR (NEW.id, NEW.organization_id, NEW.version_id, NEW.report_id, NEW.root_digest, NEW.key_id, NEW.file, NEW.issued_at) IS DISTINCT FROM
          (OLD.id, OLD.organization_id, OLD.version_id, OLD.report_id, OLD.root_digest, OLD.key_id, OLD.file, OLD.issued_at) THEN
        RAISE EXCEPTION 'a certificate never changes, and is taken back for good' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.revoked_reason IN ('suspended', 'withdrawn') AND v.state IS DISTINCT FROM NEW.revoked_reason
       OR NEW.revoked_reason = 'key_revoked'
          AND NOT EXISTS (SELECT 1 FROM certificate_key WHERE key_id = NEW.key_id AND revoked_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a certificate is taken back for the reason that holds' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_certificate_guard BEFORE INSERT OR UPDATE ON audit_certificate
    FOR EACH ROW EXECUTE FUNCTION audit_certificate_guard();

CREATE FUNCTION version_take_certificate_back() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE audit_certificate
    SET    revoked_at = clock_timestamp(), revoked_reason = NEW.state
    WHERE  version_id = NEW.id
    AND    organization_id = NEW.organization_id
    AND    revoked_at IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER version_take_certificate_back AFTER UPDATE ON version
    FOR EACH ROW WHEN (NEW.state IN ('suspended', 'withdrawn') AND NEW.state <> OLD.state)
    EXECUTE FUNCTION version_take_certificate_back();

CREATE FUNCTION revocation_list_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.serial <= OLD.serial THEN
        RAISE EXCEPTION 'the serial of the revocation list only goes up' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER revocation_list_guard BEFORE UPDATE ON revocation_list
    FOR EACH ROW EXECUTE FUNCTION revocation_list_guard();

ALTER TABLE certificate_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE certificate_key FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_certificate ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_certificate FORCE ROW LEVEL SECURITY;
ALTER TABLE revocation_list ENABLE ROW LEVEL SECURITY;
ALTER TABLE revocation_list FORCE ROW LEVEL SECURITY;

CREATE POLICY public_read ON certificate_key FOR SELECT USING (true);
CREATE POLICY worker ON certificate_key
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
CREATE POLICY public_read ON revocation_list FOR SELECT USING (true);
CREATE POLICY worker ON revocation_list
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

CREATE POLICY tenant ON audit_certificate
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY platform ON audit_certificate
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'))
    WITH CHECK (assay_platform() IN ('reviewer', 'admin', 'worker'));

GRANT SELECT, INSERT ON certificate_key TO assay_app;
GRANT UPDATE (valid_until, revoked_at) ON certificate_key TO assay_app;
GRANT SELECT, INSERT ON audit_certificate TO assay_app;
GRANT UPDATE (revoked_at, revoked_reason) ON audit_certificate TO assay_app;
GRANT SELECT, INSERT ON revocation_list TO assay_app;
GRANT UPDATE (serial, key_id, entries, file, issued_at, next_update) ON revocation_list TO assay_app;
