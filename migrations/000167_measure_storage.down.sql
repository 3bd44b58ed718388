DROP FUNCTION object_is_named(text);
DROP INDEX vault_version_object;
DROP TABLE storage_finding;
DROP TABLE storage_share;
DROP TABLE storage_part;
DROP TABLE storage_measurement;
