package postgres_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/golang-migrate/migrate/v4"
	_ "github.com/golang-migrate/migrate/v4/database/pgx/v5" // pgx5://
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/moderation"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/migrations"
)

// fill makes what the desks leave behind: a live version with an audit by new
// rules, changed claims that lapsed, a rejected version that came back after an
// appeal and one that was then decided anew, reports, a strike.
func fill(t *testing.T, d postgrestest.Database) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	listings := listing.New(d.DB, catalog.Publisher{}, time.Now)
	flags := moderation.New(d.DB, listings, make([]byte, 32), time.Now)
	org := accounttest.Seller(t, d.DB)
	first, second := accounttest.Reviewer(t, d.DB), accounttest.Reviewer(t, d.DB)

	live := listingtest.Version(t, d.DB, org, listing.Approved)
	must(listings.Publish(ctx, org.Owner, live.Version.ID))
	next := listingtest.Advance(t, d.DB, org, listing.Description{Listing: live.Listing}, listing.Approved)
	draft, err := listings.Draft(ctx, org.Owner, live.Listing.ID)
	must(err)
	claims := draft.Revision.Claims
	claims.Consent.Board = "Second board"
	_, err = listings.SaveStep(ctx, org.Owner, live.Listing.ID, listing.Save{Step: listing.StepConsent, Token: draft.Revision.Token(), Claims: claims})
	must(err)
	_, err = listings.SubmitClaims(ctx, org.Owner, live.Listing.ID)
	must(err)
	must(listings.Publish(ctx, org.Owner, next.Version.ID)) // the changed claims lapse

	for range 2 {
		rejected := listingtest.Version(t, d.DB, org, listing.InReview)
		listingtest.Rule(t, d.DB, first, rejected.Version.ID, listing.Rejects)
		standing, err := flags.Standing(ctx, org.Owner)
		must(err)
		appeal, err := flags.Make(ctx, org.Owner, standing.Appealable[0].Kind, standing.Appealable[0].ID, "The letter of March was overlooked.")
		must(err)
		must(flags.Rule(ctx, second, appeal, moderation.Ruling{Outcome: moderation.Granted, Reason: "The letter of March was overlooked."}))
	}
	back, err := pgx.Connect(ctx, d.SuperURL)
	must(err)
	defer back.Close(ctx)
	var again string
	must(back.QueryRow(ctx, `SELECT id::text FROM version WHERE last_event = 'reopen' ORDER BY id LIMIT 1`).Scan(&again))
	dossier, err := listings.Version(ctx, second, id.Version(again))
	must(err)
	_, err = listings.Decide(ctx, second, listing.Ruling{Version: dossier.Version.ID, RootDigest: dossier.Version.RootDigest,
		ClaimsDigest: dossier.Claims.Digest, Outcome: listing.AsksForChanges, Reason: "A better reason than before."})
	must(err)

	_, err = flags.Report(ctx, moderation.Report{Slug: live.Listing.Slug, Reason: moderation.PHISuspected, Body: "A name stands in the corner.", Email: "reader@example.org"})
	must(err)
	waiting, _, err := flags.Queue(ctx, first)
	must(err)
	must(flags.Claim(ctx, first, waiting[0].ID, false))
	must(flags.Decide(ctx, first, moderation.Decision{Flag: waiting[0].ID, Outcome: moderation.Upheld, Act: moderation.Changes, Strike: true, Reason: "The corner holds a name."}))
	_, err = back.Exec(ctx, `
WITH report AS (
    INSERT INTO audit_report (id, organization_id, version_id, root_digest, claims_digest, verdict, blockers, warnings, report, rules_version, is_reaudit)
    SELECT gen_random_uuid(), organization_id, version_id, root_digest, claims_digest, 'failed', 1, 0, report, '9999.1', true
    FROM   audit_report WHERE version_id = $1 LIMIT 1
    RETURNING id, organization_id, version_id)
INSERT INTO reaudit (id, organization_id, version_id, rules_version, state, outcome, rules, report_id, audited_at)
SELECT gen_random_uuid(), organization_id, version_id, '9999.1', 'open', 'blockers', '{phi-birth-date}', id, now() FROM report`, next.Version.ID)
	must(err)
}

// to brings the schema of a database to a version, as its owner.
func to(t *testing.T, ownerURL string, version uint) {
	t.Helper()
	source, err := iofs.New(migrations.FS, ".")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Scheme = "pgx5"
	m, err := migrate.NewWithSourceInstance("iofs", source, u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Migrate(version); err != nil {
		t.Fatalf("to %d: %v", version, err)
	}
}

// The steps down hold on tables that the desks have filled, and say what
// becomes of what the older schema has no place for; going up again works.
func TestStepsDownOfTheDesksHoldOnFilledTables(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewDatabase(t)
	fill(t, d)
	d.Close()
	conn, err := pgx.Connect(t.Context(), d.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	check := func(when, sql string, want ...string) {
		t.Helper()
		rows, err := conn.Query(t.Context(), sql)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if diff := cmp.Diff(append([]string{}, want...), got); err != nil || diff != "" {
			t.Errorf("%s: %s (-want +got, err: %v):\n%s", when, sql, err, diff)
		}
	}
	const states = `SELECT state FROM version ORDER BY listing_id, number`
	check("filled", states, "superseded", "live", "changes_requested", "in_review")
	check("filled", `SELECT round || ' ' || outcome FROM decision WHERE outcome <> 'approve' ORDER BY created_at`,
		"1 reject", "1 reject", "2 changes_requested")

	to(t, d.OwnerURL, 145)
	check("without a way back", states, "superseded", "live", "changes_requested", "rejected")
	check("without a way back", `SELECT outcome FROM decision WHERE outcome <> 'approve' ORDER BY created_at`, "reject", "changes_requested")
	to(t, d.OwnerURL, 143)
	check("before claims lapse", `SELECT outcome FROM listing_claims WHERE amends_version IS NOT NULL`, "changes_requested")
	to(t, d.OwnerURL, 100)
	check("without audits by new rules", `SELECT rules_version FROM audit_report WHERE verdict = 'failed'`)
	check("without audits by new rules", states, "superseded", "live", "changes_requested", "rejected")
	check("without audits by new rules", `SELECT latest_report_is_clear(id, root_digest)::text FROM version WHERE state = 'live'`, "true")

	if err := postgres.Migrate(t.Context(), d.OwnerURL); err != nil {
		t.Fatalf("up again: %v", err)
	}
	check("up again", states, "superseded", "live", "changes_requested", "rejected")
}
