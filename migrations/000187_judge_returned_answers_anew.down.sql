DROP TRIGGER finding_answer_other ON finding_answer;
DROP FUNCTION finding_answer_other();
DROP TRIGGER version_reopen_answers ON version;
DROP FUNCTION version_reopen_answers();
