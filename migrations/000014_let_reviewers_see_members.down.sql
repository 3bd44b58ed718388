-- Hides members from reviewers again.
DROP POLICY platform ON membership;
