-- A version of a hosted listing is a set of files with a state. The allowed
-- moves are rows, so that the database refuses every other; each move leaves a
-- row in version_event that nobody can write by hand.
CREATE TABLE version_transition (
    from_state text   NOT NULL,
    event      text   NOT NULL,
    to_state   text   NOT NULL,
    by_party   text[] NOT NULL CHECK (by_party <@ ARRAY['seller', 'reviewer', 'worker'] AND by_party <> '{}'),
    PRIMARY KEY (from_state, event)
);
INSERT INTO version_transition (from_state, event, to_state, by_party) VALUES
    ('draft', 'start_upload', 'uploading', '{seller}'),
    ('uploading', 'cancel_upload', 'draft', '{seller}'),
    ('uploading', 'expire_upload', 'draft', '{worker}'),
    ('uploading', 'finish_upload', 'queued', '{seller,worker}'),
    ('queued', 'start_audit', 'auditing', '{worker}'),
    ('auditing', 'requeue', 'queued', '{worker}'),
    ('auditing', 'fail_audit', 'audit_failed', '{worker}'),
    ('auditing', 'flag', 'flagged', '{worker}'),
    ('auditing', 'pass', 'passed', '{worker}'),
    ('auditing', 'break_audit', 'audit_error', '{worker}'),
    ('audit_error', 'retry_audit', 'queued', '{worker,reviewer}'),
    ('flagged', 'submit', 'in_review', '{seller}'),
    ('passed', 'submit', 'in_review', '{seller}'),
    ('passed', 'approve_at_once', 'approved', '{seller}'),
    ('in_review', 'approve', 'approved', '{reviewer}'),
    ('in_review', 'request_changes', 'changes_requested', '{reviewer}'),
    ('in_review', 'reject', 'rejected', '{reviewer}'),
    ('approved', 'publish', 'live', '{seller}'),
    ('approved', 'embargo', 'embargoed', '{seller}'),
    ('embargoed', 'publish', 'live', '{seller,worker}'),
    ('live', 'supersede', 'superseded', '{seller,worker}'),
    ('live', 'suspend', 'suspended', '{reviewer,worker}'),
    ('live', 'withdraw', 'withdrawn', '{seller}'),
    ('suspended', 'restore', 'live', '{reviewer}');
GRANT SELECT ON version_transition TO assay_app;

CREATE TABLE version (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    listing_id      uuid        NOT NULL,
    listing_kind    text        NOT NULL DEFAULT 'hosted' CHECK (listing_kind = 'hosted'),
    number          integer     NOT NULL CHECK (number > 0),
    state           text        NOT NULL DEFAULT 'draft' CHECK (state IN
                    ('draft', 'uploading', 'queued', 'auditing', 'audit_failed', 'flagged', 'passed', 'audit_error',
                     'in_review', 'changes_requested', 'rejected', 'approved', 'embargoed', 'live', 'superseded',
                     'suspended', 'withdrawn')),
    last_event      text        NOT NULL DEFAULT '', -- the move that led to state
    reason          text        NOT NULL DEFAULT '' CHECK (length(reason) <= 4000),
    claims_id       uuid,
    root_digest     text        CHECK (root_digest ~ '^[0-9a-f]{64}$'),
    change_note     text        NOT NULL DEFAULT '' CHECK (length(change_note) <= 4000),
    embargo_until   date,
    created_by      uuid        REFERENCES app_user,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    submitted_by    uuid        REFERENCES app_user,
    submitted_at    timestamptz,
    live_at         timestamptz,
    CONSTRAINT version_number_unique UNIQUE (listing_id, number),
    UNIQUE (id, organization_id),
    FOREIGN KEY (listing_id, organization_id, listing_kind) REFERENCES listing (id, organization_id, kind),
    FOREIGN KEY (claims_id, listing_id) REFERENCES listing_claims (id, listing_id),
    CONSTRAINT version_has_claims CHECK (state IN ('draft', 'uploading') OR claims_id IS NOT NULL),
    CONSTRAINT version_has_files CHECK
        (state IN ('draft', 'uploading', 'queued', 'auditing', 'audit_error') OR root_digest IS NOT NULL),
    CONSTRAINT version_says_why CHECK
        (state NOT IN ('changes_requested', 'rejected', 'suspended', 'withdrawn') OR reason <> ''),
    CONSTRAINT version_embargo_day CHECK (state <> 'embargoed' OR embargo_until IS NOT NULL)
);
CREATE UNIQUE INDEX version_one_live ON version (listing_id) WHERE state = 'live';
CREATE UNIQUE INDEX version_one_underway ON version (listing_id)
    WHERE state IN ('draft', 'uploading', 'queued', 'auditing', 'audit_error', 'in_review', 'approved', 'embargoed');
