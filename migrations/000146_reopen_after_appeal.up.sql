-- A granted appeal of a rejection brings the version back to the reviewers, with
-- the same files and claims: the rejection stands on record, and another
-- reviewer decides anew. Nothing is approved by the appeal itself.
INSERT INTO version_transition (from_state, event, to_state, by_party) VALUES
    ('rejected', 'reopen', 'in_review', '{reviewer}');

-- version_reopened_at is when a version came back last; before all time if it
-- never did.
CREATE FUNCTION version_reopened_at(of_version uuid) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT coalesce(max(at), '-infinity')
FROM   version_event
WHERE  version_id = of_version
AND    event = 'reopen'
$$;

-- rejected_by reports whether somebody has rejected these claims of a version
-- before: that person does not decide on them again.
CREATE FUNCTION rejected_by(of_version uuid, of_claims uuid, who uuid) RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT 1
    FROM   decision
    WHERE  version_id = of_version
    AND    claims_id = of_claims
    AND    outcome = 'reject'
    AND    reviewer_id = who)
$$;

-- Checked at the end of the transaction, which rules on the appeal and moves
-- the version.
CREATE FUNCTION version_reopened() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1
        FROM   appeal a
        WHERE  a.version_id = NEW.id
        AND    a.kind = 'rejection'
        AND    a.state = 'granted'
        AND    a.subject = (SELECT d.id::text FROM decision d WHERE d.version_id = NEW.id
                            ORDER BY d.created_at DESC, d.id DESC LIMIT 1)) THEN
        RAISE EXCEPTION 'no appeal against this rejection was granted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_reopened';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER version_reopened AFTER UPDATE ON version
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.state = 'rejected' AND NEW.state = 'in_review') EXECUTE FUNCTION version_reopened();

-- One decision a round; a version that came back is in its next one.
ALTER TABLE decision ADD COLUMN round integer NOT NULL DEFAULT 1 CHECK (round > 0);
ALTER TABLE decision DROP CONSTRAINT decision_once;
ALTER TABLE decision ADD CONSTRAINT decision_once UNIQUE (version_id, claims_id, round);

CREATE FUNCTION decision_round() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    SELECT 1 + count(*) INTO NEW.round
    FROM   version_event
    WHERE  version_id = NEW.version_id
    AND    event = 'reopen';
    IF NEW.kind = 'review' AND rejected_by(NEW.version_id, NEW.claims_id, NEW.reviewer_id) THEN
        RAISE EXCEPTION 'who rejected it does not decide again'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_other_reviewer';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_round BEFORE INSERT ON decision
    FOR EACH ROW EXECUTE FUNCTION decision_round();

-- What was checked before the rejection is checked again.
CREATE OR REPLACE FUNCTION decision_checked() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM   review_checklist l
        WHERE  l.kind = ANY (review_kinds(NEW.version_id, NEW.claims_id))
        AND    NOT EXISTS (SELECT 1 FROM review_check k
                           WHERE k.version_id = NEW.version_id AND k.claims_id = NEW.claims_id AND k.item = l.item
                           AND k.root_digest = NEW.root_digest AND k.claims_digest = NEW.claims_digest
                           AND k.checked_at > version_reopened_at(NEW.version_id)
                           AND k.verdict <> 'no')) THEN
        RAISE EXCEPTION 'the checklist is not complete'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_checked';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION review_assignment_other() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF rejected_by(NEW.version_id, NEW.claims_id, NEW.reviewer_id) THEN
        RAISE EXCEPTION 'who rejected it is not given it again'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_other_reviewer';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER review_assignment_other BEFORE INSERT ON review_assignment
    FOR EACH ROW EXECUTE FUNCTION review_assignment_other();
