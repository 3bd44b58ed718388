-- Takes the papers of requests out of the vault again. What was sealed since
-- stays sealed: its key_id is lost with the vault's rows.
ALTER TABLE verification_document NO FORCE ROW LEVEL SECURITY;
ALTER TABLE vault_document NO FORCE ROW LEVEL SECURITY;
ALTER TABLE vault_version NO FORCE ROW LEVEL SECURITY;

DROP FUNCTION verification_group(text);
DROP POLICY tenant_renew ON verification_document;
ALTER TABLE verification_document
    DROP CONSTRAINT verification_document_version,
    DROP CONSTRAINT verification_document_pkey,
    ADD COLUMN id uuid,
    ADD COLUMN name text,
    ADD COLUMN media_type text,
    ADD COLUMN size_bytes bigint,
    ADD COLUMN sha256 text,
    ADD COLUMN blob_key text,
    ADD COLUMN uploaded_by uuid REFERENCES app_user,
    ADD COLUMN uploaded_at timestamptz;
UPDATE verification_document p
SET    id = gen_random_uuid(), name = v.name, media_type = v.media_type, size_bytes = v.size_bytes, sha256 = v.sha256,
       blob_key = v.blob_key, uploaded_by = v.uploaded_by, uploaded_at = v.uploaded_at
FROM   vault_version v
WHERE  v.document_id = p.document_id
AND    v.number = p.number;
ALTER TABLE verification_document
    ALTER COLUMN id SET NOT NULL,
    ALTER COLUMN name SET NOT NULL,
    ALTER COLUMN media_type SET NOT NULL,
    ALTER COLUMN size_bytes SET NOT NULL,
    ALTER COLUMN sha256 SET NOT NULL,
    ALTER COLUMN blob_key SET NOT NULL,
    ALTER COLUMN uploaded_by SET NOT NULL,
    ALTER COLUMN uploaded_at SET NOT NULL,
    ALTER COLUMN uploaded_at SET DEFAULT now(),
    ADD PRIMARY KEY (id),
    ADD CHECK (length(name) BETWEEN 1 AND 200),
    ADD CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg')),
    ADD CHECK (size_bytes BETWEEN 1 AND 20971520),
    ADD CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    DROP COLUMN document_id,
    DROP COLUMN number;

ALTER TABLE verification_document FORCE ROW LEVEL SECURITY;
ALTER TABLE vault_document FORCE ROW LEVEL SECURITY;
ALTER TABLE vault_version FORCE ROW LEVEL SECURITY;
