-- The badge of reviewed commercial terms rests on somebody who may sign. A
-- reviewer may take that back, the organization may remove the person, and the
-- person may leave: the badge ends with it, once and for good, and the review
-- says when and why. Reviews of before name their signer in words alone.
ALTER TABLE signer ADD CONSTRAINT signer_of_organization UNIQUE (id, organization_id);

ALTER TABLE commercial_review
    ADD COLUMN signer_id uuid,
    ADD COLUMN ended_at  timestamptz,
    ADD COLUMN ended_why text NOT NULL DEFAULT '' CHECK (ended_why IN ('', 'day', 'taken_back', 'left')),
    ADD CONSTRAINT commercial_review_signer FOREIGN KEY (signer_id, organization_id) REFERENCES signer (id, organization_id),
    ADD CONSTRAINT commercial_review_end CHECK ((ended_at IS NULL) = (ended_why = '') AND (ended_at IS NULL OR outcome IS NOT DISTINCT FROM 'granted'));
COMMENT ON COLUMN commercial_review.signer_id IS 'who signs; null for a review of before it was kept, and for a refusal that names nobody';
COMMENT ON COLUMN commercial_review.ended_why IS 'day: the last day of paper or signer is over; taken_back: a reviewer took the signer back; left: the signer was removed or left the organization';

CREATE POLICY worker_read ON signer FOR SELECT
    USING (assay_platform() = 'worker');

-- commercial_review_over says why a granted review holds no longer: what is
-- written down, else what is so by now; empty while it holds. A signer whom the
-- transaction may not see counts as gone.
CREATE FUNCTION commercial_review_over(r commercial_review) RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT CASE
       WHEN r.ended_at IS NOT NULL THEN r.ended_why
       WHEN r.signer_id IS NOT NULL AND s.state = 'refused' THEN 'taken_back'
       WHEN r.signer_id IS NOT NULL AND (s.state IS DISTINCT FROM 'accepted' OR m.user_id IS NULL) THEN 'left'
       WHEN r.valid_until < (now() AT TIME ZONE 'UTC')::date THEN 'day'
       ELSE '' END
FROM   (SELECT) AS one
LEFT JOIN signer s ON s.id = r.signer_id
LEFT JOIN membership m ON m.organization_id = s.organization_id AND m.user_id = s.user_id
$$;

CREATE OR REPLACE FUNCTION commercial_review_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    parties text[] := acting_party(NEW.organization_id);
    claimed listing_claims;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.outcome IS NOT NULL AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL THEN
        IF NOT 'worker' = ANY (parties) OR NOT differs_only_in(to_jsonb(OLD), to_jsonb(NEW), ARRAY['ended_at', 'ended_why'])
           OR NEW.ended_why IS DISTINCT FROM commercial_review_over(OLD) THEN
            RAISE EXCEPTION 'a licensing review ends when what it rests on has ended' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO claimed FROM listing_claims WHERE id = NEW.claims_id;
    IF claimed.claims_digest IS DISTINCT FROM NEW.claims_digest
       OR commercial_terms_digest(claimed.claims) IS DISTINCT FROM NEW.terms_digest
       OR claimed.submitted_at IS NULL THEN
        RAISE EXCEPTION 'a licensing review is about submitted claims' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.outcome IS NOT NULL THEN
        RAISE EXCEPTION 'a licensing review is kept as it was decided'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commercial_review_once';
    END IF;
    IF NEW.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'a licensing review holds before it ends' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome IS NULL THEN
        IF NOT 'seller' = ANY (parties) OR NEW.requested_by IS DISTINCT FROM assay_user() THEN
            RAISE EXCEPTION 'the seller asks for a licensing review' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NOT 'reviewer' = ANY (parties) OR NEW.reviewer_id IS DISTINCT FROM assay_user() THEN
        RAISE EXCEPTION 'a reviewer outside the organization decides' USING ERRCODE = 'check_violation';
    ELSIF NEW.outcome = 'granted' AND (NEW.signer_id IS NULL OR commercial_review_over(NEW) <> '') THEN
        RAISE EXCEPTION 'a badge names somebody who signs today'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'commercial_review_rests';
    END IF;
    RETURN NEW;
END
$$;

CREATE POLICY worker_end ON commercial_review FOR UPDATE
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker' AND ended_at IS NOT NULL);
GRANT UPDATE (signer_id, ended_at, ended_why) ON commercial_review TO assay_app;
