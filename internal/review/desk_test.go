package review_test

import (
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/review"
)

// told counts the events of a kind, and returns whom the last one names.
func (d desk) told(t *testing.T, kind notice.Kind) (n int, users []id.User) {
	t.Helper()
	err := d.db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT users FROM notice_event WHERE kind = $1 ORDER BY created_at`, string(kind))
		if err != nil {
			return err
		}
		_, err = pgx.ForEachRow(rows, []any{&users}, func() error { n++; return nil })
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, users
}

// number reads one number as an actor.
func number(t *testing.T, db *postgres.DB, a postgres.Actor, sql string, args ...any) (n int) {
	t.Helper()
	err := db.InTx(t.Context(), a, func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), sql, args...).Scan(&n) })
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// answered brings a flagged version with its warnings answered into review.
func (d desk) answered(t *testing.T, org accounttest.Org) listing.Dossier {
	t.Helper()
	flagged := listingtest.Version(t, d.db, org, listing.Flagged)
	for _, key := range flagged.Report.WarningKeys {
		if err := d.listings.AnswerFinding(t.Context(), org.Owner, flagged.Version.ID, key, "It is part of the protocol."); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.listings.Submit(t.Context(), org.Owner, flagged.Version.ID); err != nil {
		t.Fatal(err)
	}
	return flagged
}

// Of a hundred claims of one item by ten reviewers, one reviewer has it; the
// others are told who.
func TestOneOfManyClaimsHolds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := listingtest.Version(t, d.db, accounttest.Organization(t, d.db), listing.InReview).Version.ID
	reviewers := make([]postgres.Actor, 10)
	for i := range reviewers {
		reviewers[i] = accounttest.Reviewer(t, d.db)
	}
	var won [10]atomic.Bool
	var wait sync.WaitGroup
	for i := range 100 {
		wait.Go(func() {
			switch err := d.reviews.Claim(t.Context(), reviewers[i%10], v); {
			case err == nil:
				won[i%10].Store(true)
			case errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), "has this review"):
				t.Errorf("claim: %v", err)
			}
		})
	}
	wait.Wait()
	winners := 0
	for i := range won {
		if won[i].Load() {
			winners++
		}
	}
	it := d.item(t, v)
	if winners != 1 || len(it.Assigned) != 1 || it.Holder == nil {
		t.Errorf("%d reviewers think that they have it, %d rows, holder %v", winners, len(it.Assigned), it.Holder)
	}
	if n := d.acts(t, v, "review.claim"); n != 1 {
		t.Errorf("%d records of a claim, want 1", n)
	}
}

// An item is given to a colleague, taken over and decided by who has it, each
// with a record; nobody who belongs to the seller gets it.
func TestItemIsPassedOnTakenOverAndDecided(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	org := accounttest.Organization(t, d.db)
	v := listingtest.Version(t, d.db, org, listing.InReview).Version.ID
	second, inside := accounttest.Reviewer(t, d.db), accounttest.Member(t, d.db, org.ID, account.Viewer)
	own := postgres.Actor{User: inside.User, Platform: postgres.Reviewer}

	if err := d.reviews.Claim(ctx, own, v); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("claim of an own organization's: %v, want Forbidden", err)
	}
	if err := d.reviews.Claim(ctx, org.Owner, v); errs.KindOf(err) != errs.NotFound {
		t.Errorf("claim by the seller: %v, want NotFound", err)
	}
	if err := d.reviews.Claim(ctx, d.reviewer, v); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]id.User{"the seller's owner": org.Owner.User, "a member of the seller": inside.User, "a stranger": accounttest.User(t, d.db)} {
		if err := d.reviews.Assign(ctx, d.reviewer, v, to); errs.KindOf(err) != errs.Invalid {
			t.Errorf("given to %s: %v, want Invalid", name, err)
		}
	}
	if err := d.reviews.Assign(ctx, d.reviewer, v, second.User); err != nil {
		t.Fatal(err)
	}
	if n, users := d.told(t, notice.ReviewAssigned); n != 1 || cmp.Diff([]id.User{second.User}, users) != "" {
		t.Errorf("%d notices, the last to %v, want one to the second reviewer", n, users)
	}
	queue, err := d.reviews.Queue(ctx, second, review.Filter{Whose: review.Mine})
	if err != nil || len(queue) != 1 || queue[0].HolderName == "" {
		t.Errorf("the second reviewer's queue: %+v (%v)", queue, err)
	}
	if free, err := d.reviews.Queue(ctx, second, review.Filter{Whose: review.Nobodys}); err != nil || len(free) != 0 {
		t.Errorf("unassigned: %v (%v), want none", free, err)
	}
	listingtest.Check(t, d.db, d.reviewer, v)
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(d.item(t, v))); errs.KindOf(err) != errs.Conflict {
		t.Errorf("decision on what a colleague has: %v, want Conflict", err)
	}
	if err := d.reviews.Release(ctx, d.reviewer, v); errs.KindOf(err) != errs.Conflict {
		t.Errorf("release of what a colleague has: %v, want Conflict", err)
	}
	if err := d.reviews.Assign(ctx, d.reviewer, v, d.reviewer.User); err != nil {
		t.Fatal(err)
	}
	if n, users := d.told(t, notice.ReviewAssigned); n != 2 || cmp.Diff([]id.User{second.User}, users) != "" {
		t.Errorf("%d notices, the last to %v, want two, both to the second reviewer", n, users)
	}
	admin := accounttest.Admin(t, d.db)
	for _, to := range []id.User{second.User, d.reviewer.User} { // an admin gives it away as well
		if err := d.reviews.Assign(ctx, admin, v, to); err != nil {
			t.Fatal(err)
		}
	}
	if it := d.item(t, v); it.Holder == nil || it.Holder.Reviewer != d.reviewer.User {
		t.Errorf("after an admin gave it to the reviewer %+v has it", it.Holder)
	}
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(d.item(t, v))); err != nil {
		t.Fatal(err)
	}
	var how []string
	for _, a := range d.item(t, v).Assigned {
		how = append(how, a.EndedHow)
	}
	if diff := cmp.Diff([]string{"passed_on", "taken_over", "taken_over", "taken_over", "decided"}, how); diff != "" {
		t.Errorf("how assignments ended (-want +got):\n%s", diff)
	}
	for verb, want := range map[string]int{"review.claim": 1, "review.assign": 3, "review.take_over": 1} {
		if got := d.acts(t, v, verb); got != want {
			t.Errorf("%d records of %s, want %d", got, verb, want)
		}
	}
	if n := number(t, d.db, org.Owner, `SELECT count(*) FROM review_assignment`); n != 0 {
		t.Errorf("the seller sees %d assignments", n)
	}
}

// The table in the database and the lists in the code ask for the same checks.
func TestChecklistsInCodeAndDatabaseAgree(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	want := map[string]bool{}
	for _, kind := range review.Kinds {
		for _, c := range review.ChecklistOf(kind.Value) {
			want[string(kind.Value)+" "+string(c)] = true
		}
	}
	got := map[string]bool{}
	rows, err := d.db.Pool().Query(t.Context(), `SELECT kind || ' ' || item FROM review_checklist`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range list {
		got[line] = true
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 15 {
		t.Errorf("checklists (-code +database):\n%s", diff)
	}
}

// An approval takes an answer to every check of every kind that applies, none
// of them no, about the digests that are approved.
func TestIncompleteChecklistHoldsAnApprovalBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	v := listingtest.Version(t, d.db, accounttest.Organization(t, d.db), listing.InReview).Version.ID
	it := d.item(t, v)
	answers := review.Answers{RootDigest: it.Dossier.Version.RootDigest, ClaimsDigest: it.Claims.Digest}
	for _, c := range it.Checklist {
		answers.Given = append(answers.Given, review.Checked{Item: c.Item, Verdict: "yes"})
	}
	if len(answers.Given) != 7 || it.Missing().Unchecked != 7 {
		t.Fatalf("%d checks for a first listing, %+v missing, want 7", len(answers.Given), it.Missing())
	}
	refused := func(why string) {
		t.Helper()
		if _, err := d.reviews.Decide(ctx, d.reviewer, approval(it)); errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), "checklist") {
			t.Errorf("approval with %s: %v, want Conflict", why, err)
		}
	}
	save := func(given ...review.Checked) error {
		return d.reviews.SaveChecks(ctx, d.reviewer, v, review.Answers{RootDigest: answers.RootDigest, ClaimsDigest: answers.ClaimsDigest, Given: given})
	}
	refused("nothing checked")
	if err := save(answers.Given[:6]...); err != nil {
		t.Fatal(err)
	}
	refused("one check open")
	last := answers.Given[6]
	last.Verdict = "no"
	if err := save(last); len(errs.FieldsOf(err)) != 1 {
		t.Errorf("no without a word: %v, want a mistake", err)
	}
	last.Note = "The title names the wrong organ."
	if err := save(last); err != nil {
		t.Fatal(err)
	}
	refused("a check answered no")
	stale := answers
	stale.RootDigest = answers.ClaimsDigest
	if err := d.reviews.SaveChecks(ctx, d.reviewer, v, stale); errs.KindOf(err) != errs.Conflict {
		t.Errorf("checks of other files: %v, want Conflict", err)
	}
	last.Verdict, last.Note = "not_applicable", "It has no title page."
	if err := save(last); err != nil {
		t.Fatal(err)
	}
	got := d.item(t, v)
	if !got.Missing().None() || got.Checklist[6].By == "" || got.Checklist[6].Note != last.Note {
		t.Errorf("after all answers %+v missing, the last is %+v", got.Missing(), got.Checklist[6])
	}
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(it)); err != nil {
		t.Errorf("approval with all checked: %v", err)
	}
	if err := save(last); errs.KindOf(err) != errs.Conflict {
		t.Errorf("a check after the decision: %v, want Conflict", err)
	}
}

// A warning about identifiers is overridden by two people, none of them of the
// seller, whatever way the approval comes.
func TestOverrideOfIdentifiersNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	org := accounttest.Organization(t, d.db)
	v := d.answered(t, org).Version.ID
	second := accounttest.Reviewer(t, d.db)
	listingtest.Check(t, d.db, d.reviewer, v)
	keys := d.item(t, v).Dossier.Report.IdentifierKeys
	if len(keys) != 2 {
		t.Fatalf("warnings about identifiers: %v, want both", keys)
	}
	judge := func(a postgres.Actor, key string, want errs.Kind) {
		t.Helper()
		err := d.reviews.Judge(ctx, a, v, key, true, "")
		if err == nil && want == errs.Internal {
			return
		}
		if errs.KindOf(err) != want {
			t.Errorf("accept %s: %v, want %v", key, err, want)
		}
	}
	const done = errs.Internal
	judge(d.reviewer, keys[0], done)
	judge(d.reviewer, keys[1], done)
	judge(d.reviewer, keys[0], errs.Conflict)
	if n, users := d.told(t, notice.SecondPersonNeeded); n != 1 || len(users) != 1 || users[0] != second.User {
		t.Errorf("%d notices to %v, want one to the second reviewer", n, users)
	}
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(d.item(t, v))); errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), "two people") {
		t.Errorf("approval by one person: %v, want Conflict", err)
	}
	for who, n := range map[*postgres.Actor]int{&d.reviewer: 0, &second: 1} {
		if list, err := d.reviews.Queue(ctx, *who, review.Filter{Whose: review.ForSecond}); err != nil || len(list) != n {
			t.Errorf("%d items wait for a second person, want %d (%v)", len(list), n, err)
		}
	}
	err := d.db.InTx(ctx, d.reviewer, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE finding_answer SET confirmed_by = $1, confirmed_at = now() WHERE version_id = $2`, d.reviewer.User, v)
		return err
	})
	if !postgres.IsRefused(err) {
		t.Errorf("the database lets one person confirm: %v", err)
	}
	err = d.db.InTx(ctx, d.reviewer, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE finding_answer SET confirmed_by = $1, confirmed_at = now() WHERE version_id = $2`, second.User, v)
		return err
	})
	if !postgres.IsRefused(err) {
		t.Errorf("the database lets one person confirm in another's name: %v", err)
	}

	if err := d.reviews.TakeBack(ctx, second, v, keys[1]); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("the second takes the first one's word back: %v, want Forbidden", err)
	}
	if err := d.reviews.TakeBack(ctx, d.reviewer, v, keys[1]); err != nil {
		t.Fatal(err)
	}
	if m := d.item(t, v).Missing(); m.Unjudged != 1 || m.Second != 1 {
		t.Errorf("after taking one back: %+v", m)
	}
	judge(d.reviewer, keys[1], done)
	judge(second, keys[0], done)
	judge(second, keys[1], done)
	if err := d.reviews.TakeBack(ctx, d.reviewer, v, keys[1]); errs.KindOf(err) != errs.Conflict {
		t.Errorf("taken back after two have accepted: %v, want Conflict", err)
	}
	join := func(sql string) {
		t.Helper()
		err := d.db.InTx(ctx, postgres.Actor{Organization: org.ID}, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, sql, org.ID, second.User)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	join(`INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'viewer')`)
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(d.item(t, v))); errs.KindOf(err) != errs.Conflict {
		t.Errorf("approval after the second person joined the seller: %v, want Conflict", err)
	}
	join(`DELETE FROM membership WHERE organization_id = $1 AND user_id = $2`)
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(d.item(t, v))); err != nil {
		t.Errorf("approval by two people: %v", err)
	}
}

// The database derives from a report which warnings are about identifiers:
// every rule that names a HIPAA letter, and every one that it does not know.
func TestDatabaseKnowsWarningsAboutIdentifiers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	rules := append(audit.Registry(), finding.Rule{ID: "new-unknown", Severity: finding.Warning})
	var findings []finding.Finding
	var keys []string
	letters := map[string]bool{}
	for _, r := range rules {
		r.Severity = finding.Warning
		f := r.New("(0010,0010) PatientName", "AAAA^AAA\"<&é", "Named “so” in “Größe” & <more>.", finding.Location{File: "a.dcm"})
		findings, keys = append(findings, f), append(keys, f.Key())
		letters[f.Key()] = len(r.HIPAA) > 0 || r.ID == "new-unknown"
	}
	body, err := json.Marshal(audit.Report{Findings: findings})
	if err != nil {
		t.Fatal(err)
	}
	var about []string
	err = d.db.Pool().QueryRow(t.Context(), `SELECT identifier_warnings($1::jsonb, $2)`, string(body), append(keys, "nobody-knows")).Scan(&about)
	if err != nil {
		t.Fatal(err)
	}
	is := map[string]bool{}
	for _, key := range about {
		is[key] = true
	}
	structure := 0
	for i, key := range keys {
		if letters[key] && !is[key] {
			t.Errorf("%s names identifiers and the database does not say so", rules[i].ID)
		}
		if !is[key] {
			structure++
		}
	}
	if !is["nobody-knows"] || structure < 20 || structure > len(keys)/2 {
		t.Errorf("unknown key: %v; %d of %d rules are about structure alone", is["nobody-knows"], structure, len(keys))
	}
}

// Notes are for reviewers outside the seller; nobody changes or deletes one.
func TestNotesStayWithTheReviewers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	org := accounttest.Organization(t, d.db)
	v := listingtest.Version(t, d.db, org, listing.InReview).Version.ID
	inside := accounttest.Member(t, d.db, org.ID, account.Viewer)
	own := postgres.Actor{User: inside.User, Platform: postgres.Reviewer}
	if err := d.reviews.AddNote(ctx, d.reviewer, v, "The phone number on the letterhead is not in service."); err != nil {
		t.Fatal(err)
	}
	if list := d.item(t, v).Notes; len(list) != 1 || list[0].Name == "" {
		t.Fatalf("notes: %+v", list)
	}
	acting := postgres.Actor{User: d.reviewer.User, Organization: org.ID}
	for name, a := range map[string]postgres.Actor{"the seller": org.Owner, "a reviewer of the seller's own": own, "a stranger": accounttest.Organization(t, d.db).Owner,
		"the public": {}, "a worker": listingtest.Worker, "a reviewer without the role": acting} {
		if n := number(t, d.db, a, `SELECT count(*) FROM review_note`); n != 0 {
			t.Errorf("%s sees %d notes", name, n)
		}
		if n := number(t, d.db, a, `SELECT count(*) FROM review_check`); n != 0 {
			t.Errorf("%s sees %d checks", name, n)
		}
	}
	if it, err := d.reviews.Item(ctx, own, v); err != nil || len(it.Notes) != 0 {
		t.Errorf("a reviewer of the seller's own reads %v (%v)", it.Notes, err)
	}
	if err := d.reviews.AddNote(ctx, own, v, "I know them well."); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("a note by a reviewer of the seller's own: %v, want Forbidden", err)
	}
	for _, sql := range []string{`UPDATE review_note SET text = 'changed'`, `DELETE FROM review_note`} {
		err := d.db.InTx(ctx, d.reviewer, func(tx pgx.Tx) error { _, err := tx.Exec(ctx, sql); return err })
		if err == nil {
			t.Errorf("%s was possible", sql)
		}
	}
}

// An order is carried out item by item: what is refused keeps nothing else
// back, and each says why.
func TestBulkSaysWhatBecameOfEach(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	free := listingtest.Version(t, d.db, accounttest.Organization(t, d.db), listing.InReview).Version.ID
	taken := listingtest.Version(t, d.db, accounttest.Organization(t, d.db), listing.InReview).Version.ID
	decided := listingtest.Version(t, d.db, accounttest.Organization(t, d.db), listing.Approved).Version.ID
	if err := d.reviews.Claim(ctx, accounttest.Reviewer(t, d.db), taken); err != nil {
		t.Fatal(err)
	}
	items, err := d.reviews.Select(ctx, d.reviewer, []id.Version{free, taken, decided, id.New[id.Version]()})
	if err != nil || len(items) != 3 {
		t.Fatalf("selected %v (%v), want the three that exist", items, err)
	}
	kinds := func(o review.Order) (list []errs.Kind) {
		t.Helper()
		done, err := d.reviews.Bulk(ctx, d.reviewer, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range done {
			if x.Err == nil {
				list = append(list, 0)
			} else {
				list = append(list, errs.KindOf(x.Err))
			}
		}
		return list
	}
	want := []errs.Kind{0, errs.Conflict, errs.Conflict}
	if diff := cmp.Diff(want, kinds(review.Order{Act: review.BulkClaim, Items: items})); diff != "" {
		t.Errorf("claim (-want +got):\n%s", diff)
	}
	stale := append([]review.Selected(nil), items...)
	stale[0].ClaimsDigest = stale[0].RootDigest
	order := review.Order{Act: review.BulkReturn, Items: stale, Reason: "consent_unclear"}
	if diff := cmp.Diff([]errs.Kind{errs.Conflict, errs.Conflict, errs.Conflict}, kinds(order)); diff != "" {
		t.Errorf("sent back by other digests (-want +got):\n%s", diff)
	}
	order.Items = items
	if diff := cmp.Diff(want, kinds(order)); diff != "" {
		t.Errorf("sent back (-want +got):\n%s", diff)
	}
	if got := d.item(t, free).Dossier; got.Version.State != listing.ChangesRequested || len(got.Decisions[0].Grounds) != 1 {
		t.Errorf("sent back: %s with %v", got.Version.State, got.Decisions)
	}
	for name, o := range map[string]review.Order{
		"act": {Items: items}, "items": {Act: review.BulkClaim}, "reason": {Act: review.BulkSuspend, Items: items}} {
		if _, err := d.reviews.Bulk(ctx, d.reviewer, o); len(errs.FieldsOf(err)) != 1 || errs.FieldsOf(err)[0].Field != name {
			t.Errorf("an order without %s: %v", name, err)
		}
	}
}

// Grounds reach the seller with their places, and nobody else.
func TestGroundsReachTheSeller(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Organization(t, d.db)
	it := d.item(t, listingtest.Version(t, d.db, org, listing.InReview).Version.ID)
	back := approval(it)
	back.Outcome = listing.AsksForChanges
	back.Grounds = []listing.Ground{{Reason: "consent_unclear", Section: listing.StepConsent, Text: "The waiver is silent."}, {Reason: "identifiers_left", Files: 12}}
	if _, err := d.reviews.Decide(t.Context(), d.reviewer, back); err != nil {
		t.Fatal(err)
	}
	got, err := d.listings.Version(t.Context(), org.Owner, it.Dossier.Version.ID)
	if err != nil || len(got.Decisions) != 1 {
		t.Fatalf("decisions: %v (%v)", got.Decisions, err)
	}
	for i := range back.Grounds {
		back.Grounds[i].Decision = got.Decisions[0].ID
	}
	if diff := cmp.Diff(back.Grounds, got.Decisions[0].Grounds); diff != "" {
		t.Errorf("grounds (-given +read):\n%s", diff)
	}
	for name, a := range map[string]postgres.Actor{"a stranger": accounttest.Organization(t, d.db).Owner, "the public": {}} {
		if n := number(t, d.db, a, `SELECT count(*) FROM decision_ground`); n != 0 {
			t.Errorf("%s sees %d grounds", name, n)
		}
	}
	err = d.db.InTx(t.Context(), d.reviewer, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO decision_ground (decision_id, organization_id, position, reason) VALUES ($1, $2, 9, 'other')`, got.Decisions[0].ID, org.ID)
		return err
	})
	if !postgres.IsRefused(err) {
		t.Errorf("a ground added later: %v, want a refusal", err)
	}
}

// A reviewer is told when something new waits.
func TestReviewersAreToldWhatWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Organization(t, d.db)
	passed := listingtest.Version(t, d.db, org, listing.Passed)
	if _, err := d.listings.Submit(t.Context(), org.Owner, passed.Version.ID); err != nil {
		t.Fatal(err)
	}
	if n, _ := d.told(t, notice.ReviewWaiting); n != 1 {
		t.Errorf("%d notices of what waits, want 1", n)
	}
}
