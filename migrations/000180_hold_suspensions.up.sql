-- A suspension was undone by its own seller: the same bytes, sent anew by one
-- who may skip review, went on offer in the place of the tombstone, and so did
-- a version that was approved before. What a reviewer has not seen since does
-- not replace a suspended version; and a suspended one comes back only to where
-- it was, under a seller who may offer anything.

-- Approved versions go back to the reviewers in the transaction that suspends.
INSERT INTO version_transition (from_state, event, to_state, by_party) VALUES
    ('approved', 'recall', 'in_review', '{reviewer,worker}'),
    ('embargoed', 'recall', 'in_review', '{reviewer,worker}');

-- Who suspends or restores locks the listing first, as its seller does; nothing
-- of it is theirs to change.
CREATE POLICY reviewer_lock ON listing FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin') AND submitted_at IS NOT NULL)
    WITH CHECK (false);

-- listing_needs_reviewer reports whether each new version of a listing is looked
-- at: one of its versions is suspended, or a report is open or was upheld with
-- consequences. It looks as a worker does, because a seller does not see every
-- report, and tells no more than this.
CREATE FUNCTION listing_needs_reviewer(of_listing uuid) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    platform text := assay_platform();
    needed   boolean;
BEGIN
    PERFORM set_config('assay.platform', 'worker', true);
    needed := EXISTS (SELECT FROM version WHERE listing_id = of_listing AND state = 'suspended')
           OR EXISTS (SELECT FROM flag
                      WHERE  listing_id = of_listing
                      AND    (state IN ('open', 'in_triage', 'needs_seller')
                              OR state = 'upheld' AND act IN ('changes', 'suspend')));
    PERFORM set_config('assay.platform', platform, true);
    RETURN needed;
END
$$;

CREATE FUNCTION decision_skip_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF listing_needs_reviewer((SELECT listing_id FROM version WHERE id = NEW.version_id)) THEN
        RAISE EXCEPTION 'a reviewer looks at each version of this listing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_automatic';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_skip_guard BEFORE INSERT ON decision
    FOR EACH ROW WHEN (NEW.kind = 'automatic') EXECUTE FUNCTION decision_skip_guard();

CREATE FUNCTION version_suspension_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.last_event = 'publish' AND EXISTS (
        SELECT FROM version s
        WHERE  s.listing_id = NEW.listing_id
        AND    s.state = 'suspended'
        AND    NOT EXISTS (SELECT FROM decision d
                           WHERE  d.version_id = NEW.id
                           AND    d.kind = 'review'
                           AND    d.outcome = 'approve'
                           AND    d.created_at > (SELECT max(e.at) FROM version_event e
                                                  WHERE e.version_id = s.id AND e.event = 'suspend'))) THEN
        RAISE EXCEPTION 'no reviewer has approved this version since another one was suspended'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_live_suspended';
    END IF;
    IF NEW.last_event = 'restore' AND EXISTS (
        SELECT FROM version n
        WHERE  n.listing_id = NEW.listing_id
        AND    n.number > NEW.number
        AND    n.live_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a newer version has been on offer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_restore_newest';
    END IF;
    IF NEW.last_event = 'restore' AND organization_verification(NEW.organization_id) = 'suspended' THEN
        RAISE EXCEPTION 'the seller is suspended'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_restore_seller';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_suspension_guard BEFORE UPDATE ON version
    FOR EACH ROW WHEN (NEW.state = 'live' AND OLD.state <> 'live') EXECUTE FUNCTION version_suspension_guard();

-- A version that came back, after an appeal or because another one was
-- suspended, is checked anew and decided in a round of its own.
CREATE OR REPLACE FUNCTION version_reopened_at(of_version uuid) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT coalesce(max(at), '-infinity')
FROM   version_event
WHERE  version_id = of_version
AND    event IN ('reopen', 'recall')
$$;

CREATE OR REPLACE FUNCTION decision_round() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    SELECT 1 + count(*) INTO NEW.round
    FROM   version_event
    WHERE  version_id = NEW.version_id
    AND    event IN ('reopen', 'recall');
    IF NEW.kind = 'review' AND rejected_by(NEW.version_id, NEW.claims_id, NEW.reviewer_id) THEN
        RAISE EXCEPTION 'who rejected it does not decide again'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_other_reviewer';
    END IF;
    RETURN NEW;
END
$$;

SELECT set_config('assay.platform', 'worker', true); -- the owner is bound by row security too
UPDATE version v
SET    state = 'in_review', last_event = 'recall', updated_at = now()
WHERE  v.state IN ('approved', 'embargoed')
AND    EXISTS (SELECT FROM version s WHERE s.listing_id = v.listing_id AND s.state = 'suspended');
SELECT set_config('assay.platform', '', true);
