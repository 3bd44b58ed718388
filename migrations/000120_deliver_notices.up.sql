-- An event is told to each person whom it concerns once: as a row of their
-- inbox, and by mail as they wish. Until now events waited and nobody told
-- them.
ALTER TABLE notice_event ADD COLUMN everyone boolean NOT NULL DEFAULT false;
ALTER TABLE notice_event ADD COLUMN of_organization_id uuid REFERENCES organization ON DELETE SET NULL; -- whose page it leads to
CREATE INDEX notice_event_told ON notice_event (delivered_at) WHERE delivered_at IS NOT NULL;

-- What a person finds in the app. The text is a copy, so that the event, which
-- names all of its receivers, stays out of their sight and can go.
CREATE TABLE inbox_notice (
    id                 uuid        PRIMARY KEY,
    user_id            uuid        NOT NULL REFERENCES app_user ON DELETE CASCADE,
    event_id           uuid        NOT NULL,
    of_organization_id uuid        REFERENCES organization ON DELETE SET NULL, -- whose page it leads to
    kind               text        NOT NULL,
    subject            text        NOT NULL CHECK (subject <> '' AND subject !~ '[\r\n]'),
    lines              text[]      NOT NULL,
    action             text        NOT NULL,
    path               text        NOT NULL CHECK (path = '' OR path ~ '^/([^/]|$)'),
    created_at         timestamptz NOT NULL DEFAULT now(),
    read_at            timestamptz,
    digest_due         boolean     NOT NULL DEFAULT false, -- waits for the mail of the day
    CONSTRAINT inbox_notice_told_once UNIQUE (event_id, user_id)
);
CREATE INDEX inbox_notice_newest ON inbox_notice (user_id, created_at DESC, id DESC);
CREATE INDEX inbox_notice_unread ON inbox_notice (user_id) WHERE read_at IS NULL;
CREATE INDEX inbox_notice_digest ON inbox_notice (user_id, created_at) WHERE digest_due;
CREATE INDEX inbox_notice_created ON inbox_notice (created_at);

-- What a person wishes to hear, and how; no row means as kinds.go says.
CREATE TABLE notice_choice (
    user_id uuid NOT NULL REFERENCES app_user ON DELETE CASCADE,
    kind    text NOT NULL,
    way     text NOT NULL CHECK (way IN ('mail', 'digest', 'app')),
    PRIMARY KEY (user_id, kind)
);
CREATE TABLE notice_setting (
    user_id       uuid        PRIMARY KEY REFERENCES app_user ON DELETE CASCADE,
    digest_hour   smallint    NOT NULL DEFAULT 7 CHECK (digest_hour BETWEEN 0 AND 23), -- UTC
    digest_off_at timestamptz, -- what would be in the mail of the day stays in the app
    paused_at     timestamptz, -- so does all mail that may be turned off
    digested_at   timestamptz
);

-- Addresses without an account that want no more mail, by the keyed hash that
-- stands in their link.
CREATE TABLE notice_refusal (
    address_hash text        PRIMARY KEY,
    created_at   timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE inbox_notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox_notice FORCE ROW LEVEL SECURITY;
ALTER TABLE notice_choice ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice_choice FORCE ROW LEVEL SECURITY;
ALTER TABLE notice_setting ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice_setting FORCE ROW LEVEL SECURITY;
ALTER TABLE notice_refusal ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice_refusal FORCE ROW LEVEL SECURITY;

CREATE POLICY own_read ON inbox_notice FOR SELECT
    USING (user_id = assay_user());
CREATE POLICY own_mark ON inbox_notice FOR UPDATE
    USING (user_id = assay_user())
    WITH CHECK (user_id = assay_user());
CREATE POLICY own_delete ON inbox_notice FOR DELETE
    USING (user_id = assay_user());
CREATE POLICY worker ON inbox_notice
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

CREATE POLICY own ON notice_choice
    USING (user_id = assay_user())
    WITH CHECK (user_id = assay_user());
CREATE POLICY worker_read ON notice_choice FOR SELECT
    USING (assay_platform() = 'worker');

CREATE POLICY own ON notice_setting
    USING (user_id = assay_user())
    WITH CHECK (user_id = assay_user());
CREATE POLICY worker ON notice_setting
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');

CREATE POLICY holder ON notice_refusal
    USING (address_hash = assay_key())
    WITH CHECK (address_hash = assay_key());
CREATE POLICY worker_read ON notice_refusal FOR SELECT
    USING (assay_platform() = 'worker');

-- The worker finds the reviewers and the admins of the platform.
CREATE POLICY worker_read ON platform_role FOR SELECT
    USING (assay_platform() = 'worker');

GRANT SELECT, INSERT, DELETE ON inbox_notice TO assay_app;
GRANT UPDATE (read_at, digest_due) ON inbox_notice TO assay_app;
GRANT SELECT, INSERT, DELETE ON notice_choice, notice_refusal TO assay_app;
GRANT UPDATE (way) ON notice_choice TO assay_app;
GRANT SELECT, INSERT, DELETE ON notice_setting TO assay_app;
GRANT UPDATE (digest_hour, digest_off_at, paused_at, digested_at) ON notice_setting TO assay_app;
