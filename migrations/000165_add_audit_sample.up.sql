-- Small pictures of frames in which an audit found nothing. They are private:
-- the seller clears those that buyers may see, a reviewer can refuse one. They
-- come and go with their report.
CREATE TABLE audit_sample_set (
    report_id       uuid  NOT NULL PRIMARY KEY,
    organization_id uuid  NOT NULL,
    version_id      uuid  NOT NULL,
    left_out        jsonb NOT NULL DEFAULT '[]', -- why other files are no samples, with their number
    FOREIGN KEY (report_id, version_id, organization_id) REFERENCES audit_report (id, version_id, organization_id) ON DELETE CASCADE
);

CREATE TABLE audit_sample (
    report_id       uuid     NOT NULL REFERENCES audit_sample_set ON DELETE CASCADE,
    organization_id uuid     NOT NULL,
    version_id      uuid     NOT NULL,
    number          smallint NOT NULL CHECK (number BETWEEN 1 AND 12),
    path            text     NOT NULL CHECK (length(path) <= 16384), -- as the report names the file
    frame           integer  NOT NULL CHECK (frame >= 1),
    modality        text     NOT NULL CHECK (length(modality) <= 16),
    plane           text     NOT NULL CHECK (plane IN ('', 'axial', 'sagittal', 'coronal', 'oblique')),
    width           integer  NOT NULL CHECK (width BETWEEN 1 AND 256),
    height          integer  NOT NULL CHECK (height BETWEEN 1 AND 256),
    image           bytea    NOT NULL CHECK (length(image) BETWEEN 1 AND 100000), -- PNG
    cleared_by      uuid     REFERENCES app_user,
    cleared_at      timestamptz,
    refused_by      uuid     REFERENCES app_user,
    refused_at      timestamptz,
    refused_reason  text     NOT NULL DEFAULT '' CHECK (length(refused_reason) <= 2000),
    PRIMARY KEY (report_id, number),
    FOREIGN KEY (report_id, version_id, organization_id) REFERENCES audit_report (id, version_id, organization_id) ON DELETE CASCADE,
    CHECK ((cleared_at IS NULL) = (cleared_by IS NULL)),
    CHECK ((refused_at IS NULL) = (refused_by IS NULL)),
    CHECK ((refused_at IS NULL) = (refused_reason = ''))
);
CREATE INDEX audit_sample_version ON audit_sample (version_id);

-- Clearing is the seller's, in their own name; refusing that of a reviewer
-- outside the organization, once.
CREATE FUNCTION audit_sample_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    parties text[] := acting_party(NEW.organization_id);
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.cleared_at IS NOT NULL OR NEW.refused_at IS NOT NULL THEN
            RAISE EXCEPTION 'a sample begins private' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_sample_private';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.cleared_at IS DISTINCT FROM OLD.cleared_at
       AND (NOT 'seller' = ANY (parties) OR NEW.cleared_by IS NOT NULL AND NEW.cleared_by IS DISTINCT FROM assay_user()) THEN
        RAISE EXCEPTION 'only the seller clears a sample' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_sample_seller';
    END IF;
    IF (NEW.refused_at, NEW.refused_by, NEW.refused_reason) IS DISTINCT FROM (OLD.refused_at, OLD.refused_by, OLD.refused_reason)
       AND (NOT 'reviewer' = ANY (parties) OR OLD.refused_at IS NOT NULL OR NEW.refused_by IS DISTINCT FROM assay_user()) THEN
        RAISE EXCEPTION 'a reviewer outside the organization refuses a sample, once' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_sample_reviewer';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_sample_guard BEFORE INSERT OR UPDATE ON audit_sample
    FOR EACH ROW EXECUTE FUNCTION audit_sample_guard();

-- sample_report is the report whose samples are those of a version: the newest
-- with samples about the files that the version has.
CREATE FUNCTION sample_report(of_version uuid) RETURNS uuid
LANGUAGE sql STABLE
AS $$
SELECT   r.id
FROM     audit_sample_set s
JOIN     audit_report r ON r.id = s.report_id
JOIN     version v ON v.id = s.version_id
WHERE    s.version_id = of_version
AND      r.root_digest = v.root_digest
ORDER BY r.created_at DESC, r.id DESC
LIMIT    1
$$;

ALTER TABLE audit_sample_set ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_sample_set FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_sample ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_sample FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_read ON audit_sample_set FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY reviewer_read ON audit_sample_set FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1 FROM version v WHERE v.id = version_id AND v.submitted_at IS NOT NULL));
CREATE POLICY worker ON audit_sample_set
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

CREATE POLICY tenant_read ON audit_sample FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_clear ON audit_sample FOR UPDATE
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY reviewer_read ON audit_sample FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1 FROM version v WHERE v.id = version_id AND v.submitted_at IS NOT NULL));
CREATE POLICY reviewer_refuse ON audit_sample FOR UPDATE
    USING ('reviewer' = ANY (acting_party(organization_id)))
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)));
CREATE POLICY worker ON audit_sample
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

GRANT SELECT, INSERT ON audit_sample_set TO assay_app;
GRANT SELECT, INSERT, UPDATE (cleared_by, cleared_at, refused_by, refused_at, refused_reason) ON audit_sample TO assay_app;
