package listing_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

var errRolledBack = errors.New("rolled back by the test")

const forceMove = `
UPDATE version
SET    state = @to, last_event = @event, reason = 'forced', embargo_until = coalesce(embargo_until, current_date + 9)
WHERE  id = @id`

// attempt runs one statement as the app's role and undoes it. It returns how
// many rows it would have changed.
func attempt(t testing.TB, db *postgres.DB, a postgres.Actor, sql string, args pgx.NamedArgs) (rows int64, err error) {
	t.Helper()
	err = db.InTx(context.Background(), a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(context.Background(), sql, args)
		if err != nil {
			return err
		}
		rows = tag.RowsAffected()
		return errRolledBack
	})
	if errors.Is(err, errRolledBack) {
		err = nil
	}
	return rows, err
}

func TestDatabaseRefusesEveryMoveThatTheLifecycleDoesNotName(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	reviewer := accounttest.Reviewer(t, db)
	for _, from := range listing.States {
		t.Run(string(from.Value), func(t *testing.T) {
			t.Parallel()
			org := accounttest.Organization(t, db)
			v := listingtest.Version(t, db, org, from.Value).Version
			parties := map[listing.Party]postgres.Actor{
				listing.Seller: org.Owner, listing.Reviewer: reviewer, listing.Worker: listingtest.Worker,
			}
			tried, allowed := 0, 0
			for _, to := range listing.States {
				if to.Value == from.Value {
					continue // a row that keeps its state may be touched
				}
				for event := range allEvents() {
					for party, actor := range parties {
						rows, err := attempt(t, db, actor, forceMove, pgx.NamedArgs{"id": v.ID, "to": string(to.Value), "event": string(event)})
						tried++
						may := mayMove(from.Value, event, to.Value, party)
						did := err == nil && rows == 1
						if did {
							allowed++
						}
						if did && !may {
							t.Errorf("%s moved a version from %s by %s to %s", party, from.Value, event, to.Value)
						}
						if may && err != nil && (constraint(err) == "version_transition" || constraint(err) == "version_party") {
							t.Errorf("%s may move from %s by %s to %s, but: %v", party, from.Value, event, to.Value, err)
						}
					}
				}
			}
			if want := (len(listing.States) - 1) * len(allEvents()) * 3; tried != want {
				t.Errorf("tried %d moves from %s, want %d", tried, from.Value, want)
			}
		})
	}
}

func allEvents() map[listing.Event]bool {
	events := map[listing.Event]bool{}
	for _, tr := range listing.Transitions() {
		events[tr.Event] = true
	}
	return events
}

func mayMove(from listing.State, event listing.Event, to listing.State, by listing.Party) bool {
	return slices.ContainsFunc(listing.Transitions(), func(tr listing.Transition) bool {
		return tr.From == from && tr.Event == event && tr.To == to && slices.Contains(tr.By, by)
	})
}

// constraint names what the database held against a statement.
func constraint(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return ""
}

