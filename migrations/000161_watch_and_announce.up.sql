-- What those who run the platform watch and say: how requests were answered,
-- minute by minute for a week, and announcements.
--
-- The counts name a route's pattern, never an address; nothing in them is of a
-- person or an organization.
CREATE TABLE answer_count (
    minute timestamptz NOT NULL,
    route  text        NOT NULL CHECK (length(route) BETWEEN 1 AND 200),
    class  text        NOT NULL CHECK (class IN ('2xx', '3xx', '4xx', '5xx')),
    n      bigint      NOT NULL CHECK (n > 0),
    PRIMARY KEY (minute, route, class)
);

-- Answers of 500 and above, to be found in the log by the id of the request.
CREATE TABLE server_error (
    request_id text        PRIMARY KEY CHECK (request_id ~ '^[0-9a-f]{16}$'),
    at         timestamptz NOT NULL DEFAULT now(),
    method     text        NOT NULL CHECK (length(method) BETWEEN 1 AND 20),
    route      text        NOT NULL CHECK (length(route) BETWEEN 1 AND 200),
    status     integer     NOT NULL CHECK (status BETWEEN 500 AND 599)
);
CREATE INDEX server_error_by_time ON server_error (at DESC);

ALTER TABLE answer_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE answer_count FORCE ROW LEVEL SECURITY;
ALTER TABLE server_error ENABLE ROW LEVEL SECURITY;
ALTER TABLE server_error FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON answer_count USING (assay_platform() = 'worker') WITH CHECK (assay_platform() = 'worker');
CREATE POLICY platform_read ON answer_count FOR SELECT USING (assay_platform() = 'admin');
CREATE POLICY worker ON server_error USING (assay_platform() = 'worker') WITH CHECK (assay_platform() = 'worker');
CREATE POLICY platform_read ON server_error FOR SELECT USING (assay_platform() = 'admin');
GRANT SELECT, INSERT, DELETE ON answer_count TO assay_app;
GRANT UPDATE (n) ON answer_count TO assay_app;
GRANT SELECT, INSERT, DELETE ON server_error TO assay_app;

-- A sentence for everybody, or for those who are signed in, for a time. It is
-- never rewritten: who saw it saw this text. It ends early by ended_at.
CREATE TABLE announcement (
    id         uuid        PRIMARY KEY,
    level      text        NOT NULL CHECK (level IN ('info', 'warn')),
    audience   text        NOT NULL CHECK (audience IN ('everybody', 'signed_in')),
    body       text        NOT NULL CHECK (length(body) BETWEEN 10 AND 500),
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    is_sent    boolean     NOT NULL DEFAULT false, -- as a notice to everyone, too
    made_by    uuid        REFERENCES app_user ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '92 days')
);
CREATE INDEX announcement_by_end ON announcement (ends_at DESC);
ALTER TABLE announcement ENABLE ROW LEVEL SECURITY;
ALTER TABLE announcement FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON announcement FOR SELECT USING (true);
CREATE POLICY platform_make ON announcement FOR INSERT WITH CHECK (assay_platform() = 'admin');
CREATE POLICY platform_end ON announcement FOR UPDATE
    USING (assay_platform() = 'admin' AND ended_at IS NULL) WITH CHECK (assay_platform() = 'admin');
GRANT SELECT, INSERT ON announcement TO assay_app;
GRANT UPDATE (ended_at) ON announcement TO assay_app;
