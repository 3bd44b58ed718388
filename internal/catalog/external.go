package catalog

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// PlatformOrganization owns the external listings.
const PlatformOrganization id.Organization = "00000000-0000-7000-8000-000000000001"

//go:embed seed/external.json
var externalFile []byte

// seed is one external listing as the seed file holds it.
type seed struct {
	Slug            string                `json:"slug"`
	Title           string                `json:"title"`
	Name            string                `json:"name"`
	Summary         string                `json:"summary"`
	Owner           string                `json:"owner"`
	OwnerURL        string                `json:"owner_url"`
	OwnerHint       string                `json:"owner_hint"`
	ModalityNote    string                `json:"modality_note"`
	Modalities      []string              `json:"modalities"`
	BodyParts       []string              `json:"body_parts"`
	Tasks           []string              `json:"tasks"`
	LabelProvenance []string              `json:"label_provenance"`
	AnnotationTypes []string              `json:"annotation_types"`
	AnnotatorKinds  []string              `json:"annotator_kinds"`
	Labels          string                `json:"labels"`
	Annotators      string                `json:"annotators"`
	DeidMethod      string                `json:"deid_method"`
	Deid            string                `json:"deidentification"`
	Countries       []string              `json:"countries"`
	MoreCountries   bool                  `json:"more_countries"` // some are not known
	Patients        *int64                `json:"patients"`
	Images          *int64                `json:"images"`
	FirstReleased   int                   `json:"first_released"`
	Size            string                `json:"size"`
	Formats         []string              `json:"formats"`
	License         string                `json:"license"`
	Tier            license.Tier          `json:"tier"`
	Access          license.AccessMode    `json:"access"`
	CommercialUse   license.CommercialUse `json:"commercial_use"`
	CommercialNote  string                `json:"commercial_note"`
	Parts           []seedPart            `json:"parts"`
	Route           string                `json:"route"`
	Restrictions    []string              `json:"restrictions"`
	Caveats         []string              `json:"caveats"`
	Assertions      []Assertion           `json:"assertions"`
	Conflict        string                `json:"conflict"`
	Basis           Basis                 `json:"basis"`
	CheckedOn       string                `json:"checked_on"`
	Confidence      string                `json:"confidence"`
	Sources         string                `json:"sources"`
	InGuide         bool                  `json:"in_guide"`
}

// seedPart names a known license, or holds terms of its own whose cells say
// what a statement says and nothing more.
type seedPart struct {
	Group   string          `json:"group"`
	Scopes  []license.Scope `json:"scopes"`
	License string          `json:"license"`
	Terms   *license.Terms  `json:"terms"`
}

// Externals returns the external listings of the seed file, in its order.
// They are live, belong to the platform and have no ID yet.
func Externals() ([]Entry, error) {
	list, err := seeds(nil)
	if err != nil {
		return nil, err
	}
	return entriesOf(list)
}

// seeds reads the seed file. What an admin wrote stands in the place of what
// is shipped, and what only an admin described comes last.
func seeds(written map[string]json.RawMessage) ([]seed, error) {
	var list []seed
	if err := strictly(externalFile, &list); err != nil {
		return nil, fmt.Errorf("external listings: %w", err)
	}
	left := maps.Clone(written)
	for i, d := range list {
		text, ok := left[d.Slug]
		if !ok {
			continue
		}
		var own seed
		if err := strictly(text, &own); err != nil {
			return nil, fmt.Errorf("external listing %s: %w", d.Slug, err)
		}
		list[i] = own
		delete(left, d.Slug)
	}
	for _, slug := range slices.Sorted(maps.Keys(left)) {
		var own seed
		if err := strictly(left[slug], &own); err != nil {
			return nil, fmt.Errorf("external listing %s: %w", slug, err)
		}
		list = append(list, own)
	}
	return list, nil
}