func TestDatabaseRefusesWhatMustNeverBe(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	stranger := accounttest.Organization(t, db)
	reviewer := accounttest.Reviewer(t, db)
	insider := accounttest.Member(t, db, org.ID, "editor")
	insider = postgres.Actor{User: insider.User, Platform: postgres.Reviewer}

	live := listingtest.Version(t, db, org, listing.Live)
	review := listingtest.Version(t, db, org, listing.InReview)
	approved := listingtest.Version(t, db, org, listing.Approved)
	auditing := listingtest.Version(t, db, org, listing.Auditing)
	draft := listingtest.Draft(t, db, org.Owner)
	waiting := listingtest.Version(t, db, org, listing.Passed)
	beside := draftBeside(t, db, org, waiting)
	if _, err := listingtest.Service(db).Submit(t.Context(), org.Owner, waiting.Version.ID); err != nil {
		t.Fatal(err)
	}
	unverified := accounttest.Organization(t, db)
	unpublished := listingtest.Version(t, db, unverified, listing.Approved)

	const decide = `
INSERT INTO decision (id, organization_id, version_id, claims_id, root_digest, claims_digest, kind, outcome, reason, reviewer_id)
VALUES (gen_random_uuid(), @organization, @version, @claims, @root, @digest, @kind, 'approve', '', @reviewer)`
	decision := func(d listing.Dossier, kind string, by any) pgx.NamedArgs {
		return pgx.NamedArgs{"organization": d.Version.Organization, "version": d.Version.ID, "claims": d.Claims.ID,
			"root": d.Version.RootDigest, "digest": d.Claims.Digest, "kind": kind, "reviewer": by}
	}
	otherFiles := decision(review, "review", reviewer.User)
	otherFiles["root"] = fmt.Sprintf("%064d", 1)
	otherClaims := decision(review, "review", reviewer.User)
	otherClaims["digest"] = fmt.Sprintf("%064d", 1)

	tests := []struct {
		name  string
		actor postgres.Actor
		sql   string
		args  pgx.NamedArgs
	}{
		{"a seller approves an own version", org.Owner, decide, decision(review, "review", org.Owner.User)},
		{"a seller approves in the name of a reviewer", org.Owner, decide, decision(review, "review", reviewer.User)},
		{"a reviewer decides on an organization of their own", insider, decide, decision(review, "review", insider.User)},
		{"a reviewer decides in another's name", reviewer, decide, decision(review, "review", insider.User)},
		{"an approval of other files", reviewer, decide, otherFiles},
		{"an approval of other claims", reviewer, decide, otherClaims},
		{"an approval of a version that is not in review", reviewer, decide, decision(approved, "review", reviewer.User)},
		{"a seller's first listing is approved at once", org.Owner, decide, decision(review, "automatic", nil)},
		{"a worker approves", listingtest.Worker, decide, decision(review, "automatic", nil)},
		{"an approval is changed", reviewer, `UPDATE decision SET outcome = 'reject' WHERE version_id = @id`, pgx.NamedArgs{"id": live.Version.ID}},
		{"an approval is deleted", reviewer, `DELETE FROM decision WHERE version_id = @id`, pgx.NamedArgs{"id": live.Version.ID}},

		{"a version begins live", org.Owner, `INSERT INTO version (id, organization_id, listing_id, number, state) VALUES (gen_random_uuid(), @organization, @listing, 9, 'live')`,
			pgx.NamedArgs{"organization": org.ID, "listing": draft.Listing.ID}},
		{"a second version is on its way", org.Owner, forceMove, pgx.NamedArgs{"id": beside, "to": "uploading", "event": "start_upload"}},
		{"a second draft", org.Owner, `INSERT INTO version (id, organization_id, listing_id, number) VALUES (gen_random_uuid(), @organization, @listing, 9)`,
			pgx.NamedArgs{"organization": org.ID, "listing": waiting.Listing.ID}},
		{"a version of somebody else's listing", stranger.Owner, `INSERT INTO version (id, organization_id, listing_id, number) VALUES (gen_random_uuid(), @organization, @listing, 9)`,
			pgx.NamedArgs{"organization": stranger.ID, "listing": draft.Listing.ID}},
		{"an unverified seller publishes", unverified.Owner, forceMove, pgx.NamedArgs{"id": unpublished.Version.ID, "to": "live", "event": "publish"}},
		{"the digest of the files is changed", org.Owner, `UPDATE version SET root_digest = @root WHERE id = @id`,
			pgx.NamedArgs{"id": live.Version.ID, "root": fmt.Sprintf("%064d", 1)}},
		{"a digest that is not that of the files", listingtest.Worker, `UPDATE version SET root_digest = @root WHERE id = @id`,
			pgx.NamedArgs{"id": auditing.Version.ID, "root": fmt.Sprintf("%064d", 1)}},
		{"a file is added after the audit", org.Owner, `INSERT INTO version_file (version_id, organization_id, path, size_bytes, sha256) VALUES (@id, @organization, 'late.dcm', 1, '')`,
			pgx.NamedArgs{"id": review.Version.ID, "organization": org.ID}},
		{"a file is changed", org.Owner, `UPDATE version_file SET size_bytes = 1 WHERE version_id = @id`, pgx.NamedArgs{"id": live.Version.ID}},
		{"a file is deleted", org.Owner, `DELETE FROM version_file WHERE version_id = @id`, pgx.NamedArgs{"id": live.Version.ID}},
		{"the claims of a version in review are exchanged", org.Owner, `UPDATE version SET claims_id = @claims WHERE id = @id`,
			pgx.NamedArgs{"id": review.Version.ID, "claims": live.Claims.ID}},
		{"a live version gets claims that nobody approved", org.Owner, `UPDATE version SET claims_id = @claims WHERE id = @id`,
			pgx.NamedArgs{"id": live.Version.ID, "claims": review.Claims.ID}},
		{"a version changes hands", org.Owner, `UPDATE version SET organization_id = @organization WHERE id = @id`,
			pgx.NamedArgs{"id": live.Version.ID, "organization": stranger.ID}},
		{"a version is deleted", org.Owner, `DELETE FROM version WHERE id = @id`, pgx.NamedArgs{"id": live.Version.ID}},
		{"history is written by hand", org.Owner, `INSERT INTO version_event (organization_id, version_id, from_state, event, to_state) VALUES (@organization, @id, 'draft', 'publish', 'live')`,
			pgx.NamedArgs{"organization": org.ID, "id": live.Version.ID}},
		{"history is changed", org.Owner, `UPDATE version_event SET event = 'x' WHERE version_id = @id`, pgx.NamedArgs{"id": live.Version.ID}},

		{"frozen claims are changed", org.Owner, `UPDATE listing_claims SET canonical = '{}', claims_digest = encode(sha256('{}'), 'hex') WHERE id = @id`,
			pgx.NamedArgs{"id": live.Claims.ID}},
		{"frozen claims are thawed", org.Owner, `UPDATE listing_claims SET frozen_at = NULL WHERE id = @id`, pgx.NamedArgs{"id": live.Claims.ID}},
		{"frozen claims are deleted", org.Owner, `DELETE FROM listing_claims WHERE id = @id`, pgx.NamedArgs{"id": live.Claims.ID}},
		{"a digest that is not that of the claims", org.Owner, `UPDATE listing_claims SET claims_digest = @digest WHERE id = @id`,
			pgx.NamedArgs{"id": draft.Revision.ID, "digest": fmt.Sprintf("%064d", 1)}},
		{"a stranger changes a draft", stranger.Owner, `UPDATE listing_claims SET lock = lock + 1 WHERE id = @id`, pgx.NamedArgs{"id": draft.Revision.ID}},
		{"a reviewer changes a draft", reviewer, `UPDATE listing_claims SET lock = lock + 1 WHERE id = @id`, pgx.NamedArgs{"id": draft.Revision.ID}},
		{"a submitted listing gets another address", org.Owner, `UPDATE listing SET slug = 'another' WHERE id = @id`, pgx.NamedArgs{"id": live.Listing.ID}},
		{"a submitted listing is deleted", org.Owner, `UPDATE listing SET deleted_at = now() WHERE id = @id`, pgx.NamedArgs{"id": live.Listing.ID}},

		{"a seller writes a report", org.Owner, `
INSERT INTO audit_report (id, organization_id, version_id, root_digest, claims_digest, verdict, blockers, warnings, report, rules_version)
VALUES (gen_random_uuid(), @organization, @id, @root, @digest, 'passed', 0, 0, '{}', 'x')`,
			pgx.NamedArgs{"organization": org.ID, "id": live.Version.ID, "root": live.Version.RootDigest, "digest": live.Claims.Digest}},
		{"a report about other files", listingtest.Worker, `
INSERT INTO audit_report (id, organization_id, version_id, root_digest, claims_digest, verdict, blockers, warnings, report, rules_version)
VALUES (gen_random_uuid(), @organization, @id, @root, @digest, 'passed', 0, 0, '{}', 'x')`,
			pgx.NamedArgs{"organization": org.ID, "id": live.Version.ID, "root": fmt.Sprintf("%064d", 1), "digest": live.Claims.Digest}},
		{"a report is changed", listingtest.Worker, `UPDATE audit_report SET blockers = 0 WHERE version_id = @id`, pgx.NamedArgs{"id": live.Version.ID}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := attempt(t, db, tt.actor, tt.sql, tt.args)
			if err == nil && rows > 0 {
				t.Errorf("the database allowed it: %d rows", rows)
			}
			if err != nil && !postgres.IsRefused(err) && constraint(err) == "" {
				t.Errorf("refused for another reason than a rule: %v", err)
			}
		})
	}
}

