-- The level of a seller stands on each of its listings, in words and with the
-- day since which it holds. seller_level is what the public may read of it: one
-- row an organization, written by the act that gives a level, judged by the day
-- when it is read, so that a level ends without a write. rights_until is the
-- last day of the first rights document to end: from then on the level reads as
-- org_documents.
ALTER TABLE verification ADD COLUMN rights_until date;

CREATE FUNCTION seller_level_now(level text, expires_at timestamptz, rights_until date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN expires_at <= now() THEN 'expired'
            WHEN level IN ('rights_documents', 'verified') AND rights_until < (now() AT TIME ZONE 'UTC')::date THEN 'org_documents'
            ELSE level END;

CREATE OR REPLACE FUNCTION organization_verification(org uuid) RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT coalesce((
    SELECT   seller_level_now(level, expires_at, rights_until)
    FROM     verification
    WHERE    organization_id = org
    ORDER BY decided_at DESC, id DESC
    LIMIT    1), 'unverified')
$$;

CREATE TABLE seller_level (
    organization_id uuid PRIMARY KEY REFERENCES organization ON DELETE CASCADE,
    level           text NOT NULL,
    since           timestamptz NOT NULL,
    expires_at      timestamptz,
    rights_until    date,
    warned_days     smallint
);

-- A level that is given again before it ended holds since it was given first.
CREATE FUNCTION verification_shows() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO seller_level AS s (organization_id, level, since, expires_at, rights_until)
    VALUES (NEW.organization_id, NEW.level, NEW.decided_at, NEW.expires_at, NEW.rights_until)
    ON CONFLICT (organization_id) DO UPDATE
    SET level = excluded.level, expires_at = excluded.expires_at, rights_until = excluded.rights_until, warned_days = NULL,
        since = CASE WHEN seller_level_now(s.level, s.expires_at, s.rights_until) = excluded.level THEN s.since ELSE excluded.since END;
    RETURN NULL;
END
$$;
CREATE TRIGGER verification_shows AFTER INSERT ON verification
    FOR EACH ROW EXECUTE FUNCTION verification_shows();

ALTER TABLE verification NO FORCE ROW LEVEL SECURITY;
INSERT INTO seller_level (organization_id, level, since, expires_at)
SELECT DISTINCT ON (organization_id) organization_id, level, decided_at, expires_at
FROM     verification
ORDER BY organization_id, decided_at DESC, id DESC;
ALTER TABLE verification FORCE ROW LEVEL SECURITY;

ALTER TABLE catalog_listing DROP COLUMN seller_verified;

ALTER TABLE seller_level ENABLE ROW LEVEL SECURITY;
ALTER TABLE seller_level FORCE ROW LEVEL SECURITY;
CREATE POLICY published ON seller_level FOR SELECT
    USING (EXISTS (SELECT 1 FROM catalog_listing c WHERE c.organization_id = seller_level.organization_id));
CREATE POLICY tenant ON seller_level FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY platform_read ON seller_level FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY reviewer_give ON seller_level FOR INSERT
    WITH CHECK (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY reviewer_change ON seller_level FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'))
    WITH CHECK (assay_platform() IN ('reviewer', 'admin', 'worker'));

GRANT SELECT, INSERT ON seller_level TO assay_app;
GRANT UPDATE (level, since, expires_at, rights_until, warned_days) ON seller_level TO assay_app;
