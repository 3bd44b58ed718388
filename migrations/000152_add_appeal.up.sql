-- A seller may ask once, within 60 days, that somebody else look at a decision:
-- a suspension, a rejected version, an upheld flag or a strike. The database
-- itself finds who decided and when, and refuses that person as the one who
-- rules on the appeal, and everybody who belongs to the seller.
CREATE TABLE appeal (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL REFERENCES organization ON DELETE CASCADE,
    kind            text        NOT NULL CHECK (kind IN ('suspension', 'rejection', 'flag', 'strike')),
    subject         text        NOT NULL, -- of a version_event, a decision, a flag or a strike
    version_id      uuid,
    listing_id      uuid,
    against         uuid        REFERENCES app_user, -- who decided; NULL if no person did
    against_at      timestamptz NOT NULL,
    text            text        NOT NULL CHECK (length(text) BETWEEN 20 AND 4000),
    made_by         uuid        NOT NULL REFERENCES app_user,
    made_at         timestamptz NOT NULL DEFAULT now(),
    state           text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'granted', 'denied')),
    ruling          text        NOT NULL DEFAULT '' CHECK (length(ruling) <= 4000),
    ruled_by        uuid        REFERENCES app_user,
    ruled_at        timestamptz,
    remedy          text        NOT NULL DEFAULT '' CHECK (length(remedy) <= 500), -- what was undone, in words of ours
    CONSTRAINT appeal_once UNIQUE (kind, subject),
    CHECK (state = 'open' OR (ruling <> '' AND ruled_by IS NOT NULL AND ruled_at IS NOT NULL))
);
CREATE INDEX appeal_by_organization ON appeal (organization_id, made_at);
CREATE INDEX appeal_waiting ON appeal (made_at) WHERE state = 'open';

CREATE FUNCTION appeal_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    found_one boolean := false;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.kind = 'suspension' THEN
            SELECT true, e.user_id, e.at, v.id, v.listing_id
            INTO   found_one, NEW.against, NEW.against_at, NEW.version_id, NEW.listing_id
            FROM   version_event e JOIN version v ON v.id = e.version_id
            WHERE  e.id::text = NEW.subject AND e.event = 'suspend' AND e.organization_id = NEW.organization_id AND v.state = 'suspended'
            AND    NOT EXISTS (SELECT 1 FROM version_event n WHERE n.version_id = v.id AND n.id > e.id);
        ELSIF NEW.kind = 'rejection' THEN
            SELECT true, d.reviewer_id, d.created_at, v.id, v.listing_id
            INTO   found_one, NEW.against, NEW.against_at, NEW.version_id, NEW.listing_id
            FROM   decision d JOIN version v ON v.id = d.version_id
            WHERE  d.id::text = NEW.subject AND d.outcome = 'reject' AND d.organization_id = NEW.organization_id AND v.state = 'rejected';
        ELSIF NEW.kind = 'flag' THEN
            SELECT true, f.decided_by, f.decided_at, f.version_id, f.listing_id
            INTO   found_one, NEW.against, NEW.against_at, NEW.version_id, NEW.listing_id
            FROM   flag f
            WHERE  f.id::text = NEW.subject AND f.state = 'upheld' AND f.organization_id = NEW.organization_id;
        ELSE
            SELECT true, s.given_by, s.given_at, f.version_id, f.listing_id
            INTO   found_one, NEW.against, NEW.against_at, NEW.version_id, NEW.listing_id
            FROM   strike s LEFT JOIN flag f ON f.id = s.flag_id
            WHERE  s.id::text = NEW.subject AND s.removed_at IS NULL AND s.organization_id = NEW.organization_id;
        END IF;
        IF found_one IS NOT TRUE OR NEW.state <> 'open' THEN
            RAISE EXCEPTION 'there is no such decision to appeal' USING ERRCODE = 'check_violation', CONSTRAINT = 'appeal_subject';
        END IF;
        IF NEW.against_at < now() - interval '60 days' THEN
            RAISE EXCEPTION 'a decision can be appealed for 60 days' USING ERRCODE = 'check_violation', CONSTRAINT = 'appeal_in_time';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'open' OR NEW.state = 'open' THEN
        RAISE EXCEPTION 'an appeal is decided once' USING ERRCODE = 'check_violation', CONSTRAINT = 'appeal_decided_once';
    END IF;
    IF NEW.ruled_by IS DISTINCT FROM assay_user() OR NOT 'reviewer' = ANY (acting_party(NEW.organization_id)) THEN
        RAISE EXCEPTION 'a reviewer outside the organization rules' USING ERRCODE = 'check_violation', CONSTRAINT = 'appeal_party';
    END IF;
    IF NEW.ruled_by = OLD.against THEN
        RAISE EXCEPTION 'who decided does not rule on the appeal' USING ERRCODE = 'check_violation', CONSTRAINT = 'appeal_other_reviewer';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER appeal_guard BEFORE INSERT OR UPDATE ON appeal
    FOR EACH ROW EXECUTE FUNCTION appeal_guard();

ALTER TABLE appeal ENABLE ROW LEVEL SECURITY;
ALTER TABLE appeal FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON appeal FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_make ON appeal FOR INSERT
    WITH CHECK (organization_id = assay_organization() AND made_by = assay_user() AND state = 'open');
CREATE POLICY platform_read ON appeal FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY reviewer_rule ON appeal FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin'))
    WITH CHECK (assay_platform() IN ('reviewer', 'admin'));
GRANT SELECT, INSERT ON appeal TO assay_app;
GRANT UPDATE (state, ruling, ruled_by, ruled_at, remedy) ON appeal TO assay_app;
