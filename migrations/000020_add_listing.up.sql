-- A listing is a data set on offer; its claims are revisions of their own. A
-- revision is kept as its canonical text, from which the database itself
-- derives the searchable jsonb and holds the digest true, so that the digest a
-- report or an approval names can never be about another text.
CREATE TABLE listing (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL REFERENCES organization,
    kind            text        NOT NULL DEFAULT 'hosted' CHECK (kind IN ('hosted', 'external')),
    slug            text        NOT NULL CONSTRAINT listing_slug_unique UNIQUE
                                CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 80),
    created_by      uuid        REFERENCES app_user,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    submitted_at    timestamptz, -- since then reviewers see it and its slug is final
    deleted_at      timestamptz, -- a draft put aside; it can be taken back
    UNIQUE (id, organization_id, kind),
    CHECK (deleted_at IS NULL OR submitted_at IS NULL)
);
CREATE INDEX listing_by_organization ON listing (organization_id, updated_at DESC);

CREATE TABLE listing_claims (
    id               uuid        PRIMARY KEY,
    organization_id  uuid        NOT NULL,
    listing_id       uuid        NOT NULL,
    listing_kind     text        NOT NULL DEFAULT 'hosted',
    revision         integer     NOT NULL CHECK (revision > 0),
    canonical        text        NOT NULL CHECK (length(canonical) <= 1048576),
    claims           jsonb       NOT NULL GENERATED ALWAYS AS (canonical::jsonb) STORED,
    claims_digest    text        NOT NULL
                     CHECK (claims_digest = encode(sha256(convert_to(canonical, 'UTF8')), 'hex')),
    lock             integer     NOT NULL DEFAULT 1, -- goes up with each save
    author_id        uuid        REFERENCES app_user,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    frozen_at        timestamptz, -- since then it never changes
    submitted_at     timestamptz, -- since then reviewers see it
    amends_version   uuid,        -- the live version that it would change, while it waits for a reviewer
    outcome          text         CHECK (outcome IN ('approve', 'changes_requested', 'reject')),
    CONSTRAINT listing_claims_revision_unique UNIQUE (listing_id, revision),
    UNIQUE (id, listing_id),
    FOREIGN KEY (listing_id, organization_id, listing_kind) REFERENCES listing (id, organization_id, kind) ON DELETE CASCADE,
    CHECK (submitted_at IS NULL OR frozen_at IS NOT NULL),
    CHECK (amends_version IS NULL OR submitted_at IS NOT NULL)
);
-- One revision of a listing can be edited at a time, one waits for a reviewer.
CREATE UNIQUE INDEX listing_claims_one_draft ON listing_claims (listing_id) WHERE frozen_at IS NULL;
CREATE UNIQUE INDEX listing_claims_one_amendment ON listing_claims (listing_id)
    WHERE amends_version IS NOT NULL AND outcome IS NULL;

CREATE FUNCTION listing_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF (NEW.id, NEW.organization_id, NEW.kind, NEW.created_at) IS DISTINCT FROM
       (OLD.id, OLD.organization_id, OLD.kind, OLD.created_at)
       OR NEW.created_by IS DISTINCT FROM OLD.created_by THEN
        RAISE EXCEPTION 'a listing keeps its owner and kind' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.submitted_at IS NOT NULL
       AND (NEW.slug <> OLD.slug OR NEW.submitted_at IS DISTINCT FROM OLD.submitted_at) THEN
        RAISE EXCEPTION 'the slug of a submitted listing is final' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER listing_guard BEFORE UPDATE ON listing
    FOR EACH ROW EXECUTE FUNCTION listing_guard();

CREATE FUNCTION listing_claims_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.frozen_at IS NOT NULL THEN
            RAISE EXCEPTION 'a frozen revision of claims is kept' USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.id, NEW.organization_id, NEW.listing_id, NEW.revision, NEW.created_at) IS DISTINCT FROM
       (OLD.id, OLD.organization_id, OLD.listing_id, OLD.revision, OLD.created_at) THEN
        RAISE EXCEPTION 'a revision of claims keeps its listing and number' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.frozen_at IS NOT NULL
       AND (NEW.canonical <> OLD.canonical OR NEW.frozen_at IS DISTINCT FROM OLD.frozen_at
            OR NEW.author_id IS DISTINCT FROM OLD.author_id) THEN
        RAISE EXCEPTION 'a frozen revision of claims never changes' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.submitted_at IS NOT NULL AND NEW.submitted_at IS DISTINCT FROM OLD.submitted_at
       OR OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome THEN
        RAISE EXCEPTION 'what was submitted or decided is kept' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER listing_claims_guard BEFORE UPDATE OR DELETE ON listing_claims
    FOR EACH ROW EXECUTE FUNCTION listing_claims_guard();

ALTER TABLE listing ENABLE ROW LEVEL SECURITY;
ALTER TABLE listing FORCE ROW LEVEL SECURITY;
ALTER TABLE listing_claims ENABLE ROW LEVEL SECURITY;
ALTER TABLE listing_claims FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON listing
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY reviewer_read ON listing FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin') AND submitted_at IS NOT NULL);
CREATE POLICY worker ON listing
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

CREATE POLICY tenant ON listing_claims
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY reviewer_read ON listing_claims FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin') AND submitted_at IS NOT NULL);
CREATE POLICY reviewer_decide ON listing_claims FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin') AND submitted_at IS NOT NULL)
    WITH CHECK (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY worker ON listing_claims
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

GRANT SELECT, INSERT ON listing TO assay_app;
GRANT UPDATE (slug, updated_at, submitted_at, deleted_at) ON listing TO assay_app;
GRANT DELETE ON listing TO assay_app;
GRANT SELECT, INSERT, DELETE ON listing_claims TO assay_app;
GRANT UPDATE (canonical, claims_digest, lock, author_id, updated_at, frozen_at, submitted_at, amends_version, outcome)
    ON listing_claims TO assay_app;
