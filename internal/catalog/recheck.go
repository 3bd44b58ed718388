package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Recheck is what an admin found when reading about the rights again.
type Recheck struct {
	Slug          string
	Party         listing.AssertedBy
	Source        string // where it was read
	SourceURL     string // its address, https; may be empty
	Statement     string // what it says
	CommercialUse license.CommercialUse
	CheckedOn     string // 2006-01-02
	Conflict      string // how sources disagree now; empty if they agree
	Confidence    string
	Note          string // what changed, for colleagues
	// Terms are what the license says now; nil leaves the terms of the listing.
	Terms *ReferenceTerms
}

func (c Recheck) check(now time.Time) error {
	var form errs.Fields
	if !listing.AssertedBys.Has(c.Party) {
		form.Add("party", "Choose who says it.")
	}
	within(&form, "source", c.Source, 3, 500)
	within(&form, "statement", c.Statement, 3, 2000)
	if c.SourceURL != "" && !isWebAddress(c.SourceURL) || c.Terms != nil && c.SourceURL == "" {
		form.Add("source_url", "Enter the address of the page, beginning with https://. New terms need one.")
	}
	within(&form, "conflict", c.Conflict, 0, 2000)
	within(&form, "note", c.Note, 0, 2000)
	if _, err := license.ParseCommercialUse(string(c.CommercialUse)); err != nil {
		form.Add("commercial_use", "Choose what it says about commercial use.")
	}
	if day, err := time.Parse(time.DateOnly, c.CheckedOn); err != nil || day.After(now) {
		form.Add("checked_on", "Enter the day on which you read it, not one to come.")
	}
	if !slices.Contains(Confidences, c.Confidence) {
		form.Add("confidence", "Choose how sure the description is.")
	}
	if c.Terms != nil {
		c.Terms.check(&form)
		c.Terms.checkUse(&form, c.CommercialUse)
	}
	return form.Err()
}

func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && len(text) <= 500
}

func within(form *errs.Fields, field, text string, least, most int) {
	switch n := utf8.RuneCountInString(text); {
	case n < least && n == 0:
		form.Add(field, "Fill this in.")
	case n < least || n > most:
		form.Addf(field, "Use %d to %d characters.", least, most)
	}
}

// Recheck writes what was read into the description and into its history, in
// one transaction with the public row. The rights of the listing stay unless
// the check names new terms; sources that disagree stay apart.
func (s *Store) Recheck(ctx context.Context, a postgres.Actor, c Recheck) error {
	c.Source, c.Statement, c.Conflict, c.Note = strings.TrimSpace(c.Source), strings.TrimSpace(c.Statement), strings.TrimSpace(c.Conflict), strings.TrimSpace(c.Note)
	return s.keeping(ctx, a, func(tx pgx.Tx, a postgres.Actor) error {
		if err := c.check(time.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, lockReferences); err != nil {
			return fmt.Errorf("reference %s: %w", c.Slug, err)
		}
		k, d, err := described(ctx, tx, c.Slug)
		if err != nil {
			return err
		}
		d.CheckedOn, d.Conflict, d.Confidence = c.CheckedOn, c.Conflict, c.Confidence
		said := Assertion{By: c.Party, Source: c.Source, Statement: c.Statement, CommercialUse: c.CommercialUse, CheckedOn: c.CheckedOn, SourceURL: c.SourceURL}
		if i := slices.IndexFunc(d.Assertions, func(old Assertion) bool { return old.By == said.By && old.Source == said.Source }); i >= 0 {
			d.Assertions[i] = said // what the same source said before stays in the history
		} else {
			d.Assertions = append(d.Assertions, said)
		}
		was := termsOf(d)
		if c.Terms != nil {
			d.License, d.Tier, d.Access, d.Parts = c.Terms.Name, c.Terms.Tier, c.Terms.Access, []seedPart{c.Terms.part()}
			d.CommercialUse, d.CommercialNote = c.CommercialUse, ""
			if d.Basis = "third_party"; c.Party == listing.ByOwner {
				d.Basis = "owner_page"
			}
		}
		return keep(ctx, tx, a, k, d, was, c, "catalog.recheck_reference")
	})
}

