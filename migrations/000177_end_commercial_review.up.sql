-- The badge of reviewed commercial terms rests on a paper and on a signer, and
-- both end on a day.
ALTER TABLE commercial_review ADD COLUMN valid_until date;
COMMENT ON COLUMN commercial_review.valid_until IS 'the last day on which paper and signer hold; null for no end';
GRANT UPDATE (valid_until) ON commercial_review TO assay_app;

-- The newest level counts, and a transaction that began first may write last:
-- the clock is read when the row is written, under the lock of the organization.
ALTER TABLE verification ALTER COLUMN decided_at SET DEFAULT clock_timestamp();
