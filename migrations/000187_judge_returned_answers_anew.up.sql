-- A version that came back after an appeal is judged anew by others. Until now
-- who had rejected it could still accept answers to its warnings, and what they
-- had accepted before counted as one of the two people. Answers are opened
-- again when the version returns, like the checks, and who rejected it judges
-- none of them.
CREATE FUNCTION version_reopen_answers() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE finding_answer
    SET    outcome = NULL, outcome_note = '', outcome_by = NULL, outcome_at = NULL, confirmed_by = NULL, confirmed_at = NULL
    WHERE  version_id = NEW.id
    AND    organization_id = NEW.organization_id
    AND    outcome IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER version_reopen_answers AFTER UPDATE ON version
    FOR EACH ROW WHEN (OLD.state = 'rejected' AND NEW.state = 'in_review') EXECUTE FUNCTION version_reopen_answers();

CREATE FUNCTION finding_answer_other() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF rejected_by(NEW.version_id, (SELECT claims_id FROM version WHERE id = NEW.version_id), assay_user()) THEN
        RAISE EXCEPTION 'who rejected it does not judge its answers'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_other_reviewer';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER finding_answer_other BEFORE UPDATE OF outcome, confirmed_by ON finding_answer
    FOR EACH ROW WHEN (NEW.outcome IS NOT NULL) EXECUTE FUNCTION finding_answer_other();
