-- The three transaction-local settings that say who acts, readable in policies.
-- A setting that was never made is NULL, one that a committed transaction left
-- is the empty string: both mean "nobody".
CREATE FUNCTION assay_user() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('assay.user', true), '')::uuid;

CREATE FUNCTION assay_organization() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('assay.organization', true), '')::uuid;

CREATE FUNCTION assay_platform() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(current_setting('assay.platform', true), '');
