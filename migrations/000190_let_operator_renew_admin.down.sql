DROP TRIGGER platform_keeps_admin_deleted ON platform_role;
CREATE CONSTRAINT TRIGGER platform_keeps_admin_deleted AFTER DELETE ON platform_role
    FOR EACH ROW WHEN (OLD.role = 'admin') EXECUTE FUNCTION platform_keeps_admin();
