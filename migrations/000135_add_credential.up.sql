-- Annotators of an organization and what they can show: certificates of a
-- board, medical licenses, training. A name and a number are sealed by the
-- program and no column tells of them; evidence lies in the vault. A reviewer
-- from outside the organization checks a credential once, and what was checked
-- stays as it was.

-- annotators_lock orders checks, removals and publishing of one organization:
-- what is published counts every check that was recorded before, and a check
-- sees everything that is live.
CREATE FUNCTION annotators_lock(org uuid) RETURNS void
LANGUAGE sql
AS $$ SELECT pg_advisory_xact_lock(hashtextextended('annotators ' || org::text, 0)) $$;

CREATE TABLE annotator (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    label           text NOT NULL CHECK (length(label) BETWEEN 1 AND 60),
    name_sealed     bytea NOT NULL,
    role            text NOT NULL CHECK (role IN ('radiologist', 'pathologist', 'cardiologist', 'ophthalmologist', 'dermatologist',
                                                  'other_physician', 'resident', 'technologist', 'medical_student', 'trained_annotator')),
    specialty       text NOT NULL DEFAULT '' CHECK (length(specialty) <= 120),
    subspecialty    text NOT NULL DEFAULT '' CHECK (length(subspecialty) <= 120),
    country         text NOT NULL DEFAULT '' CHECK (country ~ '^([A-Z]{2})?$'),
    years_practice  smallint NOT NULL DEFAULT 0 CHECK (years_practice BETWEEN 0 AND 80),
    shows_body      boolean NOT NULL DEFAULT false,
    shows_country   boolean NOT NULL DEFAULT false,
    consent_text    text NOT NULL CHECK (length(consent_text) BETWEEN 20 AND 1000),
    consent_at      timestamptz NOT NULL DEFAULT now(),
    consent_by      uuid NOT NULL REFERENCES app_user,
    created_at      timestamptz NOT NULL DEFAULT now(),
    removed_at      timestamptz,
    UNIQUE (id, organization_id),
    CONSTRAINT annotator_erased CHECK ((removed_at IS NULL) = (length(name_sealed) > 0))
);
COMMENT ON COLUMN annotator.label IS 'what buyers read in place of a name';
COMMENT ON COLUMN annotator.name_sealed IS 'the name, sealed for this row; empty once removed';
COMMENT ON COLUMN annotator.years_practice IS '0 is not stated';
CREATE UNIQUE INDEX annotator_label ON annotator (organization_id, lower(label)) WHERE removed_at IS NULL;

