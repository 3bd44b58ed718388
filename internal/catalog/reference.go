package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
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

// Reference is a data set at its owner, as those see it who keep its
// description.
type Reference struct {
	Slug       string
	Title      string
	State      State
	CheckedOn  string // 2006-01-02; empty: not checked with the owner
	Conflict   string // sources that disagree
	Confidence string // high, medium or low
	Basis      Basis
	Owner      string
	OwnerURL   string
	License    string
	Assertions []Assertion // that the public sees
	IsEdited   bool        // by an admin: what the program ships no longer counts
}

// IsStale reports whether nobody checked it for twelve months.
func (r Reference) IsStale(now time.Time) bool {
	return r.CheckedOn < now.AddDate(-1, 0, 0).Format(time.DateOnly)
}

// Recorded is what somebody once read about the rights, and who wrote it down.
type Recorded struct {
	Party         listing.AssertedBy    `db:"party"`
	Source        string                `db:"source"`
	Statement     string                `db:"statement"`
	CommercialUse license.CommercialUse `db:"commercial_use"`
	CheckedOn     time.Time             `db:"checked_on"`
	Conflict      string                `db:"conflict"`
	Note          string                `db:"note"`
	By            string                `db:"recorded_by"` // a name
	At            time.Time             `db:"recorded_at"`
}

// Confidences are how sure a description is, the most first.
var Confidences = []string{"high", "medium", "low"}

// lockReferences keeps the seed and an admin, or two admins, from writing the
// same descriptions at once.
const lockReferences = `SELECT pg_advisory_xact_lock(hashtextextended('catalog_external', 0))`

// keeping runs fn for an admin of the platform, as the organization that owns
// the descriptions.
func (s *Store) keeping(ctx context.Context, a postgres.Actor, fn func(tx pgx.Tx, a postgres.Actor) error) error {
	if a.Platform != postgres.Admin {
		return errs.New(errs.Forbidden, "Only an admin of the platform keeps the reference data sets.")
	}
	a.Organization = PlatformOrganization
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error { return fn(tx, a) })
}

const listReferences = `
SELECT    c.slug, c.title, c.state, c.detail, r.listing_id IS NOT NULL AS is_edited
FROM      catalog_listing c
LEFT JOIN reference_content r ON r.listing_id = c.id
WHERE     c.organization_id = @organization
AND       c.kind = 'external'
AND       (@slug = '' OR c.slug = @slug)
ORDER BY  coalesce(nullif(c.detail ->> 'checked_on', ''), '0'), c.slug`

// References returns the descriptions, those first that nobody checked for the
// longest time.
func (s *Store) References(ctx context.Context, a postgres.Actor) (list []Reference, err error) {
	err = s.keeping(ctx, a, func(tx pgx.Tx, _ postgres.Actor) error {
		list, err = references(ctx, tx, "")
		return err
	})
	return list, err
}

func references(ctx context.Context, tx pgx.Tx, slug string) (list []Reference, err error) {
	rows, err := tx.Query(ctx, listReferences, pgx.NamedArgs{"organization": string(PlatformOrganization), "slug": slug})
	if err != nil {
		return nil, fmt.Errorf("references: %w", err)
	}
	var r Reference
	var d Detail
	_, err = pgx.ForEachRow(rows, []any{&r.Slug, &r.Title, &r.State, &d, &r.IsEdited}, func() error {
		r.CheckedOn, r.Conflict, r.Confidence, r.Basis = d.CheckedOn, d.Conflict, d.Confidence, d.Basis
		r.Owner, r.OwnerURL, r.License, r.Assertions = d.Owner, d.OwnerURL, d.LicenseName, d.Assertions
		list = append(list, r)
		d = Detail{}
		return nil
	})
	return list, err
}

const listRecorded = `
SELECT    a.party, a.source, a.statement, a.commercial_use, a.checked_on, a.conflict, a.note, coalesce(u.name, '') AS recorded_by, a.recorded_at
FROM      rights_assertion a
JOIN      listing l ON l.id = a.listing_id
LEFT JOIN app_user u ON u.id = a.recorded_by
WHERE     a.organization_id = @organization
AND       l.slug = @slug
ORDER BY  a.recorded_at DESC, a.id DESC
LIMIT     200`

