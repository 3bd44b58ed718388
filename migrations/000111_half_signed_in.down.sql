-- Who is half signed in starts again.
DELETE FROM session WHERE is_pending;
ALTER TABLE session DROP COLUMN is_pending;
