-- A reviewer who verifies an organization sees who belongs to it: whether an
-- owner's address is of its domain, and whom a decision is mailed to.
CREATE POLICY platform ON membership FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
