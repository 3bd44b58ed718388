-- An admin may delete objects that no row names. That none goes which a row
-- names is held here: the row and the deletion of its object meet at one lock,
-- and whichever comes second is refused.
CREATE TABLE storage_cleanup (
    id          uuid        PRIMARY KEY,
    asked_by    uuid        REFERENCES app_user ON DELETE SET NULL,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    before      timestamptz NOT NULL, -- objects written earlier
    objects     bigint      NOT NULL CHECK (objects > 0), -- as they were shown for confirmation
    finished_at timestamptz,
    CHECK (before <= asked_at - interval '24 hours')
);
CREATE UNIQUE INDEX storage_cleanup_one ON storage_cleanup ((true)) WHERE finished_at IS NULL;
CREATE INDEX storage_cleanup_by_time ON storage_cleanup (asked_at DESC);

CREATE TABLE storage_deleted (
    key        text        PRIMARY KEY CHECK (length(key) <= 200),
    cleanup_id uuid        NOT NULL REFERENCES storage_cleanup,
    bytes      bigint      NOT NULL CHECK (bytes >= 0),
    written_at timestamptz NOT NULL,
    deleted_at timestamptz NOT NULL DEFAULT now(),
    CHECK (written_at < deleted_at - interval '24 hours')
);
CREATE INDEX storage_deleted_by_cleanup ON storage_deleted (cleanup_id);

ALTER TABLE storage_cleanup ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage_cleanup FORCE ROW LEVEL SECURITY;
ALTER TABLE storage_deleted ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage_deleted FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON storage_cleanup USING (assay_platform() = 'worker') WITH CHECK (assay_platform() = 'worker');
CREATE POLICY platform_read ON storage_cleanup FOR SELECT USING (assay_platform() = 'admin');
CREATE POLICY platform_ask ON storage_cleanup FOR INSERT
    WITH CHECK (assay_platform() = 'admin' AND asked_by = assay_user() AND finished_at IS NULL);
CREATE POLICY everybody ON storage_deleted FOR SELECT USING (true); -- whoever writes a row asks; keys are random ids
CREATE POLICY worker ON storage_deleted FOR INSERT WITH CHECK (assay_platform() = 'worker');
GRANT SELECT, INSERT ON storage_cleanup TO assay_app;
GRANT UPDATE (finished_at) ON storage_cleanup TO assay_app;
GRANT SELECT, INSERT ON storage_deleted TO assay_app;

-- lock_of_object is where the row of an object and its deletion meet. There are
-- 1024 locks for all objects, so that a transaction of many rows holds few.
CREATE FUNCTION lock_of_object(object_key text) RETURNS bigint
LANGUAGE sql IMMUTABLE
AS $$
SELECT hashtextextended('storage', 0) + (hashtextextended(object_key, 0) & 1023)
$$;

CREATE FUNCTION storage_deleted_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(lock_of_object(NEW.key));
    IF object_is_named(NEW.key) THEN
        RAISE EXCEPTION 'a row names this object' USING ERRCODE = 'check_violation', CONSTRAINT = 'storage_deleted_unnamed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER storage_deleted_guard BEFORE INSERT ON storage_deleted
    FOR EACH ROW EXECUTE FUNCTION storage_deleted_guard();

-- Rows that may come after their object. That of an account's export comes
-- first, with a fresh id.
CREATE FUNCTION object_gets_named() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    keys text[];
    one  text;
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'upload' THEN keys := ARRAY['upload/' || NEW.id];
        WHEN 'free_audit' THEN keys := ARRAY['free/' || NEW.id];
        WHEN 'audit_report' THEN keys := ARRAY['report/' || NEW.id || '.json', 'texts/' || NEW.id || '.sealed'];
        ELSE keys := ARRAY[NEW.blob_key];
    END CASE;
    FOREACH one IN ARRAY keys LOOP
        PERFORM pg_advisory_xact_lock_shared(lock_of_object(one));
        IF EXISTS (SELECT FROM storage_deleted WHERE key = one) THEN
            RAISE EXCEPTION 'the object of this row was deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'object_deleted';
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
CREATE TRIGGER object_gets_named BEFORE INSERT ON upload FOR EACH ROW EXECUTE FUNCTION object_gets_named();
CREATE TRIGGER object_gets_named BEFORE INSERT ON free_audit FOR EACH ROW EXECUTE FUNCTION object_gets_named();
CREATE TRIGGER object_gets_named BEFORE INSERT ON audit_report FOR EACH ROW EXECUTE FUNCTION object_gets_named();
CREATE TRIGGER object_gets_named BEFORE INSERT ON vault_leftover FOR EACH ROW EXECUTE FUNCTION object_gets_named();
CREATE TRIGGER object_gets_named BEFORE INSERT OR UPDATE OF blob_key ON vault_version FOR EACH ROW EXECUTE FUNCTION object_gets_named();
