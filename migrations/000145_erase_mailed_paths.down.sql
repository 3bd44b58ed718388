REVOKE UPDATE (path) ON notice_event FROM assay_app;
