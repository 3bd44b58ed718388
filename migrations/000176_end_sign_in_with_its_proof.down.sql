-- A sign-in that lost its proof stays on again, and signs nobody in.
DROP POLICY domain ON domain_proof;
DROP TRIGGER domain_proof_lost ON domain_proof;
DROP FUNCTION domain_proof_lost();

CREATE OR REPLACE FUNCTION organization_oidc_required() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.required_at IS NULL THEN
        RETURN NEW;
    END IF;
    IF OLD.required_at IS NULL AND (NEW.enabled_at IS NULL OR NOT EXISTS (
        SELECT FROM oidc_identity i
        WHERE i.organization_id = NEW.organization_id AND i.issuer = NEW.issuer AND i.used_at > NEW.set_at)) THEN
        RAISE EXCEPTION 'a sign-in is asked for once somebody has come in by it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'organization_oidc_tried';
    END IF;
    IF NEW.enabled_at IS NULL AND OLD.enabled_at IS NOT NULL AND (NEW.issuer, NEW.client_id, NEW.client_secret, NEW.domain)
       IS NOT DISTINCT FROM (OLD.issuer, OLD.client_id, OLD.client_secret, OLD.domain) THEN
        RAISE EXCEPTION 'a sign-in that is asked for stays on'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'organization_oidc_asked_for';
    END IF;
    RETURN NEW;
END
$$;
