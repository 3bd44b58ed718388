-- To override a warning about identifiers takes two people: the first accepts
-- the seller's answer, a second confirms it. Which warnings are about
-- identifiers is derived from the report by the database itself: all, except
-- those whose rule is about structure, so that a warning that nobody knows
-- needs the second person too.
CREATE FUNCTION is_about_structure(rule text) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
SELECT split_part(rule, '-', 1) IN ('set', 'iod', 'fmt', 'file', 'archive') OR rule IN ('pix-lossy', 'pix-length-mismatch')
$$;

-- finding_key is the name of a finding within its report, as finding.Key.
CREATE FUNCTION finding_key(finding jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT left(encode(sha256(convert_to(string_agg(octet_length(convert_to(p.part, 'UTF8')) || ':' || p.part, '' ORDER BY p.i), 'UTF8')), 'hex'), 16)
FROM   unnest(ARRAY[finding ->> 'rule', finding ->> 'severity', coalesce(finding ->> 'path', ''),
                    coalesce(finding ->> 'shape', ''), finding ->> 'message']) WITH ORDINALITY AS p (part, i)
$$;

CREATE FUNCTION identifier_warnings(report jsonb, keys text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE
AS $$
SELECT coalesce(array_agg(k ORDER BY k), '{}')
FROM   unnest(keys) AS k
WHERE  k NOT IN (SELECT finding_key(f)
                 FROM   jsonb_array_elements(CASE jsonb_typeof(report -> 'findings') WHEN 'array' THEN report -> 'findings' ELSE '[]' END) AS f
                 WHERE  f ->> 'severity' = 'warning'
                 AND    is_about_structure(f ->> 'rule'))
$$;

ALTER TABLE audit_report ADD COLUMN identifier_keys text[] NOT NULL
    GENERATED ALWAYS AS (identifier_warnings(report, warning_keys)) STORED;

ALTER TABLE finding_answer
    ADD COLUMN confirmed_by uuid REFERENCES app_user,
    ADD COLUMN confirmed_at timestamptz,
    ADD CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    ADD CONSTRAINT finding_answer_two_people CHECK (confirmed_by IS NULL OR outcome = 'accepted' AND confirmed_by <> outcome_by);

-- Each says it in the own name, and while the version waits for a decision.
CREATE FUNCTION finding_answer_two_people() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM version WHERE id = NEW.version_id AND state = 'in_review') THEN
        RAISE EXCEPTION 'answers are judged while the version is in review' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.outcome, NEW.outcome_by) IS DISTINCT FROM (OLD.outcome, OLD.outcome_by) THEN
        IF NEW.confirmed_by IS NOT NULL OR NEW.outcome IS NOT NULL AND NEW.outcome_by IS DISTINCT FROM assay_user() THEN
            RAISE EXCEPTION 'a reviewer judges in the own name' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by
          AND (OLD.confirmed_by IS NOT NULL OR NEW.confirmed_by IS DISTINCT FROM assay_user()
               OR NOT 'reviewer' = ANY (acting_party(NEW.organization_id))) THEN
        RAISE EXCEPTION 'a second reviewer confirms in the own name' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER finding_answer_two_people BEFORE UPDATE OF outcome, outcome_by, confirmed_by ON finding_answer
    FOR EACH ROW EXECUTE FUNCTION finding_answer_two_people();

CREATE FUNCTION decision_two_people() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM   audit_report r, unnest(r.identifier_keys) AS w (key)
        WHERE  r.id = (SELECT id FROM audit_report WHERE version_id = NEW.version_id ORDER BY created_at DESC, id DESC LIMIT 1)
        AND    EXISTS (SELECT 1 FROM version v WHERE v.id = NEW.version_id AND v.state = 'in_review')
        AND    NOT EXISTS (SELECT 1 FROM finding_answer a
                           WHERE a.report_id = r.id AND a.warning_key = w.key AND a.outcome = 'accepted'
                           AND a.confirmed_by <> a.outcome_by
                           AND NOT EXISTS (SELECT 1 FROM membership m
                                           WHERE m.organization_id = NEW.organization_id
                                           AND m.user_id IN (a.outcome_by, a.confirmed_by)))) THEN
        RAISE EXCEPTION 'a warning about identifiers is overridden by two people'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_two_people';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_hold_two_people BEFORE INSERT ON decision
    FOR EACH ROW WHEN (NEW.kind = 'review' AND NEW.outcome = 'approve') EXECUTE FUNCTION decision_two_people();

GRANT UPDATE (confirmed_by, confirmed_at) ON finding_answer TO assay_app;