func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func entriesOf(list []seed) ([]Entry, error) {
	entries := make([]Entry, 0, len(list))
	for _, s := range list {
		e, err := s.entry()
		if err != nil {
			return nil, fmt.Errorf("external listing %s: %w", s.Slug, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func (s seed) entry() (Entry, error) {
	rights, err := s.rights()
	if err != nil {
		return Entry{}, err
	}
	return Entry{
		Organization: PlatformOrganization, OrganizationName: "Assay", OrganizationSlug: "platform",
		Slug: s.Slug, Kind: External, State: Live, Title: s.Title, Summary: s.Summary,
		Tier: s.Tier, Access: s.Access, Modalities: s.Modalities, BodyParts: s.BodyParts, Tasks: s.Tasks,
		LabelProvenance: s.LabelProvenance, AnnotatorKinds: s.AnnotatorKinds,
		DeidMethod: s.DeidMethod, Countries: s.Countries, Patients: s.Patients, Images: s.Images,
		StoredCommercialUse: s.CommercialUse,
		Detail: Detail{
			Rights: rights, LicenseName: s.License, Assertions: s.Assertions, Conflict: s.Conflict,
			Route: s.Route, Restrictions: s.Restrictions, Caveats: s.Caveats,
			Facts: s.facts(), Claims: s.claims(),
			Name: s.Name, Owner: s.Owner, OwnerURL: s.OwnerURL, OwnerHint: s.OwnerHint,
			Basis: s.Basis, CheckedOn: s.CheckedOn, Confidence: s.Confidence, Sources: s.Sources, InGuide: s.InGuide,
		},
	}, nil
}

func (s seed) rights() ([]license.Part, error) {
	var parts []license.Part
	for _, p := range s.Parts {
		part := license.Part{Group: p.Group, Scopes: p.Scopes}
		switch known, ok := license.KnownBySPDX(p.License); {
		case p.License != "" && p.Terms != nil, p.License == "" && p.Terms == nil:
			return nil, errors.New("a part names a known license or holds terms, not both")
		case p.Terms != nil:
			part.Terms = *p.Terms
		case !ok:
			return nil, fmt.Errorf("license %s is not known", p.License)
		default:
			part.Terms = known
			part.Terms.Access = s.Access
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// facts are the figures in reading order; what is not known is left out.
func (s seed) facts() []Fact {
	list := []Fact{
		{"Modality", s.ModalityNote},
		{"Size", s.Size},
		{"Formats", strings.Join(s.Formats, ", ")},
		{"Labels", s.Labels},
		{"Forms of label", strings.Join(lowerAll(labelsOf(listing.AnnotationTypes, s.AnnotationTypes)), ", ")},
		{"Countries", s.countryText()},
	}
	if s.FirstReleased != 0 {
		list = append(list, Fact{"First released", fmt.Sprint(s.FirstReleased)})
	}
	return slices.DeleteFunc(list, func(f Fact) bool { return f.Value == "" })
}

func (s seed) countryText() string {
	var names []string
	for _, c := range s.Countries {
		names = append(names, CountryName(c))
	}
	if s.MoreCountries {
		names = append(names, "others that are not named")
	}
	return strings.Join(names, ", ")
}

// claims are what sources say about the data set, with who and when: the
// platform has read it somewhere and has not measured it.
func (s seed) claims() []Claim {
	by := listing.ByThirdParty
	switch s.Basis {
	case "owner_page":
		by = listing.ByOwner
	case "guide":
		by = listing.ByPlatformReview
	}
	list := []Claim{
		{"De-identification", "Statement", s.Deid, by, s.CheckedOn},
		{"Labels", "Made by", strings.Join(lowerAll(labelsOf(listing.Provenances, s.LabelProvenance)), "; "), by, s.CheckedOn},
		{"Labels", "Annotators", s.Annotators, by, s.CheckedOn},
		{"License", "Commercial use", s.CommercialNote, by, s.CheckedOn},
	}
	return slices.DeleteFunc(list, func(c Claim) bool { return c.Value == "" })
}

func labelsOf[T ~string](v listing.Vocabulary[T], values []string) []string {
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = v.Label(T(value))
	}
	return out
}

func lowerAll(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		// "NLP" and the like keep their capitals
		if len(v) > 1 && v[1] >= 'a' && v[1] <= 'z' {
			v = strings.ToLower(v[:1]) + v[1:]
		}
		out[i] = v
	}
	return out
}

const selectExternal = `
SELECT    c.slug, c.id, c.state, c.published_at, r.content, coalesce(w.reason, '') AS withdrawn_for, coalesce(h.checks, '[]') AS checks
FROM      catalog_listing c
LEFT JOIN reference_content r ON r.listing_id = c.id
LEFT JOIN reference_withdrawal w ON w.listing_id = c.id AND w.restored_at IS NULL
LEFT JOIN LATERAL (
          SELECT jsonb_agg(jsonb_build_object('on', to_char(a.checked_on, 'YYYY-MM-DD'), 'by', a.party, 'source', a.source, 'source_url', a.source_url,
                     'statement', a.statement, 'commercial_use', a.commercial_use, 'license_before', a.license_before, 'license_after', a.license_after,
                     'tier_before', a.tier_before, 'tier_after', a.tier_after) ORDER BY a.recorded_at DESC, a.id DESC) AS checks
          FROM   (SELECT * FROM rights_assertion WHERE listing_id = c.id ORDER BY recorded_at DESC, id DESC LIMIT 20) a) h ON true
WHERE     c.organization_id = @organization
AND       c.kind = 'external'`

// knownExternal is an external listing of the database. Content is its
// description if an admin wrote it.
type knownExternal struct {
	Slug        string          `db:"slug"`
	ID          string          `db:"id"`
	State       string          `db:"state"`
	PublishedAt time.Time       `db:"published_at"`
	Content     json.RawMessage `db:"content"`
	// WithdrawnFor is why an admin withdrew it; empty if none did.
	WithdrawnFor string  `db:"withdrawn_for"`
	Checks       []Check `db:"checks"` // the newest first, at most mostChecks
}

// onto gives a description what the database keeps beside it.
func (k knownExternal) onto(e Entry) Entry {
	e.ID, e.PublishedAt, e.Detail.Checks = id.Listing(k.ID), k.PublishedAt, k.Checks
	if k.WithdrawnFor != "" {
		e.State, e.StateReason = Withdrawn, k.WithdrawnFor
	}
	return e
}

func (k knownExternal) overrides() map[string]json.RawMessage {
	if len(k.Content) == 0 {
		return nil
	}
	return map[string]json.RawMessage{k.Slug: k.Content}
}

// knownExternals are the external listings of the database by slug.
func knownExternals(ctx context.Context, tx pgx.Tx, platform id.Organization) (map[string]knownExternal, error) {
	list, err := postgres.Many[knownExternal](ctx, tx, selectExternal, pgx.NamedArgs{"organization": string(platform)})
	if err != nil {
		return nil, fmt.Errorf("external listings: %w", err)
	}
	known := map[string]knownExternal{}
	for _, k := range list {
		known[k.Slug] = k
	}
	return known, nil
}

// reserveSlug makes the listing's own row, so that no seller can take the
// address of an external listing.
const reserveSlug = `
INSERT INTO listing (id, organization_id, kind, slug, submitted_at)
VALUES (@id, @organization, 'external', @slug, now())`

// SeedExternal writes the external listings of the seed file as the platform
// organization: new ones are added, known ones brought up to date, and one that
// the file no longer holds is withdrawn. What an admin added or checked again
// is left as the admin wrote it. Doing it again changes nothing.
func SeedExternal(ctx context.Context, db *postgres.DB, platform id.Organization) error {
	actor := postgres.Actor{Organization: platform, Platform: postgres.Worker}
	return db.InTx(ctx, actor, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockReferences); err != nil {
			return fmt.Errorf("external listings: %w", err)
		}
		before, err := knownExternals(ctx, tx, platform)
		if err != nil {
			return err
		}
		written := map[string]json.RawMessage{}
		for _, k := range before {
			maps.Copy(written, k.overrides())
		}
		list, err := seeds(written)
		if err != nil {
			return err
		}
		entries, err := entriesOf(list)
		if err != nil {
			return err
		}
		now := time.Now()
		added := 0
		// From the last to the first: among equal times the newest id comes
		// first, and the file puts first what buyers look for most.
		for _, e := range slices.Backward(entries) {
			e.Organization, e.PublishedAt = platform, now
			if k, ok := before[e.Slug]; ok {
				e = k.onto(e)
				delete(before, e.Slug)
			} else {
				added++
				e.ID = id.New[id.Listing]()
				args := pgx.NamedArgs{"id": string(e.ID), "organization": string(platform), "slug": e.Slug}
				if _, err := tx.Exec(ctx, reserveSlug, args); err != nil {
					return fmt.Errorf("external listing %s: reserve its address: %w", e.Slug, err)
				}
			}
			if err := Project(ctx, tx, e); err != nil {
				return err
			}
		}
		for _, gone := range before {
			if State(gone.State) == Withdrawn {
				continue
			}
			if err := Entomb(ctx, tx, platform, id.Listing(gone.ID), Withdrawn, "The platform no longer describes this data set."); err != nil {
				return err
			}
		}
		return activity.Record(ctx, tx, activity.Entry{
			Actor: actor, Organization: platform, Verb: "catalog.seed_external", Object: "catalog", ObjectID: "external",
			Detail: map[string]string{"listings": fmt.Sprint(len(entries)), "added": fmt.Sprint(added), "withdrawn": fmt.Sprint(len(before))},
		})
	})
}
