DROP TRIGGER flag_question_kept ON flag;
DROP FUNCTION flag_question_kept();
DROP TABLE flag_question;
