DROP INDEX flag_report_email;
CREATE INDEX flag_report_email ON flag_report (email, created_at) WHERE email <> '';
