-- Takes users, organizations, memberships and invitations away.
DROP TABLE throttle;
DROP TABLE account_token;
DROP TABLE password;
DROP TABLE platform_role;
DROP POLICY colleague ON app_user;
DROP POLICY member ON organization;
DROP POLICY invited ON organization;
DROP TABLE invitation;
DROP TABLE membership;
DROP FUNCTION membership_keeps_owner();
DROP TABLE organization;
DROP TABLE app_user;
DROP FUNCTION assay_key();
