-- Refused while an empty draft stands beside a version that is on its way: the
-- older schema has no place for both, and neither is ours to take away.
DROP INDEX version_one_draft;
DROP INDEX version_one_underway;
CREATE UNIQUE INDEX version_one_underway ON version (listing_id)
    WHERE state IN ('draft', 'uploading', 'queued', 'auditing', 'audit_error', 'in_review', 'approved', 'embargoed');
