-- Whether the terms of a listing really grant commercial use: a reviewer has
-- looked at explicit rights, at a consent or waiver that covers them, and at
-- the authority of who signs. What was looked at is named. A review holds for
-- the license and consent claims that it names by their digest, and no longer
-- than those; nobody changes it.

-- commercial_terms_digest is the SHA-256 of the license and consent claims,
-- without who asserted them and when.
CREATE FUNCTION commercial_terms_digest(claims jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT encode(sha256(convert_to(jsonb_build_object(
    'license', claims -> 'license' #- '{asserted}',
    'consent', claims -> 'consent' #- '{asserted}')::text, 'UTF8')), 'hex')
$$;

CREATE TABLE commercial_review (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    listing_id      uuid        NOT NULL,
    listing_kind    text        NOT NULL DEFAULT 'hosted' CHECK (listing_kind = 'hosted'),
    version_id      uuid        NOT NULL, -- the one that it was asked for at
    claims_id       uuid        NOT NULL,
    claims_digest   text        NOT NULL,
    terms_digest    text        NOT NULL,
    requested_by    uuid        REFERENCES app_user, -- of the seller; NULL if a reviewer began
    requested_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    outcome         text        CHECK (outcome IN ('granted', 'refused')),
    rights          text        CHECK (rights IN ('yes', 'no')),    -- the terms say commercial rights explicitly
    clause          text        NOT NULL DEFAULT '' CHECK (length(clause) <= 200),
    consent         text        CHECK (consent IN ('yes', 'no')),   -- a consent or waiver covers commercial use
    document_kind   text        NOT NULL DEFAULT '' CHECK (length(document_kind) <= 100),
    document_sha256 text        NOT NULL DEFAULT '' CHECK (document_sha256 ~ '^([0-9a-f]{64})?$'),
    authority       text        CHECK (authority IN ('yes', 'no')), -- who signs may bind the organization
    signer          text        NOT NULL DEFAULT '' CHECK (length(signer) <= 200), -- the person; never public
    signer_role     text        NOT NULL DEFAULT '' CHECK (length(signer_role) <= 200),
    reason          text        NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),
    reviewer_id     uuid        REFERENCES app_user,
    decided_at      timestamptz,
    FOREIGN KEY (listing_id, organization_id, listing_kind) REFERENCES listing (id, organization_id, kind),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id),
    FOREIGN KEY (claims_id, listing_id) REFERENCES listing_claims (id, listing_id),
    CHECK ((outcome IS NULL) = (reviewer_id IS NULL)),
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CONSTRAINT commercial_review_evidence CHECK (outcome IS DISTINCT FROM 'granted' OR
        rights = 'yes' AND consent = 'yes' AND authority = 'yes' AND rights IS NOT NULL AND consent IS NOT NULL AND authority IS NOT NULL
        AND clause <> '' AND document_kind <> '' AND document_sha256 <> '' AND signer <> '' AND signer_role <> ''),
    CONSTRAINT commercial_review_says_why CHECK (outcome IS DISTINCT FROM 'refused' OR reason <> '')
);
CREATE UNIQUE INDEX commercial_review_open ON commercial_review (listing_id) WHERE outcome IS NULL;
CREATE INDEX commercial_review_latest ON commercial_review (listing_id, decided_at DESC);

CREATE FUNCTION commercial_review_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    parties text[] := acting_party(NEW.organization_id);
    claimed listing_claims;
BEGIN
    SELECT * INTO claimed FROM listing_claims WHERE id = NEW.claims_id;
    IF claimed.claims_digest IS DISTINCT FROM NEW.claims_digest
       OR commercial_terms_digest(claimed.claims) IS DISTINCT FROM NEW.terms_digest
       OR claimed.submitted_at IS NULL THEN
        RAISE EXCEPTION 'a licensing review is about submitted claims' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.outcome IS NOT NULL THEN
        RAISE EXCEPTION 'a licensing review is kept as it was decided'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commercial_review_once';
    END IF;
    IF NEW.outcome IS NULL THEN
        IF NOT 'seller' = ANY (parties) OR NEW.requested_by IS DISTINCT FROM assay_user() THEN
            RAISE EXCEPTION 'the seller asks for a licensing review' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NOT 'reviewer' = ANY (parties) OR NEW.reviewer_id IS DISTINCT FROM assay_user() THEN
        RAISE EXCEPTION 'a reviewer outside the organization decides' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER commercial_review_guard BEFORE INSERT OR UPDATE ON commercial_review
    FOR EACH ROW EXECUTE FUNCTION commercial_review_guard();

ALTER TABLE commercial_review ENABLE ROW LEVEL SECURITY;
ALTER TABLE commercial_review FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON commercial_review FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_ask ON commercial_review FOR INSERT
    WITH CHECK (organization_id = assay_organization() AND outcome IS NULL);
CREATE POLICY reviewer ON commercial_review
    USING (assay_platform() IN ('reviewer', 'admin'))
    WITH CHECK (assay_platform() IN ('reviewer', 'admin') AND outcome IS NOT NULL);
CREATE POLICY worker_read ON commercial_review FOR SELECT
    USING (assay_platform() = 'worker');
GRANT SELECT, INSERT ON commercial_review TO assay_app;
GRANT UPDATE (version_id, claims_id, claims_digest, terms_digest, outcome, rights, clause, consent, document_kind, document_sha256,
              authority, signer, signer_role, reason, reviewer_id, decided_at) ON commercial_review TO assay_app;

-- A search filters by the badge; its words are in detail.
ALTER TABLE catalog_listing ADD COLUMN commercial_review text NOT NULL DEFAULT '' CHECK (commercial_review IN ('', '1'));
