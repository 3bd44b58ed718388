-- A credential that a reviewer revokes, or an annotator who is removed, has to
-- leave the pages of earlier versions too. Of what was read of a version then,
-- nothing but its checked readers may change, and only those.
CREATE OR REPLACE FUNCTION catalog_version_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1
    FROM   version v
    JOIN   listing_claims k ON k.id = v.claims_id
    WHERE  v.id = NEW.version_id
    AND    v.organization_id = NEW.organization_id
    AND    v.listing_id = NEW.listing_id
    AND    v.number = NEW.number
    AND    v.state = NEW.state
    AND    v.live_at IS NOT NULL
    AND    v.root_digest = NEW.root_digest
    AND    (k.claims_digest = NEW.claims_digest OR NEW.state <> 'live');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a public version is one that was on offer' USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_version_released';
    END IF;
    IF TG_OP = 'INSERT' AND (NEW.state <> 'live' OR NEW.entry IS NOT NULL)
       OR TG_OP = 'UPDATE' AND (NEW.entry #- '{detail,readers}' IS DISTINCT FROM OLD.entry #- '{detail,readers}' AND (OLD.state <> 'live' OR NEW.state = 'live')
                                OR NEW.claims_digest <> OLD.claims_digest AND NEW.state <> 'live') THEN
        RAISE EXCEPTION 'what was read of a version stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_version_stays';
    END IF;
    RETURN NEW;
END
$$;
