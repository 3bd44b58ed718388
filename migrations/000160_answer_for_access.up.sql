-- Who runs the platform answers for who may do what: since when each role is
-- held, who gave it and when it was last used. An admin closes accounts, gives
-- more room and takes roles back; one admin always stays, also when two admins
-- step down at once.
ALTER TABLE membership ADD COLUMN role_since timestamptz;
ALTER TABLE membership DISABLE TRIGGER USER;
ALTER TABLE membership NO FORCE ROW LEVEL SECURITY;
UPDATE membership SET role_since = created_at;
ALTER TABLE membership FORCE ROW LEVEL SECURITY;
ALTER TABLE membership ENABLE TRIGGER USER;
ALTER TABLE membership ALTER COLUMN role_since SET DEFAULT now();
ALTER TABLE membership ALTER COLUMN role_since SET NOT NULL;

CREATE FUNCTION membership_role_since() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.role_since := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER membership_role_since BEFORE UPDATE ON membership
    FOR EACH ROW WHEN ((NEW.role, NEW.may_submit, NEW.may_publish) IS DISTINCT FROM (OLD.role, OLD.may_submit, OLD.may_publish))
    EXECUTE FUNCTION membership_role_since();

ALTER TABLE platform_role ADD COLUMN granted_by uuid REFERENCES app_user ON DELETE SET NULL;

ALTER TABLE app_user ADD COLUMN disabled_for text
    CHECK (disabled_for IN ('abuse', 'security', 'left', 'asked', 'other'));
GRANT UPDATE (disabled_for) ON app_user TO assay_app;

-- The last act of a person, which a sign-in is too, is found at once.
CREATE INDEX activity_by_user ON activity (user_id, at DESC, id DESC) WHERE user_id IS NOT NULL;

-- Nobody but the owner sees a factor; that there is one, an admin may know.
CREATE POLICY counted ON second_factor FOR SELECT USING (assay_platform() = 'factors');
CREATE POLICY counted ON passkey FOR SELECT USING (assay_platform() = 'factors');
CREATE FUNCTION people_with_second_factor() RETURNS TABLE (user_id uuid)
LANGUAGE plpgsql
AS $$
DECLARE
    acting text := assay_platform();
BEGIN
    IF acting <> 'admin' THEN
        RETURN;
    END IF;
    PERFORM set_config('assay.platform', 'factors', true);
    RETURN QUERY SELECT f.user_id FROM second_factor f UNION SELECT k.user_id FROM passkey k;
    PERFORM set_config('assay.platform', acting, true);
END
$$;

-- One admin whose account is open stays. The lock makes two removals at once
-- wait for each other; the function looks at all roles, whoever acts.
CREATE FUNCTION platform_keeps_admin() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    acting text := assay_platform();
BEGIN
    PERFORM set_config('assay.platform', 'admin', true);
    IF TG_TABLE_NAME = 'app_user' THEN
        IF NOT EXISTS (SELECT FROM platform_role p WHERE p.user_id = OLD.id AND p.role = 'admin') THEN
            PERFORM set_config('assay.platform', acting, true);
            RETURN NULL;
        END IF;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('platform_keeps_admin', 0));
    IF NOT EXISTS (
        SELECT FROM platform_role p
        JOIN   app_user u ON u.id = p.user_id
        WHERE  p.role = 'admin'
        AND    u.disabled_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the platform keeps at least one admin'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'platform_keeps_admin';
    END IF;
    PERFORM set_config('assay.platform', acting, true);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER platform_keeps_admin AFTER UPDATE ON platform_role
    FOR EACH ROW WHEN (OLD.role = 'admin' AND NEW.role <> 'admin') EXECUTE FUNCTION platform_keeps_admin();
CREATE CONSTRAINT TRIGGER platform_keeps_admin_deleted AFTER DELETE ON platform_role
    FOR EACH ROW WHEN (OLD.role = 'admin') EXECUTE FUNCTION platform_keeps_admin();
CREATE CONSTRAINT TRIGGER platform_keeps_admin AFTER UPDATE ON app_user
    FOR EACH ROW WHEN (OLD.disabled_at IS NULL AND NEW.disabled_at IS NOT NULL) EXECUTE FUNCTION platform_keeps_admin();

-- Room of an organization's own; NULL is what the settings give to all.
ALTER TABLE organization ADD COLUMN quota_bytes bigint CHECK (quota_bytes > 0);
GRANT UPDATE (quota_bytes) ON organization TO assay_app;
CREATE POLICY platform_quota ON organization FOR UPDATE
    USING (assay_platform() = 'admin')
    WITH CHECK (assay_platform() = 'admin');
CREATE FUNCTION organization_quota_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF assay_platform() <> 'admin' THEN
        RAISE EXCEPTION 'only an admin of the platform gives room' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER organization_quota_guard BEFORE UPDATE ON organization
    FOR EACH ROW WHEN (NEW.quota_bytes IS DISTINCT FROM OLD.quota_bytes) EXECUTE FUNCTION organization_quota_guard();

-- Sizes and states of uploads, not what is in them.
CREATE POLICY platform_read ON upload FOR SELECT USING (assay_platform() = 'admin');
