-- What a decision on a seller rests on: a proof of its domain, the people who
-- may sign for it, and a checklist with who judged what and when.
CREATE TABLE domain_proof (
    organization_id uuid PRIMARY KEY REFERENCES organization ON DELETE CASCADE,
    domain          text NOT NULL CHECK (domain ~ '^[a-z0-9-]+(\.[a-z0-9-]+)+$' AND length(domain) <= 253),
    token           text NOT NULL CHECK (token ~ '^[A-Za-z0-9_-]{43}$'),
    method          text NOT NULL DEFAULT '' CHECK (method IN ('', 'dns', 'file')),
    proved_at       timestamptz,
    checked_at      timestamptz,
    outcome         text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'found', 'absent', 'different', 'unreachable', 'refused')),
    missing_since   timestamptz,
    asked_at        timestamptz,
    CHECK ((proved_at IS NULL) = (method = ''))
);
COMMENT ON COLUMN domain_proof.proved_at IS 'since when it is proved; kept for a week after a check misses it';
COMMENT ON COLUMN domain_proof.missing_since IS 'since when no check found what was proved before';
COMMENT ON COLUMN domain_proof.asked_at IS 'when a check was last asked for';
CREATE INDEX domain_proof_checked ON domain_proof (checked_at) WHERE proved_at IS NOT NULL;

CREATE TABLE signer (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    user_id         uuid NOT NULL REFERENCES app_user,
    title           text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    document_id     uuid NOT NULL,
    number          integer NOT NULL,
    valid_until     date NOT NULL,
    state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'refused', 'removed')),
    named_by        uuid NOT NULL REFERENCES app_user,
    named_at        timestamptz NOT NULL DEFAULT now(),
    submitted_at    timestamptz,
    decided_by      uuid REFERENCES app_user,
    decided_at      timestamptz,
    FOREIGN KEY (document_id, number, organization_id) REFERENCES vault_version (document_id, number, organization_id),
    CHECK (state NOT IN ('accepted', 'refused') OR decided_by IS NOT NULL AND decided_at IS NOT NULL)
);
CREATE UNIQUE INDEX signer_one ON signer (organization_id, user_id) WHERE state IN ('open', 'accepted');

CREATE TABLE verification_check (
    request_id      uuid NOT NULL REFERENCES verification_request ON DELETE CASCADE,
    submitted_at    timestamptz NOT NULL,
    item            text NOT NULL CHECK (item ~ '^[a-z_]{1,40}$'),
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    state           text NOT NULL CHECK (state IN ('met', 'not_met', 'not_applicable')),
    note            text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    decided_by      uuid NOT NULL REFERENCES app_user,
    decided_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (request_id, submitted_at, item),
    CHECK (state = 'met' OR note <> '')
);

-- What the organization is to mend, each with its place: a field of the request
-- or a document.
CREATE TABLE verification_gap (
    request_id      uuid NOT NULL REFERENCES verification_request ON DELETE CASCADE,
    submitted_at    timestamptz NOT NULL,
    code            text NOT NULL CHECK (code ~ '^[a-z_]{1,40}$'),
    place           text NOT NULL CHECK (length(place) BETWEEN 1 AND 60),
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    PRIMARY KEY (request_id, submitted_at, code, place)
);

ALTER TABLE domain_proof ENABLE ROW LEVEL SECURITY;
ALTER TABLE domain_proof FORCE ROW LEVEL SECURITY;
ALTER TABLE signer ENABLE ROW LEVEL SECURITY;
ALTER TABLE signer FORCE ROW LEVEL SECURITY;
ALTER TABLE verification_check ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification_check FORCE ROW LEVEL SECURITY;
ALTER TABLE verification_gap ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification_gap FORCE ROW LEVEL SECURITY;

-- Nobody but the worker, which looks, says that a domain is proved.
CREATE POLICY tenant_read ON domain_proof FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_begin ON domain_proof FOR INSERT
    WITH CHECK (organization_id = assay_organization() AND proved_at IS NULL);
CREATE POLICY tenant_ask ON domain_proof FOR UPDATE
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY reviewer_read ON domain_proof FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY worker ON domain_proof
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

CREATE FUNCTION domain_proof_holds() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF assay_platform() = 'worker' THEN
        RETURN NEW;
    END IF;
    IF NEW.domain <> OLD.domain OR NEW.token <> OLD.token THEN
        NEW.proved_at := NULL;
        NEW.method := '';
        NEW.checked_at := NULL;
        NEW.outcome := '';
        NEW.missing_since := NULL;
    ELSIF (NEW.proved_at, NEW.method, NEW.checked_at, NEW.outcome, NEW.missing_since)
          IS DISTINCT FROM (OLD.proved_at, OLD.method, OLD.checked_at, OLD.outcome, OLD.missing_since) THEN
        RAISE EXCEPTION 'only a check says that a domain is proved';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER domain_proof_holds BEFORE UPDATE ON domain_proof
    FOR EACH ROW EXECUTE FUNCTION domain_proof_holds();

CREATE POLICY tenant_read ON signer FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_name ON signer FOR INSERT
    WITH CHECK (organization_id = assay_organization() AND state = 'open' AND submitted_at IS NULL AND named_by = assay_user()
                AND EXISTS (SELECT 1
                            FROM   membership m
                            WHERE  m.organization_id = signer.organization_id
                            AND    m.user_id = signer.user_id));
CREATE POLICY tenant_change ON signer FOR UPDATE
    USING (organization_id = assay_organization() AND state IN ('open', 'accepted', 'refused'))
    WITH CHECK (organization_id = assay_organization() AND state IN ('open', 'removed'));
CREATE POLICY reviewer_read ON signer FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin') AND submitted_at IS NOT NULL);
CREATE POLICY reviewer_decide ON signer FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin') AND state = 'open' AND submitted_at IS NOT NULL)
    WITH CHECK (assay_platform() IN ('reviewer', 'admin') AND state IN ('accepted', 'refused') AND decided_by = assay_user()
                AND user_id <> assay_user());

CREATE POLICY tenant_read ON verification_check FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY reviewer_read ON verification_check FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY reviewer_judge ON verification_check FOR INSERT
    WITH CHECK (assay_platform() IN ('reviewer', 'admin') AND decided_by = assay_user());
CREATE POLICY tenant_read ON verification_gap FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY reviewer_read ON verification_gap FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY reviewer_name ON verification_gap FOR INSERT
    WITH CHECK (assay_platform() IN ('reviewer', 'admin'));

GRANT SELECT, INSERT ON domain_proof TO assay_app;
GRANT UPDATE (domain, token, method, proved_at, checked_at, outcome, missing_since, asked_at) ON domain_proof TO assay_app;
GRANT SELECT, INSERT ON signer TO assay_app;
GRANT UPDATE (state, submitted_at, decided_by, decided_at) ON signer TO assay_app;
GRANT SELECT, INSERT ON verification_check TO assay_app;
GRANT SELECT, INSERT ON verification_gap TO assay_app;
