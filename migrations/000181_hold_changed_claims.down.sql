DROP TRIGGER decision_claims_guard ON decision;
DROP FUNCTION decision_claims_guard();

CREATE OR REPLACE FUNCTION version_reopened_at(of_version uuid) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT coalesce(max(at), '-infinity')
FROM   version_event
WHERE  version_id = of_version
AND    event IN ('reopen', 'recall')
$$;

CREATE OR REPLACE FUNCTION item_waits(of_version uuid, of_claims uuid) RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT 1
    FROM   version v
    JOIN   listing_claims c ON c.id = of_claims AND c.listing_id = v.listing_id
    WHERE  v.id = of_version
    AND    (v.state = 'in_review' AND v.claims_id = c.id
            OR v.state IN ('live', 'suspended') AND c.amends_version = v.id AND c.outcome IS NULL))
$$;
