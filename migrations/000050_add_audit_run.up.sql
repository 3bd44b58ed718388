-- How far the audit of a version is, and whose turn it is: a worker that dies
-- stops renewing its lease, and another takes over. Numbers only.
CREATE TABLE audit_run (
    version_id      uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    lease           uuid        NOT NULL,
    attempt         integer     NOT NULL DEFAULT 1,
    stage           text        NOT NULL DEFAULT 'staging' CHECK (length(stage) <= 60),
    files_done      bigint      NOT NULL DEFAULT 0,
    files_total     bigint      NOT NULL DEFAULT 0,
    bytes_done      bigint      NOT NULL DEFAULT 0,
    bytes_total     bigint      NOT NULL DEFAULT 0,
    started_at      timestamptz NOT NULL DEFAULT now(),
    renewed_at      timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id)
);

ALTER TABLE audit_run ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_run FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON audit_run FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY worker ON audit_run
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_run TO assay_app;
