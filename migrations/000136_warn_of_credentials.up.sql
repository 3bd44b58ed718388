-- An organization is told before a credential ends, once for each distance. The
-- worker writes down of which it was told, and seals numbers anew under another
-- secret; what a reviewer checked it leaves as it is.
ALTER TABLE credential ADD COLUMN warned_days smallint CHECK (warned_days > 0);
COMMENT ON COLUMN credential.warned_days IS 'the distance in days of the last warning of its end';
GRANT UPDATE (warned_days) ON credential TO assay_app;

-- differs_only_in reports whether two rows agree but for some columns.
CREATE FUNCTION differs_only_in(before jsonb, after jsonb, columns text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN before - columns = after - columns;

CREATE OR REPLACE FUNCTION credential_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    parties text[] := acting_party(OLD.organization_id);
    same_facts boolean := (NEW.kind, NEW.body, NEW.number_sealed, NEW.issued_on, NEW.expires_on, NEW.document_id, NEW.document_number)
        IS NOT DISTINCT FROM (OLD.kind, OLD.body, OLD.number_sealed, OLD.issued_on, OLD.expires_on, OLD.document_id, OLD.document_number);
    same_decision boolean := (NEW.name_matches, NEW.body_exists, NEW.number_checked, NEW.in_force, NEW.register_url, NEW.register_on,
                              NEW.verified_by, NEW.verified_on, NEW.decided_by, NEW.decided_at, NEW.reason)
        IS NOT DISTINCT FROM (OLD.name_matches, OLD.body_exists, OLD.number_checked, OLD.in_force, OLD.register_url, OLD.register_on,
                              OLD.verified_by, OLD.verified_on, OLD.decided_by, OLD.decided_at, OLD.reason);
    same_sending boolean := (NEW.submitted_at, NEW.submitted_by) IS NOT DISTINCT FROM (OLD.submitted_at, OLD.submitted_by);
    fits boolean := false;
BEGIN
    IF length(NEW.number_sealed) = 0 AND length(OLD.number_sealed) > 0 THEN -- its annotator was removed
        NEW.number_sealed := OLD.number_sealed;
        IF NEW IS DISTINCT FROM OLD
           OR NOT EXISTS (SELECT 1 FROM annotator a WHERE a.id = OLD.annotator_id AND a.removed_at IS NOT NULL) THEN
            RAISE EXCEPTION 'a number is forgotten with its annotator' USING ERRCODE = 'check_violation';
        END IF;
        NEW.number_sealed := ''::bytea;
        RETURN NEW;
    END IF;
    IF 'worker' = ANY (parties) AND differs_only_in(to_jsonb(OLD), to_jsonb(NEW), ARRAY['warned_days', 'number_sealed']) THEN
        RETURN NEW;
    END IF;
    CASE OLD.state
    WHEN 'draft', 'returned' THEN
        fits := 'seller' = ANY (parties) AND same_decision
            AND (NEW.state = 'draft' AND same_sending
                 OR NEW.state = 'submitted' AND same_facts AND NEW.submitted_by IS NOT DISTINCT FROM assay_user());
    WHEN 'submitted' THEN
        fits := same_facts AND same_sending
            AND ('seller' = ANY (parties) AND NEW.state = 'draft' AND same_decision
                 OR 'reviewer' = ANY (parties) AND NEW.state IN ('verified', 'returned', 'refused')
                    AND NEW.decided_by IS NOT DISTINCT FROM assay_user()
                    AND (NEW.verified_by IS NULL OR NEW.verified_by = assay_user()));
    WHEN 'verified' THEN
        fits := 'worker' = ANY (parties) AND NEW.state = 'expired' AND same_facts AND same_sending AND same_decision
            AND OLD.expires_on < (now() AT TIME ZONE 'UTC')::date;
    ELSE
        fits := false;
    END CASE;
    IF NOT coalesce(fits, false) THEN
        RAISE EXCEPTION 'a credential goes from % to % by somebody else, or not at all', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credential_move';
    END IF;
    RETURN NEW;
END
$$;
