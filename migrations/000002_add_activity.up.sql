-- Who did what: written in the transaction of the act, never changed, chained
-- by hash so that a changed or missing row shows.
CREATE TABLE activity (
    id              uuid        PRIMARY KEY,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    organization_id uuid,
    user_id         uuid,
    platform        text        NOT NULL DEFAULT '',
    verb            text        NOT NULL CHECK (verb ~ '^[a-z_]+\.[a-z_]+$'),
    object          text        NOT NULL,
    object_id       text        NOT NULL,
    detail          jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX activity_by_object ON activity (object, object_id, at);
CREATE INDEX activity_by_organization ON activity (organization_id, at);

ALTER TABLE activity ENABLE ROW LEVEL SECURITY;
ALTER TABLE activity FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organization ON activity FOR SELECT
    USING (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin'));
CREATE POLICY append ON activity FOR INSERT TO assay_log WITH CHECK (true);
GRANT SELECT ON activity TO assay_app;
GRANT INSERT ON activity TO assay_log;

-- The chain is made at commit, so that its head is locked for an instant only.
-- It has no tenant column: numbers and hashes tell nothing of a row.
CREATE TABLE activity_chain (
    number      bigint PRIMARY KEY,
    activity_id uuid   NOT NULL UNIQUE REFERENCES activity,
    hash        bytea  NOT NULL
);
CREATE TABLE activity_head (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    number   bigint  NOT NULL,
    hash     bytea   NOT NULL
);
INSERT INTO activity_head (number, hash) VALUES (0, '\x');
GRANT SELECT ON activity_chain, activity_head TO assay_app;

CREATE FUNCTION activity_text(a activity) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN jsonb_build_array(a.id, extract(epoch FROM a.at), a.organization_id, a.user_id,
    a.platform, a.verb, a.object, a.object_id, a.detail)::text;

-- SECURITY DEFINER: the app may read the chain but only this may extend it.
CREATE FUNCTION activity_extend_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head activity_head;
    next bytea;
BEGIN
    SELECT * INTO head FROM activity_head FOR UPDATE;
    next := sha256(head.hash || convert_to(activity_text(NEW), 'UTF8'));
    INSERT INTO activity_chain (number, activity_id, hash) VALUES (head.number + 1, NEW.id, next);
    UPDATE activity_head SET number = head.number + 1, hash = next;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER activity_chain_at_commit
AFTER INSERT ON activity DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION activity_extend_chain();

CREATE FUNCTION activity_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'activity is append-only';
END $$;

CREATE TRIGGER activity_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON activity
FOR EACH STATEMENT EXECUTE FUNCTION activity_refuse_change();
CREATE TRIGGER activity_chain_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON activity_chain
FOR EACH STATEMENT EXECUTE FUNCTION activity_refuse_change();
