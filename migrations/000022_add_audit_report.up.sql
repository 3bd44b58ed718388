-- What the audit found in the files of a version, and what the seller answers
-- to its warnings. A report names the digests it is about and never changes.
CREATE TABLE audit_report (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    version_id      uuid        NOT NULL,
    root_digest     text        NOT NULL CHECK (root_digest ~ '^[0-9a-f]{64}$'),
    claims_digest   text        NOT NULL CHECK (claims_digest ~ '^[0-9a-f]{64}$'),
    verdict         text        NOT NULL CHECK (verdict IN ('passed', 'flagged', 'failed', 'unrecognized')),
    blockers        integer     NOT NULL CHECK (blockers >= 0),
    warnings        integer     NOT NULL CHECK (warnings >= 0),
    warning_keys    text[]      NOT NULL DEFAULT '{}', -- one a warning; answers name them
    report          jsonb       NOT NULL,
    rules_version   text        NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (id, version_id, organization_id),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id),
    CHECK (verdict <> 'passed' OR (blockers = 0 AND warnings = 0)),
    CHECK (verdict <> 'flagged' OR blockers = 0),
    CHECK (cardinality(warning_keys) = warnings)
);
CREATE INDEX audit_report_latest ON audit_report (version_id, created_at DESC, id DESC);

CREATE TABLE finding_answer (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    report_id       uuid        NOT NULL,
    version_id      uuid        NOT NULL,
    warning_key     text        NOT NULL,
    answer          text        NOT NULL CHECK (length(answer) BETWEEN 1 AND 4000),
    answered_by     uuid        NOT NULL REFERENCES app_user,
    answered_at     timestamptz NOT NULL DEFAULT now(),
    outcome         text        CHECK (outcome IN ('accepted', 'refused')),
    outcome_note    text        NOT NULL DEFAULT '' CHECK (length(outcome_note) <= 4000),
    outcome_by      uuid        REFERENCES app_user,
    outcome_at      timestamptz,
    CONSTRAINT finding_answer_once UNIQUE (report_id, warning_key),
    FOREIGN KEY (report_id, version_id, organization_id) REFERENCES audit_report (id, version_id, organization_id),
    CHECK ((outcome IS NULL) = (outcome_by IS NULL)),
    CHECK ((outcome IS NULL) = (outcome_at IS NULL))
);

CREATE FUNCTION audit_report_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM version WHERE id = NEW.version_id AND root_digest = NEW.root_digest) THEN
        RAISE EXCEPTION 'a report is about the files of its version' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_report_guard BEFORE INSERT ON audit_report
    FOR EACH ROW EXECUTE FUNCTION audit_report_guard();

-- The seller answers while the version is flagged; a reviewer, and only a
-- reviewer, says whether the answer holds.
CREATE FUNCTION finding_answer_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    parties text[] := acting_party(NEW.organization_id);
BEGIN
    IF NOT EXISTS (SELECT 1 FROM audit_report WHERE id = NEW.report_id AND NEW.warning_key = ANY (warning_keys)) THEN
        RAISE EXCEPTION 'an answer is to a warning of the report' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' OR NEW.answer <> OLD.answer OR NEW.answered_by <> OLD.answered_by THEN
        IF NOT 'seller' = ANY (parties) OR NEW.outcome IS NOT NULL THEN
            RAISE EXCEPTION 'the seller answers, nobody confirms an own answer' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM version WHERE id = NEW.version_id AND state = 'flagged') THEN
            RAISE EXCEPTION 'warnings are answered while the version is flagged' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF (NEW.outcome, NEW.outcome_note, NEW.outcome_by, NEW.outcome_at) IS DISTINCT FROM
          (OLD.outcome, OLD.outcome_note, OLD.outcome_by, OLD.outcome_at)
          AND NOT 'reviewer' = ANY (parties) THEN
        RAISE EXCEPTION 'a reviewer confirms an answer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER finding_answer_guard BEFORE INSERT OR UPDATE ON finding_answer
    FOR EACH ROW EXECUTE FUNCTION finding_answer_guard();

ALTER TABLE audit_report ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_report FORCE ROW LEVEL SECURITY;
ALTER TABLE finding_answer ENABLE ROW LEVEL SECURITY;
ALTER TABLE finding_answer FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_read ON audit_report FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY reviewer_read ON audit_report FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1 FROM version v WHERE v.id = version_id AND v.submitted_at IS NOT NULL));
CREATE POLICY worker ON audit_report
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

CREATE POLICY tenant ON finding_answer
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY reviewer ON finding_answer
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1 FROM version v WHERE v.id = version_id AND v.submitted_at IS NOT NULL))
    WITH CHECK (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY worker_read ON finding_answer FOR SELECT
    USING (assay_platform() = 'worker');

GRANT SELECT, INSERT ON audit_report TO assay_app;
GRANT SELECT, INSERT ON finding_answer TO assay_app;
GRANT UPDATE (answer, answered_by, answered_at, outcome, outcome_note, outcome_by, outcome_at) ON finding_answer TO assay_app;
