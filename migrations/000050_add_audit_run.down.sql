DROP TABLE audit_run;
