-- A request that was withdrawn before it was submitted was never meant for a
-- reviewer's eyes, and neither were its documents.
ALTER POLICY reviewer_read ON verification_request
    USING (assay_platform() IN ('reviewer', 'admin') AND state <> 'draft' AND submitted_at IS NOT NULL);
ALTER POLICY reviewer_read ON verification_document
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1
                       FROM   verification_request r
                       WHERE  r.id = request_id
                       AND    r.state <> 'draft'
                       AND    r.submitted_at IS NOT NULL));
