-- A check may find that the owner's terms changed: what stood before and what
-- stands now is kept with it, and where it was read. A data set may be
-- withdrawn from the catalog and put back; who did it, when and why stays.
ALTER TABLE rights_assertion
    ADD COLUMN source_url     text NOT NULL DEFAULT '' CHECK (source_url = '' OR source_url ~ '^https://' AND length(source_url) <= 500),
    ADD COLUMN license_before text NOT NULL DEFAULT '' CHECK (length(license_before) <= 200),
    ADD COLUMN license_after  text NOT NULL DEFAULT '' CHECK (length(license_after) <= 200),
    ADD COLUMN tier_before    text NOT NULL DEFAULT '',
    ADD COLUMN tier_after     text NOT NULL DEFAULT '',
    ADD CHECK ((license_after = '') = (tier_after = ''));

CREATE TABLE reference_withdrawal (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    listing_id      uuid        NOT NULL,
    listing_kind    text        NOT NULL DEFAULT 'external' CHECK (listing_kind = 'external'),
    reason          text        NOT NULL CHECK (length(reason) BETWEEN 10 AND 500), -- the public reads it
    withdrawn_by    uuid        REFERENCES app_user ON DELETE SET NULL,
    withdrawn_at    timestamptz NOT NULL DEFAULT now(),
    restored_by     uuid        REFERENCES app_user ON DELETE SET NULL,
    restored_at     timestamptz,
    FOREIGN KEY (listing_id, organization_id, listing_kind) REFERENCES listing (id, organization_id, kind)
);
CREATE UNIQUE INDEX reference_withdrawal_open ON reference_withdrawal (listing_id) WHERE restored_at IS NULL;

ALTER TABLE reference_withdrawal ENABLE ROW LEVEL SECURITY;
ALTER TABLE reference_withdrawal FORCE ROW LEVEL SECURITY;
CREATE POLICY platform_read ON reference_withdrawal FOR SELECT USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY platform_add ON reference_withdrawal FOR INSERT
    WITH CHECK (assay_platform() = 'admin' AND withdrawn_by = assay_user() AND restored_at IS NULL);
CREATE POLICY platform_restore ON reference_withdrawal FOR UPDATE
    USING (assay_platform() = 'admin' AND restored_at IS NULL)
    WITH CHECK (assay_platform() = 'admin' AND restored_by = assay_user() AND restored_at IS NOT NULL);
GRANT SELECT, INSERT ON reference_withdrawal TO assay_app;
GRANT UPDATE (restored_by, restored_at) ON reference_withdrawal TO assay_app;
