-- Who works on what waits for a reviewer, what the reviewers note among
-- themselves, and what they have checked. An item is a version with the claims
-- that wait: those of the version in review, or changed ones of a live one.

-- item_waits reports whether a reviewer's word on a version with these claims
-- is asked for now.
CREATE FUNCTION item_waits(of_version uuid, of_claims uuid) RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT 1
    FROM   version v
    JOIN   listing_claims c ON c.id = of_claims AND c.listing_id = v.listing_id
    WHERE  v.id = of_version
    AND    (v.state = 'in_review' AND v.claims_id = c.id
            OR v.state IN ('live', 'suspended') AND c.amends_version = v.id AND c.outcome IS NULL))
$$;

-- review_kinds says why an item needs a person, the first word first.
CREATE FUNCTION review_kinds(of_version uuid, of_claims uuid) RETURNS text[]
LANGUAGE sql STABLE
AS $$
SELECT CASE
       WHEN c.amends_version = v.id THEN '{amended}'::text[]
       ELSE coalesce(nullif(array_remove(ARRAY[
            CASE WHEN (SELECT   r.warnings
                       FROM     audit_report r
                       WHERE    r.version_id = v.id
                       ORDER BY r.created_at DESC, r.id DESC
                       LIMIT    1) > 0 THEN 'flagged' END,
            CASE WHEN NOT EXISTS (SELECT 1
                                  FROM   decision d
                                  JOIN   version p ON p.id = d.version_id
                                  WHERE  d.organization_id = v.organization_id
                                  AND    d.kind = 'review'
                                  AND    d.outcome = 'approve'
                                  AND    p.listing_id <> v.listing_id) THEN 'first' END], NULL), '{}'), '{routine}')
       END
FROM   version v
JOIN   listing_claims c ON c.id = of_claims
WHERE  v.id = of_version
$$;

-- Reviewers see who of them there is, so that one can pass an item to another.
CREATE POLICY reviewer_read ON platform_role FOR SELECT
    USING (assay_platform() = 'reviewer');

CREATE TABLE review_assignment (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    version_id      uuid        NOT NULL,
    claims_id       uuid        NOT NULL REFERENCES listing_claims,
    reviewer_id     uuid        NOT NULL REFERENCES app_user,
    assigned_by     uuid        NOT NULL REFERENCES app_user,
    assigned_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at        timestamptz,
    ended_by        uuid        REFERENCES app_user,
    ended_how       text        CHECK (ended_how IN ('released', 'passed_on', 'taken_over', 'decided')),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id),
    CHECK ((ended_at IS NULL) = (ended_how IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
-- Of any number of claims at once one holds.
CREATE UNIQUE INDEX review_assignment_open ON review_assignment (version_id, claims_id) WHERE ended_at IS NULL;
CREATE INDEX review_assignment_by_reviewer ON review_assignment (reviewer_id) WHERE ended_at IS NULL;

CREATE FUNCTION review_assignment_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT 'reviewer' = ANY (acting_party(NEW.organization_id)) THEN
        RAISE EXCEPTION 'a reviewer outside the organization assigns' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.ended_by IS DISTINCT FROM assay_user() THEN
            RAISE EXCEPTION 'an assignment ends once' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.assigned_by IS DISTINCT FROM assay_user() OR NEW.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'who assigns says so' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT item_waits(NEW.version_id, NEW.claims_id) THEN
        RAISE EXCEPTION 'nothing waits for this assignment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_item_waits';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM platform_role p WHERE p.user_id = NEW.reviewer_id AND p.role IN ('reviewer', 'admin'))
       OR EXISTS (SELECT 1 FROM membership m WHERE m.organization_id = NEW.organization_id AND m.user_id = NEW.reviewer_id) THEN
        RAISE EXCEPTION 'a reviewer outside the organization is assigned'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_assignment_outside';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER review_assignment_guard BEFORE INSERT OR UPDATE ON review_assignment
    FOR EACH ROW EXECUTE FUNCTION review_assignment_guard();

CREATE TABLE review_note (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    version_id      uuid        NOT NULL,
    author_id       uuid        NOT NULL REFERENCES app_user,
    text            text        NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id)
);
CREATE INDEX review_note_by_version ON review_note (version_id, created_at);

-- What a checklist asks for each kind of review; its words are in the code.
CREATE TABLE review_checklist (
    kind text NOT NULL CHECK (kind IN ('flagged', 'first', 'amended', 'routine')),
    item text NOT NULL,
    PRIMARY KEY (kind, item)
);
INSERT INTO review_checklist (kind, item) VALUES
    ('flagged', 'answers'), ('flagged', 'pictures'), ('flagged', 'rights'), ('flagged', 'consent'), ('flagged', 'deid'), ('flagged', 'description'),
    ('first', 'seller'), ('first', 'agreement'), ('first', 'rights'), ('first', 'consent'), ('first', 'deid'), ('first', 'labels'), ('first', 'description'),
    ('amended', 'changes'), ('amended', 'rights'), ('amended', 'consent'), ('amended', 'buyers'),
    ('routine', 'rights'), ('routine', 'deid'), ('routine', 'description');
