-- A seller who was asked about a report reads how it ended, also when it was
-- merged into one that the seller was not asked about and does not see. The
-- merged flag therefore keeps what was decided of the flag whose fate it shares.
ALTER TABLE flag
    ADD COLUMN fate text NOT NULL DEFAULT '' CHECK (fate IN ('', 'upheld', 'dismissed')),
    ADD CONSTRAINT flag_fate CHECK (fate = '' OR state = 'merged');
COMMENT ON COLUMN flag.fate IS 'of a merged flag: what was decided of the one that it was merged into; empty while that waits';

SELECT set_config('assay.platform', 'worker', true); -- the owner is bound by row security too
UPDATE flag m
SET    fate = o.state
FROM   flag_report r
JOIN   flag o ON o.id = r.follows
WHERE  r.flag_id = m.id
AND    m.state = 'merged'
AND    o.state IN ('upheld', 'dismissed');
SELECT set_config('assay.platform', '', true);

GRANT UPDATE (fate) ON flag TO assay_app;
