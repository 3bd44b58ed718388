package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/postgres"
	"assay/internal/verification"
)

const upsertEntry = `
INSERT INTO catalog_listing (
    id, organization_id, organization_name, organization_slug, is_demo,
    slug, kind, state, state_reason, title, summary, tier, access_mode, commercial_use,
    uses_allowed, uses_ask, modalities, body_parts, tasks, label_provenance, annotator_kinds,
    deid_method, countries, patient_count, study_count, image_count, size_bytes,
    detail, search, published_at, lqs_grade, classes, commercial_review,
    verified_annotators, verified_radiologists, verified_radiologists_until)
VALUES (
    @id, @organization, @organization_name, @organization_slug, @demo,
    @slug, @kind, @state, @state_reason, @title, @summary, @tier, @access, @commercial,
    @allowed, @ask, @modalities, @body_parts, @tasks, @provenance, @annotators,
    @deid, @countries, @patients, @studies, @images, @bytes,
    @detail,
    setweight(to_tsvector('english', @text_a), 'A') ||
    setweight(to_tsvector('english', @text_b), 'B') ||
    setweight(to_tsvector('english', @text_c), 'C'),
    @published_at, @grade, @classes, @commercial_review,
    @checked_readers, @checked_radiologists, @checked_until::text::date)
ON CONFLICT (id) DO UPDATE SET
    organization_name = EXCLUDED.organization_name, organization_slug = EXCLUDED.organization_slug,
    is_demo = EXCLUDED.is_demo,
    slug = EXCLUDED.slug, state = EXCLUDED.state, state_reason = EXCLUDED.state_reason,
    title = EXCLUDED.title, summary = EXCLUDED.summary, tier = EXCLUDED.tier,
    access_mode = EXCLUDED.access_mode, commercial_use = EXCLUDED.commercial_use,
    uses_allowed = EXCLUDED.uses_allowed, uses_ask = EXCLUDED.uses_ask,
    modalities = EXCLUDED.modalities, body_parts = EXCLUDED.body_parts, tasks = EXCLUDED.tasks,
    label_provenance = EXCLUDED.label_provenance, annotator_kinds = EXCLUDED.annotator_kinds,
    deid_method = EXCLUDED.deid_method, countries = EXCLUDED.countries,
    patient_count = EXCLUDED.patient_count, study_count = EXCLUDED.study_count,
    image_count = EXCLUDED.image_count, size_bytes = EXCLUDED.size_bytes,
    detail = EXCLUDED.detail, search = EXCLUDED.search,
    published_at = EXCLUDED.published_at, lqs_grade = EXCLUDED.lqs_grade, classes = EXCLUDED.classes,
    commercial_review = EXCLUDED.commercial_review,
    verified_annotators = EXCLUDED.verified_annotators, verified_radiologists = EXCLUDED.verified_radiologists,
    verified_radiologists_until = EXCLUDED.verified_radiologists_until, updated_at = now()
WHERE catalog_listing.organization_id = EXCLUDED.organization_id`

