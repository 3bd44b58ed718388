ALTER TABLE verification ALTER COLUMN decided_at SET DEFAULT now();
REVOKE UPDATE (valid_until) ON commercial_review FROM assay_app;
ALTER TABLE commercial_review DROP COLUMN valid_until;
