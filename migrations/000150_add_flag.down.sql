DROP TRIGGER samples_guard ON catalog_listing;
DROP FUNCTION samples_guard();
DROP TABLE samples_clearance;
DROP POLICY holder ON flag;
DROP TABLE flag_report;
DROP TABLE flag;
DROP FUNCTION flag_guard();
