DROP TRIGGER decision_right_guard ON decision;
DROP FUNCTION decision_right_guard();
DROP TRIGGER version_right_guard ON version;
DROP FUNCTION version_right_guard();
DROP TRIGGER membership_rights_guard ON membership;
DROP FUNCTION membership_rights_guard();
DROP FUNCTION member_may(uuid, text);
DROP FUNCTION role_may(text, boolean, boolean, text);
ALTER TABLE membership DROP COLUMN may_submit, DROP COLUMN may_publish;
