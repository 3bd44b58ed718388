DROP POLICY erasure ON invitation;
REVOKE UPDATE (email) ON invitation FROM assay_app;
REVOKE DELETE ON password, account_token, api_token FROM assay_app;

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
    ) THEN
        RAISE EXCEPTION 'an organization keeps at least one owner'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_keeps_owner';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER app_user_erasure ON app_user;
DROP FUNCTION app_user_erasure();
REVOKE UPDATE (email, erased_at) ON app_user FROM assay_app;
ALTER TABLE app_user DROP CONSTRAINT app_user_erased;
ALTER TABLE app_user DROP COLUMN erased_at;
DROP TABLE account_erasure;