func TestBlockerFoundLaterKeepsAVersionFromGoingLive(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	d := listingtest.Version(t, db, org, listing.Approved)
	s := listingtest.Service(db)
	err := db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		_, err := s.AddReport(t.Context(), tx, listingtest.Worker, d.Version.ID, d.Claims.Digest, listingtest.Result(1))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(t.Context(), org.Owner, d.Version.ID); constraint(err) != "version_live_reported" {
		t.Errorf("Publish with a blocker in the newest report: %v, want version_live_reported", err)
	}
}

func TestAtMostOneVersionIsLive(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	first := listingtest.Version(t, db, org, listing.Live)
	second := listingtest.Advance(t, db, org, listing.Description{Listing: first.Listing}, listing.Approved)
	_, err := attempt(t, db, org.Owner, forceMove, pgx.NamedArgs{"id": second.Version.ID, "to": "live", "event": "publish"})
	if !postgres.IsUnique(err, "version_one_live") {
		t.Errorf("a second live version: %v, want version_one_live", err)
	}
}

func TestWorkerEndsNoEmbargoEarly(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	d := listingtest.Version(t, db, org, listing.Embargoed)
	_, err := attempt(t, db, listingtest.Worker, forceMove, pgx.NamedArgs{"id": d.Version.ID, "to": "live", "event": "publish"})
	if constraint(err) != "version_embargo_day" {
		t.Errorf("a worker published before the day: %v, want version_embargo_day", err)
	}
}

