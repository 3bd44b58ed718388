-- Reference data sets lie at their owners and are described by the platform.
-- The program ships descriptions of some; what an admin adds or checks again is
-- kept here and wins over what is shipped. Who said what about the rights, when
-- it was read and by whom, is only ever added to.
CREATE TABLE reference_content (
    listing_id      uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL CHECK (organization_id = '00000000-0000-7000-8000-000000000001'),
    listing_kind    text        NOT NULL DEFAULT 'external' CHECK (listing_kind = 'external'),
    slug            text        NOT NULL CONSTRAINT reference_content_slug_unique UNIQUE,
    content         jsonb       NOT NULL,
    edited_by       uuid        REFERENCES app_user ON DELETE SET NULL,
    edited_at       timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (listing_id, organization_id, listing_kind) REFERENCES listing (id, organization_id, kind)
);

CREATE TABLE rights_assertion (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    listing_id      uuid        NOT NULL,
    listing_kind    text        NOT NULL DEFAULT 'external' CHECK (listing_kind = 'external'),
    party           text        NOT NULL, -- who says it, as in listing.AssertedBy
    source          text        NOT NULL CHECK (length(source) BETWEEN 3 AND 500),
    statement       text        NOT NULL CHECK (length(statement) BETWEEN 3 AND 2000),
    commercial_use  text        NOT NULL DEFAULT '',
    checked_on      date        NOT NULL,
    conflict        text        NOT NULL DEFAULT '' CHECK (length(conflict) <= 2000), -- as it stood after this check
    note            text        NOT NULL DEFAULT '' CHECK (length(note) <= 2000),     -- what changed; not for the public
    recorded_by     uuid        REFERENCES app_user,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (listing_id, organization_id, listing_kind) REFERENCES listing (id, organization_id, kind)
);
CREATE INDEX rights_assertion_by_listing ON rights_assertion (listing_id, recorded_at DESC);

ALTER TABLE reference_content ENABLE ROW LEVEL SECURITY;
ALTER TABLE reference_content FORCE ROW LEVEL SECURITY;
ALTER TABLE rights_assertion ENABLE ROW LEVEL SECURITY;
ALTER TABLE rights_assertion FORCE ROW LEVEL SECURITY;
CREATE POLICY platform_read ON reference_content FOR SELECT USING (assay_platform() IN ('admin', 'worker'));
CREATE POLICY platform_add ON reference_content FOR INSERT WITH CHECK (assay_platform() = 'admin');
CREATE POLICY platform_edit ON reference_content FOR UPDATE
    USING (assay_platform() = 'admin') WITH CHECK (assay_platform() = 'admin');
CREATE POLICY platform_read ON rights_assertion FOR SELECT USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY platform_add ON rights_assertion FOR INSERT
    WITH CHECK (assay_platform() = 'admin' AND recorded_by = assay_user());
GRANT SELECT, INSERT ON reference_content TO assay_app;
GRANT UPDATE (content, edited_by, edited_at) ON reference_content TO assay_app;
GRANT SELECT, INSERT ON rights_assertion TO assay_app;
