CREATE OR REPLACE FUNCTION upload_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.state <> 'receiving' AND (NEW.state, NEW.sha256, NEW.received_bytes) IS DISTINCT FROM
       (OLD.state, OLD.sha256, OLD.received_bytes) THEN
        RAISE EXCEPTION 'an upload that ended does not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
ALTER TABLE audit_run DROP COLUMN stage_at;
DROP POLICY tenant_cancel ON audit_run;
DELETE FROM version_transition WHERE event = 'cancel_audit';
