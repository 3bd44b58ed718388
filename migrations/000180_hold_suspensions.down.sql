-- Takes the way back to the reviewers away. A version that waits again is
-- approved as before; of one that was decided anew the last word stays.
DROP TRIGGER version_suspension_guard ON version;
DROP FUNCTION version_suspension_guard();
DROP TRIGGER decision_skip_guard ON decision;
DROP FUNCTION decision_skip_guard();
DROP FUNCTION listing_needs_reviewer(uuid);
DROP POLICY reviewer_lock ON listing;

CREATE OR REPLACE FUNCTION version_reopened_at(of_version uuid) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT coalesce(max(at), '-infinity')
FROM   version_event
WHERE  version_id = of_version
AND    event = 'reopen'
$$;

CREATE OR REPLACE FUNCTION decision_round() RETURNS trigger
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

DELETE FROM version_transition WHERE event = 'recall';
ALTER TABLE version NO FORCE ROW LEVEL SECURITY;
ALTER TABLE version DISABLE TRIGGER USER;
UPDATE version
SET    state = 'approved', last_event = 'approve'
WHERE  state = 'in_review'
AND    last_event = 'recall';
ALTER TABLE version ENABLE TRIGGER USER;
ALTER TABLE version FORCE ROW LEVEL SECURITY;
