-- Shows withdrawn drafts to reviewers again.
ALTER POLICY reviewer_read ON verification_request
    USING (assay_platform() IN ('reviewer', 'admin') AND state <> 'draft');
ALTER POLICY reviewer_read ON verification_document
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1
                       FROM   verification_request r
                       WHERE  r.id = request_id
                       AND    r.state <> 'draft'));
