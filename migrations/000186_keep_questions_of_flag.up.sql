-- A reviewer may ask a seller more than once about a flag. What was asked and
-- answered before stays on record: the flag holds the question that stands,
-- and a row here each one before it. Nobody writes one by hand.
CREATE TABLE flag_question (
    flag_id         uuid        NOT NULL REFERENCES flag ON DELETE CASCADE,
    number          integer     NOT NULL CHECK (number > 0),
    organization_id uuid        NOT NULL REFERENCES organization ON DELETE CASCADE, -- the seller
    question        text        NOT NULL CHECK (length(question) BETWEEN 1 AND 4000),
    asked_at        timestamptz NOT NULL,
    reply           text        NOT NULL DEFAULT '' CHECK (length(reply) <= 4000), -- empty if none came
    replied_at      timestamptz,
    PRIMARY KEY (flag_id, number)
);

CREATE FUNCTION flag_question_kept() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO flag_question (flag_id, number, organization_id, question, asked_at, reply, replied_at)
    SELECT OLD.id, 1 + count(*), OLD.organization_id, OLD.question, OLD.asked_at, OLD.reply, OLD.replied_at
    FROM   flag_question
    WHERE  flag_id = OLD.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER flag_question_kept AFTER UPDATE OF question, asked_at ON flag
    FOR EACH ROW WHEN (OLD.asked_at IS NOT NULL AND OLD.question <> '' AND
                       (NEW.asked_at, NEW.question) IS DISTINCT FROM (OLD.asked_at, OLD.question))
    EXECUTE FUNCTION flag_question_kept();

ALTER TABLE flag_question ENABLE ROW LEVEL SECURITY;
ALTER TABLE flag_question FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON flag_question FOR SELECT
    USING (organization_id = assay_organization());
CREATE POLICY reviewer_read ON flag_question FOR SELECT
    USING ('reviewer' = ANY (acting_party(organization_id)));
CREATE POLICY reviewer_ask ON flag_question FOR INSERT
    WITH CHECK ('reviewer' = ANY (acting_party(organization_id)) AND pg_trigger_depth() > 0);
GRANT SELECT, INSERT ON flag_question TO assay_app;
