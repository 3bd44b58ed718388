DROP TABLE appeal;
DROP FUNCTION appeal_guard();
