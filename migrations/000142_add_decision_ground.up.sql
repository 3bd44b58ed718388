-- Why a version was sent back or rejected, ground by ground, each with the
-- place that it is about, so that the seller is led to what mends it.
CREATE TABLE decision_ground (
    decision_id     uuid     NOT NULL REFERENCES decision,
    organization_id uuid     NOT NULL,
    position        smallint NOT NULL CHECK (position > 0),
    reason          text     NOT NULL CHECK (reason ~ '^[a-z_]{1,40}$'),
    section         text     NOT NULL DEFAULT '' CHECK (section ~ '^[a-z-]{0,40}$'), -- a step of the description
    finding         text     NOT NULL DEFAULT '' CHECK (length(finding) <= 64), -- its key in the report
    files           integer  CHECK (files > 0), -- how many it concerns
    text            text     NOT NULL DEFAULT '' CHECK (length(text) <= 1000),
    PRIMARY KEY (decision_id, position)
);

CREATE FUNCTION decision_ground_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM decision d
                   WHERE d.id = NEW.decision_id AND d.organization_id = NEW.organization_id
                   AND d.outcome <> 'approve' AND d.reviewer_id = assay_user()
                   AND d.xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'grounds are given with the decision' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_ground_guard BEFORE INSERT ON decision_ground
    FOR EACH ROW EXECUTE FUNCTION decision_ground_guard();

ALTER TABLE decision_ground ENABLE ROW LEVEL SECURITY;
ALTER TABLE decision_ground FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON decision_ground FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY reviewer_read ON decision_ground FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY reviewer_write ON decision_ground FOR INSERT
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)));
GRANT SELECT, INSERT ON decision_ground TO assay_app;
