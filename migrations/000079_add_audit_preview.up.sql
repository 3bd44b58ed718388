-- Small pictures of the frames in which an audit found text: where it stands
-- is marked, what it says is filled. They come and go with their report and are
-- for those who may read it: the seller's organization and the reviewers.
CREATE TABLE audit_preview (
    report_id       uuid     NOT NULL,
    organization_id uuid     NOT NULL,
    version_id      uuid     NOT NULL,
    number          smallint NOT NULL CHECK (number BETWEEN 1 AND 24),
    path            text     NOT NULL CHECK (length(path) <= 16384), -- as the report names the file
    source          text     NOT NULL CHECK (length(source) <= 2000), -- attribute that carries the frame
    frame           integer  NOT NULL CHECK (frame >= 0), -- from 1; 0 over all frames
    severity        text     NOT NULL CHECK (severity IN ('blocker', 'warning', 'info')),
    rules           text[]   NOT NULL,
    width           integer  NOT NULL CHECK (width BETWEEN 1 AND 512),
    height          integer  NOT NULL CHECK (height BETWEEN 1 AND 512),
    image           bytea    NOT NULL CHECK (length(image) BETWEEN 1 AND 1048576), -- PNG
    PRIMARY KEY (report_id, number),
    FOREIGN KEY (report_id, version_id, organization_id) REFERENCES audit_report (id, version_id, organization_id) ON DELETE CASCADE
);

ALTER TABLE audit_preview ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_preview FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_read ON audit_preview FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY reviewer_read ON audit_preview FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1 FROM version v WHERE v.id = version_id AND v.submitted_at IS NOT NULL));
CREATE POLICY worker ON audit_preview
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

GRANT SELECT, INSERT ON audit_preview TO assay_app;
