DROP POLICY worker_read ON platform_role;
DROP TABLE notice_refusal;
DROP TABLE notice_setting;
DROP TABLE notice_choice;
DROP TABLE inbox_notice;
DROP INDEX notice_event_told;
ALTER TABLE notice_event DROP COLUMN everyone;
ALTER TABLE notice_event DROP COLUMN of_organization_id;
