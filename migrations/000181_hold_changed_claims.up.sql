-- Changed claims of a live version are held to what a version is held to. Three
-- ways led around it: while the version was suspended a reviewer's approval was
-- kept and never applied; a suspended seller, or one with three strikes, put new
-- words on offer without a reviewer; and a de-identification claim went live
-- that no audit has held the files against.

-- Of a suspended version nothing is decided: its changed claims wait until it is
-- back, and their clock and checks begin anew then.
CREATE OR REPLACE FUNCTION item_waits(of_version uuid, of_claims uuid) RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT 1
    FROM   version v
    JOIN   listing_claims c ON c.id = of_claims AND c.listing_id = v.listing_id
    WHERE  v.id = of_version
    AND    (v.state = 'in_review' AND v.claims_id = c.id
            OR v.state = 'live' AND c.amends_version = v.id AND c.outcome IS NULL))
$$;

CREATE OR REPLACE FUNCTION version_reopened_at(of_version uuid) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT coalesce(max(at), '-infinity')
FROM   version_event
WHERE  version_id = of_version
AND    event IN ('reopen', 'recall', 'restore')
$$;

CREATE FUNCTION decision_claims_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    v      version;
    now_of jsonb;
    new_of jsonb;
BEGIN
    SELECT * INTO v FROM version WHERE id = NEW.version_id;
    IF v.state = 'suspended' THEN
        RAISE EXCEPTION 'nothing is decided about a suspended version'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_suspended';
    END IF;
    IF v.state <> 'live' OR NEW.outcome <> 'approve' THEN
        RETURN NEW;
    END IF;
    SELECT claims INTO now_of FROM listing_claims WHERE id = v.claims_id;
    SELECT claims INTO new_of FROM listing_claims WHERE id = NEW.claims_id;
    IF material_claims(now_of) -> 'deidentification' IS DISTINCT FROM material_claims(new_of) -> 'deidentification'
       OR material_claims(now_of) -> 'reports' IS DISTINCT FROM material_claims(new_of) -> 'reports' THEN
        RAISE EXCEPTION 'no audit has held the files against this de-identification claim'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_deid_audited';
    END IF;
    IF NEW.kind = 'carried' AND organization_verification(NEW.organization_id) <> 'verified' THEN
        RAISE EXCEPTION 'the seller is not verified'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_carried_verified';
    END IF;
    IF NEW.kind = 'carried' AND active_strikes(NEW.organization_id) >= 3 THEN
        RAISE EXCEPTION 'the seller has three strikes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_carried_strikes';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_claims_guard BEFORE INSERT ON decision
    FOR EACH ROW EXECUTE FUNCTION decision_claims_guard();