// Project writes the public row of a listing, in the transaction that
// publishes it. Projecting again replaces the row. It returns errs.Conflict if
// another listing has the slug.
func Project(ctx context.Context, tx pgx.Tx, e Entry) error {
	if err := e.validate(); err != nil {
		return err
	}
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("catalog %s: %w", e.Slug, err)
	}
	allowed, ask := e.allowed()
	a, b, c := e.searchText()
	checked := countChecked(e.Detail.Readers)
	tag, err := tx.Exec(ctx, upsertEntry, pgx.NamedArgs{
		"id": string(e.ID), "organization": string(e.Organization), "organization_name": e.OrganizationName,
		"organization_slug": e.OrganizationSlug, "demo": e.Demo,
		"slug": e.Slug, "kind": string(e.Kind), "state": string(e.State), "state_reason": e.StateReason,
		"title": e.Title, "summary": e.Summary, "tier": string(e.Tier), "access": string(e.Access),
		"commercial": string(e.CommercialUse()), "allowed": allowed, "ask": ask,
		"modalities": unique(e.Modalities), "body_parts": unique(e.BodyParts), "tasks": unique(e.Tasks),
		"provenance": unique(e.LabelProvenance), "annotators": unique(e.AnnotatorKinds),
		"deid": e.DeidMethod, "countries": unique(e.Countries),
		"patients": e.Patients, "studies": e.Studies, "images": e.Images, "bytes": e.Bytes,
		"detail": detail, "text_a": a, "text_b": b, "text_c": c, "published_at": e.PublishedAt,
		"grade": string(e.Detail.Quality.grade()), "classes": unique(e.Detail.Quality.classes()),
		"commercial_review": e.Detail.CommercialReview.facet(),
		"checked_readers":   checked.readers, "checked_radiologists": checked.radiologists, "checked_until": checked.radiologistsUntil,
	})
	switch {
	case postgres.IsUnique(err, "catalog_listing_slug_unique"):
		return errs.New(errs.Conflict, "Another data set already has this address. Choose another one.")
	case err != nil:
		return fmt.Errorf("catalog %s: project: %w", e.Slug, err)
	case tag.RowsAffected() == 0:
		return errs.New(errs.NotFound, "There is no such data set in this organization.")
	}
	return nil
}

const setState = `
UPDATE catalog_listing
SET    state = @state, state_reason = @reason, updated_at = now()
WHERE  id = @id
AND    organization_id = @organization`

// Entomb takes a listing off the search and leaves a tombstone that says why.
// state is Suspended or Withdrawn; reason is a sentence for the public.
func Entomb(ctx context.Context, tx pgx.Tx, organization id.Organization, l id.Listing, state State, reason string) error {
	if state != Suspended && state != Withdrawn || strings.TrimSpace(reason) == "" {
		return errs.New(errs.Invalid, "A tombstone says whether the listing was suspended or withdrawn, and why.")
	}
	return changeState(ctx, tx, organization, l, state, reason)
}

// Restore puts an entombed listing back into the search.
func Restore(ctx context.Context, tx pgx.Tx, organization id.Organization, l id.Listing) error {
	return changeState(ctx, tx, organization, l, Live, "")
}

func changeState(ctx context.Context, tx pgx.Tx, organization id.Organization, l id.Listing, state State, reason string) error {
	tag, err := tx.Exec(ctx, setState, pgx.NamedArgs{
		"id": string(l), "organization": string(organization), "state": string(state), "reason": reason,
	})
	if err != nil {
		return fmt.Errorf("catalog %s: %s: %w", l, state, err)
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.NotFound, "There is no such data set in the catalog.")
	}
	return nil
}

// Store reads the catalog.
type Store struct{ db *postgres.DB }

// NewStore returns a reader of the catalog in db.
func NewStore(db *postgres.DB) *Store { return &Store{db} }

// The seller's level is read with the listing: a level that was given, taken or
// has ended shows at once on all of them.
const columns = `
id, organization_id, organization_name, organization_slug, is_demo, slug, kind,
CASE WHEN kind = 'external' THEN ''
     ELSE coalesce((SELECT seller_level_now(s.level, s.expires_at, s.rights_until)
                    FROM   seller_level s
                    WHERE  s.organization_id = catalog_listing.organization_id), 'unverified')
END AS seller_level,
(SELECT CASE seller_level_now(s.level, s.expires_at, s.rights_until)
             WHEN s.level THEN s.since
             WHEN 'expired' THEN s.expires_at
             ELSE (s.rights_until + 1)::timestamp AT TIME ZONE 'UTC' END
 FROM   seller_level s
 WHERE  s.organization_id = catalog_listing.organization_id
 AND    kind = 'hosted') AS seller_since,
state, state_reason, title, summary, tier, access_mode, commercial_use, modalities, body_parts,
tasks, label_provenance, annotator_kinds, deid_method, countries, patient_count, study_count,
image_count, size_bytes, detail, published_at, updated_at, samples_hidden_at`

