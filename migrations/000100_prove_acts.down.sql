-- Takes the hashes of single acts back: links made with them are made anew by
-- the formula of before, so the chain fits again and published heads are void.
DROP TABLE activity_published;
DROP INDEX activity_by_organization;
CREATE INDEX activity_by_organization ON activity (organization_id, at);
DROP POLICY own_organization ON activity;
CREATE POLICY own_organization ON activity FOR SELECT
    USING (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin'));
DROP TRIGGER activity_head_stays ON activity_head;
REVOKE INSERT (id, organization_id, user_id, platform, verb, object, object_id, detail) ON activity FROM assay_log;
GRANT INSERT ON activity TO assay_log;

CREATE OR REPLACE FUNCTION activity_extend_chain() RETURNS trigger
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

ALTER TABLE activity_chain DISABLE TRIGGER activity_chain_append_only;
SELECT set_config('assay.platform', 'admin', true);
DO $$
DECLARE
    r        record;
    previous bytea := '';
BEGIN
    FOR r IN SELECT c.number, c.hash, c.scheme, activity_text(a) AS text
             FROM activity_chain c JOIN activity a ON a.id = c.activity_id ORDER BY c.number LOOP
        IF r.scheme = 1 THEN
            previous := r.hash;
        ELSE
            previous := sha256(previous || convert_to(r.text, 'UTF8'));
            UPDATE activity_chain SET hash = previous WHERE number = r.number;
        END IF;
    END LOOP;
    UPDATE activity_head SET hash = previous;
END $$;
SELECT set_config('assay.platform', '', true);
ALTER TABLE activity_chain DROP COLUMN row_hash, DROP COLUMN scheme;
ALTER TABLE activity_chain ENABLE TRIGGER activity_chain_append_only;
DROP FUNCTION activity_row_hash(activity);
DROP FUNCTION activity_row_text(activity);
