package sellerdesk

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Service reads desks.
type Service struct {
	db  *postgres.DB
	now func() time.Time
}

// New returns a service over db; now is the clock, time.Now outside tests.
func New(db *postgres.DB, now func() time.Time) *Service { return &Service{db, now} }

// Group is where a data set stands, as a tab of the desk.
type Group string

// Groups. A data set with a live version is Live, and one of which the platform
// suspended what was on offer is Off, whatever its newer versions do.
const (
	Drafts   Group = "draft"
	UnderWay Group = "underway" // uploading, audit, review, approved
	OnOffer  Group = "live"
	Off      Group = "off" // suspended, withdrawn
	Deleted  Group = "deleted"
)

// Groups is the vocabulary of Group, in the order of the tabs.
var Groups = listing.Vocabulary[Group]{
	{Value: Drafts, Label: "Drafts", Help: "No files yet, or sent back: a new version is needed."},
	{Value: UnderWay, Label: "On their way", Help: "Between the upload and the catalog."},
	{Value: OnOffer, Label: "Live", Help: "Buyers find them."},
	{Value: Off, Label: "Off the catalog", Help: "Suspended or withdrawn."},
	{Value: Deleted, Label: "Deleted drafts", Help: "Put aside; they can be taken back."},
}

// Sort is the order of a list.
type Sort string

// Sorts.
const (
	ByChange Sort = "changed" // the last changed first
	ByTitle  Sort = "title"
	ByViews  Sort = "views" // the most viewed of 28 days first
)

// Sorts is the vocabulary of Sort.
var Sorts = listing.Vocabulary[Sort]{
	{Value: ByChange, Label: "Last changed"}, {Value: ByTitle, Label: "Title"}, {Value: ByViews, Label: "Most viewed"},
}

// pageSize is how many data sets a page of the list has.
const pageSize = 50

// Query is what a list shows.
type Query struct {
	Group Group // empty is all but the deleted
	Title string
	Sort  Sort   // empty is ByChange
	After string // Page.Next of the page before
}

// Row is a data set on the list. Version and what follows are of its newest
// version with files, else of an empty draft; empty without one.
type Row struct {
	Listing   id.Listing    `db:"id"`
	Title     string        `db:"title"`
	Slug      string        `db:"slug"`
	Group     Group         `db:"desk_group"`
	ChangedAt time.Time     `db:"changed_at"`
	Version   id.Version    `db:"version_id"`
	Number    int           `db:"number"`
	State     listing.State `db:"state"`
	LiveAs    int           `db:"live_number"`      // number of the live version; 0 for none
	Suspended int           `db:"suspended_number"` // number of the version that was on offer last, if it is suspended; else 0
	Verdict   string        `db:"verdict"`
	Warnings  int           `db:"warnings"`
	Open      int           `db:"open_warnings"` // without an answer
	Grade     string        `db:"grade"`         // of the LQS; empty if there is none
	Views     int64         `db:"views"`         // of the last 28 days
	Key       string        `db:"sort_key"`
	WasLive   bool          `db:"was_live"`
	DeletedAt *time.Time    `db:"deleted_at"`
}

// Page is a part of a list.
type Page struct {
	Rows   []Row
	Counts map[Group]int // of the data sets that match the title
	Next   string        // Query.After of the next page; empty on the last
}

// deskRows is one row a hosted listing of the organization.
const deskRows = `
WITH desk AS (
    SELECT   l.id, l.slug, l.deleted_at, coalesce(c.claims -> 'basics' ->> 'title', '') AS title,
             greatest(l.updated_at, v.updated_at) AS changed_at,
             coalesce(v.id::text, '') AS version_id, coalesce(v.number, 0) AS number, coalesce(v.state, '') AS state,
             coalesce(o.number, 0) AS live_number, coalesce(o.suspended, 0) AS suspended_number, coalesce(o.was_live, false) AS was_live,
             coalesce(r.verdict, '') AS verdict, coalesce(r.warnings, 0) AS warnings,
             CASE WHEN v.state = 'flagged' THEN r.warnings - coalesce(a.answered, 0) ELSE 0 END AS open_warnings,
             coalesce(q.body -> 'score' ->> 'grade', '') AS grade,
             coalesce(w.views, 0)::bigint AS views,
             CASE WHEN l.deleted_at IS NOT NULL THEN 'deleted'
                  WHEN o.number IS NOT NULL THEN 'live'
                  WHEN o.suspended IS NOT NULL THEN 'off'
                  WHEN v.state IS NULL OR v.state IN ('draft', 'audit_failed', 'changes_requested', 'rejected') THEN 'draft'
                  WHEN v.state IN ('suspended', 'withdrawn', 'superseded') THEN 'off'
                  ELSE 'underway' END AS desk_group
    FROM     listing l
    LEFT JOIN LATERAL (SELECT claims FROM listing_claims
                       WHERE listing_id = l.id AND organization_id = @organization
                       ORDER BY revision DESC LIMIT 1) c ON true
    LEFT JOIN LATERAL (SELECT id, number, state, updated_at FROM version
                       WHERE listing_id = l.id AND organization_id = @organization
                       ORDER BY state = 'draft', number DESC LIMIT 1) v ON true
    LEFT JOIN LATERAL (SELECT number FROM version
                       WHERE listing_id = l.id AND organization_id = @organization AND live_at IS NOT NULL
                       ORDER BY number DESC LIMIT 1) p ON true
    LEFT JOIN LATERAL (SELECT max(number) FILTER (WHERE state = 'live') AS number, bool_or(live_at IS NOT NULL) AS was_live,
                              max(number) FILTER (WHERE state = 'suspended' AND number = p.number) AS suspended
                       FROM version WHERE listing_id = l.id AND organization_id = @organization) o ON true
    LEFT JOIN LATERAL (SELECT id, verdict, warnings FROM audit_report
                       WHERE version_id = v.id AND organization_id = @organization AND NOT is_reaudit
                       ORDER BY created_at DESC, id DESC LIMIT 1) r ON true
    LEFT JOIN LATERAL (SELECT count(*)::int AS answered FROM finding_answer
                       WHERE report_id = r.id AND organization_id = @organization) a ON true
    LEFT JOIN quality_report q ON q.report_id = r.id AND q.organization_id = @organization
    LEFT JOIN LATERAL (SELECT sum(views) AS views FROM listing_view
                       WHERE listing_id = l.id AND organization_id = @organization AND day > @today::date - 28) w ON true
    WHERE    l.organization_id = @organization
    AND      l.kind = 'hosted'
    AND      (@title = '' OR c.claims -> 'basics' ->> 'title' ILIKE '%' || @title || '%')
)`

