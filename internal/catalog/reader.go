package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// ReaderGroup is a group of readers that the claims describe, and what of it
// reviewers of the platform have checked. It names nobody.
type ReaderGroup struct {
	Role    listing.AnnotatorRole `json:"role"`
	Claimed int                   `json:"claimed,omitempty"` // people in the group; 0 if not stated
	Checked []Reader              `json:"checked,omitempty"`
}

// Reader is one person of a group who has shown something to a reviewer.
type Reader struct {
	Label  string  `json:"label"` // "Reader 1"
	Proofs []Proof `json:"proofs"`
}

// Proof is a credential that was checked.
type Proof struct {
	Kind    string `json:"kind"` // as credential.Kind
	On      string `json:"on"`   // 2006-01-02, when it was checked
	Until   string `json:"until,omitempty"`
	Body    string `json:"body,omitempty"`    // if the seller shows it
	Country string `json:"country,omitempty"` // of practice, if the seller shows it
}

// Holds reports whether the proof counts on a day (2006-01-02, UTC).
func (p Proof) Holds(day string) bool { return p.Until == "" || p.Until >= day }

// On returns the group with the proofs that count on the day of now, and the
// readers who have one.
func (g ReaderGroup) On(now time.Time) ReaderGroup {
	today := day(now)
	var checked []Reader
	for _, r := range g.Checked {
		r.Proofs = slices.DeleteFunc(slices.Clone(r.Proofs), func(p Proof) bool { return !p.Holds(today) })
		if len(r.Proofs) > 0 {
			checked = append(checked, r)
		}
	}
	g.Checked = checked
	return g
}

// radiologist is the role that has a filter of its own.
const radiologist listing.AnnotatorRole = "radiologist"

// checkedCounts are the columns that searches filter by.
type checkedCounts struct {
	readers, radiologists int
	radiologistsUntil     *string // the last day on which one is; "infinity" without end
}

func countChecked(groups []ReaderGroup) checkedCounts {
	var n checkedCounts
	for _, g := range groups {
		n.readers += len(g.Checked)
		if g.Role != radiologist {
			continue
		}
		n.radiologists += len(g.Checked)
		for _, r := range g.Checked {
			for _, p := range r.Proofs {
				n.until(orElse(p.Until, "infinity"))
			}
		}
	}
	return n
}

// until keeps the later day; "infinity" sorts after every date.
func (n *checkedCounts) until(day string) {
	if n.radiologistsUntil == nil || day > *n.radiologistsUntil {
		n.radiologistsUntil = &day
	}
}

// Training alone makes nobody a physician with a specialty.
const (
	checkedReaders = `
SELECT   a.id, a.label, a.role, c.kind, c.verified_on, c.expires_on,
         CASE WHEN a.shows_body THEN c.body ELSE '' END AS body,
         CASE WHEN a.shows_country THEN a.country ELSE '' END AS country
FROM     annotator a
JOIN     credential c ON c.annotator_id = a.id AND c.organization_id = a.organization_id
WHERE    a.id = ANY (@ids)
AND      a.organization_id = @organization
AND      (c.kind <> 'training' OR a.role IN ('resident', 'technologist', 'medical_student', 'trained_annotator'))
AND      `
	readersOrder = `
ORDER BY lower(a.label), a.id, c.kind, c.verified_on, c.id`

	// What counts today.
	checkedNow = checkedReaders + `a.removed_at IS NULL
AND      c.state = 'verified'
AND      (c.expires_on IS NULL OR c.expires_on >= (now() AT TIME ZONE 'UTC')::date)` + readersOrder

	// What counted on the last day of a version that left: an end that came
	// since does not matter, that a reviewer took the check back does.
	checkedThen = checkedReaders + `c.state IN ('verified', 'expired')
AND      c.verified_on <= @day::date
AND      (c.expires_on IS NULL OR c.expires_on >= @day::date)` + readersOrder
)

const lockAnnotators = `
SELECT annotators_lock(@organization)`

type checkedRow struct {
	ID         id.Annotator          `db:"id"`
	Label      string                `db:"label"`
	Role       listing.AnnotatorRole `db:"role"`
	Kind       string                `db:"kind"`
	VerifiedOn time.Time             `db:"verified_on"`
	ExpiresOn  *time.Time            `db:"expires_on"`
	Body       string                `db:"body"`
	Country    string                `db:"country"`
}

func (r checkedRow) proof() Proof {
	p := Proof{Kind: r.Kind, On: day(r.VerifiedOn), Body: r.Body, Country: r.Country}
	if r.ExpiresOn != nil {
		p.Until = day(*r.ExpiresOn)
	}
	return p
}

// readReaders returns what is checked of the groups. It waits for decisions
// on annotators of the organization that are under way, so that none is missed
// and none counted twice. Who has another role than the group counts nothing.
func readReaders(ctx context.Context, q postgres.Querier, org id.Organization, groups []listing.Annotator) ([]ReaderGroup, error) {
	return readChecked(ctx, q, checkedNow, pgx.NamedArgs{"organization": org}, groups)
}

