-- A mail to somebody without an account leads to a page whose address is a
-- secret. Like the address it is erased once the mail is on its way.
GRANT UPDATE (path) ON notice_event TO assay_app;
