-- A session that an organization's own sign-in began says so in its data alone.
ALTER TABLE session DROP COLUMN voucher_id;
