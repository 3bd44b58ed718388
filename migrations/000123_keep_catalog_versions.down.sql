DROP TRIGGER catalog_version_follow ON version;
DROP TABLE catalog_version;
DROP FUNCTION catalog_version_follow();
DROP FUNCTION catalog_version_guard();
