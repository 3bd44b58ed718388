DROP TABLE upload_lock;
DROP TABLE upload_acceptance;
DROP TABLE upload;
DROP FUNCTION upload_guard();
