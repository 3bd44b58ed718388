ALTER TABLE storage_cleanup DROP COLUMN skipped, DROP COLUMN measurement_id;
