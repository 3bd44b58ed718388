-- A version may be suspended, restored and suspended again, each time for a
-- reason of its own. An upheld flag therefore names the suspension that it led
-- to, so that an appeal against it undoes that one and no other. The database
-- finds it itself, and refuses a flag that says so and has suspended nothing.
ALTER TABLE flag ADD COLUMN suspension bigint REFERENCES version_event;
ALTER TABLE flag ADD CONSTRAINT flag_suspension CHECK (suspension IS NULL OR act = 'suspend');

SELECT set_config('assay.platform', 'worker', true); -- the owner is bound by row security too
UPDATE flag f
SET    suspension = (
       SELECT   e.id
       FROM     version_event e
       JOIN     version v ON v.id = e.version_id
       WHERE    v.listing_id = f.listing_id
       AND      e.event = 'suspend'
       AND      e.user_id = f.decided_by
       AND      e.at BETWEEN f.decided_at AND f.decided_at + interval '1 minute' -- decided_at is when its transaction began
       ORDER BY e.id
       LIMIT    1)
WHERE  f.act = 'suspend';
SELECT set_config('assay.platform', '', true);

CREATE FUNCTION flag_suspends() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    SELECT max(e.id) INTO NEW.suspension
    FROM   version_event e
    JOIN   version v ON v.id = e.version_id
    WHERE  v.listing_id = NEW.listing_id
    AND    v.state = 'suspended'
    AND    e.event = 'suspend'
    AND    e.user_id = assay_user()
    AND    e.at >= now();
    IF NEW.suspension IS NULL THEN
        RAISE EXCEPTION 'no version was suspended in this transaction'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'flag_suspends';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER flag_suspends BEFORE UPDATE ON flag
    FOR EACH ROW WHEN (NEW.state = 'upheld' AND OLD.state <> 'upheld' AND NEW.act = 'suspend')
    EXECUTE FUNCTION flag_suspends();
