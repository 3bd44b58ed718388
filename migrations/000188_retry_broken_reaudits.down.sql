CREATE OR REPLACE FUNCTION reaudit_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    parties text[] := acting_party(NEW.organization_id);
BEGIN
    IF OLD.state IN ('noted', 'closed') OR (NEW.id, NEW.organization_id, NEW.version_id, NEW.rules_version) IS DISTINCT FROM
       (OLD.id, OLD.organization_id, OLD.version_id, OLD.rules_version) THEN
        RAISE EXCEPTION 'an audit by new rules is over once it is answered' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'open' THEN
        IF NEW.state <> 'closed' OR NOT 'reviewer' = ANY (parties) OR NEW.closed_by IS DISTINCT FROM assay_user()
           OR (NEW.outcome, NEW.rules, NEW.report_id) IS DISTINCT FROM (OLD.outcome, OLD.rules, OLD.report_id) THEN
            RAISE EXCEPTION 'a reviewer closes what an audit by new rules found' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.state = 'closed' AND OLD.state <> 'open' OR NOT 'worker' = ANY (parties) THEN
        RAISE EXCEPTION 'a worker audits by new rules' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
