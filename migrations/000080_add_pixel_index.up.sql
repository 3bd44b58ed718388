-- Whose images are in which version, to find copies in other listings. No hash
-- of an image stands here: only what the platform's key makes of one, so that
-- the table alone confirms no guess. Workers read it, nobody else; what they
-- find in sets of strangers that are not on offer is a number for reviewers.
CREATE TABLE pixel_index (
    version_id      uuid    NOT NULL,
    organization_id uuid    NOT NULL,
    mac             bytea   NOT NULL CHECK (length(mac) = 16), -- HMAC-SHA-256 of the hash of the pixels, cut
    instances       integer NOT NULL CHECK (instances > 0), -- of the version with these pixels
    PRIMARY KEY (version_id, mac),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX pixel_index_mac ON pixel_index (mac);

ALTER TABLE pixel_index ENABLE ROW LEVEL SECURITY;
ALTER TABLE pixel_index FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON pixel_index
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
GRANT SELECT, INSERT, DELETE ON pixel_index TO assay_app;

-- How many images of a submission equal images of other organizations that are
-- not on offer. There is a row for each report, also for none, so that neither
-- its presence nor the work of writing it tells anything. It is for reviewers who
-- do not belong to the seller, never for the seller.
CREATE TABLE pixel_match (
    report_id       uuid        PRIMARY KEY,
    version_id      uuid        NOT NULL,
    organization_id uuid        NOT NULL, -- of the submission
    images          integer     NOT NULL CHECK (images >= 0), -- of the submission
    listings        integer     NOT NULL CHECK (listings >= 0), -- of others
    organizations   integer     NOT NULL CHECK (organizations >= 0),
    found_at        timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (report_id, version_id, organization_id) REFERENCES audit_report (id, version_id, organization_id) ON DELETE CASCADE
);

ALTER TABLE pixel_match ENABLE ROW LEVEL SECURITY;
ALTER TABLE pixel_match FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON pixel_match
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
CREATE POLICY reviewer_read ON pixel_match FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1 FROM version v WHERE v.id = version_id AND v.submitted_at IS NOT NULL)
           AND NOT EXISTS (SELECT 1 FROM membership m
                           WHERE m.organization_id = pixel_match.organization_id AND m.user_id = assay_user()));
GRANT SELECT, INSERT ON pixel_match TO assay_app;
