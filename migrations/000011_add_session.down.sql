-- Ends all sessions.
DROP TABLE session;