func TestManifestDigestOfDatabaseAndCodeAgree(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	s := listingtest.Service(db)
	v := listingtest.Version(t, db, org, listing.Auditing).Version
	result := listingtest.Result(0)
	result.Manifest = listing.Manifest{
		{Path: "b/é.dcm", SizeBytes: 3, SHA256: fmt.Sprintf("%064d", 7)},
		{Path: "B.dcm", SizeBytes: 1 << 40},
		{Path: "a\\b\nc.dcm", SizeBytes: 0, SHA256: fmt.Sprintf("%064d", 8)},
		{Path: "a b", SizeBytes: 5, SHA256: fmt.Sprintf("%064d", 9)},
	}
	err := db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		_, err := s.FinishAudit(t.Context(), tx, listingtest.Worker, v.ID, result)
		return err
	})
	if err != nil {
		t.Errorf("the database computes another digest of the manifest: %v", err)
	}
	files, err := s.Files(t.Context(), org.Owner, v.ID, "", 10)
	if err != nil || files.RootDigest() != result.Manifest.RootDigest() {
		t.Errorf("Files = %v, %v; their digest differs from what was sealed", files, err)
	}
}

func TestExactlyOneOfManyRulingsHolds(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	d := listingtest.Version(t, db, org, listing.InReview)
	s := listingtest.Service(db)
	const n = 100
	reviewers := make([]postgres.Actor, 4)
	for i := range reviewers {
		reviewers[i] = accounttest.Reviewer(t, db)
	}
	outcomes := []listing.Outcome{listing.Approves, listing.AsksForChanges, listing.Rejects}
	results := make(chan error, n)
	start := make(chan struct{})
	for i := range n {
		go func() {
			<-start
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			_, err := s.Decide(ctx, reviewers[i%len(reviewers)], listing.Ruling{
				Version: d.Version.ID, RootDigest: d.Version.RootDigest, ClaimsDigest: d.Claims.Digest,
				Outcome: outcomes[i%len(outcomes)], Reason: "One of many at once."})
			results <- err
		}()
	}
	close(start)
	held := 0
	for range n {
		if err := <-results; err == nil {
			held++
		} else if !isConflict(err) {
			t.Errorf("a late ruling: %v, want Conflict", err)
		}
	}
	after, err := s.Version(t.Context(), org.Owner, d.Version.ID)
	if err != nil {
		t.Fatal(err)
	}
	if held != 1 || len(after.Decisions) != 1 {
		t.Errorf("%d of %d rulings held, %d rows; want 1 and 1", held, n, len(after.Decisions))
	}
	if acts := activityOf(t, db, "version", string(d.Version.ID), "version.decide"); acts != 1 {
		t.Errorf("%d acts were recorded, want 1", acts)
	}
}

