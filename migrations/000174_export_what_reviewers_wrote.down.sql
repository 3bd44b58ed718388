DROP POLICY own_export ON decision;
DROP POLICY own_export ON review_note;
DROP POLICY own_export ON review_check;
DROP POLICY own_export ON review_assignment;
DROP POLICY own_export ON verification;
DROP POLICY own_export ON verification_check;
DROP POLICY own_export ON strike;
DROP POLICY own_export ON appeal;
