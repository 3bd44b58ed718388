package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/listing"
	"assay/internal/notary"
	"assay/internal/postgres"
	"assay/internal/verification"
)

// Publisher keeps the public rows in step with what goes live and what is
// taken down. It is the listing.Catalog of the server.
type Publisher struct{}

var _ listing.Catalog = Publisher{}

// Published writes the public row of a version that is live from now on.
func (Publisher) Published(ctx context.Context, tx pgx.Tx, p listing.Published) error {
	e, err := Preview(ctx, tx, p)
	if err != nil {
		return err
	}
	if err := Project(ctx, tx, e); err != nil {
		return err
	}
	if err := publishVersion(ctx, tx, p); err != nil {
		return fmt.Errorf("catalog %s: version %d: %w", p.Listing.Slug, p.Version.Number, err)
	}
	if err := publishAudit(ctx, tx, p); err != nil {
		return fmt.Errorf("catalog %s: public audit: %w", p.Listing.Slug, err)
	}
	if err := publishQuality(ctx, tx, p); err != nil {
		return fmt.Errorf("catalog %s: public LQS: %w", p.Listing.Slug, err)
	}
	if err := ProjectSamples(ctx, tx, p.Listing.Organization, p.Listing.ID); err != nil {
		return fmt.Errorf("catalog %s: %w", p.Listing.Slug, err)
	}
	return nil
}

// TakenDown leaves the tombstone of a suspended or withdrawn version.
func (Publisher) TakenDown(ctx context.Context, tx pgx.Tx, t listing.TakenDown) error {
	state := Withdrawn
	if t.Version.State == listing.Suspended {
		state = Suspended
	}
	if err := ProjectSamples(ctx, tx, t.Listing.Organization, t.Listing.ID); err != nil {
		return fmt.Errorf("catalog %s: %w", t.Listing.Slug, err)
	}
	return Entomb(ctx, tx, t.Listing.Organization, t.Listing.ID, state, t.Version.Reason)
}

// Preview returns the public row that publishing p would write now. A version
// that was never live is shown as of this moment.
func Preview(ctx context.Context, q postgres.Querier, p listing.Published) (Entry, error) {
	seller, err := readSeller(ctx, q, p.Listing)
	if err != nil {
		return Entry{}, fmt.Errorf("catalog %s: seller: %w", p.Listing.Slug, err)
	}
	report, err := ParseReport(p.Report.Body)
	if err != nil {
		return Entry{}, fmt.Errorf("catalog %s: %w", p.Listing.Slug, err)
	}
	pub := Publication{
		Listing: p.Listing.ID, Organization: p.Listing.Organization, OrganizationName: seller.Name,
		OrganizationSlug: seller.Slug, Demo: seller.Demo, Slug: p.Listing.Slug,
		Claims: p.Claims.Claims, PublishedAt: time.Now(), Measured: Measures(p.Claims.Claims, report),
	}
	if p.Version.LiveAt != nil {
		pub.PublishedAt = *p.Version.LiveAt
	}
	pub.measured(report)
	if pub.Audit, err = auditOf(ctx, q, p, report); err != nil {
		return Entry{}, fmt.Errorf("catalog %s: answers: %w", p.Listing.Slug, err)
	}
	if pub.Versions, err = readVersions(ctx, q, p); err != nil {
		return Entry{}, fmt.Errorf("catalog %s: versions: %w", p.Listing.Slug, err)
	}
	lqs, err := readQuality(ctx, q, p)
	if err != nil {
		return Entry{}, fmt.Errorf("catalog %s: LQS: %w", p.Listing.Slug, err)
	}
	pub.Quality = qualityOf(lqs)
	e := pub.Entry()
	e.SellerLevel = seller.Level
	if e.Detail.CommercialReview, err = readCommercialReview(ctx, q, p); err != nil {
		return Entry{}, fmt.Errorf("catalog %s: licensing review: %w", p.Listing.Slug, err)
	}
	if e.Detail.Readers, err = readReaders(ctx, q, p.Listing.Organization, p.Claims.Claims.Annotators.Groups); err != nil {
		return Entry{}, fmt.Errorf("catalog %s: readers: %w", p.Listing.Slug, err)
	}
	if e.Detail.Certificate, err = notary.Valid(ctx, q, p.Version); err != nil {
		return Entry{}, fmt.Errorf("catalog %s: %w", p.Listing.Slug, err)
	}
	return e, nil
}

