-- A plan of somebody who has lost the right to publish, or left, was carried out
-- all the same, and a seller with three strikes was told no reason. The worker
-- asks for the right of whoever planned it, or set the day of an embargo, at the
-- moment when the version goes on offer.
ALTER TABLE version DROP CONSTRAINT version_publish_failure_check;
ALTER TABLE version ADD CONSTRAINT version_publish_failure_check CHECK (publish_failure IN
    ('', 'not_verified', 'not_approved', 'not_reported', 'strikes', 'not_allowed', 'suspended', 'other'));

SELECT set_config('assay.platform', 'worker', true); -- the owner is bound by row security too
UPDATE version v
SET    planned_by = (SELECT e.user_id FROM version_event e
                     WHERE e.version_id = v.id AND e.event = 'embargo'
                     ORDER BY e.id DESC LIMIT 1)
WHERE  v.state = 'embargoed'
AND    v.planned_by IS NULL;
SELECT set_config('assay.platform', '', true);

CREATE FUNCTION version_planner_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF assay_platform() = 'worker' AND NOT EXISTS (
        SELECT FROM membership m
        JOIN   app_user u ON u.id = m.user_id
        WHERE  m.organization_id = NEW.organization_id
        AND    m.user_id = NEW.planned_by
        AND    u.disabled_at IS NULL
        AND    role_may(m.role, m.may_submit, m.may_publish, 'publish')) THEN
        RAISE EXCEPTION 'who planned this may not publish'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_planner_right';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_planner_guard BEFORE UPDATE ON version
    FOR EACH ROW WHEN (NEW.state <> OLD.state AND NEW.last_event IN ('publish', 'embargo'))
    EXECUTE FUNCTION version_planner_guard();
