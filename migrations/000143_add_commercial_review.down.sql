ALTER TABLE catalog_listing DROP COLUMN commercial_review;
DROP TABLE commercial_review;
DROP FUNCTION commercial_review_guard();
DROP FUNCTION commercial_terms_digest(jsonb);
