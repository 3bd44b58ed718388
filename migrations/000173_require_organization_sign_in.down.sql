DROP TRIGGER organization_oidc_required ON organization_oidc;
DROP FUNCTION organization_oidc_required();
DROP POLICY member ON organization_oidc;
ALTER TABLE organization_oidc DROP COLUMN required_at;
