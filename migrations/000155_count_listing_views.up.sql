-- How often the public page of a hosted listing was opened, a row a listing and
-- day (UTC). It names no visitor: no person, address, cookie or program. The
-- web processes add to it every few seconds, so each adds what it has counted.
CREATE TABLE listing_view (
    listing_id      uuid   NOT NULL,
    organization_id uuid   NOT NULL,
    listing_kind    text   NOT NULL DEFAULT 'hosted' CHECK (listing_kind = 'hosted'),
    day             date   NOT NULL,
    views           bigint NOT NULL CHECK (views > 0),
    PRIMARY KEY (listing_id, day),
    FOREIGN KEY (listing_id, organization_id, listing_kind) REFERENCES listing (id, organization_id, kind) ON DELETE CASCADE
);
CREATE INDEX listing_view_by_organization ON listing_view (organization_id, day);

ALTER TABLE listing_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE listing_view FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON listing_view FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY worker ON listing_view
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
GRANT SELECT, INSERT ON listing_view TO assay_app;
GRANT UPDATE (views) ON listing_view TO assay_app;
