package sellerdesk_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/sellerdesk"
)

func kindsOf(list []sellerdesk.Todo) []sellerdesk.Kind {
	kinds := []sellerdesk.Kind{}
	for _, t := range list {
		kinds = append(kinds, t.Kind)
	}
	return kinds
}

func TestEachStateOfADataSetIsItsToDo(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	desk, s := sellerdesk.New(db, time.Now), listingtest.Service(db)
	in := func(state listing.State) func(t *testing.T, org accounttest.Org) {
		return func(t *testing.T, org accounttest.Org) { listingtest.Version(t, db, org, state) }
	}
	tests := []struct {
		name string
		make func(t *testing.T, org accounttest.Org)
		want []sellerdesk.Kind
		says func(t sellerdesk.Todo) bool
	}{
		{"nothing listed", func(*testing.T, accounttest.Org) {}, []sellerdesk.Kind{}, nil},
		{"answers missing", func(t *testing.T, org accounttest.Org) { listingtest.Draft(t, db, org.Owner) }, []sellerdesk.Kind{sellerdesk.FinishClaims},
			func(t sellerdesk.Todo) bool { return t.Count > 1 && t.Step != "" && t.Title != "" }},
		{"described, no files", func(t *testing.T, org accounttest.Org) { listingtest.Complete(t, db, org.Owner) }, []sellerdesk.Kind{sellerdesk.SendFiles}, nil},
		{"deleted draft", func(t *testing.T, org accounttest.Org) {
			d := listingtest.Draft(t, db, org.Owner)
			if err := s.Delete(t.Context(), org.Owner, d.Listing.ID); err != nil {
				t.Fatal(err)
			}
		}, []sellerdesk.Kind{}, nil},
		{"upload begun", in(listing.Uploading), []sellerdesk.Kind{sellerdesk.GoOnUpload}, nil},
		{"being audited", in(listing.Auditing), []sellerdesk.Kind{}, nil},
		{"a fault of ours", in(listing.AuditError), []sellerdesk.Kind{}, nil},
		{"audit failed", in(listing.AuditFailed), []sellerdesk.Kind{sellerdesk.MendFiles}, nil},
		{"warnings", in(listing.Flagged), []sellerdesk.Kind{sellerdesk.AnswerWarnings}, func(t sellerdesk.Todo) bool { return t.Count == 2 && t.Number == 1 }},
		{"audited and complete", in(listing.Passed), []sellerdesk.Kind{sellerdesk.SubmitIt}, nil},
		{"in review", in(listing.InReview), []sellerdesk.Kind{}, nil},
		{"changes requested", in(listing.ChangesRequested), []sellerdesk.Kind{sellerdesk.MakeChanges}, nil},
		{"rejected", in(listing.Rejected), []sellerdesk.Kind{sellerdesk.ReadRejection}, nil},
		{"approved", in(listing.Approved), []sellerdesk.Kind{sellerdesk.PublishIt}, nil},
		{"kept back for a month", in(listing.Embargoed), []sellerdesk.Kind{}, nil},
		{"kept back for three days", func(t *testing.T, org accounttest.Org) {
			v := listingtest.Version(t, db, org, listing.Embargoed).Version.ID
			if err := s.Embargo(t.Context(), org.Owner, v, time.Now().UTC().AddDate(0, 0, 3)); err != nil {
				t.Fatal(err)
			}
		}, []sellerdesk.Kind{sellerdesk.EmbargoEnds}, func(t sellerdesk.Todo) bool { return t.Day != nil }},
		{"live", in(listing.Live), []sellerdesk.Kind{}, nil},
		{"suspended", in(listing.Suspended), []sellerdesk.Kind{sellerdesk.Suspended}, nil},
		{"withdrawn", in(listing.Withdrawn), []sellerdesk.Kind{}, nil},
		{"claims edited and not sent", func(t *testing.T, org accounttest.Org) {
			edit(t, db, org, listingtest.Version(t, db, org, listing.Live).Listing.ID)
		}, []sellerdesk.Kind{sellerdesk.SendClaims}, nil},
		{"changed claims not taken over", func(t *testing.T, org accounttest.Org) {
			d := listingtest.Version(t, db, org, listing.Live)
			edit(t, db, org, d.Listing.ID)
			if waits, err := s.SubmitClaims(t.Context(), org.Owner, d.Listing.ID); err != nil || !waits {
				t.Fatalf("waits %v, %v", waits, err)
			}
			listingtest.Rule(t, db, accounttest.Reviewer(t, db), d.Version.ID, listing.Rejects)
		}, []sellerdesk.Kind{sellerdesk.ReadClaims}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			org := accounttest.Seller(t, db)
			tt.make(t, org)
			list, err := desk.Todos(t.Context(), org.Owner)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, kindsOf(list)); diff != "" {
				t.Fatal(diff)
			}
			for _, todo := range list {
				if todo.Since.IsZero() || time.Since(todo.Since) > time.Hour {
					t.Errorf("since %v", todo.Since)
				}
				if tt.says != nil && !tt.says(todo) {
					t.Errorf("it says %+v", todo)
				}
			}
		})
	}
}

