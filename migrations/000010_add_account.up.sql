-- Who may act and for whom: users, organizations (the tenants), memberships
-- with a role, invitations, and the platform's own roles.
--
-- Two kinds of row must be found before anybody is signed in: a user by
-- e-mail address, and a row by the secret a person holds (a mailed link). For
-- these the transaction names what it looks for in assay.key, and policies
-- show the one row that matches it; a forgotten WHERE shows no other.
CREATE FUNCTION assay_key() RETURNS text
LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('assay.key', true), '') $$;

CREATE TABLE app_user (
    id                 uuid PRIMARY KEY,
    email              text NOT NULL CONSTRAINT app_user_email_unique UNIQUE
                       CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    name               text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    email_confirmed_at timestamptz,
    disabled_at        timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now()
);

-- The hash lies apart from the user: colleagues and reviewers see names, and
-- nobody but the user's own transaction ever sees a hash.
CREATE TABLE password (
    user_id    uuid PRIMARY KEY REFERENCES app_user ON DELETE CASCADE,
    hash       text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE platform_role (
    user_id    uuid PRIMARY KEY REFERENCES app_user ON DELETE CASCADE,
    role       text NOT NULL CHECK (role IN ('reviewer', 'admin')),
    granted_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE organization (
    id         uuid PRIMARY KEY,
    slug       text NOT NULL CONSTRAINT organization_slug_unique UNIQUE
               CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 80),
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    is_demo    boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The platform itself, which owns the external listings.
INSERT INTO organization (id, slug, name)
VALUES ('00000000-0000-7000-8000-000000000001', 'platform', 'Assay');

CREATE TABLE membership (
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    user_id         uuid NOT NULL REFERENCES app_user ON DELETE CASCADE,
    role            text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX membership_by_user ON membership (user_id);

CREATE TABLE invitation (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    email           text NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    role            text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    token_hash      text NOT NULL CONSTRAINT invitation_token_unique UNIQUE,
    invited_by      uuid NOT NULL REFERENCES app_user,
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    accepted_at     timestamptz,
    accepted_by     uuid REFERENCES app_user,
    revoked_at      timestamptz,
    CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
    CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
CREATE INDEX invitation_by_organization ON invitation (organization_id, created_at DESC);
CREATE UNIQUE INDEX invitation_open ON invitation (organization_id, email)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;

-- Links sent by mail. Only the SHA-256 of a token is kept; a row is spent once.
CREATE TABLE account_token (
    token_hash text PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES app_user ON DELETE CASCADE,
    purpose    text NOT NULL CHECK (purpose IN ('confirm_email', 'reset_password')),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX account_token_by_user ON account_token (user_id, purpose);

-- Tries in the last minutes by what was tried: never an address in clear, a
-- hash of it, so that known and unknown addresses leave the same trace.
CREATE TABLE throttle (
    key   text PRIMARY KEY,
    tries timestamptz[] NOT NULL
);

-- An organization that has members keeps an owner. The lock on the
-- organization makes two owners who step down at once wait for each other.
CREATE FUNCTION membership_keeps_owner() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.role <> 'owner' THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM organization WHERE id = OLD.organization_id FOR UPDATE;
    IF FOUND AND NOT EXISTS (
        SELECT 1
        FROM   membership
        WHERE  organization_id = OLD.organization_id
        AND    role = 'owner'
    ) THEN
        RAISE EXCEPTION 'an organization keeps at least one owner'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_keeps_owner';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER membership_keeps_owner
    AFTER UPDATE OR DELETE ON membership
    FOR EACH ROW EXECUTE FUNCTION membership_keeps_owner();

ALTER TABLE app_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE app_user FORCE ROW LEVEL SECURITY;
ALTER TABLE password ENABLE ROW LEVEL SECURITY;
ALTER TABLE password FORCE ROW LEVEL SECURITY;
ALTER TABLE platform_role ENABLE ROW LEVEL SECURITY;
ALTER TABLE platform_role FORCE ROW LEVEL SECURITY;
ALTER TABLE organization ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization FORCE ROW LEVEL SECURITY;
ALTER TABLE membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership FORCE ROW LEVEL SECURITY;
ALTER TABLE invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitation FORCE ROW LEVEL SECURITY;
ALTER TABLE account_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_token FORCE ROW LEVEL SECURITY;
ALTER TABLE throttle ENABLE ROW LEVEL SECURITY;
ALTER TABLE throttle FORCE ROW LEVEL SECURITY;

-- membership: the tenant, and each user's own rows.
CREATE POLICY tenant ON membership
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY own ON membership FOR SELECT
    USING (user_id = assay_user());

-- invitation: the tenant, and the holder of the link.
CREATE POLICY tenant ON invitation
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY holder ON invitation FOR SELECT
    USING (token_hash = assay_key());

-- organization: the tenant, those who belong to it, who is invited to it, and
-- the platform.
CREATE POLICY tenant ON organization
    USING (id = assay_organization())
    WITH CHECK (id = assay_organization());
CREATE POLICY member ON organization FOR SELECT
    USING (EXISTS (SELECT 1
                   FROM   membership m
                   WHERE  m.organization_id = organization.id
                   AND    m.user_id = assay_user()));
CREATE POLICY invited ON organization FOR SELECT
    USING (EXISTS (SELECT 1
                   FROM   invitation i
                   WHERE  i.organization_id = organization.id
                   AND    i.token_hash = assay_key()));
CREATE POLICY platform ON organization FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'));

-- app_user: oneself, the row of the address that is looked up, colleagues,
-- and the platform.
CREATE POLICY own ON app_user
    USING (id = assay_user())
    WITH CHECK (id = assay_user());
CREATE POLICY address ON app_user FOR SELECT
    USING (email = assay_key());
CREATE POLICY colleague ON app_user FOR SELECT
    USING (EXISTS (SELECT 1
                   FROM   membership m
                   WHERE  m.user_id = app_user.id
                   AND    m.organization_id = assay_organization()));
CREATE POLICY platform ON app_user FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY platform_disable ON app_user FOR UPDATE
    USING (assay_platform() = 'admin')
    WITH CHECK (assay_platform() = 'admin');

CREATE POLICY own ON password
    USING (user_id = assay_user())
    WITH CHECK (user_id = assay_user());

CREATE POLICY own ON platform_role FOR SELECT
    USING (user_id = assay_user());
CREATE POLICY platform ON platform_role
    USING (assay_platform() = 'admin')
    WITH CHECK (assay_platform() = 'admin');

CREATE POLICY own ON account_token
    USING (user_id = assay_user())
    WITH CHECK (user_id = assay_user());
CREATE POLICY holder ON account_token FOR SELECT
    USING (token_hash = assay_key());

CREATE POLICY subject ON throttle
    USING (key = assay_key())
    WITH CHECK (key = assay_key());
CREATE POLICY sweep ON throttle FOR DELETE
    USING (assay_platform() = 'worker');
CREATE POLICY sweep_read ON throttle FOR SELECT
    USING (assay_platform() = 'worker');

GRANT SELECT, INSERT ON app_user TO assay_app;
GRANT UPDATE (name, email_confirmed_at, disabled_at) ON app_user TO assay_app;
GRANT SELECT, INSERT, UPDATE ON password TO assay_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON platform_role TO assay_app;
GRANT SELECT, INSERT ON organization TO assay_app;
GRANT UPDATE (name) ON organization TO assay_app;
GRANT SELECT, INSERT, DELETE ON membership TO assay_app;
GRANT UPDATE (role) ON membership TO assay_app;
GRANT SELECT, INSERT ON invitation TO assay_app;
GRANT UPDATE (accepted_at, accepted_by, revoked_at) ON invitation TO assay_app;
GRANT SELECT, INSERT ON account_token TO assay_app;
GRANT UPDATE (used_at) ON account_token TO assay_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON throttle TO assay_app;
