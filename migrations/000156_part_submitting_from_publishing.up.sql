-- Submitting a version to review and putting it on offer are rights of their
-- own. A role has both, one or none by default; an owner of the organization
-- may give or take either, so that who describes data and who answers for its
-- release can be different people. NULL is what the role says.
ALTER TABLE membership
    ADD COLUMN may_submit  boolean,
    ADD COLUMN may_publish boolean,
    ADD CONSTRAINT membership_owner_may CHECK (role <> 'owner' OR (may_submit IS NOT FALSE AND may_publish IS NOT FALSE));
GRANT UPDATE (may_submit, may_publish) ON membership TO assay_app;

CREATE FUNCTION role_may(role text, submits boolean, publishes boolean, what text) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE what
       WHEN 'submit'  THEN coalesce(submits, role IN ('owner', 'admin', 'editor'))
       WHEN 'publish' THEN coalesce(publishes, role IN ('owner', 'admin'))
       ELSE false END
$$;

-- member_may reports whether the acting user is a member of org with a right.
CREATE FUNCTION member_may(org uuid, what text) RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT FROM membership m
    WHERE  m.organization_id = org
    AND    m.user_id = assay_user()
    AND    role_may(m.role, m.may_submit, m.may_publish, what))
$$;

-- Nobody gives a right that they do not hold, to themselves or to others.
CREATE FUNCTION membership_rights_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    what text;
BEGIN
    FOREACH what IN ARRAY ARRAY['submit', 'publish'] LOOP
        IF role_may(NEW.role, NEW.may_submit, NEW.may_publish, what)
           AND NOT role_may(OLD.role, OLD.may_submit, OLD.may_publish, what)
           AND NOT member_may(NEW.organization_id, what) THEN
            RAISE EXCEPTION 'the right to % is not yours to give', what
                USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_right_held';
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
CREATE TRIGGER membership_rights_guard BEFORE UPDATE ON membership
    FOR EACH ROW EXECUTE FUNCTION membership_rights_guard();

-- Moves of a seller need the right besides the party. A worker's have grounds
-- of their own.
CREATE FUNCTION version_right_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF assay_platform() = 'worker' THEN
        RETURN NEW;
    END IF;
    IF NEW.last_event IN ('submit', 'approve_at_once') AND NOT member_may(NEW.organization_id, 'submit') THEN
        RAISE EXCEPTION 'this member may not submit'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_right_submit';
    END IF;
    IF NEW.last_event IN ('publish', 'embargo', 'cancel_embargo', 'withdraw') AND NOT member_may(NEW.organization_id, 'publish') THEN
        RAISE EXCEPTION 'this member may not publish'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_right_publish';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER version_right_guard BEFORE UPDATE ON version
    FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION version_right_guard();

-- Claims that go live without a reviewer are put on offer by their seller.
CREATE FUNCTION decision_right_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.kind = 'carried' AND NOT member_may(NEW.organization_id, 'publish') THEN
        RAISE EXCEPTION 'this member may not publish'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_right_publish';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decision_right_guard BEFORE INSERT ON decision
    FOR EACH ROW EXECUTE FUNCTION decision_right_guard();
