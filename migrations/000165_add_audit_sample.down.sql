DROP FUNCTION sample_report(uuid);
DROP TABLE audit_sample;
DROP FUNCTION audit_sample_guard();
DROP TABLE audit_sample_set;
