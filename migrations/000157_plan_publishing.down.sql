DROP TRIGGER version_plan_guard ON version;
DROP FUNCTION version_plan_guard();
DROP TRIGGER version_plan_fresh ON version;
DROP FUNCTION version_plan_fresh();
DELETE FROM version_transition WHERE event = 'cancel_embargo';
UPDATE version_transition SET by_party = '{seller}' WHERE from_state = 'approved' AND event IN ('publish', 'embargo');
ALTER TABLE version
    DROP COLUMN publish_plan,
    DROP COLUMN publish_on,
    DROP COLUMN planned_by,
    DROP COLUMN publish_failure,
    DROP COLUMN publish_failed_at;
