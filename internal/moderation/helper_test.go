package moderation_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/moderation"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// desk is a database with a service, a seller and two reviewers.
type desk struct {
	db               *postgres.DB
	super            string
	listings         *listing.Service
	flags            *moderation.Service
	clock            *time.Time
	seller           accounttest.Org
	reviewer, second postgres.Actor
}

func newDesk(t *testing.T) desk {
	t.Helper()
	made := postgrestest.NewDatabase(t)
	now := time.Now()
	d := desk{db: made.DB, super: made.SuperURL, clock: &now}
	d.listings = listing.New(d.db, catalog.Publisher{}, time.Now)
	d.flags = moderation.New(d.db, d.listings, bytes.Repeat([]byte{7}, 32), func() time.Time { return *d.clock })
	d.seller = accounttest.Seller(t, d.db)
	d.reviewer, d.second = accounttest.Reviewer(t, d.db), accounttest.Reviewer(t, d.db)
	return d
}

// live makes a data set of the seller that is on offer.
func (d desk) live(t *testing.T) listing.Dossier {
	t.Helper()
	made := listingtest.Version(t, d.db, d.seller, listing.Approved)
	if err := d.listings.Publish(t.Context(), d.seller.Owner, made.Version.ID); err != nil {
		t.Fatal(err)
	}
	return made
}

// canary stands for an identifier that a reporter writes against all advice.
const canary = "ZZYZX^CANARY 4711"

func report(l listing.Dossier, reason moderation.Reason) moderation.Report {
	return moderation.Report{Slug: l.Listing.Slug, Reason: reason, Place: "series 3, " + canary, Body: "I can read " + canary + " in the corner."}
}

// report sends a report and returns the flag that waits last for its reason.
func (d desk) report(t *testing.T, r moderation.Report) (moderation.Received, id.Flag) {
	t.Helper()
	got, err := d.flags.Report(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	waiting, _, err := d.flags.Queue(t.Context(), d.reviewer)
	if err != nil {
		t.Fatal(err)
	}
	var flag id.Flag
	for _, f := range waiting {
		if f.Slug == r.Slug && f.Reason == r.Reason && f.ID > flag {
			flag = f.ID
		}
	}
	return got, flag
}

// claimed sends a report and has the reviewer take it.
func (d desk) claimed(t *testing.T, l listing.Dossier, reason moderation.Reason) id.Flag {
	t.Helper()
	_, flag := d.report(t, report(l, reason))
	if err := d.flags.Claim(t.Context(), d.reviewer, flag, false); err != nil {
		t.Fatal(err)
	}
	return flag
}

func (d desk) decide(t *testing.T, dec moderation.Decision) {
	t.Helper()
	if dec.Reason == "" {
		dec.Reason = "Decided for a test."
	}
	dec.Files = d.files(t, dec.Flag)
	if err := d.flags.Decide(t.Context(), d.reviewer, dec); err != nil {
		t.Fatal(err)
	}
}

// files is what is on offer as the page of a flag shows it.
func (d desk) files(t *testing.T, flag id.Flag) string {
	t.Helper()
	it, err := d.flags.Item(t.Context(), d.reviewer, flag)
	if err != nil {
		t.Fatal(err)
	}
	return it.Flag.OfferedFiles
}

// replace publishes a next version with other bytes.
func (d desk) replace(t *testing.T, l listing.Dossier) listing.Version {
	t.Helper()
	who := d.seller.Owner
	v := listingtest.Begin(t, d.db, who, listing.Description{Listing: l.Listing})
	as := func(a postgres.Actor, do func(tx pgx.Tx) error) {
		t.Helper()
		if err := d.db.InTx(t.Context(), a, do); err != nil {
			t.Fatal(err)
		}
	}
	as(who, func(tx pgx.Tx) error { return d.listings.Queue(t.Context(), tx, who, v.ID) })
	as(listingtest.Worker, func(tx pgx.Tx) error {
		_, _, err := d.listings.StartAudit(t.Context(), tx, listingtest.Worker, v.ID)
		return err
	})
	result := listingtest.Result(0)
	result.Manifest[0].SHA256 = strings.Repeat("cd", 32)
	as(listingtest.Worker, func(tx pgx.Tx) error {
		_, err := d.listings.FinishAudit(t.Context(), tx, listingtest.Worker, v.ID, result)
		return err
	})
	sent, err := d.listings.Submit(t.Context(), who, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	listingtest.Rule(t, d.db, d.second, v.ID, listing.Approves)
	if err := d.listings.Publish(t.Context(), who, v.ID); err != nil {
		t.Fatal(err)
	}
	return sent
}

// struck reports, and upholds what was reported with a strike.
func (d desk) struck(t *testing.T, l listing.Dossier) id.Flag {
	t.Helper()
	flag := d.claimed(t, l, "misleading_claim")
	d.decide(t, moderation.Decision{Flag: flag, Outcome: moderation.Upheld, Act: moderation.Changes, Strike: true})
	return flag
}

// in runs a statement as somebody.
func (d desk) in(t *testing.T, a postgres.Actor, sql string, args ...any) error {
	t.Helper()
	return d.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
}

// count asks the database, as somebody who sees every row.
func (d desk) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), d.super)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if err := c.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// notices counts the events of a kind.
func (d desk) notices(t *testing.T, kind notice.Kind) int {
	t.Helper()
	return d.count(t, `SELECT count(*) FROM notice_event WHERE kind = $1`, string(kind))
}

func (d desk) hidden(t *testing.T, l listing.Dossier) bool {
	t.Helper()
	return d.count(t, `SELECT count(*) FROM catalog_listing WHERE slug = $1 AND samples_hidden_at IS NOT NULL`, l.Listing.Slug) == 1
}
