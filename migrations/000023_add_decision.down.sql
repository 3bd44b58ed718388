DROP TRIGGER version_live_guard ON version;
DROP FUNCTION version_live_guard();
DROP TABLE decision;
DROP FUNCTION decision_guard();
DROP FUNCTION is_approved(uuid, text, text);
DROP FUNCTION latest_report_is_clear(uuid, text);
DROP FUNCTION material_claims(jsonb);
