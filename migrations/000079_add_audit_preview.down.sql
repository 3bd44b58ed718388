DROP TABLE audit_preview;
