-- Texts that buyers and sellers agree to, as templates in versions. A draft may
-- be rewritten; from the day it is published its text never changes, because
-- signatures will name its digest.
CREATE TABLE agreement_template (
    id           uuid        PRIMARY KEY,
    name         text        NOT NULL CHECK (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(name) <= 80),
    version      integer     NOT NULL CHECK (version > 0),
    title        text        NOT NULL CHECK (length(title) BETWEEN 3 AND 200),
    body         text        NOT NULL CHECK (length(body) BETWEEN 20 AND 100000),
    sha256       text        NOT NULL, -- of body, made by the trigger
    state        text        NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published', 'retired')),
    made_by      uuid        REFERENCES app_user,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    retired_at   timestamptz,
    CONSTRAINT agreement_template_version UNIQUE (name, version),
    CHECK ((state = 'draft') = (published_at IS NULL)),
    CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX agreement_template_one_draft ON agreement_template (name) WHERE state = 'draft';
CREATE UNIQUE INDEX agreement_template_one_published ON agreement_template (name) WHERE state = 'published';

CREATE FUNCTION agreement_template_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'a published text is kept' USING ERRCODE = 'check_violation', CONSTRAINT = 'agreement_template_kept';
        END IF;
        RETURN OLD;
    END IF;
    NEW.sha256 := encode(sha256(convert_to(NEW.body, 'UTF8')), 'hex');
    IF TG_OP = 'INSERT' THEN
        RETURN NEW;
    END IF;
    IF (OLD.id, OLD.name, OLD.version) IS DISTINCT FROM (NEW.id, NEW.name, NEW.version)
       OR OLD.state <> 'draft' AND (OLD.title, OLD.body, OLD.published_at) IS DISTINCT FROM (NEW.title, NEW.body, NEW.published_at)
       OR (OLD.state, NEW.state) NOT IN (('draft', 'draft'), ('draft', 'published'), ('published', 'published'), ('published', 'retired')) THEN
        RAISE EXCEPTION 'a published text is never changed' USING ERRCODE = 'check_violation', CONSTRAINT = 'agreement_template_kept';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER agreement_template_guard BEFORE INSERT OR UPDATE OR DELETE ON agreement_template
    FOR EACH ROW EXECUTE FUNCTION agreement_template_guard();

ALTER TABLE agreement_template ENABLE ROW LEVEL SECURITY;
ALTER TABLE agreement_template FORCE ROW LEVEL SECURITY;
CREATE POLICY published_read ON agreement_template FOR SELECT USING (state <> 'draft');
CREATE POLICY admin ON agreement_template
    USING (assay_platform() = 'admin')
    WITH CHECK (assay_platform() = 'admin');
GRANT SELECT, INSERT, DELETE ON agreement_template TO assay_app;
GRANT UPDATE (title, body, state, updated_at, published_at, retired_at) ON agreement_template TO assay_app;
