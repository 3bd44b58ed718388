-- A letter about a version goes to those who sent it in and still belong to
-- the seller, else to its owners. Who writes it is a reviewer or a worker, and
-- neither could see memberships.
CREATE POLICY platform_read ON membership FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
