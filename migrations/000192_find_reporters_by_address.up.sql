-- A person's address is the same in capitals and without: letters to one are
-- counted and erased so. Reports from now on hold it in small letters.
DROP INDEX flag_report_email;
CREATE INDEX flag_report_email ON flag_report (lower(email), created_at) WHERE email <> '';
