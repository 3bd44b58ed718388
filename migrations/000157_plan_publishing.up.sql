-- A seller may plan, before a version is approved, what happens then: nothing
-- by itself, on offer at once, or on a day. The plan belongs to one version and
-- a new one begins without. A worker carries it out; if it cannot, because the
-- seller's verification has ended, the version says why until somebody acts.
ALTER TABLE version
    ADD COLUMN publish_plan      text NOT NULL DEFAULT 'manual' CHECK (publish_plan IN ('manual', 'at_once', 'on_day')),
    ADD COLUMN publish_on        date,
    ADD COLUMN planned_by        uuid REFERENCES app_user,
    ADD COLUMN publish_failure   text NOT NULL DEFAULT ''
               CHECK (publish_failure IN ('', 'not_verified', 'not_approved', 'not_reported', 'other')),
    ADD COLUMN publish_failed_at timestamptz,
    ADD CONSTRAINT version_plan_day CHECK ((publish_plan = 'on_day') = (publish_on IS NOT NULL)),
    ADD CONSTRAINT version_failure_at CHECK ((publish_failure = '') = (publish_failed_at IS NULL));
GRANT UPDATE (publish_plan, publish_on, planned_by, publish_failure, publish_failed_at) ON version TO assay_app;
CREATE INDEX version_planned ON version (id) WHERE state = 'approved' AND publish_plan <> 'manual';

UPDATE version_transition SET by_party = '{seller,worker}' WHERE from_state = 'approved' AND event IN ('publish', 'embargo');
INSERT INTO version_transition (from_state, event, to_state, by_party) VALUES
    ('embargoed', 'cancel_embargo', 'approved', '{seller}');

CREATE FUNCTION version_plan_fresh() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.embargo_until IS NOT NULL OR NEW.publish_plan <> 'manual' OR NEW.publish_failure <> '' THEN
        RAISE EXCEPTION 'a new version inherits no day'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_plan_fresh';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_plan_fresh BEFORE INSERT ON version
    FOR EACH ROW EXECUTE FUNCTION version_plan_fresh();

CREATE FUNCTION version_plan_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    IF (NEW.publish_plan, NEW.publish_on) IS DISTINCT FROM (OLD.publish_plan, OLD.publish_on) THEN
        IF assay_platform() = 'worker' OR NOT member_may(NEW.organization_id, 'publish')
           OR NEW.planned_by IS DISTINCT FROM assay_user() THEN
            RAISE EXCEPTION 'who may publish plans it' USING ERRCODE = 'check_violation', CONSTRAINT = 'version_right_publish';
        END IF;
        IF OLD.state IN ('audit_failed', 'changes_requested', 'rejected', 'embargoed', 'live', 'superseded', 'suspended', 'withdrawn') THEN
            RAISE EXCEPTION 'nothing is left to plan' USING ERRCODE = 'check_violation', CONSTRAINT = 'version_plan_open';
        END IF;
    END IF;

    IF NEW.state <> OLD.state AND OLD.state = 'approved' AND assay_platform() = 'worker' THEN
        IF NEW.last_event = 'publish' AND NOT (NEW.publish_plan = 'at_once' OR NEW.publish_plan = 'on_day' AND NEW.publish_on <= today)
           OR NEW.last_event = 'embargo' AND NOT (NEW.publish_plan = 'on_day' AND NEW.embargo_until = NEW.publish_on) THEN
            RAISE EXCEPTION 'nobody planned this' USING ERRCODE = 'check_violation', CONSTRAINT = 'version_planned';
        END IF;
    END IF;

    -- The day of an embargo is set by who may publish, or by the worker who
    -- carries out their plan.
    IF NEW.embargo_until IS DISTINCT FROM OLD.embargo_until
       AND NOT (assay_platform() = 'worker' AND NEW.state <> OLD.state AND NEW.last_event = 'embargo'
                OR assay_platform() <> 'worker' AND member_may(NEW.organization_id, 'publish')) THEN
        RAISE EXCEPTION 'the day of an embargo is set by who may publish'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_right_publish';
    END IF;

    -- What reviewers and buyers read about a version does not change later.
    IF NEW.change_note <> OLD.change_note AND OLD.submitted_at IS NOT NULL THEN
        RAISE EXCEPTION 'the note of a submitted version is final' USING ERRCODE = 'check_violation', CONSTRAINT = 'version_note_final';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_plan_guard BEFORE UPDATE ON version
    FOR EACH ROW EXECUTE FUNCTION version_plan_guard();
