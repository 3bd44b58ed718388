DROP TABLE reference_withdrawal;
ALTER TABLE rights_assertion
    DROP COLUMN source_url,
    DROP COLUMN license_before,
    DROP COLUMN license_after,
    DROP COLUMN tier_before,
    DROP COLUMN tier_after;