// described reads a description: as an admin left it, else as shipped.
func described(ctx context.Context, tx pgx.Tx, slug string) (k knownExternal, d seed, err error) {
	known, err := knownExternals(ctx, tx, PlatformOrganization)
	if err != nil {
		return k, d, err
	}
	k, ok := known[slug]
	if !ok {
		return k, d, errs.New(errs.NotFound, "There is no such reference data set.")
	}
	list, err := seeds(k.overrides())
	if err != nil {
		return k, d, err
	}
	i := slices.IndexFunc(list, func(d seed) bool { return d.Slug == slug })
	if i < 0 {
		return k, d, errs.New(errs.Conflict, "The platform no longer describes this data set.")
	}
	return k, list[i], nil
}

const keepContent = `
INSERT INTO reference_content (listing_id, organization_id, slug, content, edited_by)
VALUES (@listing, @organization, @slug, @content, @by)
ON CONFLICT (listing_id) DO UPDATE
SET content = EXCLUDED.content, edited_by = EXCLUDED.edited_by, edited_at = now()`

const recordAssertion = `
INSERT INTO rights_assertion (id, organization_id, listing_id, party, source, statement, commercial_use, checked_on, conflict, note, recorded_by,
            source_url, license_before, license_after, tier_before, tier_after)
VALUES (@id, @organization, @listing, @party, @source, @statement, @use, @checked_on, @conflict, @note, @by,
            @url, @license_before, @license_after, @tier_before, @tier_after)`

// keep writes a description, whose terms were others before, and what was read.
func keep(ctx context.Context, tx pgx.Tx, a postgres.Actor, k knownExternal, d seed, was ReferenceTerms, c Recheck, verb string) error {
	e, err := d.entry()
	if err != nil {
		return errs.Wrap(errs.Invalid, "The description is not whole.", err)
	}
	check := c.public(was)
	k.Checks = append([]Check{check}, k.Checks[:min(len(k.Checks), mostChecks-1)]...)
	e = k.onto(e)
	content, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("reference %s: %w", d.Slug, err)
	}
	args := pgx.NamedArgs{"listing": k.ID, "organization": string(PlatformOrganization), "slug": d.Slug, "content": content, "by": a.User,
		"id": id.New[string](), "party": string(c.Party), "source": c.Source, "statement": c.Statement, "use": string(c.CommercialUse),
		"checked_on": c.CheckedOn, "conflict": c.Conflict, "note": c.Note, "url": c.SourceURL,
		"license_before": check.LicenseBefore, "license_after": check.LicenseAfter, "tier_before": string(check.TierBefore), "tier_after": string(check.TierAfter)}
	for _, sql := range []string{keepContent, recordAssertion} {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("reference %s: %w", d.Slug, err)
		}
	}
	if err := Project(ctx, tx, e); err != nil {
		return err
	}
	detail := map[string]string{"checked_on": c.CheckedOn, "commercial_use": string(c.CommercialUse), "conflict": fmt.Sprint(c.Conflict != "")}
	if check.TierAfter != "" {
		detail["tier_before"], detail["tier"] = string(check.TierBefore), string(check.TierAfter)
	}
	return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: PlatformOrganization, Verb: verb, Object: "listing", ObjectID: k.ID, Detail: detail})
}

// mostChecks is how many checks the public sees.
const mostChecks = 20

// public is what buyers see of a check, without the note and who made it.
func (c Recheck) public(was ReferenceTerms) Check {
	check := Check{On: c.CheckedOn, By: c.Party, Source: c.Source, SourceURL: c.SourceURL, Statement: c.Statement, CommercialUse: c.CommercialUse}
	if c.Terms != nil {
		check.LicenseBefore, check.LicenseAfter, check.TierBefore, check.TierAfter = was.Name, c.Terms.Name, was.Tier, c.Terms.Tier
	}
	return check
}
