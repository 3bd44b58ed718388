DROP TRIGGER flag_suspends ON flag;
DROP FUNCTION flag_suspends();
ALTER TABLE flag DROP CONSTRAINT flag_suspension;
ALTER TABLE flag DROP COLUMN suspension;
