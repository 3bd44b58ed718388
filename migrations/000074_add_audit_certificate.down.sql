DROP TRIGGER version_take_certificate_back ON version;
DROP FUNCTION version_take_certificate_back();
DROP TABLE revocation_list;
DROP FUNCTION revocation_list_guard();
DROP TABLE audit_certificate;
DROP FUNCTION audit_certificate_guard();
DROP TABLE certificate_key;
DROP FUNCTION certificate_key_guard();