func readChecked(ctx context.Context, q postgres.Querier, query string, args pgx.NamedArgs, groups []listing.Annotator) ([]ReaderGroup, error) {
	var ids []id.Annotator
	list := make([]ReaderGroup, len(groups))
	for i, g := range groups {
		ids = append(ids, g.Linked...)
		list[i] = ReaderGroup{Role: g.Role, Claimed: g.Readers}
	}
	if len(ids) == 0 {
		return list, nil
	}
	args["ids"] = ids
	if _, err := q.Exec(ctx, lockAnnotators, args); err != nil {
		return nil, err
	}
	found, err := postgres.Many[checkedRow](ctx, q, query, args)
	if err != nil {
		return nil, err
	}
	for i, g := range groups {
		var last id.Annotator
		for _, r := range found {
			if r.Role != g.Role || !slices.Contains(g.Linked, r.ID) {
				continue
			}
			if r.ID != last {
				list[i].Checked, last = append(list[i].Checked, Reader{Label: r.Label}), r.ID
			}
			reader := &list[i].Checked[len(list[i].Checked)-1]
			reader.Proofs = append(reader.Proofs, r.proof())
		}
	}
	return list, nil
}

const (
	liveNaming = `
SELECT v.listing_id, c.claims -> 'annotators' AS annotators
FROM   version v
JOIN   listing_claims c ON c.id = v.claims_id
WHERE  v.organization_id = @organization
AND    v.state = 'live'
AND    names_annotator(c.claims, @annotator)`

	updateReaders = `
UPDATE catalog_listing
SET    detail = detail || jsonb_build_object('readers', @readers::jsonb), verified_annotators = @checked,
       verified_radiologists = @radiologists, verified_radiologists_until = @until::text::date, updated_at = now()
WHERE  id = @listing
AND    organization_id = @organization`

	keptNaming = `
SELECT k.version_id, k.state_at, c.claims -> 'annotators' AS annotators
FROM   catalog_version k
JOIN   version v ON v.id = k.version_id
JOIN   listing_claims c ON c.id = v.claims_id
WHERE  k.organization_id = @organization
AND    k.state <> 'live'
AND    k.entry IS NOT NULL
AND    names_annotator(c.claims, @annotator)`

	updateKeptReaders = `
UPDATE catalog_version
SET    entry = jsonb_set(entry, '{detail,readers}', @readers::jsonb)
WHERE  version_id = @version
AND    organization_id = @organization`
)

type naming struct {
	Listing    id.Listing         `db:"listing_id"`
	Annotators listing.Annotators `db:"annotators"`
}

// kept is a version that left the catalog, with the day.
type kept struct {
	Version    id.Version         `db:"version_id"`
	StateAt    time.Time          `db:"state_at"`
	Annotators listing.Annotators `db:"annotators"`
}

// AnnotatorChanged counts the readers of each live listing anew whose claims
// name an annotator, and takes from the pages of earlier versions what a
// reviewer revoked, in the transaction that checks a credential, ends one, or
// changes what is shown of it. It is the credential.Catalog of the server.
func (Publisher) AnnotatorChanged(ctx context.Context, tx pgx.Tx, org id.Organization, annotator id.Annotator) error {
	args := pgx.NamedArgs{"organization": org, "annotator": annotator}
	if err := eachNaming(ctx, tx, liveNaming, args, func(l naming) error { return writeReaders(ctx, tx, org, l) }); err != nil {
		return err
	}
	return eachNaming(ctx, tx, keptNaming, args, func(k kept) error { return writeKeptReaders(ctx, tx, org, k) })
}

// eachNaming reads the rows of a query first and then acts on each.
func eachNaming[T any](ctx context.Context, tx pgx.Tx, query string, args pgx.NamedArgs, act func(T) error) error {
	list, err := postgres.Many[T](ctx, tx, query, args)
	if err != nil {
		return fmt.Errorf("catalog: readers: %w", err)
	}
	for _, row := range list {
		if err := act(row); err != nil {
			return fmt.Errorf("catalog: readers: %w", err)
		}
	}
	return nil
}

func writeReaders(ctx context.Context, tx pgx.Tx, org id.Organization, l naming) error {
	groups, err := readReaders(ctx, tx, org, l.Annotators.Groups)
	if err != nil {
		return err
	}
	body, err := json.Marshal(groups)
	if err != nil {
		return err
	}
	n := countChecked(groups)
	_, err = tx.Exec(ctx, updateReaders, pgx.NamedArgs{
		"listing": l.Listing, "organization": org, "readers": string(body),
		"checked": n.readers, "radiologists": n.radiologists, "until": n.radiologistsUntil,
	})
	return err
}

func writeKeptReaders(ctx context.Context, tx pgx.Tx, org id.Organization, k kept) error {
	groups, err := readChecked(ctx, tx, checkedThen, pgx.NamedArgs{"organization": org, "day": day(k.StateAt)}, k.Annotators.Groups)
	if err != nil {
		return err
	}
	body, err := json.Marshal(groups)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, updateKeptReaders, pgx.NamedArgs{"version": k.Version, "organization": org, "readers": string(body)})
	return err
}
