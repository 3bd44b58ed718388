package catalog

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// NewReference is a description that an admin adds, with the first source that
// was read. Its rights are those of a license that is known by SPDX, or stay
// "not stated" under a tier.
type NewReference struct {
	Slug, Title, Name, Summary string
	Owner, OwnerURL            string
	Modalities, BodyParts      []string
	Tasks                      []string
	DeidMethod                 string
	Countries                  []string // codes or English names; empty: not known
	Patients, Images           *int64   // nil: not known
	Labels                     string   // what is labeled, in a sentence; may be empty
	Restrictions, Caveats      []string // sentences for buyers
	Terms                      ReferenceTerms
	Route                      string
	First                      Recheck // its Terms are not read
}

// mostOfAThing bounds patients and images, mostLines restrictions and caveats.
const (
	mostOfAThing = 1_000_000_000
	mostLines    = 20
)

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
	if !isWebAddress(n.OwnerURL) {
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
	for _, c := range n.Countries {
		if _, ok := listing.ParseCountry(c); !ok {
			form.Add("countries", "One of these is no country: use English names or two-letter codes, one a line.")
			break
		}
	}
	for field, count := range map[string]*int64{"patients": n.Patients, "images": n.Images} {
		if count != nil && (*count < 1 || *count > mostOfAThing) {
			form.Add(field, "Enter a number from 1 to 1,000,000,000, or nothing.")
		}
	}
	within(&form, "labels", n.Labels, 0, 500)
	within(&form, "route", n.Route, 0, 1000)
	for field, lines := range map[string][]string{"restrictions": n.Restrictions, "caveats": n.Caveats} {
		if len(lines) > mostLines || slices.ContainsFunc(lines, func(l string) bool { return utf8.RuneCountInString(l) > 300 }) {
			form.Addf(field, "Use at most %d lines of at most 300 characters.", mostLines)
		}
	}
	n.Terms.check(&form)
	n.Terms.checkUse(&form, n.First.CommercialUse)
	for _, e := range errs.FieldsOf(n.First.check(now)) {
		form.Add(e.Field, e.Message)
	}
	return form.Err()
}

func (n NewReference) seed() seed {
	d := seed{Slug: n.Slug, Title: n.Title, Name: n.Name, Summary: n.Summary, Owner: n.Owner, OwnerURL: n.OwnerURL, Modalities: n.Modalities,
		BodyParts: n.BodyParts, Tasks: n.Tasks, DeidMethod: n.DeidMethod, License: n.Terms.Name, Tier: n.Terms.Tier, Access: n.Terms.Access,
		CommercialUse: n.First.CommercialUse, Route: n.Route, Conflict: n.First.Conflict, Basis: "third_party", CheckedOn: n.First.CheckedOn,
		Confidence: n.First.Confidence, Sources: n.First.Source,
		Patients: n.Patients, Images: n.Images, Labels: n.Labels, Restrictions: n.Restrictions, Caveats: n.Caveats,
		LabelProvenance: []string{}, AnnotatorKinds: []string{}, Countries: []string{}}
	for _, c := range n.Countries {
		if code, ok := listing.ParseCountry(c); ok && !slices.Contains(d.Countries, code) {
			d.Countries = append(d.Countries, code)
		}
	}
	if n.First.Party == listing.ByOwner {
		d.Basis = "owner_page"
	}
	d.Assertions = []Assertion{{By: n.First.Party, Source: n.First.Source, SourceURL: n.First.SourceURL, Statement: n.First.Statement,
		CommercialUse: n.First.CommercialUse, CheckedOn: n.First.CheckedOn}}
	d.Parts = []seedPart{n.Terms.part()}
	return d
}

// AddReference describes a data set at its owner, live from now on.
func (s *Store) AddReference(ctx context.Context, a postgres.Actor, n NewReference) error {
	n.First.Terms = nil
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
		return keep(ctx, tx, a, k, n.seed(), n.Terms, n.First, "catalog.add_reference")
	})
	if postgres.IsUnique(err, "listing_slug_unique") {
		return &errs.Error{Kind: errs.Invalid, Field: "slug", Message: "A data set has this address already. Choose another."}
	}
	return err
}
