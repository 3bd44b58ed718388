-- Names come under another secret when the settings get one: the worker seals
-- them anew, and the trigger lets it change nothing else of an annotator.
CREATE OR REPLACE FUNCTION annotator_guard() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF assay_platform() = 'worker' THEN
        IF NOT differs_only_in(to_jsonb(OLD), to_jsonb(NEW), ARRAY['name_sealed']) THEN
            RAISE EXCEPTION 'the worker seals a name anew and changes nothing else' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.removed_at IS NOT NULL THEN
        RAISE EXCEPTION 'a removed annotator does not come back' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.removed_at IS NOT NULL THEN
        IF EXISTS (SELECT 1
                   FROM   version v
                   JOIN   listing_claims c ON c.id = v.claims_id
                   WHERE  v.organization_id = NEW.organization_id
                   AND    v.state IN ('live', 'suspended')
                   AND    names_annotator(c.claims, NEW.id)) THEN
            RAISE EXCEPTION 'a live listing names this annotator'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'annotator_named';
        END IF;
    ELSIF (NEW.name_sealed, NEW.role, NEW.country) IS DISTINCT FROM (OLD.name_sealed, OLD.role, OLD.country)
          AND EXISTS (SELECT 1
                      FROM   credential c
                      WHERE  c.annotator_id = NEW.id
                      AND    c.state IN ('submitted', 'verified', 'expired')) THEN
        RAISE EXCEPTION 'who was handed in stays who it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'annotator_checked';
    END IF;
    RETURN NEW;
END
$$;

CREATE POLICY worker_reseal ON annotator FOR UPDATE
    USING (assay_platform() = 'worker')
    WITH CHECK (assay_platform() = 'worker');
