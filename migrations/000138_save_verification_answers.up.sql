-- A reviewer who is half way through a request saves the answers and goes on
-- later, or a colleague does. Each answer keeps who saved it. They are nobody
-- else's: the organization reads what is decided, and with the decision they go.
CREATE TABLE verification_answer (
    request_id      uuid NOT NULL REFERENCES verification_request ON DELETE CASCADE,
    submitted_at    timestamptz NOT NULL,
    field           text NOT NULL CHECK (field ~ '^[a-z]+(-[a-z0-9_-]{1,40})?$'),
    organization_id uuid NOT NULL REFERENCES organization ON DELETE CASCADE,
    value           text NOT NULL CHECK (length(value) BETWEEN 1 AND 4000),
    saved_by        uuid NOT NULL REFERENCES app_user,
    saved_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (request_id, submitted_at, field)
);
COMMENT ON COLUMN verification_answer.submitted_at IS 'the submission that the answers are about';
COMMENT ON COLUMN verification_answer.field IS 'a field of the form: check-identity, note-identity, document-ID, reason';

ALTER TABLE verification_answer ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification_answer FORCE ROW LEVEL SECURITY;
CREATE POLICY reviewer_read ON verification_answer FOR SELECT
    USING ('reviewer' = ANY (acting_party(organization_id)));
CREATE POLICY reviewer_save ON verification_answer FOR INSERT
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)) AND saved_by = assay_user()
                AND EXISTS (SELECT 1
                            FROM   verification_request r
                            WHERE  r.id = request_id
                            AND    r.organization_id = verification_answer.organization_id
                            AND    r.state = 'submitted'
                            AND    r.submitted_at = verification_answer.submitted_at));
CREATE POLICY reviewer_change ON verification_answer FOR UPDATE
    USING ('reviewer' = ANY (acting_party(organization_id)))
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)) AND saved_by = assay_user());
CREATE POLICY reviewer_drop ON verification_answer FOR DELETE
    USING ('reviewer' = ANY (acting_party(organization_id)));
GRANT SELECT, INSERT, DELETE ON verification_answer TO assay_app;
GRANT UPDATE (value, saved_by, saved_at) ON verification_answer TO assay_app;
