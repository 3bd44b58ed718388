-- Who tries to prove a domain needs to know what was seen there: a record at
-- another name, a file behind a redirect, a certificate that is not valid.
ALTER TABLE domain_proof
    ADD COLUMN dns_seen text NOT NULL DEFAULT '' CHECK (length(dns_seen) <= 400),
    ADD COLUMN file_seen text NOT NULL DEFAULT '' CHECK (length(file_seen) <= 400);
COMMENT ON COLUMN domain_proof.dns_seen IS 'what the latest look saw in DNS, in a sentence; empty if it was not looked at';
COMMENT ON COLUMN domain_proof.file_seen IS 'what the latest look saw at the address of the file; empty if it was not looked at';
GRANT UPDATE (dns_seen, file_seen) ON domain_proof TO assay_app;

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
        NEW.dns_seen := '';
        NEW.file_seen := '';
    ELSIF (NEW.proved_at, NEW.method, NEW.checked_at, NEW.outcome, NEW.missing_since, NEW.dns_seen, NEW.file_seen)
          IS DISTINCT FROM (OLD.proved_at, OLD.method, OLD.checked_at, OLD.outcome, OLD.missing_since, OLD.dns_seen, OLD.file_seen) THEN
        RAISE EXCEPTION 'only a check says that a domain is proved';
    END IF;
    RETURN NEW;
END
$$;
