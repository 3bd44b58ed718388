-- Forgets what looks at domains saw.
CREATE OR REPLACE FUNCTION domain_proof_holds() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF assay_platform() = 'worker' THEN
        RETURN NEW;
    END IF;
    IF NEW.domain <> OLD.domain OR NEW.token <> OLD.token THEN
        NEW.proved_at := NULL;
        NEW.method := '';
        NEW.checked_at := NULL;
        NEW.outcome := '';
        NEW.missing_since := NULL;
    ELSIF (NEW.proved_at, NEW.method, NEW.checked_at, NEW.outcome, NEW.missing_since)
          IS DISTINCT FROM (OLD.proved_at, OLD.method, OLD.checked_at, OLD.outcome, OLD.missing_since) THEN
        RAISE EXCEPTION 'only a check says that a domain is proved';
    END IF;
    RETURN NEW;
END
$$;
ALTER TABLE domain_proof DROP COLUMN dns_seen, DROP COLUMN file_seen;
