-- Each version that was on offer keeps an address of its own for good: what
-- buyers read of it then, with the license and the audit of that time. Until now
-- the next version wrote over it. A version that was never on offer has no row,
-- so that one under embargo, or a draft, answers as if it were not there.
CREATE TABLE catalog_version (
    listing_id      uuid        NOT NULL REFERENCES catalog_listing ON DELETE CASCADE,
    organization_id uuid        NOT NULL,
    number          integer     NOT NULL CHECK (number > 0),
    version_id      uuid        NOT NULL CONSTRAINT catalog_version_once UNIQUE REFERENCES version ON DELETE CASCADE,
    state           text        NOT NULL CHECK (state IN ('live', 'superseded', 'suspended', 'withdrawn')),
    state_reason    text        NOT NULL DEFAULT '',
    state_at        timestamptz NOT NULL DEFAULT now(),
    released_at     timestamptz NOT NULL,
    change_note     text        NOT NULL,
    root_digest     text        NOT NULL CHECK (root_digest ~ '^[0-9a-f]{64}$'),
    claims_digest   text        NOT NULL CHECK (claims_digest ~ '^[0-9a-f]{64}$'),
    entry           jsonb,      -- the row of catalog_listing as it was when the version left; null while it is live, and for what
                                -- was superseded before rows were kept
    PRIMARY KEY (listing_id, number),
    CHECK (state NOT IN ('suspended', 'withdrawn') OR state_reason <> '')
);

ALTER TABLE version NO FORCE ROW LEVEL SECURITY;
ALTER TABLE listing_claims NO FORCE ROW LEVEL SECURITY;
INSERT INTO catalog_version (listing_id, organization_id, number, version_id, state, state_reason, state_at, released_at, change_note,
                             root_digest, claims_digest, entry)
SELECT v.listing_id, v.organization_id, v.number, v.id, v.state,
       CASE WHEN v.state IN ('suspended', 'withdrawn') THEN v.reason ELSE '' END, v.updated_at, v.live_at, v.change_note,
       v.root_digest, k.claims_digest,
       CASE WHEN v.state IN ('suspended', 'withdrawn')
             AND v.number = (SELECT max(o.number) FROM version o WHERE o.listing_id = v.listing_id AND o.live_at IS NOT NULL)
            THEN to_jsonb(c) - 'search' END
FROM   version v
JOIN   catalog_listing c ON c.id = v.listing_id
JOIN   listing_claims k ON k.id = v.claims_id
WHERE  v.live_at IS NOT NULL
AND    v.state IN ('live', 'superseded', 'suspended', 'withdrawn');
ALTER TABLE version FORCE ROW LEVEL SECURITY;
ALTER TABLE listing_claims FORCE ROW LEVEL SECURITY;

-- A row says of a version what holds of it: its state follows it, and what was
-- read while it was on offer does not change afterwards.
CREATE FUNCTION catalog_version_guard() RETURNS trigger
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
       OR TG_OP = 'UPDATE' AND (NEW.entry IS DISTINCT FROM OLD.entry AND (OLD.state <> 'live' OR NEW.state = 'live')
                                OR NEW.claims_digest <> OLD.claims_digest AND NEW.state <> 'live') THEN
        RAISE EXCEPTION 'what was read of a version stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_version_stays';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER catalog_version_guard BEFORE INSERT OR UPDATE ON catalog_version
    FOR EACH ROW EXECUTE FUNCTION catalog_version_guard();

-- Who takes a version off the catalog, or the next one into its place, keeps what
-- buyers read of it until then.
CREATE FUNCTION catalog_version_follow() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE catalog_version
    SET    state = NEW.state,
           state_reason = CASE WHEN NEW.state IN ('suspended', 'withdrawn') THEN NEW.reason ELSE '' END,
           state_at = now(),
           claims_digest = CASE WHEN NEW.state = 'live'
                                THEN (SELECT k.claims_digest FROM listing_claims k WHERE k.id = NEW.claims_id)
                                ELSE claims_digest END,
           entry = CASE WHEN OLD.state = 'live'
                        THEN (SELECT to_jsonb(c) - 'search' FROM catalog_listing c WHERE c.id = NEW.listing_id)
                        ELSE entry END
    WHERE  version_id = NEW.id
    AND    organization_id = NEW.organization_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER catalog_version_follow AFTER UPDATE OF state ON version
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('live', 'superseded', 'suspended', 'withdrawn'))
    EXECUTE FUNCTION catalog_version_follow();

ALTER TABLE catalog_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog_version FORCE ROW LEVEL SECURITY;
CREATE POLICY public_read ON catalog_version FOR SELECT USING (true);
CREATE POLICY own_insert ON catalog_version FOR INSERT
    WITH CHECK (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY own_update ON catalog_version FOR UPDATE
    USING (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'))
    WITH CHECK (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
GRANT SELECT, INSERT ON catalog_version TO assay_app;
GRANT UPDATE (state, state_reason, state_at, claims_digest, entry) ON catalog_version TO assay_app;
