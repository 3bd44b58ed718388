-- Who decided what about which files and which claims. kind says how:
--   review     a reviewer who does not belong to the seller
--   automatic  a passed version of a verified seller whose rights documents
--              were accepted and whose first listing a reviewer approved
--   carried    new claims of a live version that differ from the approved ones
--              in nothing that a reviewer has to see
-- The database itself checks the grounds of the two that no person decides.
CREATE TABLE decision (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    version_id      uuid        NOT NULL,
    claims_id       uuid        NOT NULL REFERENCES listing_claims,
    root_digest     text        NOT NULL CHECK (root_digest ~ '^[0-9a-f]{64}$'),
    claims_digest   text        NOT NULL CHECK (claims_digest ~ '^[0-9a-f]{64}$'),
    kind            text        NOT NULL CHECK (kind IN ('review', 'automatic', 'carried')),
    outcome         text        NOT NULL CHECK (outcome IN ('approve', 'changes_requested', 'reject')),
    reason          text        NOT NULL DEFAULT '' CHECK (length(reason) <= 4000),
    reviewer_id     uuid        REFERENCES app_user,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT decision_once UNIQUE (version_id, claims_id),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id),
    CHECK ((kind = 'review') = (reviewer_id IS NOT NULL)),
    CHECK (outcome = 'approve' OR (kind = 'review' AND reason <> ''))
);
CREATE INDEX decision_by_organization ON decision (organization_id, created_at DESC);

