-- Who sends a second or later version says what changed since the one before:
-- reviewers look there first, and buyers who hold the one before read it in the
-- history. The note of the first may stay empty. Versions already submitted stay
-- as they are.
CREATE FUNCTION version_note_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'a second or later version says what changed' USING ERRCODE = 'check_violation', CONSTRAINT = 'version_says_what_changed';
END
$$;
CREATE TRIGGER version_note_guard BEFORE UPDATE ON version
    FOR EACH ROW WHEN (OLD.submitted_at IS NULL AND NEW.submitted_at IS NOT NULL AND NEW.number > 1 AND btrim(NEW.change_note) = '')
    EXECUTE FUNCTION version_note_guard();
