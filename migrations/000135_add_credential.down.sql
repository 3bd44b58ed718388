ALTER TABLE catalog_listing
    DROP COLUMN verified_radiologists_until,
    DROP COLUMN verified_radiologists,
    DROP COLUMN verified_annotators;
DROP POLICY credential_decider ON app_user;
DROP POLICY reviewer_read ON annotator;
DROP TABLE credential;
DROP FUNCTION credential_guard();
DROP TABLE annotator;
DROP FUNCTION annotator_guard();
DROP FUNCTION names_annotator(jsonb, uuid);
DROP FUNCTION annotators_lock(uuid);