// Preview is the function Preview as the actor, who must see the version.
func (s *Store) Preview(ctx context.Context, a postgres.Actor, p listing.Published) (e Entry, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		e, err = Preview(ctx, tx, p)
		return err
	})
	return e, err
}

// ParseReport reads the assay-report/1 that a version's report holds; none is
// an empty report.
func ParseReport(body json.RawMessage) (audit.Report, error) {
	var r audit.Report
	if len(body) == 0 {
		return r, nil
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fmt.Errorf("read the report: %w", err)
	}
	return r, nil
}

// measured takes the counts of files over. What the audit did not see is not
// known, never 0.
func (p *Publication) measured(r audit.Report) {
	known := func(n int64) *int64 {
		if n <= 0 {
			return nil
		}
		return &n
	}
	p.Studies = known(int64(r.Measured.Studies))
	p.Images = known(int64(max(r.Measured.Instances, r.Measured.Frames)))
	p.Patients = known(int64(r.Measured.Patients))
	p.Bytes = known(r.Input.Bytes)
	p.Modalities = measuredModalities(r.Measured)
}

const selectSeller = `
SELECT name, slug, is_demo, organization_verification(id) AS level
FROM   organization
WHERE  id = @organization`

type seller struct {
	Name  string             `db:"name"`
	Slug  string             `db:"slug"`
	Demo  bool               `db:"is_demo"`
	Level verification.Level `db:"level"`
}

func readSeller(ctx context.Context, q postgres.Querier, l listing.Listing) (seller, error) {
	return postgres.One[seller](ctx, q, selectSeller, pgx.NamedArgs{"organization": l.Organization})
}

const countAccepted = `
SELECT count(*)
FROM   finding_answer
WHERE  report_id = @report
AND    organization_id = @organization
AND    outcome = 'accepted'`

func auditOf(ctx context.Context, q postgres.Querier, p listing.Published, r audit.Report) (*Audit, error) {
	a := &Audit{
		Verdict: p.Report.Verdict, On: day(p.Report.CreatedAt), Blockers: p.Report.Blockers, Warnings: p.Report.Warnings,
		Infos: r.Count(finding.Info), Rules: p.Report.RulesVersion, RootDigest: p.Report.RootDigest,
	}
	for _, n := range r.NotChecked {
		a.NotChecked = append(a.NotChecked, n.What+": "+n.Why)
	}
	err := q.QueryRow(ctx, countAccepted, pgx.NamedArgs{"report": p.Report.ID, "organization": p.Listing.Organization}).Scan(&a.Answered)
	return a, err
}

// publicVersions are the versions that buyers could see at some time.
const publicVersions = `
SELECT   number, state, coalesce(live_at, now()) AS at, change_note
FROM     version
WHERE    listing_id = @listing
AND      organization_id = @organization
AND      (live_at IS NOT NULL OR id = @shown)
ORDER BY number DESC`

func readVersions(ctx context.Context, q postgres.Querier, p listing.Published) ([]Version, error) {
	rows, err := q.Query(ctx, publicVersions, pgx.NamedArgs{
		"listing": p.Listing.ID, "organization": p.Listing.Organization, "shown": p.Version.ID})
	if err != nil {
		return nil, err
	}
	var list []Version
	var v Version
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&v.Number, &v.State, &at, &v.Note}, func() error {
		v.On = day(at)
		list = append(list, v)
		return nil
	})
	return list, err
}
