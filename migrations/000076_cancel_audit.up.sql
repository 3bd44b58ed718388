-- A seller may give up an audit that waits or runs: the version is a draft
-- again, its upload is canceled, and the worker finds its lease gone.
INSERT INTO version_transition (from_state, event, to_state, by_party) VALUES
    ('queued', 'cancel_audit', 'draft', '{seller}'),
    ('auditing', 'cancel_audit', 'draft', '{seller}');

CREATE POLICY tenant_cancel ON audit_run FOR DELETE
    USING (organization_id = assay_organization());

-- When the stage began, for the rate within it.
ALTER TABLE audit_run ADD COLUMN stage_at timestamptz NOT NULL DEFAULT now();

-- What arrived stays what it was; its seller may give it up while no audit has
-- sealed it.
CREATE OR REPLACE FUNCTION upload_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.state = 'finished' AND NEW.state = 'canceled'
       AND (NEW.sha256, NEW.received_bytes) IS NOT DISTINCT FROM (OLD.sha256, OLD.received_bytes)
       AND EXISTS (SELECT 1 FROM version v WHERE v.id = NEW.version_id AND v.state = 'draft' AND v.root_digest IS NULL) THEN
        RETURN NEW;
    END IF;
    IF OLD.state <> 'receiving' AND (NEW.state, NEW.sha256, NEW.received_bytes) IS DISTINCT FROM
       (OLD.state, OLD.sha256, OLD.received_bytes) THEN
        RAISE EXCEPTION 'an upload that ended does not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
