-- Programs act for a person by a token, in one organization and with named
-- scopes. Only the SHA-256 of its secret is kept, so that a copy of this table
-- opens nothing; the prefix is what its owner knows it by. A token ends with the
-- membership that it stands on, at its date, or when somebody takes it back,
-- which is final.
CREATE TABLE api_token (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL REFERENCES organization,
    user_id         uuid        NOT NULL REFERENCES app_user ON DELETE CASCADE,
    name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    prefix          text        NOT NULL CHECK (length(prefix) BETWEEN 8 AND 16),
    secret_hash     text        NOT NULL CONSTRAINT api_token_secret_unique UNIQUE CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
    scopes          text[]      NOT NULL CHECK (cardinality(scopes) > 0 AND
                                scopes <@ ARRAY['read:listings', 'write:listings', 'write:uploads', 'read:reports', 'read:organization']),
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    last_used_at    timestamptz,
    revoked_at      timestamptz,
    revoked_by      uuid        REFERENCES app_user ON DELETE SET NULL,
    CONSTRAINT api_token_at_most_a_year CHECK (expires_at > created_at AND expires_at <= created_at + interval '366 days'),
    FOREIGN KEY (organization_id, user_id) REFERENCES membership ON DELETE CASCADE
);
CREATE INDEX api_token_by_user ON api_token (user_id, created_at DESC);
CREATE INDEX api_token_by_organization ON api_token (organization_id, created_at DESC);

CREATE FUNCTION api_token_stays_revoked() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'a token that was taken back stays so';
END
$$;
CREATE TRIGGER api_token_stays_revoked
    BEFORE UPDATE ON api_token
    FOR EACH ROW
    WHEN (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
    EXECUTE FUNCTION api_token_stays_revoked();

ALTER TABLE api_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_token FORCE ROW LEVEL SECURITY;

-- Its owner in whatever organization, the tenant, who has the secret, and an
-- admin of the platform.
CREATE POLICY own ON api_token
    USING (user_id = assay_user())
    WITH CHECK (user_id = assay_user());
CREATE POLICY tenant ON api_token
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY holder ON api_token FOR SELECT
    USING (secret_hash = assay_key());
CREATE POLICY platform ON api_token
    USING (assay_platform() = 'admin')
    WITH CHECK (assay_platform() = 'admin');

GRANT SELECT, INSERT ON api_token TO assay_app;
GRANT UPDATE (last_used_at, revoked_at, revoked_by) ON api_token TO assay_app;
