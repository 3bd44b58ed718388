-- The mail of the day came at an hour of UTC, which is another hour of the day
-- in summer than in winter. It comes at an hour of the person's own time zone.
-- The second part of the check fails with an error for a zone that the database
-- does not know.
ALTER TABLE notice_setting ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC'
    CHECK (time_zone ~ '^(UTC|[A-Z][A-Za-z_-]+(/[A-Za-z_-]+){1,2})$' AND timestamptz 'epoch' AT TIME ZONE time_zone IS NOT NULL);
GRANT UPDATE (time_zone) ON notice_setting TO assay_app;
