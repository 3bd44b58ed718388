DROP POLICY platform_read ON membership;
