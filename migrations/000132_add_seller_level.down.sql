-- Takes the public level away; listings say again whether their seller was
-- verified when they were published.
ALTER TABLE catalog_listing ADD COLUMN seller_verified boolean NOT NULL DEFAULT false;
ALTER TABLE catalog_listing NO FORCE ROW LEVEL SECURITY;
ALTER TABLE seller_level NO FORCE ROW LEVEL SECURITY;
UPDATE catalog_listing c
SET    seller_verified = true
FROM   seller_level s
WHERE  s.organization_id = c.organization_id
AND    s.level = 'verified'
AND    c.kind = 'hosted';
ALTER TABLE catalog_listing FORCE ROW LEVEL SECURITY;

DROP TRIGGER verification_shows ON verification;
DROP FUNCTION verification_shows();
DROP TABLE seller_level;
CREATE OR REPLACE FUNCTION organization_verification(org uuid) RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT coalesce((
    SELECT   CASE WHEN expires_at <= now() THEN 'expired' ELSE level END
    FROM     verification
    WHERE    organization_id = org
    ORDER BY decided_at DESC, id DESC
    LIMIT    1), 'unverified')
$$;
DROP FUNCTION seller_level_now(text, timestamptz, date);
ALTER TABLE verification DROP COLUMN rights_until;
