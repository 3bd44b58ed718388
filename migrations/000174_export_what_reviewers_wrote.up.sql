-- What a reviewer wrote and decided is part of what is kept about that person.
-- The worker that gathers an export reads it on the person's behalf, the rows of
-- that person alone, also once the role is gone.
CREATE POLICY own_export ON decision FOR SELECT
    USING (assay_platform() = 'worker' AND reviewer_id = assay_user());
CREATE POLICY own_export ON review_note FOR SELECT
    USING (assay_platform() = 'worker' AND author_id = assay_user());
CREATE POLICY own_export ON review_check FOR SELECT
    USING (assay_platform() = 'worker' AND reviewer_id = assay_user());
CREATE POLICY own_export ON review_assignment FOR SELECT
    USING (assay_platform() = 'worker' AND reviewer_id = assay_user());
CREATE POLICY own_export ON verification FOR SELECT
    USING (assay_platform() = 'worker' AND decided_by = assay_user());
CREATE POLICY own_export ON verification_check FOR SELECT
    USING (assay_platform() = 'worker' AND decided_by = assay_user());
CREATE POLICY own_export ON strike FOR SELECT
    USING (assay_platform() = 'worker' AND given_by = assay_user());
CREATE POLICY own_export ON appeal FOR SELECT
    USING (assay_platform() = 'worker' AND ruled_by = assay_user());
