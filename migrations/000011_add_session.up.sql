-- Sessions of signed-in browsers. token is the SHA-256 of the cookie's value,
-- so that a copy of this table signs nobody in; data is opaque. A session
-- that was not used for a while, or that is past expiry, is as good as gone.
-- One that its user or an admin ended keeps its row until then, and with it
-- its id, so that a request still running cannot bring it back.
--
-- It is read before it is known who asks, by the hash that the cookie gives,
-- and so has no row-level security; it is no tenant's table.
CREATE TABLE session (
    token      text PRIMARY KEY,
    id         uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT session_id_unique UNIQUE,
    user_id    uuid REFERENCES app_user ON DELETE CASCADE,
    data       bytea NOT NULL,
    agent      text NOT NULL DEFAULT '',
    address    text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_expiry ON session (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON session TO assay_app;
