DROP TABLE finding_answer;
DROP TABLE audit_report;
DROP FUNCTION finding_answer_guard();
DROP FUNCTION audit_report_guard();
