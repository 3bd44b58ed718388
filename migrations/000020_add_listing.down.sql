DROP TABLE listing_claims;
DROP TABLE listing;
DROP FUNCTION listing_claims_guard();
DROP FUNCTION listing_guard();
