-- An organization may let its people sign in with its own provider of OpenID
-- Connect, for addresses of the domain that it has proved. Only one
-- organization answers for a domain at a time. The client's secret is sealed
-- by the program.
CREATE TABLE organization_oidc (
    organization_id uuid        PRIMARY KEY REFERENCES organization ON DELETE CASCADE,
    issuer          text        NOT NULL CHECK (length(issuer) BETWEEN 8 AND 500 AND issuer ~ '^https?://[!-~]+$'),
    client_id       text        NOT NULL CHECK (length(client_id) BETWEEN 1 AND 300),
    client_secret   bytea       NOT NULL CHECK (length(client_secret) BETWEEN 28 AND 1000),
    domain          text        NOT NULL CHECK (domain = lower(domain) AND length(domain) BETWEEN 3 AND 253),
    set_by          uuid        NOT NULL REFERENCES app_user,
    set_at          timestamptz NOT NULL DEFAULT now(),
    enabled_at      timestamptz
);
CREATE UNIQUE INDEX organization_oidc_domain ON organization_oidc (domain) WHERE enabled_at IS NOT NULL;

-- Whom a subject of the provider stands for: bound by the person, who has shown
-- the password or a factor, and ended with the membership.
CREATE TABLE oidc_identity (
    organization_id uuid        NOT NULL,
    user_id         uuid        NOT NULL REFERENCES app_user ON DELETE CASCADE,
    issuer          text        NOT NULL,
    subject         text        NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    bound_at        timestamptz NOT NULL DEFAULT now(),
    used_at         timestamptz,
    PRIMARY KEY (organization_id, issuer, subject),
    CONSTRAINT oidc_identity_one UNIQUE (organization_id, user_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES membership ON DELETE CASCADE
);
CREATE INDEX oidc_identity_by_user ON oidc_identity (user_id);

ALTER TABLE organization_oidc ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization_oidc FORCE ROW LEVEL SECURITY;
ALTER TABLE oidc_identity ENABLE ROW LEVEL SECURITY;
ALTER TABLE oidc_identity FORCE ROW LEVEL SECURITY;

-- The tenant, and who looks for the provider of a domain before signing in.
CREATE POLICY tenant ON organization_oidc
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY domain ON organization_oidc FOR SELECT
    USING (enabled_at IS NOT NULL AND domain = assay_key());

CREATE POLICY tenant ON oidc_identity FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY own ON oidc_identity
    USING (user_id = assay_user())
    WITH CHECK (user_id = assay_user());

-- It is enabled for a domain that is proved for this organization alone. A
-- provider that is exchanged for another is off until it is tried anew.
CREATE FUNCTION organization_oidc_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.issuer, NEW.client_id, NEW.client_secret, NEW.domain)
       IS DISTINCT FROM (OLD.issuer, OLD.client_id, OLD.client_secret, OLD.domain) THEN
        NEW.enabled_at := NULL;
    END IF;
    IF NEW.enabled_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM domain_proof p
        WHERE p.organization_id = NEW.organization_id AND p.domain = NEW.domain AND p.proved_at IS NOT NULL) THEN
        RAISE EXCEPTION 'an organization signs people in for a domain that it has proved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'organization_oidc_proved';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER organization_oidc_guard BEFORE INSERT OR UPDATE ON organization_oidc
    FOR EACH ROW EXECUTE FUNCTION organization_oidc_guard();

GRANT SELECT, INSERT, DELETE ON organization_oidc TO assay_app;
GRANT UPDATE (issuer, client_id, client_secret, domain, set_by, set_at, enabled_at) ON organization_oidc TO assay_app;
GRANT SELECT, INSERT, DELETE ON oidc_identity TO assay_app;
GRANT UPDATE (used_at) ON oidc_identity TO assay_app;
