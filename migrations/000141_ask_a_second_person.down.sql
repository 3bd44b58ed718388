DROP TRIGGER decision_hold_two_people ON decision;
DROP FUNCTION decision_two_people();
DROP TRIGGER finding_answer_two_people ON finding_answer;
DROP FUNCTION finding_answer_two_people();
ALTER TABLE finding_answer DROP COLUMN confirmed_by, DROP COLUMN confirmed_at;
ALTER TABLE audit_report DROP COLUMN identifier_keys;
DROP FUNCTION identifier_warnings(jsonb, text[]);
DROP FUNCTION finding_key(jsonb);
DROP FUNCTION is_about_structure(text);
