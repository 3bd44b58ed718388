-- A version whose upload was begun and given up is an empty draft. It kept the
-- version before it, flagged or passed, from ever being submitted: two were on
-- their way. Nothing is on its way in a draft; it waits until its upload begins
-- again, and a listing has at most one.
DROP INDEX version_one_underway;
CREATE UNIQUE INDEX version_one_underway ON version (listing_id)
    WHERE state IN ('uploading', 'queued', 'auditing', 'audit_error', 'in_review', 'approved', 'embargoed');
CREATE UNIQUE INDEX version_one_draft ON version (listing_id) WHERE state = 'draft';
