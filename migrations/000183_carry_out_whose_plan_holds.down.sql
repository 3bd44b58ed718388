-- Reasons that the older schema does not know are told as another one.
DROP TRIGGER version_planner_guard ON version;
DROP FUNCTION version_planner_guard();
SELECT set_config('assay.platform', 'worker', true);
UPDATE version SET publish_failure = 'other' WHERE publish_failure IN ('strikes', 'not_allowed', 'suspended');
SELECT set_config('assay.platform', '', true);
ALTER TABLE version DROP CONSTRAINT version_publish_failure_check;
ALTER TABLE version ADD CONSTRAINT version_publish_failure_check
    CHECK (publish_failure IN ('', 'not_verified', 'not_approved', 'not_reported', 'other'));
