ALTER TABLE catalog_listing DROP COLUMN samples_hidden_at;
