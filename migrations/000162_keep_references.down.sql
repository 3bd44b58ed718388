DROP TABLE rights_assertion;
DROP TABLE reference_content;