CREATE TABLE credential (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    annotator_id    uuid NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('board_certificate', 'medical_license', 'training')),
    body            text NOT NULL CHECK (length(body) BETWEEN 1 AND 200),
    number_sealed   bytea NOT NULL,
    issued_on       date,
    expires_on      date,
    document_id     uuid,
    document_number integer,
    state           text NOT NULL DEFAULT 'draft'
                    CHECK (state IN ('draft', 'submitted', 'returned', 'verified', 'refused', 'expired')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    submitted_at    timestamptz,
    submitted_by    uuid REFERENCES app_user,
    name_matches    boolean NOT NULL DEFAULT false,
    body_exists     boolean NOT NULL DEFAULT false,
    number_checked  boolean NOT NULL DEFAULT false,
    in_force        boolean NOT NULL DEFAULT false,
    register_url    text NOT NULL DEFAULT '' CHECK (length(register_url) <= 500),
    register_on     date,
    verified_by     uuid REFERENCES app_user,
    verified_on     date,
    decided_by      uuid REFERENCES app_user,
    decided_at      timestamptz,
    reason          text NOT NULL DEFAULT '' CHECK (length(reason) <= 2000),
    FOREIGN KEY (annotator_id, organization_id) REFERENCES annotator (id, organization_id) ON DELETE CASCADE,
    FOREIGN KEY (document_id, document_number, organization_id) REFERENCES vault_version (document_id, number, organization_id),
    CHECK (issued_on IS NULL OR expires_on IS NULL OR issued_on <= expires_on),
    CHECK ((document_id IS NULL) = (document_number IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (state IN ('draft', 'returned') OR document_id IS NOT NULL AND submitted_at IS NOT NULL AND submitted_by IS NOT NULL),
    CHECK (state IN ('draft', 'submitted') OR decided_by IS NOT NULL),
    CONSTRAINT credential_says_why CHECK (state NOT IN ('returned', 'refused') OR reason <> ''),
    CONSTRAINT credential_checked CHECK (
        (state IN ('verified', 'expired')) = (verified_on IS NOT NULL)
        AND (verified_by IS NULL) = (verified_on IS NULL)
        AND (state NOT IN ('verified', 'expired')
             OR name_matches AND body_exists AND in_force
                AND (kind = 'training' OR number_checked AND register_url <> '' AND register_on IS NOT NULL)))
);
COMMENT ON COLUMN credential.number_sealed IS 'the number, sealed for this row; empty once its annotator is removed';
COMMENT ON COLUMN credential.expires_on IS 'the last day on which it holds, UTC';
COMMENT ON COLUMN credential.register_url IS 'the public register in which the number was looked up';
CREATE INDEX credential_annotator ON credential (annotator_id);
CREATE INDEX credential_organization ON credential (organization_id);
CREATE INDEX credential_document ON credential (document_id);
CREATE INDEX credential_decider ON credential (decided_by) WHERE decided_by IS NOT NULL;
CREATE INDEX credential_waiting ON credential (submitted_at, id) WHERE state = 'submitted';
CREATE INDEX credential_ending ON credential (expires_on) WHERE state = 'verified';

-- names_annotator reports whether claims link an annotator to a group.
CREATE FUNCTION names_annotator(claims jsonb, annotator uuid) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
SELECT jsonb_path_exists(claims, '$.annotators.groups[*].annotators[*] ? (@ == $a)', jsonb_build_object('a', annotator::text))
$$;

-- A person who was handed in stays that person. One whom a live listing names
-- is not removed, and removal forgets the name.
CREATE FUNCTION annotator_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.removed_at IS NOT NULL THEN
        RAISE EXCEPTION 'a removed annotator does not come back' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.removed_at IS NOT NULL THEN
        IF EXISTS (SELECT 1
                   FROM   version v
                   JOIN   listing_claims c ON c.id = v.claims_id
                   WHERE  v.organization_id = NEW.organization_id
                   AND    v.state IN ('live', 'suspended')
                   AND    names_annotator(c.claims, NEW.id)) THEN
            RAISE EXCEPTION 'a live listing names this annotator'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'annotator_named';
        END IF;
    ELSIF (NEW.name_sealed, NEW.role, NEW.country) IS DISTINCT FROM (OLD.name_sealed, OLD.role, OLD.country)
          AND EXISTS (SELECT 1
                      FROM   credential c
                      WHERE  c.annotator_id = NEW.id
                      AND    c.state IN ('submitted', 'verified', 'expired')) THEN
        RAISE EXCEPTION 'who was handed in stays who it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'annotator_checked';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER annotator_guard BEFORE UPDATE ON annotator
    FOR EACH ROW EXECUTE FUNCTION annotator_guard();

CREATE FUNCTION credential_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    parties text[] := acting_party(OLD.organization_id);
    same_facts boolean := (NEW.kind, NEW.body, NEW.number_sealed, NEW.issued_on, NEW.expires_on, NEW.document_id, NEW.document_number)
        IS NOT DISTINCT FROM (OLD.kind, OLD.body, OLD.number_sealed, OLD.issued_on, OLD.expires_on, OLD.document_id, OLD.document_number);
    same_decision boolean := (NEW.name_matches, NEW.body_exists, NEW.number_checked, NEW.in_force, NEW.register_url, NEW.register_on,
                              NEW.verified_by, NEW.verified_on, NEW.decided_by, NEW.decided_at, NEW.reason)
        IS NOT DISTINCT FROM (OLD.name_matches, OLD.body_exists, OLD.number_checked, OLD.in_force, OLD.register_url, OLD.register_on,
                              OLD.verified_by, OLD.verified_on, OLD.decided_by, OLD.decided_at, OLD.reason);
    same_sending boolean := (NEW.submitted_at, NEW.submitted_by) IS NOT DISTINCT FROM (OLD.submitted_at, OLD.submitted_by);
    fits boolean := false;
BEGIN
    IF length(NEW.number_sealed) = 0 AND length(OLD.number_sealed) > 0 THEN -- its annotator was removed
        NEW.number_sealed := OLD.number_sealed;
        IF NEW IS DISTINCT FROM OLD
           OR NOT EXISTS (SELECT 1 FROM annotator a WHERE a.id = OLD.annotator_id AND a.removed_at IS NOT NULL) THEN
            RAISE EXCEPTION 'a number is forgotten with its annotator' USING ERRCODE = 'check_violation';
        END IF;
        NEW.number_sealed := ''::bytea;
        RETURN NEW;
    END IF;
    CASE OLD.state
    WHEN 'draft', 'returned' THEN
        fits := 'seller' = ANY (parties) AND same_decision
            AND (NEW.state = 'draft' AND same_sending
                 OR NEW.state = 'submitted' AND same_facts AND NEW.submitted_by IS NOT DISTINCT FROM assay_user());
    WHEN 'submitted' THEN
        fits := same_facts AND same_sending
            AND ('seller' = ANY (parties) AND NEW.state = 'draft' AND same_decision
                 OR 'reviewer' = ANY (parties) AND NEW.state IN ('verified', 'returned', 'refused')
                    AND NEW.decided_by IS NOT DISTINCT FROM assay_user()
                    AND (NEW.verified_by IS NULL OR NEW.verified_by = assay_user()));
    WHEN 'verified' THEN
        fits := 'worker' = ANY (parties) AND NEW.state = 'expired' AND same_facts AND same_sending AND same_decision
            AND OLD.expires_on < (now() AT TIME ZONE 'UTC')::date;
    ELSE
        fits := false;
    END CASE;
    IF NOT coalesce(fits, false) THEN
        RAISE EXCEPTION 'a credential goes from % to % by somebody else, or not at all', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credential_move';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER credential_guard BEFORE UPDATE ON credential
    FOR EACH ROW EXECUTE FUNCTION credential_guard();

ALTER TABLE annotator ENABLE ROW LEVEL SECURITY;
ALTER TABLE annotator FORCE ROW LEVEL SECURITY;
ALTER TABLE credential ENABLE ROW LEVEL SECURITY;
ALTER TABLE credential FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_read ON annotator FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_add ON annotator FOR INSERT
    WITH CHECK (organization_id = assay_organization() AND consent_by = assay_user() AND removed_at IS NULL);
CREATE POLICY tenant_change ON annotator FOR UPDATE
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY reviewer_read ON annotator FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin')
           AND EXISTS (SELECT 1
                       FROM   credential c
                       WHERE  c.annotator_id = annotator.id
                       AND    c.state <> 'draft'));
CREATE POLICY worker_read ON annotator FOR SELECT
    USING (assay_platform() = 'worker');

CREATE POLICY tenant_read ON credential FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY tenant_add ON credential FOR INSERT
    WITH CHECK (organization_id = assay_organization() AND state = 'draft' AND decided_by IS NULL AND submitted_at IS NULL);
CREATE POLICY tenant_change ON credential FOR UPDATE
    USING (organization_id = assay_organization())
    WITH CHECK (organization_id = assay_organization());
CREATE POLICY tenant_remove ON credential FOR DELETE
    USING (organization_id = assay_organization() AND state IN ('draft', 'returned'));
CREATE POLICY reviewer_read ON credential FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin') AND state <> 'draft');
CREATE POLICY reviewer_decide ON credential FOR UPDATE
    USING (assay_platform() IN ('reviewer', 'admin') AND state = 'submitted')
    WITH CHECK (assay_platform() IN ('reviewer', 'admin') AND state IN ('verified', 'returned', 'refused'));
CREATE POLICY worker ON credential
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

GRANT SELECT, INSERT ON annotator TO assay_app;
GRANT UPDATE (label, name_sealed, role, specialty, subspecialty, country, years_practice, shows_body, shows_country, removed_at) ON annotator TO assay_app;
GRANT SELECT, INSERT, DELETE ON credential TO assay_app;
GRANT UPDATE (kind, body, number_sealed, issued_on, expires_on, document_id, document_number, state, submitted_at, submitted_by,
              name_matches, body_exists, number_checked, in_force, register_url, register_on, verified_by, verified_on,
              decided_by, decided_at, reason) ON credential TO assay_app;

-- An organization reads who checked its annotators.
CREATE POLICY credential_decider ON app_user FOR SELECT
    USING (EXISTS (SELECT 1
                   FROM   credential c
                   WHERE  c.decided_by = app_user.id
                   AND    c.organization_id = assay_organization()));

-- How many readers of a listing were checked. The day ends the count by itself;
-- the sweep only writes down what has ended.
ALTER TABLE catalog_listing
    ADD COLUMN verified_annotators integer NOT NULL DEFAULT 0 CHECK (verified_annotators >= 0),
    ADD COLUMN verified_radiologists integer NOT NULL DEFAULT 0 CHECK (verified_radiologists BETWEEN 0 AND verified_annotators),
    ADD COLUMN verified_radiologists_until date,
    ADD CONSTRAINT catalog_listing_verified_hosted CHECK (kind = 'hosted' OR verified_annotators = 0),
    ADD CONSTRAINT catalog_listing_verified_until CHECK ((verified_radiologists = 0) = (verified_radiologists_until IS NULL));
COMMENT ON COLUMN catalog_listing.verified_radiologists_until IS 'the last day on which one of them is, UTC; infinity without end';
