-- What was revoked counts as expired: it must not count again.
DROP POLICY reviewer_revoke ON signer;
REVOKE UPDATE (reason) ON signer FROM assay_app;
ALTER TABLE signer DROP COLUMN reason;

DROP POLICY reviewer_revoke ON credential;
ALTER TABLE credential NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER credential_guard;
UPDATE credential SET state = 'expired' WHERE state = 'revoked';
ALTER TABLE credential FORCE ROW LEVEL SECURITY, ENABLE TRIGGER credential_guard;
ALTER TABLE credential
    DROP CONSTRAINT credential_state_check,
    DROP CONSTRAINT credential_says_why,
    DROP CONSTRAINT credential_checked,
    ADD CONSTRAINT credential_state_check CHECK (state IN ('draft', 'submitted', 'returned', 'verified', 'refused', 'expired')),
    ADD CONSTRAINT credential_says_why CHECK (state NOT IN ('returned', 'refused') OR reason <> ''),
    ADD CONSTRAINT credential_checked CHECK (
        (state IN ('verified', 'expired')) = (verified_on IS NOT NULL)
        AND (verified_by IS NULL) = (verified_on IS NULL)
        AND (state NOT IN ('verified', 'expired')
             OR name_matches AND body_exists AND in_force
                AND (kind = 'training' OR number_checked AND register_url <> '' AND register_on IS NOT NULL)));

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

CREATE OR REPLACE FUNCTION annotator_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF assay_platform() = 'worker' THEN
        IF NOT differs_only_in(to_jsonb(OLD), to_jsonb(NEW), ARRAY['name_sealed']) THEN
            RAISE EXCEPTION 'the worker seals a name anew and changes nothing else' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.removed_at IS NOT NULL THEN
        RAISE EXCEPTION 'a removed annotator does not come back' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.removed_at IS NOT NULL THEN
        IF EXISTS (SELECT 1
                   FROM   version v
                   JOIN   listing_claims c ON c.id = v.claims_id
                   WHERE  v.organization_id = NEW.organization_id
                   AND    v.state IN ('live', 'suspended')
                   AND    names_annotator(c.claims, NEW.id)) THEN
            RAISE EXCEPTION 'a live listing names this annotator'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'annotator_named';
        END IF;
    ELSIF (NEW.name_sealed, NEW.role, NEW.country) IS DISTINCT FROM (OLD.name_sealed, OLD.role, OLD.country)
          AND EXISTS (SELECT 1
                      FROM   credential c
                      WHERE  c.annotator_id = NEW.id
                      AND    c.state IN ('submitted', 'verified', 'expired')) THEN
        RAISE EXCEPTION 'who was handed in stays who it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'annotator_checked';
    END IF;
    RETURN NEW;
END
$$;
