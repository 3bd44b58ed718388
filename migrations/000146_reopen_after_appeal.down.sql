-- Takes the way back to the reviewers away. A version that waits again is
-- rejected as before; of one that was decided anew the last word stays.
DROP TRIGGER review_assignment_other ON review_assignment;
DROP FUNCTION review_assignment_other();
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
                           AND k.verdict <> 'no')) THEN
        RAISE EXCEPTION 'the checklist is not complete'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_checked';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER decision_round ON decision;
DROP FUNCTION decision_round();
DROP TRIGGER version_reopened ON version;
DROP FUNCTION version_reopened();
DELETE FROM version_transition WHERE event = 'reopen';

-- The owner is bound by row security too, which lets nobody take a decision away.
ALTER TABLE version NO FORCE ROW LEVEL SECURITY;
ALTER TABLE version DISABLE TRIGGER USER;
UPDATE version
SET    state = 'rejected', last_event = 'reject'
WHERE  state = 'in_review'
AND    last_event = 'reopen';
ALTER TABLE version ENABLE TRIGGER USER;
ALTER TABLE version FORCE ROW LEVEL SECURITY;

ALTER TABLE decision NO FORCE ROW LEVEL SECURITY;
ALTER TABLE decision_ground NO FORCE ROW LEVEL SECURITY;
DELETE FROM decision_ground g
USING  decision d, decision n
WHERE  d.id = g.decision_id
AND    n.version_id = d.version_id
AND    n.claims_id = d.claims_id
AND    n.round > d.round;
DELETE FROM decision d
USING  decision n
WHERE  n.version_id = d.version_id
AND    n.claims_id = d.claims_id
AND    n.round > d.round;
ALTER TABLE decision_ground FORCE ROW LEVEL SECURITY;
ALTER TABLE decision FORCE ROW LEVEL SECURITY;

ALTER TABLE decision DROP CONSTRAINT decision_once;
ALTER TABLE decision ADD CONSTRAINT decision_once UNIQUE (version_id, claims_id);
ALTER TABLE decision DROP COLUMN round;
DROP FUNCTION rejected_by(uuid, uuid, uuid);
DROP FUNCTION version_reopened_at(uuid);
