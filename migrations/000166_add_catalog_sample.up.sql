-- The samples that buyers see of a live version: those that its seller cleared
-- and no reviewer refused, as they were audited. Nobody reads them from here
-- while the listing is down or its pictures are hidden.
CREATE TABLE catalog_sample (
    listing_id      uuid     NOT NULL REFERENCES catalog_listing ON DELETE CASCADE,
    organization_id uuid     NOT NULL,
    number          smallint NOT NULL CHECK (number BETWEEN 1 AND 12), -- as in audit_sample
    report_id       uuid     NOT NULL,
    root_digest     text     NOT NULL CHECK (root_digest ~ '^[0-9a-f]{64}$'), -- of the audited files
    modality        text     NOT NULL,
    plane           text     NOT NULL,
    width           integer  NOT NULL,
    height          integer  NOT NULL,
    image           bytea    NOT NULL CHECK (length(image) BETWEEN 1 AND 100000), -- PNG
    image_sha256    text     NOT NULL GENERATED ALWAYS AS (encode(sha256(image), 'hex')) STORED,
    PRIMARY KEY (listing_id, number),
    FOREIGN KEY (report_id, number) REFERENCES audit_sample (report_id, number) ON DELETE CASCADE
);

-- What was not cleared, was refused, or is of other files than those that were
-- audited can never be public.
CREATE FUNCTION catalog_sample_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1
    FROM   audit_sample s
    JOIN   audit_report r ON r.id = s.report_id
    JOIN   version v ON v.id = s.version_id
    WHERE  s.report_id = NEW.report_id
    AND    s.number = NEW.number
    AND    s.organization_id = NEW.organization_id
    AND    s.image = NEW.image
    AND    s.cleared_at IS NOT NULL
    AND    s.refused_at IS NULL
    AND    r.root_digest = NEW.root_digest
    AND    v.root_digest = NEW.root_digest
    AND    v.listing_id = NEW.listing_id
    AND    v.state = 'live';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a public sample is one that was audited and cleared, of a live version'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_sample_cleared';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER catalog_sample_guard BEFORE INSERT OR UPDATE ON catalog_sample
    FOR EACH ROW EXECUTE FUNCTION catalog_sample_guard();

-- A sample that is taken back or refused is public no longer, whoever does it.
CREATE FUNCTION audit_sample_unshow() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM catalog_sample WHERE report_id = NEW.report_id AND number = NEW.number;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_sample_unshow AFTER UPDATE ON audit_sample
    FOR EACH ROW WHEN (NEW.cleared_at IS NULL OR NEW.refused_at IS NOT NULL) EXECUTE FUNCTION audit_sample_unshow();

ALTER TABLE catalog_sample ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog_sample FORCE ROW LEVEL SECURITY;

CREATE POLICY public_read ON catalog_sample FOR SELECT
    USING (EXISTS (SELECT 1 FROM catalog_listing c
                   WHERE c.id = listing_id AND c.state = 'live' AND c.samples_hidden_at IS NULL));
CREATE POLICY own_read ON catalog_sample FOR SELECT
    USING (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY own_insert ON catalog_sample FOR INSERT
    WITH CHECK (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY own_delete ON catalog_sample FOR DELETE
    USING (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
GRANT SELECT, INSERT, DELETE ON catalog_sample TO assay_app;
