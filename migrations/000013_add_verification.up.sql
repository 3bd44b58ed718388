-- Seller verification: an organization asks with who it is and with documents;
-- a reviewer decides and says why. The levels an organization was given are
-- rows that nobody changes; the latest one holds until it expires.
CREATE TABLE verification_request (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    state           text NOT NULL DEFAULT 'draft'
                    CHECK (state IN ('draft', 'submitted', 'returned', 'granted', 'refused', 'withdrawn')),
    legal_name      text NOT NULL DEFAULT '',
    country         text NOT NULL DEFAULT '',
    registry        text NOT NULL DEFAULT '',
    registry_number text NOT NULL DEFAULT '',
    postal_address  text NOT NULL DEFAULT '',
    website         text NOT NULL DEFAULT '',
    contact_name    text NOT NULL DEFAULT '',
    contact_role    text NOT NULL DEFAULT '',
    rights_basis    text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    submitted_by    uuid REFERENCES app_user,
    submitted_at    timestamptz,
    decided_by      uuid REFERENCES app_user,
    decided_at      timestamptz,
    reason          text NOT NULL DEFAULT '',
    CHECK (state IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL),
    CHECK (state NOT IN ('returned', 'granted', 'refused') OR (decided_by IS NOT NULL AND reason <> ''))
);
CREATE UNIQUE INDEX verification_request_open ON verification_request (organization_id)
    WHERE state IN ('draft', 'submitted', 'returned');
CREATE INDEX verification_request_queue ON verification_request (submitted_at)
    WHERE state = 'submitted';

CREATE TABLE verification_document (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    request_id      uuid NOT NULL REFERENCES verification_request ON DELETE CASCADE,
    kind            text NOT NULL CHECK (kind IN ('organization', 'rights', 'ethics', 'other')),
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    media_type      text NOT NULL CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg')),
    size_bytes      bigint NOT NULL CHECK (size_bytes BETWEEN 1 AND 20971520),
    sha256          text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    blob_key        text NOT NULL,
    uploaded_by     uuid NOT NULL REFERENCES app_user,
    uploaded_at     timestamptz NOT NULL DEFAULT now(),
    verdict         text NOT NULL DEFAULT 'open' CHECK (verdict IN ('open', 'accepted', 'rejected'))
);
CREATE INDEX verification_document_request ON verification_document (request_id);

CREATE TABLE verification (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    request_id      uuid REFERENCES verification_request,
    level           text NOT NULL
                    CHECK (level IN ('unverified', 'email_domain', 'org_documents', 'rights_documents', 'verified', 'suspended')),
    reason          text NOT NULL CHECK (reason <> ''),
    expires_at      timestamptz,
    decided_by      uuid NOT NULL REFERENCES app_user,
    decided_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (level IN ('unverified', 'suspended') OR expires_at IS NOT NULL)
);
CREATE INDEX verification_latest ON verification (organization_id, decided_at DESC, id DESC);

-- organization_verification is the level that holds now: the latest one given,
-- 'expired' past its date, 'unverified' without any.
CREATE FUNCTION organization_verification(org uuid) RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT coalesce((
    SELECT   CASE WHEN expires_at <= now() THEN 'expired' ELSE level END
    FROM     verification
    WHERE    organization_id = org
    ORDER BY decided_at DESC, id DESC
    LIMIT    1), 'unverified')
$$;

ALTER TABLE verification_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification_request FORCE ROW LEVEL SECURITY;
ALTER TABLE verification_document ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification_document FORCE ROW LEVEL SECURITY;
ALTER TABLE verification ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification FORCE ROW LEVEL SECURITY;

-- The organization writes its request until it is decided, and never decides.
CREATE POLICY tenant_read ON verification_request FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_ask ON verification_request FOR INSERT
    WITH CHECK (organization_id = assay_organization() AND state = 'draft');
CREATE POLICY tenant_write ON verification_request FOR UPDATE
    USING (organization_id = assay_organization() AND state IN ('draft', 'returned', 'submitted'))
    WITH CHECK (organization_id = assay_organization() AND state IN ('draft', 'returned', 'submitted', 'withdrawn'));
CREATE POLICY reviewer_read ON verification_request FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin') AND state <> 'draft');
CREATE POLICY reviewer_decide ON verification_request FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin') AND state = 'submitted')
    WITH CHECK (assay_platform() IN ('reviewer', 'admin')
                AND state IN ('returned', 'granted', 'refused')
                AND decided_by = assay_user()
                AND NOT EXISTS (SELECT 1
                                FROM   membership m
                                WHERE  m.organization_id = verification_request.organization_id
                                AND    m.user_id = assay_user()));

CREATE POLICY tenant_read ON verification_document FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_attach ON verification_document FOR INSERT
    WITH CHECK (organization_id = assay_organization()
                AND verdict = 'open'
                AND EXISTS (SELECT 1
                            FROM   verification_request r
                            WHERE  r.id = request_id
                            AND    r.organization_id = assay_organization()
                            AND    r.state IN ('draft', 'returned')));
CREATE POLICY tenant_remove ON verification_document FOR DELETE
    USING (organization_id = assay_organization()
           AND EXISTS (SELECT 1
                       FROM   verification_request r
                       WHERE  r.id = request_id
                       AND    r.organization_id = assay_organization()
                       AND    r.state IN ('draft', 'returned')));
CREATE POLICY reviewer_read ON verification_document FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1
                       FROM   verification_request r
                       WHERE  r.id = request_id
                       AND    r.state <> 'draft'));
CREATE POLICY reviewer_judge ON verification_document FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1
                       FROM   verification_request r
                       WHERE  r.id = request_id
                       AND    r.state = 'submitted'))
    WITH CHECK (assay_platform() IN ('reviewer', 'admin'));

CREATE POLICY tenant ON verification FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY platform_read ON verification FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY reviewer_give ON verification FOR INSERT
    WITH CHECK (assay_platform() IN ('reviewer', 'admin')
                AND decided_by = assay_user()
                AND NOT EXISTS (SELECT 1
                                FROM   membership m
                                WHERE  m.organization_id = verification.organization_id
                                AND    m.user_id = assay_user()));

GRANT SELECT, INSERT ON verification_request TO assay_app;
GRANT UPDATE (state, legal_name, country, registry, registry_number, postal_address, website,
              contact_name, contact_role, rights_basis, submitted_by, submitted_at,
              decided_by, decided_at, reason) ON verification_request TO assay_app;
GRANT SELECT, INSERT, DELETE ON verification_document TO assay_app;
GRANT UPDATE (verdict) ON verification_document TO assay_app;
GRANT SELECT, INSERT ON verification TO assay_app;