func activityOf(t testing.TB, db *postgres.DB, object, objectID, verb string) int {
	t.Helper()
	n := 0
	err := db.InTx(context.Background(), postgres.Actor{Platform: postgres.Admin}, func(tx pgx.Tx) error {
		return tx.QueryRow(context.Background(),
			`SELECT count(*) FROM activity WHERE object = $1 AND object_id = $2 AND verb = $3`, object, objectID, verb).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReviewerSeesNothingThatWasNotSubmitted(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db)
	reviewer := accounttest.Reviewer(t, db)
	for _, state := range []listing.State{listing.Draft, listing.Queued, listing.Flagged, listing.AuditFailed} {
		d := listingtest.Version(t, db, org, state)
		for _, table := range []string{"listing", "listing_claims", "version", "version_file", "audit_report"} {
			column := map[string]string{"listing": "id", "listing_claims": "listing_id"}[table]
			key := string(d.Listing.ID)
			if column == "" {
				column, key = "version_id", string(d.Version.ID)
				if table == "version" {
					column = "id"
				}
			}
			if n := count(t, db, reviewer, table, column, key); n != 0 {
				t.Errorf("a reviewer sees %d rows of %s of a version that is %s", n, table, state)
			}
		}
	}
}

func count(t testing.TB, db *postgres.DB, a postgres.Actor, table, column, key string) int {
	t.Helper()
	n := 0
	err := db.InTx(context.Background(), a, func(tx pgx.Tx) error {
		sql := "SELECT count(*) FROM " + pgx.Identifier{table}.Sanitize() + " WHERE " + pgx.Identifier{column}.Sanitize() + " = $1"
		return tx.QueryRow(context.Background(), sql, key).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStrangerSeesNoRowOfAnyTable(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org, stranger := accounttest.Seller(t, db), accounttest.Organization(t, db)
	listingtest.Version(t, db, org, listing.Live)
	listingtest.Version(t, db, org, listing.Flagged)
	for _, table := range []string{"listing", "listing_claims", "version", "version_file", "version_event", "audit_report", "finding_answer", "decision"} {
		if n := count(t, db, org.Owner, table, "organization_id", string(org.ID)); n == 0 && table != "finding_answer" {
			t.Errorf("the owner sees no row of %s: the test shows nothing", table)
		}
		for name, a := range map[string]postgres.Actor{"a stranger": stranger.Owner, "the public": {}} {
			if n := count(t, db, a, table, "organization_id", string(org.ID)); n != 0 {
				t.Errorf("%s sees %d rows of %s", name, n, table)
			}
		}
	}
}
