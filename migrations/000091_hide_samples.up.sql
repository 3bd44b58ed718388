-- Pictures of a listing are hidden at once when somebody reports identifiers in
-- it, until a reviewer has looked.
ALTER TABLE catalog_listing ADD COLUMN samples_hidden_at timestamptz;
