-- What anybody reports about a listing. The flag is what reviewers decide on;
-- what the reporter wrote stands in a row of its own, flag_report, which no
-- policy shows to the seller. An anonymous reporter is known by the secret of
-- a link, whose SHA-256 stands here. A visitor is nobody, so flags are made on
-- behalf of a worker.
CREATE TABLE flag (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL REFERENCES organization ON DELETE CASCADE, -- the seller
    listing_id      uuid        NOT NULL REFERENCES catalog_listing,
    version_id      uuid,       -- what was on offer when it was reported; NULL for an external listing
    root_digest     text        CHECK (root_digest ~ '^[0-9a-f]{64}$'),
    reason          text        NOT NULL CHECK (reason IN
                    ('phi_suspected', 'license_wrong', 'rights_not_held', 'consent_problem', 'label_error',
                     'duplicate_or_leak', 'misleading_claim', 'malware', 'spam', 'other')),
    state           text        NOT NULL DEFAULT 'open' CHECK (state IN
                    ('open', 'in_triage', 'needs_seller', 'upheld', 'dismissed', 'merged')),
    is_anonymous    boolean     NOT NULL,
    reports         integer     NOT NULL DEFAULT 1 CHECK (reports > 0), -- how many it stands for
    hid_samples     boolean     NOT NULL DEFAULT false,
    merged_into     uuid        REFERENCES flag,
    claimed_by      uuid        REFERENCES app_user,
    claimed_at      timestamptz,
    question        text        NOT NULL DEFAULT '' CHECK (length(question) <= 4000), -- of the reviewer, to the seller
    asked_at        timestamptz,
    reply           text        NOT NULL DEFAULT '' CHECK (length(reply) <= 4000),    -- of the seller
    replied_by      uuid        REFERENCES app_user,
    replied_at      timestamptz,
    act             text        NOT NULL DEFAULT '' CHECK (act IN ('', 'none', 'changes', 'suspend')),
    decision        text        NOT NULL DEFAULT '' CHECK (length(decision) <= 4000), -- the seller reads it if upheld
    decided_by      uuid        REFERENCES app_user,
    decided_at      timestamptz,
    overturned_at   timestamptz, -- by an appeal
    told_state      text        NOT NULL DEFAULT 'live', -- of the listing, as reporters last heard
    created_at      timestamptz NOT NULL DEFAULT now(),
    erased_at       timestamptz, -- since then nothing that the reporter wrote is kept
    CONSTRAINT flag_merged CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
    CONSTRAINT flag_claimed CHECK (state = 'open' OR claimed_by IS NOT NULL),
    CONSTRAINT flag_asked CHECK (state <> 'needs_seller' OR question <> ''),
    CONSTRAINT flag_says_why CHECK (state NOT IN ('upheld', 'dismissed') OR (decision <> '' AND decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT flag_says_what CHECK (state <> 'upheld' OR act <> '')
);
CREATE INDEX flag_by_listing ON flag (listing_id, created_at);
CREATE INDEX flag_by_organization ON flag (organization_id, created_at);
CREATE INDEX flag_waiting ON flag (created_at) WHERE state IN ('open', 'in_triage', 'needs_seller');

CREATE TABLE flag_report (
    flag_id         uuid        PRIMARY KEY REFERENCES flag ON DELETE CASCADE,
    organization_id uuid        NOT NULL REFERENCES organization ON DELETE CASCADE,
    follows         uuid        NOT NULL REFERENCES flag ON DELETE CASCADE, -- whose fate it shares: its own flag, or the one merged into
    token_hash      text        NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    place           text        NOT NULL CHECK (length(place) <= 500),
    body            text        NOT NULL CHECK (length(body) <= 4000),
    email           text        NOT NULL DEFAULT '' CHECK (length(email) <= 254),
    reporter_id     uuid        REFERENCES app_user,
    answer          text        NOT NULL DEFAULT '' CHECK (length(answer) <= 4000), -- of the reviewers, to the reporter
    answered_at     timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX flag_report_follows ON flag_report (follows);
CREATE INDEX flag_report_email ON flag_report (email, created_at) WHERE email <> '';

-- Pictures that a reviewer has looked at and shown again: a report about the
-- same bytes waits in the queue from then on and hides nothing.
CREATE TABLE samples_clearance (
    listing_id      uuid        NOT NULL REFERENCES catalog_listing ON DELETE CASCADE,
    organization_id uuid        NOT NULL REFERENCES organization ON DELETE CASCADE,
    root_digest     text        NOT NULL CHECK (root_digest ~ '^[0-9a-f]{64}$'),
    reason          text        NOT NULL CHECK (length(reason) BETWEEN 10 AND 4000),
    cleared_by      uuid        NOT NULL REFERENCES app_user,
    cleared_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (listing_id, root_digest)
);

CREATE FUNCTION flag_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    parties text[] := acting_party(NEW.organization_id);
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' OR NEW.claimed_by IS NOT NULL OR NEW.decided_by IS NOT NULL THEN
            RAISE EXCEPTION 'a flag begins open' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.organization_id, NEW.listing_id, NEW.reason, NEW.created_at) IS DISTINCT FROM
       (OLD.id, OLD.organization_id, OLD.listing_id, OLD.reason, OLD.created_at) THEN
        RAISE EXCEPTION 'a flag keeps its listing and reason' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT parties && ARRAY['reviewer', 'worker']
       AND (NEW.claimed_by, NEW.question, NEW.act, NEW.decision, NEW.decided_by, NEW.merged_into, NEW.reports) IS DISTINCT FROM
           (OLD.claimed_by, OLD.question, OLD.act, OLD.decision, OLD.decided_by, OLD.merged_into, OLD.reports) THEN
        RAISE EXCEPTION 'only a reviewer outside the organization decides' USING ERRCODE = 'check_violation', CONSTRAINT = 'flag_party';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NOT (OLD.state || ' ' || NEW.state) = ANY (ARRAY[
        'open in_triage', 'in_triage open',
        'in_triage needs_seller', 'needs_seller in_triage',
        'in_triage upheld', 'in_triage dismissed', 'in_triage merged',
        'upheld dismissed']) THEN
        RAISE EXCEPTION 'no way leads from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'flag_transition';
    END IF;
    IF NOT ('reviewer' = ANY (parties) OR OLD.state = 'needs_seller' AND 'seller' = ANY (parties)) THEN
        RAISE EXCEPTION 'only a reviewer outside the organization decides' USING ERRCODE = 'check_violation', CONSTRAINT = 'flag_party';
    END IF;
    IF OLD.state = 'in_triage' AND OLD.claimed_by IS DISTINCT FROM assay_user() THEN
        RAISE EXCEPTION 'another reviewer has taken this flag' USING ERRCODE = 'check_violation', CONSTRAINT = 'flag_taken';
    END IF;
    IF NEW.state IN ('upheld', 'dismissed') AND OLD.state = 'in_triage' AND NEW.decided_by IS DISTINCT FROM assay_user()
       OR OLD.state = 'upheld' AND NEW.overturned_at IS NULL THEN
        RAISE EXCEPTION 'a decision names who made it' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'merged' AND NOT EXISTS (
        SELECT 1 FROM flag f
        WHERE  f.id = NEW.merged_into AND f.id <> NEW.id AND f.listing_id = NEW.listing_id AND f.state <> 'merged') THEN
        RAISE EXCEPTION 'a flag is merged into another one of the same listing' USING ERRCODE = 'check_violation', CONSTRAINT = 'flag_merged';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER flag_guard BEFORE INSERT OR UPDATE ON flag
    FOR EACH ROW EXECUTE FUNCTION flag_guard();

-- Pictures are hidden by a worker, on behalf of whoever reported them, or by a
-- reviewer; only a reviewer outside the organization shows them again.
CREATE FUNCTION samples_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.samples_hidden_at IS NULL AND NOT 'reviewer' = ANY (acting_party(NEW.organization_id))
       OR NOT acting_party(NEW.organization_id) && ARRAY['reviewer', 'worker'] THEN
        RAISE EXCEPTION 'a reviewer outside the organization decides on hidden pictures'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'samples_party';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER samples_guard BEFORE UPDATE ON catalog_listing
    FOR EACH ROW WHEN (NEW.samples_hidden_at IS DISTINCT FROM OLD.samples_hidden_at) EXECUTE FUNCTION samples_guard();

ALTER TABLE flag ENABLE ROW LEVEL SECURITY;
ALTER TABLE flag FORCE ROW LEVEL SECURITY;
ALTER TABLE flag_report ENABLE ROW LEVEL SECURITY;
ALTER TABLE flag_report FORCE ROW LEVEL SECURITY;
ALTER TABLE samples_clearance ENABLE ROW LEVEL SECURITY;
ALTER TABLE samples_clearance FORCE ROW LEVEL SECURITY;

-- The seller learns of a flag when a reviewer asks about it or upholds it.
CREATE POLICY tenant_read ON flag FOR SELECT
    USING (organization_id = assay_organization() AND (asked_at IS NOT NULL OR act <> ''));
CREATE POLICY tenant_reply ON flag FOR UPDATE
    USING (organization_id = assay_organization() AND state = 'needs_seller')
    WITH CHECK (organization_id = assay_organization() AND state = 'in_triage');
CREATE POLICY reviewer ON flag
    USING ('reviewer' = ANY (acting_party(organization_id)))
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)));
CREATE POLICY worker ON flag
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
CREATE POLICY holder ON flag FOR SELECT
    USING (EXISTS (SELECT 1 FROM flag_report r WHERE r.token_hash = assay_key() AND flag.id IN (r.flag_id, r.follows)));

CREATE POLICY holder ON flag_report FOR SELECT
    USING (token_hash = assay_key());
CREATE POLICY reviewer_read ON flag_report FOR SELECT
    USING ('reviewer' = ANY (acting_party(organization_id)));
CREATE POLICY reviewer_answer ON flag_report FOR UPDATE
    USING ('reviewer' = ANY (acting_party(organization_id)))
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)));
CREATE POLICY worker ON flag_report
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

CREATE POLICY platform_read ON samples_clearance FOR SELECT
    USING (assay_platform() IN ('reviewer', 'admin', 'worker'));
CREATE POLICY reviewer_clear ON samples_clearance FOR INSERT
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)) AND cleared_by = assay_user());

GRANT SELECT, INSERT ON flag TO assay_app;
GRANT UPDATE (state, reports, hid_samples, merged_into, claimed_by, claimed_at, question, asked_at, reply, replied_by, replied_at,
              act, decision, decided_by, decided_at, overturned_at, told_state, erased_at) ON flag TO assay_app;
GRANT SELECT, INSERT ON flag_report TO assay_app;
GRANT UPDATE (follows, place, body, email, reporter_id, answer, answered_at) ON flag_report TO assay_app;
GRANT SELECT, INSERT ON samples_clearance TO assay_app;