// Reference returns one description with what was recorded of its rights, the
// newest first, or errs.NotFound.
func (s *Store) Reference(ctx context.Context, a postgres.Actor, slug string) (r Reference, history []Recorded, err error) {
	err = s.keeping(ctx, a, func(tx pgx.Tx, _ postgres.Actor) error {
		list, err := references(ctx, tx, slug)
		if err != nil {
			return err
		}
		if slug == "" || len(list) != 1 {
			return errs.New(errs.NotFound, "There is no such reference data set.")
		}
		r = list[0]
		rows, err := tx.Query(ctx, listRecorded, pgx.NamedArgs{"organization": string(PlatformOrganization), "slug": slug})
		if err != nil {
			return err
		}
		history, err = pgx.CollectRows(rows, pgx.RowToStructByName[Recorded])
		return err
	})
	return r, history, err
}

// Recheck is what an admin found when reading about the rights again.
type Recheck struct {
	Slug          string
	Party         listing.AssertedBy
	Source        string // where it was read
	Statement     string // what it says
	CommercialUse license.CommercialUse
	CheckedOn     string // 2006-01-02
	Conflict      string // how sources disagree now; empty if they agree
	Confidence    string
	Note          string // what changed, for colleagues
}

func (c Recheck) check(now time.Time) error {
	var form errs.Fields
	if !listing.AssertedBys.Has(c.Party) {
		form.Add("party", "Choose who says it.")
	}
	within(&form, "source", c.Source, 3, 500)
	within(&form, "statement", c.Statement, 3, 2000)
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
	return form.Err()
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
// one transaction with the public row. The rights of the listing itself stay:
// sources that disagree stay apart.
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
		said := Assertion{By: c.Party, Source: c.Source, Statement: c.Statement, CommercialUse: c.CommercialUse, CheckedOn: c.CheckedOn}
		if i := slices.IndexFunc(d.Assertions, func(old Assertion) bool { return old.By == said.By && old.Source == said.Source }); i >= 0 {
			d.Assertions[i] = said // what the same source said before stays in the history
		} else {
			d.Assertions = append(d.Assertions, said)
		}
		return keep(ctx, tx, a, k, d, c, "catalog.recheck_reference")
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
INSERT INTO rights_assertion (id, organization_id, listing_id, party, source, statement, commercial_use, checked_on, conflict, note, recorded_by)
VALUES (@id, @organization, @listing, @party, @source, @statement, @use, @checked_on, @conflict, @note, @by)`

func keep(ctx context.Context, tx pgx.Tx, a postgres.Actor, k knownExternal, d seed, c Recheck, verb string) error {
	e, err := d.entry()
	if err != nil {
		return errs.Wrap(errs.Invalid, "The description is not whole.", err)
	}
	e.ID, e.PublishedAt = id.Listing(k.ID), k.PublishedAt
	content, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("reference %s: %w", d.Slug, err)
	}
	args := pgx.NamedArgs{"listing": k.ID, "organization": string(PlatformOrganization), "slug": d.Slug, "content": content, "by": a.User,
		"id": id.New[string](), "party": string(c.Party), "source": c.Source, "statement": c.Statement, "use": string(c.CommercialUse),
		"checked_on": c.CheckedOn, "conflict": c.Conflict, "note": c.Note}
	for _, sql := range []string{keepContent, recordAssertion} {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("reference %s: %w", d.Slug, err)
		}
	}
	if err := Project(ctx, tx, e); err != nil {
		return err
	}
	return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: PlatformOrganization, Verb: verb, Object: "listing", ObjectID: k.ID,
		Detail: map[string]string{"checked_on": c.CheckedOn, "commercial_use": string(c.CommercialUse), "conflict": fmt.Sprint(c.Conflict != "")}})
}

// NewReference is a description that an admin adds, with the first source that
// was read. Its rights are those of a license that is known by SPDX, or stay
// "not stated" under a tier.
type NewReference struct {
	Slug, Title, Name, Summary string
	Owner, OwnerURL            string
	Modalities, BodyParts      []string
	Tasks                      []string
	DeidMethod                 string
	License                    string // SPDX id of a known license; empty for terms of its own
	LicenseName                string
	Tier                       license.Tier
	Access                     license.AccessMode
	Route                      string
	First                      Recheck
}

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (n NewReference) check(now time.Time) error {
	var form errs.Fields
	if !slugForm.MatchString(n.Slug) || len(n.Slug) > 80 {
		form.Add("slug", "Use small letters, digits and single hyphens, at most 80.")
	}
	within(&form, "title", n.Title, 10, 200)
	within(&form, "name", n.Name, 2, 100)
	within(&form, "summary", n.Summary, 20, 2000)
	within(&form, "owner", n.Owner, 2, 200)
	if u, err := url.Parse(n.OwnerURL); err != nil || u.Scheme != "https" || u.Host == "" || len(n.OwnerURL) > 500 {
		form.Add("owner_url", "Enter the address of the owner’s page, beginning with https://.")
	}
	has := func(field string, values []string, known func(string) bool) {
		if len(values) == 0 || slices.ContainsFunc(values, func(v string) bool { return !known(v) }) {
			form.Add(field, "Choose at least one.")
		}
	}
	has("modalities", n.Modalities, func(v string) bool { return listing.Modalities.Has(listing.Modality(v)) })
	has("body_parts", n.BodyParts, func(v string) bool { return listing.BodyParts.Has(listing.BodyPart(v)) })
	has("tasks", n.Tasks, func(v string) bool { return listing.Tasks.Has(listing.Task(v)) })
	if !listing.DeidMethods.Has(listing.DeidMethod(n.DeidMethod)) && n.DeidMethod != "unknown" {
		form.Add("deid_method", "Choose how it was de-identified.")
	}
	if _, ok := license.KnownBySPDX(n.License); n.License != "" && !ok {
		form.Add("license", "Choose a license of the list, or none.")
	}
	within(&form, "license_name", n.LicenseName, 2, 200)
	if !slices.Contains(license.AllTiers(), n.Tier) {
		form.Add("tier", "Choose a tier.")
	}
	if !slices.Contains(license.AllAccessModes(), n.Access) {
		form.Add("access", "Choose how one gets it.")
	}
	for _, e := range errs.FieldsOf(n.First.check(now)) {
		form.Add(e.Field, e.Message)
	}
	return form.Err()
}

func (n NewReference) seed() seed {
	d := seed{Slug: n.Slug, Title: n.Title, Name: n.Name, Summary: n.Summary, Owner: n.Owner, OwnerURL: n.OwnerURL, Modalities: n.Modalities,
		BodyParts: n.BodyParts, Tasks: n.Tasks, DeidMethod: n.DeidMethod, License: n.LicenseName, Tier: n.Tier, Access: n.Access,
		CommercialUse: n.First.CommercialUse, Route: n.Route, Conflict: n.First.Conflict, Basis: "third_party", CheckedOn: n.First.CheckedOn,
		Confidence: n.First.Confidence, Sources: n.First.Source,
		LabelProvenance: []string{}, AnnotatorKinds: []string{}, Countries: []string{}}
	if n.First.Party == listing.ByOwner {
		d.Basis = "owner_page"
	}
	d.Assertions = []Assertion{{By: n.First.Party, Source: n.First.Source, Statement: n.First.Statement, CommercialUse: n.First.CommercialUse, CheckedOn: n.First.CheckedOn}}
	part := seedPart{License: n.License}
	if n.License == "" {
		part.Terms = &license.Terms{Name: n.LicenseName, Tier: n.Tier, Access: n.Access}
	}
	d.Parts = []seedPart{part}
	return d
}

// AddReference describes a data set at its owner, live from now on.
func (s *Store) AddReference(ctx context.Context, a postgres.Actor, n NewReference) error {
	err := s.keeping(ctx, a, func(tx pgx.Tx, a postgres.Actor) error {
		if err := n.check(time.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, lockReferences); err != nil {
			return fmt.Errorf("reference %s: %w", n.Slug, err)
		}
		k := knownExternal{ID: string(id.New[id.Listing]()), Slug: n.Slug, PublishedAt: time.Now()}
		args := pgx.NamedArgs{"id": k.ID, "organization": string(PlatformOrganization), "slug": n.Slug}
		if _, err := tx.Exec(ctx, reserveSlug, args); err != nil {
			return fmt.Errorf("reference %s: %w", n.Slug, err)
		}
		return keep(ctx, tx, a, k, n.seed(), n.First, "catalog.add_reference")
	})
	if postgres.IsUnique(err, "listing_slug_unique") {
		return &errs.Error{Kind: errs.Invalid, Field: "slug", Message: "A data set has this address already. Choose another."}
	}
	return err
}