const selectBySlug = `
SELECT ` + columns + `
FROM   catalog_listing
WHERE  slug = @slug`

// Get returns the listing at an address, a tombstone included. It returns
// errs.NotFound for any other address.
func (s *Store) Get(ctx context.Context, slug string) (Entry, error) {
	var e Entry
	err := s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) (err error) {
		e, err = readEntry(ctx, tx, selectBySlug, pgx.NamedArgs{"slug": slug})
		return err
	})
	if err != nil {
		return Entry{}, postgres.NotFound(err, "There is no data set at this address.")
	}
	return e, nil
}

// readEntry reads the one row of a query for columns.
func readEntry(ctx context.Context, q postgres.Querier, query string, args pgx.NamedArgs) (Entry, error) {
	r, err := postgres.One[row](ctx, q, query, args)
	if err != nil {
		return Entry{}, err
	}
	return r.entry()
}

const selectCounts = `
SELECT count(*) FILTER (WHERE kind = 'hosted'),
       count(*) FILTER (WHERE kind = 'external'),
       count(*) FILTER (WHERE commercial_use IN ('allowed', 'allowed_with_attribution', 'allowed_share_alike')),
       count(*) FILTER (WHERE 'ship_model_in_product' = ANY (uses_allowed))
FROM   catalog_listing
WHERE  state = 'live'`

// Counts are live figures for the home page.
type Counts struct {
	Hosted      int
	External    int
	Commercial  int // commercial use allowed in some form
	ShipAllowed int // a model may be shipped in a product
}

// Counts returns the figures of this moment.
func (s *Store) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	err := s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, selectCounts).Scan(&c.Hosted, &c.External, &c.Commercial, &c.ShipAllowed)
	})
	if err != nil {
		return Counts{}, fmt.Errorf("catalog counts: %w", err)
	}
	return c, nil
}

// row is a catalog_listing as it is read.
type row struct {
	ID               string     `db:"id"`
	OrganizationID   string     `db:"organization_id"`
	OrganizationName string     `db:"organization_name"`
	OrganizationSlug string     `db:"organization_slug"`
	SellerLevel      string     `db:"seller_level"`
	SellerSince      *time.Time `db:"seller_since"`
	IsDemo           bool       `db:"is_demo"`
	Slug             string     `db:"slug"`
	Kind             string     `db:"kind"`
	State            string     `db:"state"`
	StateReason      string     `db:"state_reason"`
	Title            string     `db:"title"`
	Summary          string     `db:"summary"`
	Tier             string     `db:"tier"`
	AccessMode       string     `db:"access_mode"`
	CommercialUse    string     `db:"commercial_use"`
	Modalities       []string   `db:"modalities"`
	BodyParts        []string   `db:"body_parts"`
	Tasks            []string   `db:"tasks"`
	LabelProvenance  []string   `db:"label_provenance"`
	AnnotatorKinds   []string   `db:"annotator_kinds"`
	DeidMethod       string     `db:"deid_method"`
	Countries        []string   `db:"countries"`
	PatientCount     *int64     `db:"patient_count"`
	StudyCount       *int64     `db:"study_count"`
	ImageCount       *int64     `db:"image_count"`
	SizeBytes        *int64     `db:"size_bytes"`
	Detail           []byte     `db:"detail"`
	PublishedAt      time.Time  `db:"published_at"`
	UpdatedAt        time.Time  `db:"updated_at"`
	SamplesHiddenAt  *time.Time `db:"samples_hidden_at"`
}