GRANT SELECT ON review_checklist TO assay_app;

CREATE TABLE review_check (
    organization_id uuid        NOT NULL,
    version_id      uuid        NOT NULL,
    claims_id       uuid        NOT NULL REFERENCES listing_claims,
    item            text        NOT NULL,
    root_digest     text        NOT NULL CHECK (root_digest ~ '^[0-9a-f]{64}$'),
    claims_digest   text        NOT NULL CHECK (claims_digest ~ '^[0-9a-f]{64}$'),
    verdict         text        NOT NULL CHECK (verdict IN ('yes', 'no', 'not_applicable')),
    note            text        NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    reviewer_id     uuid        NOT NULL REFERENCES app_user,
    checked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (version_id, claims_id, item),
    FOREIGN KEY (version_id, organization_id) REFERENCES version (id, organization_id),
    CONSTRAINT review_check_says_why CHECK (verdict = 'yes' OR note <> '')
);

CREATE FUNCTION review_check_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT 'reviewer' = ANY (acting_party(NEW.organization_id)) OR NEW.reviewer_id IS DISTINCT FROM assay_user() THEN
        RAISE EXCEPTION 'a reviewer outside the organization checks' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT item_waits(NEW.version_id, NEW.claims_id) THEN
        RAISE EXCEPTION 'nothing waits for this check' USING ERRCODE = 'check_violation', CONSTRAINT = 'review_item_waits';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM version v JOIN listing_claims c ON c.id = NEW.claims_id
                   WHERE v.id = NEW.version_id AND v.root_digest = NEW.root_digest AND c.claims_digest = NEW.claims_digest)
       OR NOT EXISTS (SELECT 1 FROM review_checklist l WHERE l.item = NEW.item) THEN
        RAISE EXCEPTION 'a check is about the files and claims that wait' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER review_check_guard BEFORE INSERT OR UPDATE ON review_check
    FOR EACH ROW EXECUTE FUNCTION review_check_guard();

-- A person approves only what was checked: each item of the lists that apply,
-- about the very digests that the approval names, and none of them answered no.
CREATE FUNCTION decision_checked() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM   review_checklist l
        WHERE  l.kind = ANY (review_kinds(NEW.version_id, NEW.claims_id))
        AND    NOT EXISTS (SELECT 1 FROM review_check k
                           WHERE k.version_id = NEW.version_id AND k.claims_id = NEW.claims_id AND k.item = l.item
                           AND k.root_digest = NEW.root_digest AND k.claims_digest = NEW.claims_digest
                           AND k.verdict <> 'no')) THEN
        RAISE EXCEPTION 'the checklist is not complete'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_checked';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_hold_checklist BEFORE INSERT ON decision
    FOR EACH ROW WHEN (NEW.kind = 'review' AND NEW.outcome = 'approve') EXECUTE FUNCTION decision_checked();

-- Who had the item has it no more.
CREATE FUNCTION decision_ends_assignment() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE review_assignment
    SET    ended_at = clock_timestamp(), ended_by = NEW.reviewer_id, ended_how = 'decided'
    WHERE  version_id = NEW.version_id
    AND    claims_id = NEW.claims_id
    AND    ended_at IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER decision_ends_assignment AFTER INSERT ON decision
    FOR EACH ROW WHEN (NEW.kind = 'review') EXECUTE FUNCTION decision_ends_assignment();

ALTER TABLE review_assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE review_assignment FORCE ROW LEVEL SECURITY;
ALTER TABLE review_note ENABLE ROW LEVEL SECURITY;
ALTER TABLE review_note FORCE ROW LEVEL SECURITY;
ALTER TABLE review_check ENABLE ROW LEVEL SECURITY;
ALTER TABLE review_check FORCE ROW LEVEL SECURITY;

-- None of it is the seller's to read, nor that of a reviewer who belongs to
-- the seller. Of notes nothing is ever changed or taken away.
CREATE POLICY reviewer ON review_assignment
    USING (assay_platform() IN ('reviewer', 'admin'))
    WITH CHECK (assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY reviewer_read ON review_note FOR SELECT
    USING ('reviewer' = ANY (acting_party(organization_id)));
CREATE POLICY reviewer_write ON review_note FOR INSERT
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)) AND author_id = assay_user());
CREATE POLICY reviewer ON review_check
    USING ('reviewer' = ANY (acting_party(organization_id)))
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)));

GRANT SELECT, INSERT ON review_assignment TO assay_app;
GRANT UPDATE (ended_at, ended_by, ended_how) ON review_assignment TO assay_app;
GRANT SELECT, INSERT ON review_note TO assay_app;
GRANT SELECT, INSERT ON review_check TO assay_app;
GRANT UPDATE (root_digest, claims_digest, verdict, note, reviewer_id, checked_at) ON review_check TO assay_app;
