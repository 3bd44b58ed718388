DROP TABLE oidc_identity;
DROP TABLE organization_oidc;
DROP FUNCTION organization_oidc_guard();
