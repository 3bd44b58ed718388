-- Takes verification away: requests, documents' rows and levels.
DROP FUNCTION organization_verification(uuid);
DROP TABLE verification;
DROP TABLE verification_document;
DROP TABLE verification_request;
