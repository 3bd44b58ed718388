-- An audit by new rules that broke by a fault of the platform stays undone until
-- the next rules come. Once the fault is mended an admin outside the seller's
-- organization may have the same audit tried afresh; nothing else of it changes.
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
    IF OLD.state = 'broken' THEN
        IF NEW.state <> 'queued' OR NEW.attempt <> 0 OR NEW.lease IS NOT NULL
           OR NOT 'reviewer' = ANY (parties) OR assay_platform() <> 'admin'
           OR NOT differs_only_in(to_jsonb(OLD), to_jsonb(NEW), ARRAY['state', 'attempt', 'lease', 'renewed_at']) THEN
            RAISE EXCEPTION 'an admin has a broken audit tried afresh' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
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