-- material_claims leaves out the subjects that no reviewer has to see again.
CREATE FUNCTION material_claims(claims jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT jsonb_build_object(
    'license', claims -> 'license' #- '{asserted}',
    'deidentification', claims -> 'deidentification' #- '{asserted}',
    'reports', claims -> 'reports' #- '{asserted}',
    'consent', claims -> 'consent' #- '{asserted}',
    'labels', claims -> 'labels' #- '{asserted}',
    'annotators', claims -> 'annotators' #- '{asserted}')
$$;

-- latest_report_is_clear reports whether the newest report about the files of
-- a version names no blocker.
CREATE FUNCTION latest_report_is_clear(of_version uuid, digest text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT coalesce((
    SELECT   blockers = 0 AND verdict IN ('passed', 'flagged')
    FROM     audit_report
    WHERE    version_id = of_version
    AND      root_digest = digest
    ORDER BY created_at DESC, id DESC
    LIMIT    1), false)
$$;

CREATE FUNCTION is_approved(of_version uuid, files text, claims_of text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT coalesce((
    SELECT   outcome = 'approve'
    FROM     decision
    WHERE    version_id = of_version
    AND      root_digest = files
    AND      claims_digest = claims_of
    ORDER BY created_at DESC, id DESC
    LIMIT    1), false)
$$;

CREATE FUNCTION decision_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    v       version;
    claimed listing_claims;
    parties text[] := acting_party(NEW.organization_id);
BEGIN
    SELECT * INTO v FROM version WHERE id = NEW.version_id;
    SELECT * INTO claimed FROM listing_claims WHERE id = NEW.claims_id;
    IF v.root_digest IS DISTINCT FROM NEW.root_digest
       OR claimed.claims_digest IS DISTINCT FROM NEW.claims_digest
       OR claimed.listing_id IS DISTINCT FROM v.listing_id
       OR claimed.frozen_at IS NULL THEN
        RAISE EXCEPTION 'a decision is about the files and the frozen claims that it names'
            USING ERRCODE = 'check_violation';
    END IF;

    IF NEW.kind = 'review' THEN
        IF NOT 'reviewer' = ANY (parties) OR NEW.reviewer_id IS DISTINCT FROM assay_user() THEN
            RAISE EXCEPTION 'a reviewer outside the organization decides' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT (v.state = 'in_review' AND v.claims_id = NEW.claims_id
                OR v.state IN ('live', 'suspended') AND claimed.amends_version = v.id AND claimed.outcome IS NULL) THEN
            RAISE EXCEPTION 'nothing waits for this decision' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.outcome = 'approve' AND EXISTS (
            SELECT 1
            FROM   audit_report r, unnest(r.warning_keys) AS w (key)
            WHERE  r.id = (SELECT id FROM audit_report WHERE version_id = v.id ORDER BY created_at DESC, id DESC LIMIT 1)
            AND    v.state = 'in_review'
            AND    NOT EXISTS (SELECT 1 FROM finding_answer a
                               WHERE a.report_id = r.id AND a.warning_key = w.key AND a.outcome = 'accepted')) THEN
            RAISE EXCEPTION 'every warning needs an answer that a reviewer accepted'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_answers_accepted';
        END IF;
    ELSIF NEW.kind = 'automatic' THEN
        IF NOT ('seller' = ANY (parties)
                AND v.state = 'passed'
                AND v.claims_id = NEW.claims_id
                AND latest_report_is_clear(v.id, v.root_digest)
                AND organization_verification(v.organization_id) = 'verified'
                AND EXISTS (SELECT 1 FROM verification_document d
                            WHERE d.organization_id = v.organization_id AND d.kind = 'rights' AND d.verdict = 'accepted')
                AND EXISTS (SELECT 1 FROM decision d JOIN version o ON o.id = d.version_id
                            WHERE d.organization_id = v.organization_id AND d.kind = 'review'
                            AND d.outcome = 'approve' AND o.listing_id <> v.listing_id)) THEN
            RAISE EXCEPTION 'this version needs a reviewer'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_automatic';
        END IF;
    ELSE
        IF NOT ('seller' = ANY (parties)
                AND v.state = 'live'
                AND is_approved(v.id, v.root_digest, (SELECT claims_digest FROM listing_claims WHERE id = v.claims_id))
                AND material_claims(claimed.claims) =
                    (SELECT material_claims(claims) FROM listing_claims WHERE id = v.claims_id)) THEN
            RAISE EXCEPTION 'these claims need a reviewer'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_carried';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_guard BEFORE INSERT ON decision
    FOR EACH ROW EXECUTE FUNCTION decision_guard();

-- A version is live only with a report without blockers about its files, an
-- approval of exactly its files and claims, and, when it is published, a
-- verified seller. Claims of a live version change only under the same rule.
CREATE FUNCTION version_live_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    digest text;
BEGIN
    IF NEW.state IN ('approved', 'embargoed', 'live')
       AND (NEW.state, NEW.claims_id) IS DISTINCT FROM (OLD.state, OLD.claims_id) THEN
        SELECT claims_digest INTO digest FROM listing_claims WHERE id = NEW.claims_id;
        IF NOT is_approved(NEW.id, NEW.root_digest, digest) THEN
            RAISE EXCEPTION 'no approval of these files and claims'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'version_live_approved';
        END IF;
        IF NOT latest_report_is_clear(NEW.id, NEW.root_digest) THEN
            RAISE EXCEPTION 'no report without blockers about these files'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'version_live_reported';
        END IF;
    END IF;
    IF NEW.state = 'live' AND OLD.state <> 'live' AND NEW.last_event = 'publish'
       AND organization_verification(NEW.organization_id) <> 'verified' THEN
        RAISE EXCEPTION 'the seller is not verified'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_live_verified';
    END IF;
    IF NEW.state = 'live' AND OLD.state = 'embargoed' AND NEW.embargo_until > (now() AT TIME ZONE 'UTC')::date
       AND assay_platform() = 'worker' THEN
        RAISE EXCEPTION 'the embargo still holds' USING ERRCODE = 'check_violation', CONSTRAINT = 'version_embargo_day';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_live_guard BEFORE UPDATE ON version
    FOR EACH ROW EXECUTE FUNCTION version_live_guard();

ALTER TABLE decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE decision FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_read ON decision FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_carry ON decision FOR INSERT
    WITH CHECK (organization_id = assay_organization() AND kind IN ('automatic', 'carried'));
CREATE POLICY platform_read ON decision FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY reviewer_decide ON decision FOR INSERT
    WITH CHECK (assay_platform() IN ('reviewer', 'admin') AND kind = 'review' AND reviewer_id = assay_user());

GRANT SELECT, INSERT ON decision TO assay_app;
