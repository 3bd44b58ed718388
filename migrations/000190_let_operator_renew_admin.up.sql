-- The operator gives the only admin new factors by taking the role away and
-- giving it again, since a role keeps its factor. That an admin is left is
-- asked when the operator's transaction ends; everybody else is asked at once.
DROP TRIGGER platform_keeps_admin_deleted ON platform_role;
CREATE CONSTRAINT TRIGGER platform_keeps_admin_deleted AFTER DELETE ON platform_role
    DEFERRABLE INITIALLY IMMEDIATE
    FOR EACH ROW WHEN (OLD.role = 'admin') EXECUTE FUNCTION platform_keeps_admin();
