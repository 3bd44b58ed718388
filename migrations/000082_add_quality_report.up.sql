-- The LQS of a submission, beside its audit report: whole for the seller and
-- the reviewers.
CREATE TABLE quality_report (
    report_id       uuid        PRIMARY KEY,
    version_id      uuid        NOT NULL,
    organization_id uuid        NOT NULL,
    body            jsonb       NOT NULL, -- lqs-report/1
    created_at      timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (report_id, version_id, organization_id) REFERENCES audit_report (id, version_id, organization_id) ON DELETE CASCADE
);

ALTER TABLE quality_report ENABLE ROW LEVEL SECURITY;
ALTER TABLE quality_report FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON quality_report FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY reviewer_read ON quality_report FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1 FROM version v WHERE v.id = version_id AND v.submitted_at IS NOT NULL));
CREATE POLICY worker ON quality_report
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
GRANT SELECT, INSERT ON quality_report TO assay_app;

-- The part of it that everybody may read once the version is published: without
-- files and places. One row a version, written in the transaction that publishes
-- it.
CREATE TABLE catalog_quality (
    listing_id      uuid        NOT NULL REFERENCES catalog_listing ON DELETE CASCADE,
    organization_id uuid        NOT NULL,
    number          integer     NOT NULL CHECK (number > 0),
    body            jsonb       NOT NULL,
    written_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (listing_id, number)
);

ALTER TABLE catalog_quality ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog_quality FORCE ROW LEVEL SECURITY;
CREATE POLICY public_read ON catalog_quality FOR SELECT USING (true);
CREATE POLICY own_insert ON catalog_quality FOR INSERT
    WITH CHECK (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY own_update ON catalog_quality FOR UPDATE
    USING (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'))
    WITH CHECK (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
GRANT SELECT, INSERT, UPDATE ON catalog_quality TO assay_app;

-- What a search filters by: measured from the files, never claimed.
ALTER TABLE catalog_listing
    ADD COLUMN lqs_grade text   NOT NULL DEFAULT 'unknown' CHECK (lqs_grade IN ('A', 'B', 'C', 'D', 'F', 'ungraded', 'unknown')),
    ADD COLUMN classes   text[] NOT NULL DEFAULT '{}';
