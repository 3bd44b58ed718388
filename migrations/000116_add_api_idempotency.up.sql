-- A program that got no answer sends its request again. With a key of its own
-- choice the second request has no second effect: it gets the answer of the
-- first, for 24 hours. A row without an answer is a request that is still being
-- carried out, or that died on the way, of which nobody can tell how far it came.
CREATE TABLE api_idempotency (
    token_id        uuid        NOT NULL REFERENCES api_token ON DELETE CASCADE,
    key             text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    organization_id uuid        NOT NULL REFERENCES organization,
    user_id         uuid        NOT NULL REFERENCES app_user ON DELETE CASCADE,
    request_sha256  text        NOT NULL CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
    status          integer     CHECK (status BETWEEN 100 AND 599),
    header          jsonb,
    body            bytea,
    created_at      timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz,
    PRIMARY KEY (token_id, key),
    CONSTRAINT api_idempotency_whole CHECK ((finished_at IS NULL) = (status IS NULL)
               AND (status IS NULL) = (header IS NULL) AND (status IS NULL) = (body IS NULL))
);
CREATE INDEX api_idempotency_by_age ON api_idempotency (created_at);

ALTER TABLE api_idempotency ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_idempotency FORCE ROW LEVEL SECURITY;

CREATE POLICY own ON api_idempotency
    USING (organization_id = assay_organization() AND user_id = assay_user())
    WITH CHECK (organization_id = assay_organization() AND user_id = assay_user());
CREATE POLICY sweep ON api_idempotency FOR DELETE
    USING (assay_platform() = 'worker');
CREATE POLICY sweep_read ON api_idempotency FOR SELECT
    USING (assay_platform() = 'worker');

GRANT SELECT, INSERT, DELETE ON api_idempotency TO assay_app;
GRANT UPDATE (status, header, body, finished_at) ON api_idempotency TO assay_app;
