-- A session that an organization's own sign-in began names the organization, so
-- that it ends when the sign-in is turned off or the account disconnected.
ALTER TABLE session ADD COLUMN voucher_id uuid REFERENCES organization ON DELETE CASCADE;
CREATE INDEX session_by_voucher ON session (voucher_id) WHERE voucher_id IS NOT NULL;
