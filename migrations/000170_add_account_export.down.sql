DROP POLICY worker_read ON invitation;
DROP TABLE account_export;
