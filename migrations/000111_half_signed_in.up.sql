-- Between the password and the second factor a browser belongs to a user who
-- is not signed in yet. Its session names the user, so that whatever ends the
-- user's sessions ends this one too, but no list of sessions shows it.
ALTER TABLE session ADD COLUMN is_pending boolean NOT NULL DEFAULT false;
