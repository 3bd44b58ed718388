DROP POLICY worker_end ON commercial_review;
REVOKE UPDATE (signer_id, ended_at, ended_why) ON commercial_review FROM assay_app;

CREATE OR REPLACE FUNCTION commercial_review_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    parties text[] := acting_party(NEW.organization_id);
    claimed listing_claims;
BEGIN
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
    IF NEW.outcome IS NULL THEN
        IF NOT 'seller' = ANY (parties) OR NEW.requested_by IS DISTINCT FROM assay_user() THEN
            RAISE EXCEPTION 'the seller asks for a licensing review' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NOT 'reviewer' = ANY (parties) OR NEW.reviewer_id IS DISTINCT FROM assay_user() THEN
        RAISE EXCEPTION 'a reviewer outside the organization decides' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

DROP FUNCTION commercial_review_over(commercial_review);
DROP POLICY worker_read ON signer;
ALTER TABLE commercial_review DROP COLUMN signer_id, DROP COLUMN ended_at, DROP COLUMN ended_why;
ALTER TABLE signer DROP CONSTRAINT signer_of_organization;