CREATE INDEX version_by_organization ON version (organization_id, state);
CREATE INDEX version_by_state ON version (state, updated_at);

CREATE TABLE version_file (
    version_id      uuid   NOT NULL,
    organization_id uuid   NOT NULL,
    path            text   NOT NULL CHECK (path <> ''),
    size_bytes      bigint NOT NULL CHECK (size_bytes >= 0),
    sha256          text   NOT NULL CHECK (sha256 = '' OR sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (version_id, path),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id)
);

CREATE TABLE version_event (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid        NOT NULL,
    version_id      uuid        NOT NULL,
    from_state      text        NOT NULL,
    event           text        NOT NULL,
    to_state        text        NOT NULL,
    reason          text        NOT NULL DEFAULT '',
    user_id         uuid,
    platform        text        NOT NULL DEFAULT '',
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id)
);
CREATE INDEX version_event_by_version ON version_event (version_id, id);

-- manifest_digest is the root digest of the files that are stored: one line
-- for each, sorted by the bytes of the path.
CREATE FUNCTION manifest_digest(of_version uuid) RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT encode(sha256(convert_to(coalesce(string_agg(
           sha256 || ' ' || size_bytes || ' ' || replace(replace(path, '\', '\\'), E'\n', '\n') || E'\n',
           '' ORDER BY path COLLATE "C"), ''), 'UTF8')), 'hex')
FROM   version_file
WHERE  version_id = of_version
$$;

-- acting_party lists as whom the transaction may move a version of org.
CREATE FUNCTION acting_party(org uuid) RETURNS text[]
LANGUAGE sql STABLE
AS $$
SELECT array_remove(ARRAY[
    CASE WHEN org = assay_organization() THEN 'seller' END,
    CASE WHEN assay_platform() IN ('reviewer', 'admin')
          AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.organization_id = org AND m.user_id = assay_user())
         THEN 'reviewer' END,
    CASE WHEN assay_platform() = 'worker' THEN 'worker' END], NULL)
$$;

CREATE FUNCTION version_guard_insert() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.state <> 'draft' OR NEW.root_digest IS NOT NULL OR NEW.last_event <> '' OR NEW.live_at IS NOT NULL THEN
        RAISE EXCEPTION 'a version begins as a draft' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_guard_insert BEFORE INSERT ON version
    FOR EACH ROW EXECUTE FUNCTION version_guard_insert();

CREATE FUNCTION version_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    move version_transition;
BEGIN
    IF (NEW.id, NEW.organization_id, NEW.listing_id, NEW.number, NEW.created_at) IS DISTINCT FROM
       (OLD.id, OLD.organization_id, OLD.listing_id, OLD.number, OLD.created_at) THEN
        RAISE EXCEPTION 'a version keeps its listing and number' USING ERRCODE = 'check_violation';
    END IF;

    IF OLD.root_digest IS NOT NULL AND NEW.root_digest IS DISTINCT FROM OLD.root_digest THEN
        RAISE EXCEPTION 'the files of a version are final' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.root_digest IS NULL AND NEW.root_digest IS NOT NULL
       AND NEW.root_digest <> manifest_digest(NEW.id) THEN
        RAISE EXCEPTION 'the root digest is not that of the files' USING ERRCODE = 'check_violation';
    END IF;

    IF NEW.state = OLD.state THEN
        IF NEW.last_event <> OLD.last_event THEN
            RAISE EXCEPTION 'an event moves a version' USING ERRCODE = 'check_violation';
        END IF;
    ELSE
        SELECT * INTO move FROM version_transition
        WHERE  from_state = OLD.state AND event = NEW.last_event AND to_state = NEW.state;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no event % leads from % to %', NEW.last_event, OLD.state, NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'version_transition';
        END IF;
        IF NOT move.by_party && acting_party(NEW.organization_id) THEN
            RAISE EXCEPTION 'event % is not for this party', NEW.last_event
                USING ERRCODE = 'check_violation', CONSTRAINT = 'version_party';
        END IF;
    END IF;

    -- Claims may follow the seller's edits until the version is submitted; a
    -- live version takes only claims that were approved for its files.
    IF NEW.claims_id IS DISTINCT FROM OLD.claims_id
       AND OLD.claims_id IS NOT NULL
       AND OLD.state NOT IN ('draft', 'uploading', 'flagged', 'passed', 'live') THEN
        RAISE EXCEPTION 'the claims of a submitted version are final' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_guard BEFORE UPDATE ON version
    FOR EACH ROW EXECUTE FUNCTION version_guard();

CREATE FUNCTION version_tell() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO version_event (organization_id, version_id, from_state, event, to_state, reason, user_id, platform)
    VALUES (NEW.organization_id, NEW.id, OLD.state, NEW.last_event, NEW.state,
            CASE WHEN NEW.reason IS DISTINCT FROM OLD.reason THEN NEW.reason ELSE '' END,
            assay_user(), assay_platform());
    RETURN NULL;
END
$$;
CREATE TRIGGER version_tell AFTER UPDATE ON version
    FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION version_tell();

CREATE FUNCTION version_event_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'the history of a version is written by its moves' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_event_guard BEFORE INSERT ON version_event
    FOR EACH ROW EXECUTE FUNCTION version_event_guard();

CREATE FUNCTION version_file_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    -- The lock makes sealing the manifest and adding to it wait for each other.
    PERFORM 1 FROM version WHERE id IN (SELECT version_id FROM added) FOR SHARE;
    IF EXISTS (
        SELECT 1
        FROM   (SELECT DISTINCT version_id FROM added) a
        WHERE  NOT EXISTS (SELECT 1 FROM version v
                           WHERE v.id = a.version_id AND v.root_digest IS NULL
                           AND v.state IN ('uploading', 'queued', 'auditing'))) THEN
        RAISE EXCEPTION 'the files of a version are final' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER version_file_guard AFTER INSERT ON version_file
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION version_file_guard();

ALTER TABLE version ENABLE ROW LEVEL SECURITY;
ALTER TABLE version FORCE ROW LEVEL SECURITY;
ALTER TABLE version_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE version_file FORCE ROW LEVEL SECURITY;
ALTER TABLE version_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE version_event FORCE ROW LEVEL SECURITY;

-- A reviewer sees and moves what was submitted, and what failed through our
-- fault; drafts stay with the seller.
CREATE POLICY tenant ON version
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY reviewer_read ON version FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND (submitted_at IS NOT NULL OR state = 'audit_error' OR last_event = 'retry_audit'));
CREATE POLICY reviewer_move ON version FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin') AND (submitted_at IS NOT NULL OR state = 'audit_error'))
    WITH CHECK (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY worker ON version
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

CREATE POLICY tenant_read ON version_file FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_add ON version_file FOR INSERT
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY reviewer_read ON version_file FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1 FROM version v WHERE v.id = version_id AND v.submitted_at IS NOT NULL));
CREATE POLICY worker ON version_file
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

CREATE POLICY tenant ON version_event
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY platform ON version_event
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'))
    WITH CHECK (assay_platform() IN ('reviewer', 'admin', 'worker'));

GRANT SELECT, INSERT ON version TO assay_app;
GRANT UPDATE (state, last_event, reason, claims_id, root_digest, change_note, embargo_until,
              updated_at, submitted_by, submitted_at, live_at) ON version TO assay_app;
GRANT SELECT, INSERT ON version_file TO assay_app;
GRANT SELECT, INSERT ON version_event TO assay_app;
