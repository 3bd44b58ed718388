-- When the rules of the audit change, live versions are audited again over the
-- same files. Such a report moves nothing by itself: what a version is approved,
-- shown and certified by is the report of its submission. A row here is one
-- audit by one version of the rules, what it found that is new, and what a
-- reviewer says to it.
ALTER TABLE audit_report ADD COLUMN is_reaudit boolean NOT NULL DEFAULT false;

CREATE TABLE reaudit (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    version_id      uuid        NOT NULL,
    rules_version   text        NOT NULL,
    state           text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'noted', 'open', 'closed', 'broken')),
    outcome         text        NOT NULL DEFAULT '' CHECK (outcome IN ('', 'same', 'better', 'warnings', 'blockers', 'identifiers')),
    rules           text[]      NOT NULL DEFAULT '{}', -- ids of the rules that found something new
    report_id       uuid,
    lease           uuid,
    renewed_at      timestamptz,
    attempt         integer     NOT NULL DEFAULT 0,
    queued_at       timestamptz NOT NULL DEFAULT now(),
    audited_at      timestamptz,
    closed_by       uuid        REFERENCES app_user,
    closed_at       timestamptz,
    reason          text        NOT NULL DEFAULT '' CHECK (length(reason) <= 4000),
    CONSTRAINT reaudit_once UNIQUE (version_id, rules_version),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id),
    FOREIGN KEY (report_id, version_id, organization_id) REFERENCES audit_report (id, version_id, organization_id),
    CHECK ((state IN ('queued', 'broken')) = (outcome = '')),
    CHECK ((state IN ('queued', 'broken')) = (report_id IS NULL)),
    CHECK (state <> 'noted' OR outcome IN ('same', 'better')),
    CHECK (state NOT IN ('open', 'closed') OR outcome IN ('warnings', 'blockers', 'identifiers')),
    CONSTRAINT reaudit_says_why CHECK ((state = 'closed') = (closed_by IS NOT NULL AND closed_at IS NOT NULL AND reason <> ''))
);
CREATE INDEX reaudit_waiting ON reaudit (state, queued_at) WHERE state IN ('queued', 'open');

-- A worker audits, a reviewer outside the organization closes; neither does
-- the other's part, and what was found stays.
CREATE FUNCTION reaudit_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    parties text[] := acting_party(NEW.organization_id);
BEGIN
    IF OLD.state IN ('noted', 'closed') OR (NEW.id, NEW.organization_id, NEW.version_id, NEW.rules_version) IS DISTINCT FROM
       (OLD.id, OLD.organization_id, OLD.version_id, OLD.rules_version) THEN
        RAISE EXCEPTION 'an audit by new rules is over once it is answered' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'open' THEN
        IF NEW.state <> 'closed' OR NOT 'reviewer' = ANY (parties) OR NEW.closed_by IS DISTINCT FROM assay_user()
           OR (NEW.outcome, NEW.rules, NEW.report_id) IS DISTINCT FROM (OLD.outcome, OLD.rules, OLD.report_id) THEN
            RAISE EXCEPTION 'a reviewer closes what an audit by new rules found' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.state = 'closed' AND OLD.state <> 'open' OR NOT 'worker' = ANY (parties) THEN
        RAISE EXCEPTION 'a worker audits by new rules' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER reaudit_guard BEFORE UPDATE ON reaudit
    FOR EACH ROW EXECUTE FUNCTION reaudit_guard();

ALTER TABLE reaudit ENABLE ROW LEVEL SECURITY;
ALTER TABLE reaudit FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON reaudit FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY reviewer_read ON reaudit FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY reviewer_close ON reaudit FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin'))
    WITH CHECK (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY worker ON reaudit
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
GRANT SELECT, INSERT ON reaudit TO assay_app;
GRANT UPDATE (state, outcome, rules, report_id, lease, renewed_at, attempt, audited_at, closed_by, closed_at, reason) ON reaudit TO assay_app;

-- The newest report still counts where a version goes live, returns or is
-- certified, that of an audit by new rules too, unless a reviewer has closed
-- it or it repeats what an earlier one said. Nobody closes away a direct
-- identifier: such a version returns only when a later audit finds it clear.
CREATE OR REPLACE FUNCTION latest_report_is_clear(of_version uuid, digest text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT coalesce((
    SELECT   r.blockers = 0 AND r.verdict IN ('passed', 'flagged')
    FROM     audit_report r
    WHERE    r.version_id = of_version
    AND      r.root_digest = digest
    AND      NOT EXISTS (SELECT 1 FROM reaudit x
                         WHERE  x.report_id = r.id
                         AND    (x.state = 'closed' AND x.outcome <> 'identifiers' OR x.state = 'noted' AND r.blockers > 0))
    ORDER BY r.created_at DESC, r.id DESC
    LIMIT    1), false)
$$;
