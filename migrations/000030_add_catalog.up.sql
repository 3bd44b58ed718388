-- What the public sees of data sets on offer: one row a listing, a projection
-- of public columns written in the transaction that publishes, suspends or
-- withdraws. Public pages read this table and no other tenant table.
CREATE TABLE catalog_listing (
    id                  uuid        PRIMARY KEY,
    organization_id     uuid        NOT NULL REFERENCES organization ON DELETE CASCADE,
    organization_name   text        NOT NULL,
    organization_slug   text        NOT NULL,
    seller_verified     boolean     NOT NULL DEFAULT false,
    is_demo             boolean     NOT NULL DEFAULT false,
    slug                text        NOT NULL CONSTRAINT catalog_listing_slug_unique UNIQUE
                                    CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 120),
    kind                text        NOT NULL CHECK (kind IN ('hosted', 'external')),
    state               text        NOT NULL CHECK (state IN ('live', 'suspended', 'withdrawn')),
    state_reason        text        NOT NULL DEFAULT '',
    title               text        NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    summary             text        NOT NULL,
    tier                text        NOT NULL,
    access_mode         text        NOT NULL,
    commercial_use      text        NOT NULL,
    uses_allowed        text[]      NOT NULL,
    uses_ask            text[]      NOT NULL,
    modalities          text[]      NOT NULL,
    body_parts          text[]      NOT NULL,
    tasks               text[]      NOT NULL,
    label_provenance    text[]      NOT NULL,
    annotator_kinds     text[]      NOT NULL,
    deid_method         text        NOT NULL,
    countries           text[]      NOT NULL,
    patient_count       bigint      CHECK (patient_count >= 0),
    study_count         bigint      CHECK (study_count >= 0),
    image_count         bigint      CHECK (image_count >= 0),
    size_bytes          bigint      CHECK (size_bytes >= 0),
    detail              jsonb       NOT NULL,
    search              tsvector    NOT NULL,
    published_at        timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CHECK (state = 'live' OR state_reason <> ''),
    CHECK (kind = 'hosted' OR organization_id = '00000000-0000-7000-8000-000000000001')
);
CREATE INDEX catalog_listing_search ON catalog_listing USING gin (search);
CREATE INDEX catalog_listing_newest ON catalog_listing (published_at DESC, id DESC) WHERE state = 'live';
CREATE INDEX catalog_listing_organization ON catalog_listing (organization_id);

ALTER TABLE catalog_listing ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog_listing FORCE ROW LEVEL SECURITY;
CREATE POLICY public_read ON catalog_listing FOR SELECT USING (true);
CREATE POLICY own_insert ON catalog_listing FOR INSERT
    WITH CHECK (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY own_update ON catalog_listing FOR UPDATE
    USING (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'))
    WITH CHECK (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY own_delete ON catalog_listing FOR DELETE
    USING (organization_id = assay_organization() OR assay_platform() IN ('admin', 'worker'));
GRANT SELECT, INSERT, UPDATE, DELETE ON catalog_listing TO assay_app;
