-- Each act gets a hash of its own, and the chain links these hashes: so one act
-- can be shown to an outsider beside the hashes of the others, which tell
-- nothing (each text holds a random id). Heads of the chain are published.
-- Links made before keep their formula: scheme 1 is sha256(previous || text),
-- scheme 2 is sha256(previous || row_hash).
CREATE FUNCTION activity_row_text(a activity) RETURNS text
LANGUAGE sql STABLE
RETURN jsonb_build_object('id', a.id, 'at', to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'organization', a.organization_id, 'user', a.user_id, 'platform', a.platform, 'verb', a.verb,
    'object', a.object, 'object_id', a.object_id, 'detail', a.detail)::text;

CREATE FUNCTION activity_row_hash(a activity) RETURNS bytea
LANGUAGE sql STABLE
RETURN sha256(convert_to('assay-activity-row/2' || chr(10) || activity_row_text(a), 'UTF8'));

ALTER TABLE activity_chain DISABLE TRIGGER activity_chain_append_only;
ALTER TABLE activity_chain ADD COLUMN scheme smallint NOT NULL DEFAULT 1 CHECK (scheme IN (1, 2));
ALTER TABLE activity_chain ALTER COLUMN scheme SET DEFAULT 2;
ALTER TABLE activity_chain ADD COLUMN row_hash bytea CHECK (octet_length(row_hash) = 32);
SELECT set_config('assay.platform', 'admin', true); -- the owner is bound by row security too
UPDATE activity_chain c
SET    row_hash = activity_row_hash(a)
FROM   activity a
WHERE  a.id = c.activity_id;
SELECT set_config('assay.platform', '', true);
ALTER TABLE activity_chain ALTER COLUMN row_hash SET NOT NULL;
ALTER TABLE activity_chain ENABLE TRIGGER activity_chain_append_only;

CREATE OR REPLACE FUNCTION activity_extend_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head activity_head;
    own  bytea := activity_row_hash(NEW);
    next bytea;
BEGIN
    SELECT * INTO head FROM activity_head FOR UPDATE;
    next := sha256(head.hash || own);
    INSERT INTO activity_chain (number, activity_id, row_hash, hash) VALUES (head.number + 1, NEW.id, own, next);
    UPDATE activity_head SET number = head.number + 1, hash = next;
    RETURN NULL;
END $$;

-- The clock of the database says when: nobody dates an act back.
REVOKE INSERT ON activity FROM assay_log;
GRANT INSERT (id, organization_id, user_id, platform, verb, object, object_id, detail) ON activity TO assay_log;
CREATE TRIGGER activity_head_stays BEFORE DELETE OR TRUNCATE ON activity_head
FOR EACH STATEMENT EXECUTE FUNCTION activity_refuse_change();

-- The worker that publishes heads walks all rows.
DROP POLICY own_organization ON activity;
CREATE POLICY own_organization ON activity FOR SELECT
    USING (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin', 'worker'));
DROP INDEX activity_by_organization;
CREATE INDEX activity_by_organization ON activity (organization_id, at DESC, id DESC);

-- Heads as they were published. The file waits here until it is in the object
-- store, and is what the public page shows; the object store is what the chain
-- is held against.
CREATE TABLE activity_published (
    number       bigint      PRIMARY KEY CHECK (number > 0),
    hash         bytea       NOT NULL CHECK (octet_length(hash) = 32),
    published_at timestamptz NOT NULL,
    is_signed    boolean     NOT NULL,
    file         text        NOT NULL,
    stored_at    timestamptz
);
ALTER TABLE activity_published ENABLE ROW LEVEL SECURITY;
ALTER TABLE activity_published FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON activity_published FOR SELECT USING (true);
CREATE POLICY publish ON activity_published FOR INSERT WITH CHECK (assay_platform() = 'worker');
CREATE POLICY store ON activity_published FOR UPDATE
    USING (assay_platform() = 'worker' AND stored_at IS NULL) WITH CHECK (assay_platform() = 'worker');
GRANT SELECT, INSERT ON activity_published TO assay_app;
GRANT UPDATE (stored_at) ON activity_published TO assay_app;
CREATE TRIGGER activity_published_append_only BEFORE DELETE OR TRUNCATE ON activity_published
FOR EACH STATEMENT EXECUTE FUNCTION activity_refuse_change();
