-- The part of a published version's audit report that everybody may read:
-- counts by rule and facts, without files, paths, shapes or messages. One row
-- a version, written in the transaction that publishes it.
CREATE TABLE catalog_audit (
    listing_id      uuid        NOT NULL REFERENCES catalog_listing ON DELETE CASCADE,
    organization_id uuid        NOT NULL,
    number          integer     NOT NULL CHECK (number > 0),
    body            jsonb       NOT NULL,
    written_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (listing_id, number)
);

ALTER TABLE catalog_audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog_audit FORCE ROW LEVEL SECURITY;
CREATE POLICY public_read ON catalog_audit FOR SELECT USING (true);
CREATE POLICY own_insert ON catalog_audit FOR INSERT
    WITH CHECK (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY own_update ON catalog_audit FOR UPDATE
    USING (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'))
    WITH CHECK (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
GRANT SELECT, INSERT, UPDATE ON catalog_audit TO assay_app;