// edit changes a material claim of a listing.
func edit(t *testing.T, db *postgres.DB, org accounttest.Org, l id.Listing) {
	t.Helper()
	s := listingtest.Service(db)
	d, err := s.Draft(t.Context(), org.Owner, l)
	if err != nil {
		t.Fatal(err)
	}
	claims := d.Revision.Claims
	claims.Consent.Protocol = "2026-7"
	_, err = s.SaveStep(t.Context(), org.Owner, l, listing.Save{Step: listing.StepConsent, Token: d.Revision.Token(), Claims: claims})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPlanThatFailedIsTheMostUrgent(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Organization(t, db) // not verified
	s := listingtest.Service(db)
	listingtest.Version(t, db, org, listing.AuditFailed)
	d := listingtest.Version(t, db, org, listing.InReview)
	if err := s.PlanPublishing(t.Context(), org.Owner, d.Version.ID, listing.AtOnce, time.Time{}); err != nil {
		t.Fatal(err)
	}
	listingtest.Rule(t, db, accounttest.Reviewer(t, db), d.Version.ID, listing.Approves)
	if _, err := s.PublishDue(t.Context(), listingtest.Worker); err != nil {
		t.Fatal(err)
	}
	list, err := sellerdesk.New(db, time.Now).Todos(t.Context(), org.Owner)
	if err != nil {
		t.Fatal(err)
	}
	want := []sellerdesk.Kind{sellerdesk.Held, sellerdesk.BeginVerification, sellerdesk.MendFiles}
	if diff := cmp.Diff(want, kindsOf(list)); diff != "" {
		t.Error(diff)
	}
	if len(list) > 0 && list[0].Failure != listing.NotVerified {
		t.Errorf("the failure is %q", list[0].Failure)
	}
}

func TestVerificationIsBegunMendedAndRenewed(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	set := func(a postgres.Actor, sql string, args ...any) {
		t.Helper()
		err := db.InTx(t.Context(), a, func(tx pgx.Tx) error { _, err := tx.Exec(t.Context(), sql, args...); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	reviewer := accounttest.Reviewer(t, db)
	grant := func(org accounttest.Org, until string) {
		set(reviewer, `INSERT INTO verification (id, organization_id, level, reason, expires_at, decided_by)
VALUES ($1, $2, 'verified', 'Made for a test.', now() + $3::interval, $4)`, id.New[id.Verification](), org.ID, until, reviewer.User)
	}
	request := func(org accounttest.Org) string {
		r := id.New[string]()
		set(org.Owner, `INSERT INTO verification_request (id, organization_id) VALUES ($1, $2)`, r, org.ID)
		set(org.Owner, `UPDATE verification_request SET state = 'submitted', submitted_by = $2, submitted_at = now() WHERE id = $1`, r, org.Owner.User)
		return r
	}
	tests := []struct {
		name string
		make func(org accounttest.Org)
		want []sellerdesk.Kind
	}{
		{"never asked", func(accounttest.Org) {}, []sellerdesk.Kind{sellerdesk.BeginVerification}},
		{"verified for a year", func(org accounttest.Org) { grant(org, "1 year") }, []sellerdesk.Kind{}},
		{"ends in ten days", func(org accounttest.Org) { grant(org, "10 days") }, []sellerdesk.Kind{sellerdesk.RenewVerification}},
		{"has ended", func(org accounttest.Org) { grant(org, "-1 day") }, []sellerdesk.Kind{sellerdesk.RenewVerification}},
		{"a reviewer looks at it", func(org accounttest.Org) { request(org) }, []sellerdesk.Kind{}},
		{"a reviewer returned it", func(org accounttest.Org) {
			set(reviewer, `UPDATE verification_request SET state = 'returned', decided_by = $2, decided_at = now(), reason = 'Made for a test.' WHERE id = $1`,
				request(org), reviewer.User)
		}, []sellerdesk.Kind{sellerdesk.MendVerification}},
	}
	for _, tt := range tests {
		org := accounttest.Organization(t, db)
		listingtest.Version(t, db, org, listing.InReview)
		tt.make(org)
		list, err := sellerdesk.New(db, time.Now).Todos(t.Context(), org.Owner)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, kindsOf(list)); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
}

func TestToDosAreThoseThatTheMemberMayDo(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org, other := accounttest.Organization(t, db), accounttest.Organization(t, db)
	for _, state := range []listing.State{listing.Passed, listing.Approved, listing.AuditFailed} {
		listingtest.Version(t, db, org, state)
	}
	editor, viewer := accounttest.Member(t, db, org.ID, account.Editor), accounttest.Member(t, db, org.ID, account.Viewer)
	releases := accounttest.Member(t, db, org.ID, account.Viewer)
	if err := account.New(db, account.Options{}).SetRights(t.Context(), org.Owner, releases.User, account.Rights{Publish: true}); err != nil {
		t.Fatal(err)
	}
	desk := sellerdesk.New(db, time.Now)
	for name, tt := range map[string]struct {
		a    postgres.Actor
		want []sellerdesk.Kind
	}{
		"owner":                  {org.Owner, []sellerdesk.Kind{sellerdesk.BeginVerification, sellerdesk.MendFiles, sellerdesk.PublishIt, sellerdesk.SubmitIt}},
		"editor":                 {editor, []sellerdesk.Kind{sellerdesk.MendFiles, sellerdesk.SubmitIt}},
		"viewer":                 {viewer, []sellerdesk.Kind{}},
		"viewer who may publish": {releases, []sellerdesk.Kind{sellerdesk.PublishIt}},
		"another seller":         {other.Owner, []sellerdesk.Kind{}},
	} {
		list, err := desk.Todos(t.Context(), tt.a)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, kindsOf(list)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	forged := postgres.Actor{User: other.Owner.User, Organization: org.ID}
	if _, err := desk.Todos(t.Context(), forged); errs.KindOf(err) != errs.NotFound {
		t.Errorf("somebody who is no member: %v", err)
	}
}

func TestListIsPagedSortedAndSearched(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	s, desk := listingtest.Service(db), sellerdesk.New(db, time.Now)
	basics := listingtest.Claims().Basics
	for i := range 120 {
		basics.Title = fmt.Sprintf("Data set number %03d", i)
		if i == 7 {
			basics.Title = "100% of the_knees"
		}
		if _, err := s.Create(t.Context(), org.Owner, basics); err != nil {
			t.Fatal(err)
		}
	}
	live := listingtest.Version(t, db, org, listing.Live)
	count(t, db, live, 12)
	for _, sort := range sellerdesk.Sorts {
		seen, pages, q := map[string]bool{}, 0, sellerdesk.Query{Sort: sort.Value}
		last := ""
		for {
			page, err := desk.Listings(t.Context(), org.Owner, q)
			if err != nil {
				t.Fatal(err)
			}
			pages++
			for i, row := range page.Rows {
				seen[string(row.Listing)] = true
				if sort.Value == sellerdesk.ByTitle && row.Key < last {
					t.Errorf("%q stands after %q", row.Title, last)
				}
				last = row.Key
				if sort.Value == sellerdesk.ByViews && pages == 1 && i == 0 && (row.Views != 12 || row.Listing != live.Listing.ID) {
					t.Errorf("the most viewed is %q with %d views", row.Title, row.Views)
				}
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if len(seen) != 121 || pages != 3 {
			t.Errorf("by %s: %d data sets on %d pages, want 121 on 3", sort.Value, len(seen), pages)
		}
	}
	page, err := desk.Listings(t.Context(), org.Owner, sellerdesk.Query{Title: "0% of the_"})
	if err != nil || len(page.Rows) != 1 || page.Counts[sellerdesk.Drafts] != 1 {
		t.Errorf("search: %d rows, counts %v, %v", len(page.Rows), page.Counts, err)
	}
	page, err = desk.Listings(t.Context(), org.Owner, sellerdesk.Query{Group: sellerdesk.OnOffer})
	if err != nil || len(page.Rows) != 1 || page.Counts[sellerdesk.OnOffer] != 1 || page.Counts[sellerdesk.Drafts] != 120 {
		t.Errorf("live: %d rows, counts %v, %v", len(page.Rows), page.Counts, err)
	}
	for _, q := range []sellerdesk.Query{{Group: "x"}, {Sort: "x"}, {After: "x"}, {After: "AAAA"}} {
		if _, err := desk.Listings(t.Context(), org.Owner, q); errs.KindOf(err) != errs.Invalid {
			t.Errorf("%+v: %v, want invalid", q, err)
		}
	}
}

// count adds views of a listing, today.
func count(t *testing.T, db *postgres.DB, d listing.Dossier, n int) {
	t.Helper()
	err := db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO listing_view (listing_id, organization_id, day, views)
VALUES ($1, $2, (now() AT TIME ZONE 'UTC')::date, $3)`, d.Listing.ID, d.Listing.Organization, n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFiguresCountWhatIsThere(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	desk := sellerdesk.New(db, time.Now)
	if f, err := desk.Figures(t.Context(), org.Owner); err != nil || f.WasLive || len(f.Health.Grades) != 0 || len(f.Largest) != 0 {
		t.Errorf("of nothing: %+v, %v", f, err)
	}
	live := listingtest.Version(t, db, org, listing.Live)
	listingtest.Version(t, db, org, listing.Flagged)
	listingtest.Version(t, db, org, listing.AuditFailed)
	listingtest.Draft(t, db, org.Owner)
	count(t, db, live, 12)
	f, err := desk.Figures(t.Context(), org.Owner)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sellerdesk.Health{Passed: 1, Flagged: 1, Failed: 1, Open: 2, Grades: []sellerdesk.Grade{}}, f.Health); diff != "" {
		t.Error(diff)
	}
	if !f.WasLive || len(f.Weeks) != 12 || f.Weeks[11].Views != 12 || f.Weeks[0].Views != 0 {
		t.Errorf("was live %v, %d weeks: %+v", f.WasLive, len(f.Weeks), f.Weeks)
	}
}

func TestChangeLogComparesFilesClaimsAndAudits(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org, other := accounttest.Seller(t, db), accounttest.Seller(t, db)
	s, desk := listingtest.Service(db), sellerdesk.New(db, time.Now)
	live := listingtest.Version(t, db, org, listing.Live)
	edit(t, db, org, live.Listing.ID)
	v := listingtest.Begin(t, db, org.Owner, listing.Description{Listing: live.Listing})
	result := listingtest.Result(0, "warning-1")
	result.Manifest = listing.Manifest{
		{Path: "README.txt", SizeBytes: 12, SHA256: result.Manifest[0].SHA256},
		{Path: "study/1.dcm", SizeBytes: 10, SHA256: result.Manifest[0].SHA256},
		{Path: "study/2.dcm", SizeBytes: 10, SHA256: result.Manifest[1].SHA256},
	}
	err := db.InTx(t.Context(), org.Owner, func(tx pgx.Tx) error { return s.Queue(t.Context(), tx, org.Owner, v.ID) })
	if err == nil {
		err = db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error { return audit(t.Context(), s, tx, v.ID, result) })
	}
	if err != nil {
		t.Fatal(err)
	}
	log, err := desk.ChangeLog(t.Context(), org.Owner, live.Listing.ID)
	if err != nil || len(log) != 2 {
		t.Fatalf("%d versions, %v", len(log), err)
	}
	if diff := cmp.Diff(&sellerdesk.FileChanges{Added: 1, Changed: 1, Same: 1, Names: []string{"~ study/1.dcm", "+ study/2.dcm"}}, log[0].Files); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]listing.Step{listing.StepConsent}, log[0].Steps); diff != "" {
		t.Error(diff)
	}
	if log[0].Before != 1 || log[0].Audit.Warnings != 1 || log[0].Was.Warnings != 0 || log[0].Audit.Files != 3 || log[1].Files != nil {
		t.Errorf("the log is %+v", log)
	}
	one, err := desk.ChangeOf(t.Context(), org.Owner, live.Listing.ID, v.ID)
	if diff := cmp.Diff(log[0], one); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if log, err := desk.ChangeLog(t.Context(), other.Owner, live.Listing.ID); err != nil || len(log) != 0 {
		t.Errorf("another seller reads %d versions, %v", len(log), err)
	}
}

func audit(ctx context.Context, s *listing.Service, tx pgx.Tx, v id.Version, result listing.AuditResult) error {
	if _, _, err := s.StartAudit(ctx, tx, listingtest.Worker, v); err != nil {
		return err
	}
	_, err := s.FinishAudit(ctx, tx, listingtest.Worker, v, result)
	return err
}
