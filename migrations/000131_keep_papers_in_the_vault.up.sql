-- The papers of a request for verification move into the vault: a request names
-- versions of documents, so that one paper serves several requests and is
-- sealed. Bytes that lie in clear keep their place until the sweep seals them.
ALTER TABLE verification_document NO FORCE ROW LEVEL SECURITY;
ALTER TABLE verification_request NO FORCE ROW LEVEL SECURITY;
ALTER TABLE vault_document NO FORCE ROW LEVEL SECURITY;
ALTER TABLE vault_version NO FORCE ROW LEVEL SECURITY;

INSERT INTO vault_document (id, organization_id, kind, title, created_at)
SELECT id, organization_id,
       CASE kind WHEN 'organization' THEN 'organization_register' WHEN 'rights' THEN 'authorization_to_license'
                 WHEN 'ethics' THEN 'irb_approval' ELSE 'other' END,
       name, uploaded_at
FROM   verification_document;

INSERT INTO vault_version (document_id, number, organization_id, name, media_type, size_bytes, sha256, blob_key, key_id,
            uploaded_by, uploaded_at, submitted_at, held_at)
SELECT d.id, 1, d.organization_id, d.name, d.media_type, d.size_bytes, d.sha256, d.blob_key, '',
       d.uploaded_by, d.uploaded_at, r.submitted_at, CASE WHEN d.verdict <> 'open' THEN coalesce(r.decided_at, now()) END
FROM   verification_document d
JOIN   verification_request r ON r.id = d.request_id;

ALTER TABLE verification_document ADD COLUMN document_id uuid, ADD COLUMN number integer NOT NULL DEFAULT 1;
UPDATE verification_document SET document_id = id;
ALTER TABLE verification_document
    ALTER COLUMN document_id SET NOT NULL,
    ALTER COLUMN number DROP DEFAULT,
    DROP COLUMN id,
    DROP COLUMN name,
    DROP COLUMN media_type,
    DROP COLUMN size_bytes,
    DROP COLUMN sha256,
    DROP COLUMN blob_key,
    DROP COLUMN uploaded_by,
    DROP COLUMN uploaded_at,
    ADD PRIMARY KEY (request_id, document_id),
    ADD CONSTRAINT verification_document_version FOREIGN KEY (document_id, number, organization_id)
        REFERENCES vault_version (document_id, number, organization_id);
COMMENT ON COLUMN verification_document.kind IS 'the group that the kind of the document belongs to; rules of decisions ask for rights';
CREATE INDEX verification_document_paper ON verification_document (document_id);

-- verification_group is what a document of the vault is meant to show.
CREATE FUNCTION verification_group(kind text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN kind IN ('organization_register', 'signing_authority') THEN 'organization'
            WHEN kind = 'authorization_to_license' THEN 'rights'
            WHEN kind IN ('irb_approval', 'irb_exemption', 'consent_form', 'consent_waiver') THEN 'ethics'
            ELSE 'other' END;

ALTER TABLE verification_document FORCE ROW LEVEL SECURITY;
ALTER TABLE verification_request FORCE ROW LEVEL SECURITY;
ALTER TABLE vault_document FORCE ROW LEVEL SECURITY;
ALTER TABLE vault_version FORCE ROW LEVEL SECURITY;

-- A newer version of a paper takes the place of the one before in an open
-- request; what a reviewer thought of that one does not count for it.
CREATE POLICY tenant_renew ON verification_document FOR UPDATE
    USING (organization_id = assay_organization()
           AND EXISTS (SELECT 1
                       FROM   verification_request r
                       WHERE  r.id = request_id
                       AND    r.organization_id = assay_organization()
                       AND    r.state IN ('draft', 'returned')))
    WITH CHECK (organization_id = assay_organization() AND verdict = 'open');
GRANT UPDATE (number) ON verification_document TO assay_app;
