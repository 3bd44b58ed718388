-- A strike is what an upheld flag may cost an organization. It ends after a
-- year, or when an appeal takes it back. With three at a time nothing is
-- published; what is on offer stays.
CREATE TABLE strike (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL REFERENCES organization ON DELETE CASCADE,
    flag_id         uuid        REFERENCES flag,
    reason          text        NOT NULL CHECK (length(reason) BETWEEN 10 AND 4000),
    given_by        uuid        NOT NULL REFERENCES app_user,
    given_at        timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL DEFAULT now() + interval '12 months',
    removed_by      uuid        REFERENCES app_user,
    removed_at      timestamptz,
    CONSTRAINT strike_once UNIQUE (flag_id),
    CHECK (expires_at > given_at),
    CHECK ((removed_at IS NULL) = (removed_by IS NULL))
);
CREATE INDEX strike_by_organization ON strike (organization_id, given_at);

-- active_strikes counts those that hold now.
CREATE FUNCTION active_strikes(org uuid) RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT count(*)::integer
FROM   strike
WHERE  organization_id = org
AND    removed_at IS NULL
AND    expires_at > now()
$$;

CREATE FUNCTION version_strike_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF active_strikes(NEW.organization_id) >= 3 THEN
        RAISE EXCEPTION 'the seller has three strikes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_live_strikes';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_strike_guard BEFORE UPDATE ON version
    FOR EACH ROW WHEN (NEW.state = 'live' AND OLD.state <> 'live' AND NEW.last_event = 'publish')
    EXECUTE FUNCTION version_strike_guard();

ALTER TABLE strike ENABLE ROW LEVEL SECURITY;
ALTER TABLE strike FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON strike FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY platform_read ON strike FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY reviewer_give ON strike FOR INSERT
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)) AND given_by = assay_user() AND removed_at IS NULL);
CREATE POLICY reviewer_remove ON strike FOR UPDATE
    USING ('reviewer' = ANY (acting_party(organization_id)))
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)) AND removed_by = assay_user());
GRANT SELECT, INSERT ON strike TO assay_app;
GRANT UPDATE (removed_by, removed_at) ON strike TO assay_app;