const rowColumns = `id, title, slug, desk_group, changed_at, version_id, number, state, live_number, suspended_number, was_live, verdict,
         warnings, open_warnings, grade, views, deleted_at`

const listRows = deskRows + `, keyed AS (
    SELECT   *, CASE @sort WHEN 'title' THEN lower(title)
                           WHEN 'views' THEN lpad(views::text, 12, '0')
                           ELSE to_char(changed_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS') END COLLATE "C" AS sort_key
    FROM     desk
    WHERE    CASE WHEN @group = '' THEN desk_group <> 'deleted' ELSE desk_group = @group END
)
SELECT   ` + rowColumns + `, sort_key
FROM     keyed
`

const countRows = deskRows + `
SELECT   desk_group, count(*)::int
FROM     desk
GROUP BY desk_group`

// order sorts up for titles and down for the rest; ids settle equal keys.
func (q Query) order() string {
	if q.Sort == ByTitle {
		return `WHERE (@key::text IS NULL OR (sort_key, id) > (@key COLLATE "C", @id::uuid)) ORDER BY sort_key, id LIMIT @limit`
	}
	return `WHERE (@key::text IS NULL OR (sort_key, id) < (@key COLLATE "C", @id::uuid)) ORDER BY sort_key DESC, id DESC LIMIT @limit`
}

var likeSpecials = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func (s *Service) args(a postgres.Actor, title string) pgx.NamedArgs {
	return pgx.NamedArgs{"organization": a.Organization, "title": likeSpecials.Replace(strings.TrimSpace(title)),
		"today": s.now().UTC().Format(time.DateOnly)}
}

// Listings returns a page of the organization's data sets. A query that names
// no group, sort or place there is errs.Invalid.
func (s *Service) Listings(ctx context.Context, a postgres.Actor, q Query) (Page, error) {
	if q.Sort == "" {
		q.Sort = ByChange
	}
	if !Sorts.Has(q.Sort) || q.Group != "" && !Groups.Has(q.Group) || len([]rune(q.Title)) > 200 {
		return Page{}, errs.New(errs.Invalid, "There is no such list. Start again from your desk.")
	}
	args := s.args(a, q.Title)
	args["sort"], args["group"], args["limit"], args["key"], args["id"] = q.Sort, q.Group, pageSize+1, nil, nil
	if q.After != "" {
		key, listing, ok := parseCursor(q.After)
		if !ok {
			return Page{}, errs.New(errs.Invalid, "There is no such list. Start again from your desk.")
		}
		args["key"], args["id"] = key, listing
	}
	page := Page{Counts: map[Group]int{}}
	err := s.reading(ctx, a, func(tx pgx.Tx) (err error) {
		if page.Rows, err = postgres.Many[Row](ctx, tx, listRows+q.order(), args); err != nil {
			return err
		}
		counts, err := tx.Query(ctx, countRows, args)
		if err != nil {
			return err
		}
		var g Group
		var n int
		_, err = pgx.ForEachRow(counts, []any{&g, &n}, func() error { page.Counts[g] = n; return nil })
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("desk: listings: %w", err)
	}
	if len(page.Rows) > pageSize {
		page.Rows = page.Rows[:pageSize]
		last := page.Rows[pageSize-1]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(string(last.Listing) + last.Key))
	}
	return page, nil
}

// idLength is that of an id as text.
const idLength = 36

func parseCursor(after string) (key string, l id.Listing, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(after)
	if err != nil || len(text) < idLength || len(text) > 2000 {
		return "", "", false
	}
	l, ok = id.Parse[id.Listing](string(text[:idLength]))
	return strings.ToValidUTF8(strings.ReplaceAll(string(text[idLength:]), "\x00", ""), ""), l, ok
}

// reading runs fn for a member of the actor's organization.
func (s *Service) reading(ctx context.Context, a postgres.Actor, fn func(tx pgx.Tx) error) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		return fn(tx)
	})
}
