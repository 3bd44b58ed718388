-- Changed claims that wait for a reviewer were about a version that is live.
-- When that version is superseded or withdrawn first, nothing is left to
-- decide: they lapse, and do not keep the next ones back.
ALTER TABLE listing_claims DROP CONSTRAINT listing_claims_outcome_check;
ALTER TABLE listing_claims ADD CONSTRAINT listing_claims_outcome_check
    CHECK (outcome IN ('approve', 'changes_requested', 'reject', 'lapsed'));

SELECT set_config('assay.platform', 'worker', true); -- the owner is bound by row security too
UPDATE listing_claims c
SET    outcome = 'lapsed'
FROM   version v
WHERE  v.id = c.amends_version
AND    c.outcome IS NULL
AND    v.state IN ('superseded', 'withdrawn');
SELECT set_config('assay.platform', '', true);
