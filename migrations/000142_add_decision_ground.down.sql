DROP TABLE decision_ground;
DROP FUNCTION decision_ground_guard();
