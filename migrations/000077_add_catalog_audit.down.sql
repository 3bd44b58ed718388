DROP TABLE catalog_audit;
