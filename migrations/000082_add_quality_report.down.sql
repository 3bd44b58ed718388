ALTER TABLE catalog_listing
    DROP COLUMN lqs_grade,
    DROP COLUMN classes;
DROP TABLE catalog_quality;
DROP TABLE quality_report;
