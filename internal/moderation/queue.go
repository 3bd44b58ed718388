package moderation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Flag is one report, or several merged, as reviewers see it.
type Flag struct {
	ID           id.Flag         `db:"id"`
	Organization id.Organization `db:"organization_id"`
	Listing      id.Listing      `db:"listing_id"`
	Version      id.Version      `db:"version_id"` // that was reported; empty for an external listing
	Files        string          `db:"root_digest"`
	Offered      id.Version      `db:"offered_id"` // on offer now, or suspended; empty if none is
	OfferedFiles string          `db:"offered_digest"`
	Title        string          `db:"title"`
	Slug         string          `db:"slug"`
	Kind         string          `db:"kind"`
	Offer        string          `db:"offer"` // live, suspended or withdrawn
	Seller       string          `db:"seller"`
	Reason       Reason          `db:"reason"`
	State        State           `db:"state"`
	Reports      int             `db:"reports"` // how many it stands for
	IsAnonymous  bool            `db:"is_anonymous"`
	HidSamples   bool            `db:"hid_samples"`
	HiddenAt     *time.Time      `db:"hidden_at"` // since when pictures of the listing are hidden
	Into         id.Flag         `db:"merged_into"`
	Fate         State           `db:"fate"` // of a merged one: what was decided of Into; empty while that waits
	ClaimedBy    id.User         `db:"claimed_by"`
	Claimer      string          `db:"claimer"` // the name
	Question     string          `db:"question"`
	AskedAt      *time.Time      `db:"asked_at"`
	Reply        string          `db:"reply"`
	RepliedAt    *time.Time      `db:"replied_at"`
	Act          Act             `db:"act"`
	Decision     string          `db:"decision"`
	DecidedBy    id.User         `db:"decided_by"`
	Decider      string          `db:"decider"`
	DecidedAt    *time.Time      `db:"decided_at"`
	OverturnedAt *time.Time      `db:"overturned_at"`
	ErasedAt     *time.Time      `db:"erased_at"`
	CreatedAt    time.Time       `db:"created_at"`
	Earlier      []Asked         `db:"-"` // of one flag alone: what was asked before Question, the oldest first
}

// Asked is a question to the seller that another one followed.
type Asked struct {
	Question  string     `db:"question"`
	AskedAt   time.Time  `db:"asked_at"`
	Reply     string     `db:"reply"` // empty if none came
	RepliedAt *time.Time `db:"replied_at"`
}

const earlierQuery = `
SELECT   question, asked_at, reply, replied_at
FROM     flag_question
WHERE    flag_id = @flag
AND      organization_id = @organization
ORDER BY number`

// withEarlier adds what was asked before.
func (f *Flag) withEarlier(ctx context.Context, q postgres.Querier) (err error) {
	f.Earlier, err = postgres.Many[Asked](ctx, q, earlierQuery, pgx.NamedArgs{"flag": f.ID, "organization": f.Organization})
	return err
}

const flagQuery = `
SELECT f.id, f.organization_id, f.listing_id, coalesce(f.version_id::text, '') AS version_id, c.title, c.slug, c.kind, c.state AS offer,
       coalesce(f.root_digest, '') AS root_digest, coalesce(o.id::text, '') AS offered_id, coalesce(o.root_digest, '') AS offered_digest,
       c.organization_name AS seller, f.reason, f.state, f.reports, f.is_anonymous, f.hid_samples, c.samples_hidden_at AS hidden_at,
       coalesce(f.merged_into::text, '') AS merged_into, f.fate, coalesce(f.claimed_by::text, '') AS claimed_by, coalesce(u.name, '') AS claimer,
       f.question, f.asked_at, f.reply, f.replied_at, f.act, f.decision, coalesce(f.decided_by::text, '') AS decided_by,
       coalesce(d.name, '') AS decider, f.decided_at, f.overturned_at, f.erased_at, f.created_at
FROM   flag f
JOIN   catalog_listing c ON c.id = f.listing_id` + offered + `
LEFT JOIN app_user u ON u.id = f.claimed_by
LEFT JOIN app_user d ON d.id = f.decided_by`

const queueQuery = flagQuery + `
WHERE    f.state IN ('open', 'in_triage', 'needs_seller')
AND      'reviewer' = ANY (acting_party(f.organization_id))
ORDER BY (f.reason = 'phi_suspected') DESC, f.created_at, f.id
LIMIT    500`

const closedQuery = flagQuery + `
WHERE    f.state IN ('upheld', 'dismissed')
AND      'reviewer' = ANY (acting_party(f.organization_id))
ORDER BY f.decided_at DESC, f.id
LIMIT    20`

