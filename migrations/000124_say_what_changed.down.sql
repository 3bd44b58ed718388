DROP TRIGGER version_note_guard ON version;
DROP FUNCTION version_note_guard();
