DELETE FROM session WHERE released_at IS NOT NULL;
ALTER TABLE session DROP COLUMN released_at;
