DROP TRIGGER audit_sample_unshow ON audit_sample;
DROP FUNCTION audit_sample_unshow();
DROP TABLE catalog_sample;
DROP FUNCTION catalog_sample_guard();
