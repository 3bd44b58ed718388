-- A person may have the account erased. The row of app_user stays, since acts,
-- decisions and signatures name its id and the record of acts is chained; it
-- becomes a pseudonym: no name, no address, closed for ever. Fourteen days lie
-- between the wish and the act, in which it is taken back by deleting the row.
CREATE TABLE account_erasure (
    user_id    uuid        PRIMARY KEY REFERENCES app_user ON DELETE CASCADE,
    asked_at   timestamptz NOT NULL DEFAULT now(),
    due_at     timestamptz NOT NULL DEFAULT now() + interval '14 days',
    blocked_at timestamptz, -- since when the day has come and something stands against it
    done_at    timestamptz,
    CONSTRAINT account_erasure_waits CHECK (due_at >= asked_at + interval '14 days')
);
CREATE INDEX account_erasure_due ON account_erasure (due_at) WHERE done_at IS NULL;

ALTER TABLE account_erasure ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_erasure FORCE ROW LEVEL SECURITY;

CREATE POLICY own_read ON account_erasure FOR SELECT
    USING (user_id = assay_user());
CREATE POLICY own_ask ON account_erasure FOR INSERT
    WITH CHECK (user_id = assay_user());
CREATE POLICY own_take_back ON account_erasure FOR DELETE
    USING (user_id = assay_user() AND done_at IS NULL);
CREATE POLICY worker ON account_erasure
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

-- The clock of the database says when: nobody shortens the fourteen days.
GRANT SELECT, DELETE ON account_erasure TO assay_app;
GRANT INSERT (user_id) ON account_erasure TO assay_app;
GRANT UPDATE (due_at, blocked_at, done_at) ON account_erasure TO assay_app;

ALTER TABLE app_user ADD COLUMN erased_at timestamptz;
ALTER TABLE app_user ADD CONSTRAINT app_user_erased CHECK (erased_at IS NULL
    OR (email = 'erased-' || id || '@erased.invalid' AND name = 'Erased person' AND disabled_at IS NOT NULL));
GRANT UPDATE (email, erased_at) ON app_user TO assay_app;

-- An address changes by an erasure alone, which is final and not before its day.
CREATE FUNCTION app_user_erasure() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'an erased account stays erased' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.erased_at IS NOT NULL THEN
        IF assay_platform() IS DISTINCT FROM 'worker' OR NOT EXISTS (
            SELECT FROM account_erasure e WHERE e.user_id = OLD.id AND e.due_at <= now() AND e.done_at IS NULL) THEN
            RAISE EXCEPTION 'an account is erased by a worker, fourteen days after its owner asked' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT FROM platform_role p WHERE p.user_id = OLD.id) THEN
            RAISE EXCEPTION 'a person with a role on the platform is not erased' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.email <> OLD.email THEN
        RAISE EXCEPTION 'an address changes only by erasing the account' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER app_user_erasure BEFORE UPDATE ON app_user
    FOR EACH ROW
    WHEN (NEW.email IS DISTINCT FROM OLD.email OR NEW.erased_at IS DISTINCT FROM OLD.erased_at OR OLD.erased_at IS NOT NULL)
    EXECUTE FUNCTION app_user_erasure();

-- The last person of an organization may go if their erasure is due: then it
-- has no members, and keeps what it signed.
CREATE OR REPLACE FUNCTION membership_keeps_owner() RETURNS trigger
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
    ) AND (EXISTS (SELECT 1 FROM membership WHERE organization_id = OLD.organization_id)
           OR NOT EXISTS (SELECT 1 FROM account_erasure e
                          WHERE e.user_id = OLD.user_id AND e.due_at <= now() AND e.done_at IS NULL)) THEN
        RAISE EXCEPTION 'an organization keeps at least one owner'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_keeps_owner';
    END IF;
    RETURN NULL;
END
$$;

-- What goes with an account.
GRANT DELETE ON password, account_token, api_token TO assay_app;
GRANT UPDATE (email) ON invitation TO assay_app;
CREATE POLICY erasure ON invitation FOR UPDATE
    USING (assay_platform() = 'worker'
           AND EXISTS (SELECT FROM account_erasure e JOIN app_user u ON u.id = e.user_id
                       WHERE e.user_id = assay_user() AND e.due_at <= now() AND e.done_at IS NULL AND u.email = invitation.email))
    WITH CHECK (email = 'erased-' || assay_user() || '@erased.invalid');
