DROP TABLE agreement_template;
DROP FUNCTION agreement_template_guard;
