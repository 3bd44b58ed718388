-- An organization may ask that its members come in by its own provider alone.
-- The wish holds while the provider is off too: what was asked for is not given
-- up because something is broken. An owner comes in by a second factor of the
-- account's own, so the program reads at each request, on a person's behalf,
-- what the person's organizations ask for.
ALTER TABLE organization_oidc ADD COLUMN required_at timestamptz;
GRANT UPDATE (required_at) ON organization_oidc TO assay_app;

CREATE POLICY member ON organization_oidc FOR SELECT
    USING (EXISTS (SELECT FROM membership m
                   WHERE m.organization_id = organization_oidc.organization_id AND m.user_id = assay_user()));

-- It is asked for only of a provider that is on and by which somebody has come
-- in as it is set now. It stays on while it is asked for, except that another
-- provider is off until it is tried.
CREATE FUNCTION organization_oidc_required() RETURNS trigger
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
-- Triggers run in the order of their names: after the one that turns a changed
-- provider off.
CREATE TRIGGER organization_oidc_required BEFORE UPDATE ON organization_oidc
    FOR EACH ROW EXECUTE FUNCTION organization_oidc_required();
