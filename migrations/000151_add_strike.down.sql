DROP TRIGGER version_strike_guard ON version;
DROP FUNCTION version_strike_guard();
DROP FUNCTION active_strikes(uuid);
DROP TABLE strike;
