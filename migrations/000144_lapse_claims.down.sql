-- Claims that lapsed have to be sent again, as after a return.
SELECT set_config('assay.platform', 'worker', true); -- the owner is bound by row security too
ALTER TABLE listing_claims DISABLE TRIGGER listing_claims_guard; -- an outcome is final
UPDATE listing_claims
SET    outcome = 'changes_requested'
WHERE  outcome = 'lapsed';
ALTER TABLE listing_claims ENABLE TRIGGER listing_claims_guard;
SELECT set_config('assay.platform', '', true);
ALTER TABLE listing_claims DROP CONSTRAINT listing_claims_outcome_check;
ALTER TABLE listing_claims ADD CONSTRAINT listing_claims_outcome_check
    CHECK (outcome IN ('approve', 'changes_requested', 'reject'));
