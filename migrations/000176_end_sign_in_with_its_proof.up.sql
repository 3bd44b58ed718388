-- An organization signs people in for a domain that it has proved. Whoever loses
-- the proof turns the sign-in off with it, at the end of the same transaction:
-- otherwise people were led to the former holder of a domain, and the next one
-- could not turn on its own. A sign-in that is the only way in goes off too; that
-- it is asked for stays.
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
       IS NOT DISTINCT FROM (OLD.issuer, OLD.client_id, OLD.client_secret, OLD.domain)
       AND EXISTS (SELECT FROM domain_proof p
                   WHERE p.organization_id = NEW.organization_id AND p.domain = NEW.domain AND p.proved_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a sign-in that is asked for stays on'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'organization_oidc_asked_for';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION domain_proof_lost() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE organization_oidc o
    SET    enabled_at = NULL
    WHERE  o.organization_id = OLD.organization_id
    AND    o.enabled_at IS NOT NULL
    AND    NOT EXISTS (SELECT FROM domain_proof p
                       WHERE p.organization_id = o.organization_id AND p.domain = o.domain AND p.proved_at IS NOT NULL);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER domain_proof_lost AFTER UPDATE OR DELETE ON domain_proof
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.proved_at IS NOT NULL) EXECUTE FUNCTION domain_proof_lost();

-- Who looks for the sign-in of a domain finds one whose proof holds.
CREATE POLICY domain ON domain_proof FOR SELECT
    USING (proved_at IS NOT NULL AND domain = assay_key());

-- Those that are on without a proof go off.
ALTER TABLE organization_oidc NO FORCE ROW LEVEL SECURITY;
ALTER TABLE domain_proof NO FORCE ROW LEVEL SECURITY;
UPDATE organization_oidc o
SET    enabled_at = NULL
WHERE  o.enabled_at IS NOT NULL
AND    NOT EXISTS (SELECT FROM domain_proof p
                   WHERE p.organization_id = o.organization_id AND p.domain = o.domain AND p.proved_at IS NOT NULL);
ALTER TABLE organization_oidc FORCE ROW LEVEL SECURITY;
ALTER TABLE domain_proof FORCE ROW LEVEL SECURITY;
