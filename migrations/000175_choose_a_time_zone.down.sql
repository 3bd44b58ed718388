ALTER TABLE notice_setting DROP COLUMN time_zone;