// Queue returns the flags that wait, the riskiest first and of equal risk the
// one that is due first, and those decided last. Flags on an organization of the reviewer's own are not
// among them.
func (s *Service) Queue(ctx context.Context, a postgres.Actor) (waiting, decided []Flag, err error) {
	if err := mustReview(a); err != nil {
		return nil, nil, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if waiting, err = postgres.Many[Flag](ctx, tx, queueQuery); err != nil {
			return err
		}
		decided, err = postgres.Many[Flag](ctx, tx, closedQuery)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("queue of flags: %w", err)
	}
	slices.SortStableFunc(waiting, func(x, y Flag) int {
		return cmp.Or(cmp.Compare(x.Reason.Risk().rank(), y.Reason.Risk().rank()), x.Due().Compare(y.Due()), x.CreatedAt.Compare(y.CreatedAt))
	})
	return waiting, decided, nil
}

// Counts are what waits for reviewers.
type Counts struct {
	Flags       int `db:"flags"`
	Identifiers int `db:"identifiers"` // of Flags
	Appeals     int `db:"appeals"`
}

const countsQuery = `
SELECT (SELECT count(*) FROM flag WHERE state IN ('open', 'in_triage', 'needs_seller')
        AND 'reviewer' = ANY (acting_party(organization_id)))::int AS flags,
       (SELECT count(*) FROM flag WHERE state IN ('open', 'in_triage', 'needs_seller') AND reason = 'phi_suspected'
        AND 'reviewer' = ANY (acting_party(organization_id)))::int AS identifiers,
       (SELECT count(*) FROM appeal WHERE state = 'open')::int AS appeals`

// Counts counts what waits for the reviewer.
func (s *Service) Counts(ctx context.Context, a postgres.Actor) (c Counts, err error) {
	if err := mustReview(a); err != nil {
		return c, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err = postgres.One[Counts](ctx, tx, countsQuery)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("count what waits: %w", err)
	}
	return c, nil
}

// Told is what one reporter wrote; reviewers outside the seller alone see it.
type Told struct {
	Flag        id.Flag   `db:"flag_id"`
	Place       string    `db:"place"`
	Body        string    `db:"body"`
	HasAddress  bool      `db:"has_address"`
	HasAccount  bool      `db:"has_account"`
	Answer      string    `db:"answer"`
	CreatedAt   time.Time `db:"created_at"`
	WasMergedIn bool      `db:"was_merged_in"`
}

const toldQuery = `
SELECT   flag_id, place, body, email <> '' AS has_address, reporter_id IS NOT NULL AS has_account, answer, created_at,
         flag_id <> follows AS was_merged_in
FROM     flag_report
WHERE    follows = @flag OR flag_id = @flag
ORDER BY created_at, flag_id`

// Item is everything that a reviewer sees of one flag.
type Item struct {
	Flag    Flag
	Told    []Told
	Similar []Flag // others of the same listing, the newest first
	History []activity.Row
	Strikes int // of the seller, that hold now
}

const similarQuery = flagQuery + `
WHERE    f.listing_id = @listing
AND      f.organization_id = @organization
AND      f.id <> @flag
ORDER BY f.created_at DESC, f.id
LIMIT    50`

// Item returns a flag. One on an organization of the reviewer's own is
// errs.NotFound.
func (s *Service) Item(ctx context.Context, a postgres.Actor, flag id.Flag) (it Item, err error) {
	if err := mustReview(a); err != nil {
		return it, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if it.Flag, err = readFlag(ctx, tx, flag); err != nil {
			return err
		}
		if err = it.Flag.withEarlier(ctx, tx); err != nil {
			return err
		}
		args := pgx.NamedArgs{"flag": flag, "listing": it.Flag.Listing, "organization": it.Flag.Organization}
		if it.Told, err = postgres.Many[Told](ctx, tx, toldQuery, args); err != nil {
			return err
		}
		if it.Similar, err = postgres.Many[Flag](ctx, tx, similarQuery, args); err != nil {
			return err
		}
		if err = tx.QueryRow(ctx, `SELECT active_strikes(@organization)`, args).Scan(&it.Strikes); err != nil {
			return err
		}
		it.History, err = activity.Of(ctx, tx, "flag", string(flag))
		return err
	})
	if err != nil {
		return Item{}, fmt.Errorf("flag %s: %w", flag, err)
	}
	return it, nil
}

const oneFlagQuery = flagQuery + `
WHERE  f.id = @flag
AND    'reviewer' = ANY (acting_party(f.organization_id))`

func readFlag(ctx context.Context, q postgres.Querier, flag id.Flag) (Flag, error) {
	f, err := postgres.One[Flag](ctx, q, oneFlagQuery, pgx.NamedArgs{"flag": flag})
	return f, postgres.NotFound(err, noSuchFlag)
}
