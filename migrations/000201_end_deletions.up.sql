-- A deletion of objects that no row names stayed under way for good once its
-- job was given up, and one object that could not be deleted was enough for
-- that. Such an object is left out and counted. A deletion is of what one
-- measurement found: what a later one finds was not shown to who confirmed it.
ALTER TABLE storage_cleanup
    ADD COLUMN measurement_id uuid, -- whose findings were confirmed; NULL for those of before
    ADD COLUMN skipped bigint NOT NULL DEFAULT 0 CHECK (skipped >= 0); -- could not be deleted
GRANT UPDATE (skipped) ON storage_cleanup TO assay_app;
