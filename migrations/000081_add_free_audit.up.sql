-- Files that a visitor without an account has sent to be audited, and what came
-- of it. The row belongs to nobody: whoever holds the secret of its link, whose
-- SHA-256 stands here, may read and delete it; workers do the rest. It lives for
-- an hour.
CREATE TABLE free_audit (
    id          uuid        PRIMARY KEY,
    token_hash  text        NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    state       text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
    extension   text        NOT NULL DEFAULT '' CHECK (extension ~ '^(\.[a-z0-9]{1,8})?$'), -- of a single file; its name is not kept
    size_bytes  bigint      NOT NULL CHECK (size_bytes >= 0),
    stage       text        NOT NULL DEFAULT '',
    files_done  integer     NOT NULL DEFAULT 0 CHECK (files_done >= 0),
    files_total integer     NOT NULL DEFAULT 0 CHECK (files_total >= 0),
    attempt     integer     NOT NULL DEFAULT 0,
    reason      text        NOT NULL DEFAULT '', -- of a failure, a sentence of ours
    quality     bytea       CHECK (length(quality) <= 33554432), -- lqs-report/1
    report      bytea       CHECK (length(report) <= 33554432), -- assay-report/1
    created_at  timestamptz NOT NULL DEFAULT now(),
    renewed_at  timestamptz NOT NULL DEFAULT now(), -- by its worker
    expires_at  timestamptz NOT NULL,
    CHECK (state <> 'done' OR quality IS NOT NULL)
);
CREATE INDEX free_audit_waiting ON free_audit (created_at) WHERE state IN ('queued', 'running');

ALTER TABLE free_audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE free_audit FORCE ROW LEVEL SECURITY;
CREATE POLICY holder_read ON free_audit FOR SELECT
    USING (token_hash = assay_key() AND expires_at > now());
CREATE POLICY holder_delete ON free_audit FOR DELETE
    USING (token_hash = assay_key());
CREATE POLICY worker ON free_audit
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
GRANT SELECT, INSERT, UPDATE, DELETE ON free_audit TO assay_app;
