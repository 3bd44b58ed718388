REVOKE UPDATE (fate) ON flag FROM assay_app;
ALTER TABLE flag DROP COLUMN fate;
