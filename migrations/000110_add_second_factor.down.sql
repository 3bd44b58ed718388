DROP TABLE passkey;
DROP TABLE recovery_code;
DROP TABLE second_factor;
DROP FUNCTION platform_keeps_second_factor();