func (r row) entry() (Entry, error) {
	e := Entry{
		ID: id.Listing(r.ID), Organization: id.Organization(r.OrganizationID),
		OrganizationName: r.OrganizationName, OrganizationSlug: r.OrganizationSlug,
		SellerLevel: verification.Level(r.SellerLevel), SellerSince: r.SellerSince, Demo: r.IsDemo, Slug: r.Slug,
		Kind: Kind(r.Kind), State: State(r.State), StateReason: r.StateReason,
		Title: r.Title, Summary: r.Summary, Tier: license.Tier(r.Tier), Access: license.AccessMode(r.AccessMode),
		Modalities: r.Modalities, BodyParts: r.BodyParts, Tasks: r.Tasks,
		LabelProvenance: r.LabelProvenance, AnnotatorKinds: r.AnnotatorKinds,
		DeidMethod: r.DeidMethod, Countries: r.Countries,
		Patients: r.PatientCount, Studies: r.StudyCount, Images: r.ImageCount, Bytes: r.SizeBytes,
		StoredCommercialUse: license.CommercialUse(r.CommercialUse),
		PublishedAt:         r.PublishedAt, UpdatedAt: r.UpdatedAt, SamplesHiddenAt: r.SamplesHiddenAt,
	}
	if err := json.Unmarshal(r.Detail, &e.Detail); err != nil {
		return Entry{}, fmt.Errorf("catalog %s: detail: %w", r.Slug, err)
	}
	return e, nil
}

// validate refuses an entry whose facets hold words outside their vocabulary:
// they could never be filtered by.
func (e Entry) validate() error {
	var problems []error
	check := func(field Field, values ...string) {
		f, _ := facetOf(field)
		for _, v := range values {
			if !f.has(v) {
				problems = append(problems, fmt.Errorf("%s has no value %q", field, v))
			}
		}
	}
	check(FieldKind, string(e.Kind))
	check(FieldTier, string(e.Tier))
	check(FieldAccess, string(e.Access))
	check(FieldModality, e.Modalities...)
	check(FieldBodyPart, e.BodyParts...)
	check(FieldTask, e.Tasks...)
	check(FieldLabelProvenance, e.LabelProvenance...)
	check(FieldAnnotator, e.AnnotatorKinds...)
	check(FieldDeidMethod, e.DeidMethod)
	check(FieldCountry, e.Countries...)
	check(FieldLQS, string(e.Detail.Quality.grade()))
	check(FieldClass, e.Detail.Quality.classes()...)
	if e.PublishedAt.IsZero() {
		problems = append(problems, errors.New("the time of publication is missing"))
	}
	if len(problems) > 0 {
		return errs.Wrap(errs.Internal, "The listing cannot be shown.", fmt.Errorf("catalog %s: %w", e.Slug, errors.Join(problems...)))
	}
	return nil
}

// searchText is what a keyword looks in, from the most to the least telling.
func (e Entry) searchText() (a, b, c string) {
	a = strings.Join([]string{e.Title, e.Detail.Name}, "\n")
	var words []string
	for _, f := range []struct {
		field  Field
		values []string
	}{
		{FieldModality, e.Modalities}, {FieldBodyPart, e.BodyParts}, {FieldTask, e.Tasks},
		{FieldLabelProvenance, e.LabelProvenance}, {FieldCountry, e.Countries},
		{FieldClass, e.Detail.Quality.classes()},
	} {
		for _, v := range f.values {
			words = append(words, v, f.field.ValueLabel(v))
		}
	}
	if slices.Contains(e.Modalities, "MR") {
		words = append(words, "MRI")
	}
	if slices.Contains(e.Modalities, "SM") {
		words = append(words, "pathology", "WSI", "whole slide")
	}
	if slices.Contains(e.Modalities, "DX") || slices.Contains(e.Modalities, "CR") {
		words = append(words, "X-ray", "radiograph")
	}
	b = strings.Join(append(words, e.Summary), "\n")
	rest := []string{e.Detail.Owner, e.OrganizationName, e.Detail.LicenseName, e.Detail.Conflict}
	rest = append(rest, e.Detail.Caveats...)
	for _, f := range e.Detail.Facts {
		rest = append(rest, f.Value)
	}
	for _, p := range e.Detail.Rights {
		rest = append(rest, p.Terms.SPDX, p.Terms.Name)
	}
	return a, b, strings.Join(rest, "\n")
}

// unique returns the values without repetition, never nil: a facet counts a
// row once.
func unique(values []string) []string {
	out := []string{}
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}
