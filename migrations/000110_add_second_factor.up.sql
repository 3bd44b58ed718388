-- What a person shows besides the password: an authenticator app, passkeys,
-- and recovery codes for the day on which both are lost.
--
-- Only the owner's own transaction sees these rows: no colleague, no reviewer,
-- no admin. The app's secret must be read again to check a code, so it is
-- encrypted by the program; a recovery code is kept as a hash; of a passkey
-- only the public key is known.

-- last_step is the number of the half minute whose code was used last: a code
-- works once.
CREATE TABLE second_factor (
    user_id      uuid        PRIMARY KEY REFERENCES app_user ON DELETE CASCADE,
    secret       bytea       NOT NULL CHECK (length(secret) BETWEEN 28 AND 200),
    last_step    bigint      NOT NULL DEFAULT 0 CHECK (last_step >= 0),
    confirmed_at timestamptz NOT NULL DEFAULT now(),
    used_at      timestamptz
);

CREATE TABLE recovery_code (
    user_id    uuid        NOT NULL REFERENCES app_user ON DELETE CASCADE,
    code_hash  text        NOT NULL CHECK (code_hash ~ '^[0-9a-f]{64}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE passkey (
    id              uuid        PRIMARY KEY,
    user_id         uuid        NOT NULL REFERENCES app_user ON DELETE CASCADE,
    credential_id   bytea       NOT NULL CONSTRAINT passkey_credential_unique UNIQUE
                                CHECK (length(credential_id) BETWEEN 1 AND 1023),
    public_key      bytea       NOT NULL CHECK (length(public_key) BETWEEN 1 AND 4096),
    sign_count      bigint      NOT NULL CHECK (sign_count BETWEEN 0 AND 4294967295),
    backup_eligible boolean     NOT NULL,
    backed_up       boolean     NOT NULL CHECK (backup_eligible OR NOT backed_up),
    transports      text[]      NOT NULL,
    name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at      timestamptz NOT NULL DEFAULT now(),
    used_at         timestamptz
);
CREATE INDEX passkey_by_user ON passkey (user_id);

-- A reviewer or an admin who has a second factor keeps one. The lock on the
-- person makes two removals at once wait for each other.
CREATE FUNCTION platform_keeps_second_factor() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1 FROM app_user WHERE id = OLD.user_id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM platform_role WHERE user_id = OLD.user_id)
    AND NOT EXISTS (SELECT 1 FROM second_factor WHERE user_id = OLD.user_id)
    AND NOT EXISTS (SELECT 1 FROM passkey WHERE user_id = OLD.user_id) THEN
        RAISE EXCEPTION 'a person with a role on the platform keeps a second factor'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'platform_keeps_second_factor';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER platform_keeps_second_factor
    AFTER DELETE ON second_factor
    FOR EACH ROW EXECUTE FUNCTION platform_keeps_second_factor();
CREATE CONSTRAINT TRIGGER platform_keeps_second_factor
    AFTER DELETE ON passkey
    FOR EACH ROW EXECUTE FUNCTION platform_keeps_second_factor();

ALTER TABLE second_factor ENABLE ROW LEVEL SECURITY;
ALTER TABLE second_factor FORCE ROW LEVEL SECURITY;
ALTER TABLE recovery_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_code FORCE ROW LEVEL SECURITY;
ALTER TABLE passkey ENABLE ROW LEVEL SECURITY;
ALTER TABLE passkey FORCE ROW LEVEL SECURITY;

CREATE POLICY own ON second_factor
    USING (user_id = assay_user())
    WITH CHECK (user_id = assay_user());
CREATE POLICY own ON recovery_code
    USING (user_id = assay_user())
    WITH CHECK (user_id = assay_user());
CREATE POLICY own ON passkey
    USING (user_id = assay_user())
    WITH CHECK (user_id = assay_user());

GRANT SELECT, INSERT, DELETE ON second_factor TO assay_app;
GRANT UPDATE (secret, last_step, confirmed_at, used_at) ON second_factor TO assay_app;
GRANT SELECT, INSERT, DELETE ON recovery_code TO assay_app;
GRANT UPDATE (used_at) ON recovery_code TO assay_app;
GRANT SELECT, INSERT, DELETE ON passkey TO assay_app;
GRANT UPDATE (sign_count, backed_up, name, used_at) ON passkey TO assay_app;
