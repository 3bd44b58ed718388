package review_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/review"
	"assay/internal/verification"
)

var waiverDigest = strings.Repeat("ab", 32)

// waiver sends a document and a signer of the seller in, and has a reviewer
// accept both.
func (d desk) waiver(t *testing.T, org accounttest.Org) {
	t.Helper()
	request := id.New[string]()
	as := org.Owner
	exec := func(sql string, args ...any) {
		t.Helper()
		err := d.db.InTx(t.Context(), as, func(tx pgx.Tx) error { _, err := tx.Exec(t.Context(), sql, args...); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO verification_request (id, organization_id) VALUES ($1, $2)`, request, org.ID)
	document := id.New[string]()
	exec(`INSERT INTO vault_document (id, organization_id, kind, title) VALUES ($1, $2, 'consent_waiver', 'Waiver')`, document, org.ID)
	exec(`INSERT INTO vault_version (document_id, number, organization_id, name, media_type, size_bytes, sha256, blob_key, key_id, uploaded_by)
		VALUES ($1, 1, $2, 'waiver.pdf', 'application/pdf', 10, $3, 'k', repeat('0', 16), $4)`, document, org.ID, waiverDigest, org.Owner.User)
	exec(`UPDATE vault_version SET submitted_at = now() WHERE document_id = $1`, document)
	exec(`INSERT INTO verification_document (request_id, organization_id, document_id, number, kind) VALUES ($1, $2, $3, 1, 'ethics')`, request, org.ID, document)
	exec(`INSERT INTO signer (id, organization_id, user_id, title, document_id, number, valid_until, named_by)
		VALUES ($1, $2, $3, 'Director of data licensing', $4, 1, current_date + 300, $3)`, id.New[string](), org.ID, org.Owner.User, document)
	exec(`UPDATE signer SET submitted_at = now() WHERE organization_id = $1`, org.ID)
	exec(`UPDATE verification_request SET state = 'submitted', submitted_at = now(), submitted_by = $2 WHERE id = $1`, request, org.Owner.User)
	as = d.reviewer
	exec(`UPDATE verification_document SET verdict = 'accepted' WHERE request_id = $1`, request)
	exec(`UPDATE signer SET state = 'accepted', decided_by = $2, decided_at = now() WHERE organization_id = $1`, org.ID, d.reviewer.User)
	exec(`UPDATE verification_request SET state = 'granted', decided_by = $2, decided_at = now(), reason = 'In order.' WHERE id = $1`, request, d.reviewer.User)
}

func grant(it review.Item) review.LicensingRuling {
	return review.LicensingRuling{Version: it.Dossier.Version.ID, ClaimsDigest: it.Claims.Digest, Granted: true, Rights: true, Consent: true, Authority: true,
		Clause: "3.1", Document: waiverDigest, Signer: it.Signers[0].ID}
}

// super runs statements past row security and triggers, on one connection.
func (d desk) super(t *testing.T, statements ...string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), d.superURL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	for _, sql := range statements {
		if _, err := c.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// badge is what buyers see of the commercial review.
func (d desk) badge(t *testing.T, slug string) *catalog.CommercialReview {
	t.Helper()
	e, err := catalog.NewStore(d.db).Get(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	return e.Detail.CommercialReview
}

// found counts what a search for 1 in a field finds.
func (d desk) found(t *testing.T, field string) int {
	t.Helper()
	q, err := catalog.ParseQuery(map[string][]string{field: {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := catalog.NewStore(d.db).Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return list.Total
}

// The badge is granted on named evidence, survives changes that touch neither
// license nor consent, and goes with the claims that it was about.
func TestCommercialBadgeHoldsUntilTheTermsChange(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	org := accounttest.Seller(t, d.db)
	live := listingtest.Version(t, d.db, org, listing.Approved)
	if err := d.listings.Publish(ctx, org.Owner, live.Version.ID); err != nil {
		t.Fatal(err)
	}
	v, slug := live.Version.ID, live.Listing.Slug
	d.waiver(t, org)
	if err := d.reviews.AskLicensing(ctx, org.Owner, v); err != nil {
		t.Fatal(err)
	}
	if err := d.reviews.AskLicensing(ctx, org.Owner, v); errs.KindOf(err) != errs.Conflict {
		t.Errorf("asked twice: %v, want Conflict", err)
	}
	if list, err := d.reviews.LicensingQueue(ctx, d.reviewer); err != nil || len(list) != 1 || list[0].Version != v {
		t.Errorf("queue of licensing reviews: %v (%v)", list, err)
	}
	if d.badge(t, slug) != nil {
		t.Error("a badge before any review")
	}
	if err := d.reviews.DecideLicensing(ctx, d.reviewer, grant(d.item(t, v))); err != nil {
		t.Fatal(err)
	}
	want := &catalog.CommercialReview{Clause: "3.1", Document: "IRB, consent or waiver", SHA256: waiverDigest, SignerRole: "Director of data licensing"}
	got := d.badge(t, slug)
	if got != nil {
		want.On, want.Until = got.On, time.Now().UTC().AddDate(0, 0, 300).Format(time.DateOnly)
	}
	if diff := cmp.Diff(want, got); diff != "" || got.On == "" {
		t.Errorf("badge (-want +got):\n%s", diff)
	}
	if n := d.found(t, "commercial_review"); n != 1 {
		t.Errorf("the search by the badge finds %d, want 1", n)
	}

	edit := func(step listing.Step, change func(*listing.Claims)) (waits bool) {
		t.Helper()
		draft, err := d.listings.Draft(ctx, org.Owner, live.Listing.ID)
		if err != nil {
			t.Fatal(err)
		}
		c := draft.Revision.Claims
		change(&c)
		if _, err = d.listings.SaveStep(ctx, org.Owner, live.Listing.ID, listing.Save{Step: step, Token: draft.Revision.Token(), Claims: c}); err != nil {
			t.Fatal(err)
		}
		if waits, err = d.listings.SubmitClaims(ctx, org.Owner, live.Listing.ID); err != nil {
			t.Fatal(err)
		}
		return waits
	}
	if edit(listing.StepBasics, func(c *listing.Claims) { c.Basics.Title = "Low-dose chest CT with nodules, 2026" }) || d.badge(t, slug) == nil {
		t.Error("a changed title takes the badge away")
	}
	if !edit(listing.StepConsent, func(c *listing.Claims) { c.Consent.Protocol = "2026-1" }) || d.badge(t, slug) == nil {
		t.Error("changed consent that waits takes the badge away from what is live")
	}
	listingtest.Check(t, d.db, d.reviewer, v)
	if _, err := d.reviews.Decide(ctx, d.reviewer, approval(d.item(t, v))); err != nil {
		t.Fatal(err)
	}
	if d.badge(t, slug) != nil {
		t.Error("the badge outlives the consent claims that it was about")
	}
	if it := d.item(t, v); len(it.Licensing) != 1 || it.Licensing[0].Holds {
		t.Errorf("reviews of the terms: %+v", it.Licensing)
	}
}

// Nothing is granted without all evidence, by the seller or one who belongs to
// it, or against what the claims themselves say.
func TestCommercialBadgeTakesEvidenceAndAnOutsider(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	org := accounttest.Seller(t, d.db)
	v := listingtest.Version(t, d.db, org, listing.InReview)
	d.waiver(t, org)
	it := d.item(t, v.Version.ID)
	for field, spoil := range map[string]func(*review.LicensingRuling){
		"rights_hold":      func(r *review.LicensingRuling) { r.Rights = false },
		"consent_holds":    func(r *review.LicensingRuling) { r.Consent = false },
		"authority_holds":  func(r *review.LicensingRuling) { r.Authority = false },
		"clause":           func(r *review.LicensingRuling) { r.Clause = " " },
		"document":         func(r *review.LicensingRuling) { r.Document = strings.Repeat("cd", 32) },
		"signer":           func(r *review.LicensingRuling) { r.Signer = id.New[id.Signer]() },
		"licensing_reason": func(r *review.LicensingRuling) { r.Granted = false },
	} {
		r := grant(it)
		spoil(&r)
		if got := errs.FieldsOf(d.reviews.DecideLicensing(ctx, d.reviewer, r)); len(got) != 1 || got[0].Field != field {
			t.Errorf("%s: mistakes %v", field, got)
		}
	}
	stale := grant(it)
	stale.ClaimsDigest = it.Dossier.Version.RootDigest
	if err := d.reviews.DecideLicensing(ctx, d.reviewer, stale); errs.KindOf(err) != errs.Conflict {
		t.Errorf("about other claims: %v, want Conflict", err)
	}
	own := postgres.Actor{User: accounttest.Member(t, d.db, org.ID, account.Viewer).User, Platform: postgres.Reviewer}
	for name, c := range map[string]struct {
		a    postgres.Actor
		want errs.Kind
	}{"the seller": {org.Owner, errs.NotFound}, "a reviewer of the seller's own": {own, errs.Forbidden}} {
		if err := d.reviews.DecideLicensing(ctx, c.a, grant(it)); errs.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if err := d.reviews.AskLicensing(ctx, accounttest.Organization(t, d.db).Owner, v.Version.ID); errs.KindOf(err) != errs.Conflict {
		t.Errorf("a stranger asks: %v, want Conflict as for any version that is not there", err)
	}
	err := d.db.InTx(ctx, d.reviewer, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO commercial_review (id, organization_id, listing_id, version_id, claims_id, claims_digest, terms_digest, outcome, rights, consent, authority, reviewer_id, decided_at)
			SELECT gen_random_uuid(), v.organization_id, v.listing_id, v.id, c.id, c.claims_digest, commercial_terms_digest(c.claims), 'granted', 'yes', 'yes', 'yes', $2, now()
			FROM   version v JOIN listing_claims c ON c.id = v.claims_id WHERE v.id = $1`, v.Version.ID, d.reviewer.User)
		return err
	})
	if !postgres.IsRefused(err) {
		t.Errorf("granted without evidence in the database: %v, want a refusal", err)
	}
}

// A paper that was not accepted, or has ended, and a signer whose day is over
// bear no badge.
func TestCommercialBadgeRestsOnWhatHolds(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct{ spoil, field string }{
		"a rejected paper":           {`UPDATE verification_document SET verdict = 'rejected'`, "document"},
		"a paper nobody judged":      {`UPDATE verification_document SET verdict = 'open'`, "document"},
		"a paper that ended":         {`UPDATE vault_version SET expires_on = current_date - 2`, "document"},
		"one of a refused request":   {`UPDATE verification_request SET state = 'refused'`, "document"},
		"a signer whose day is over": {`UPDATE signer SET valid_until = current_date - 2`, "signer"},
		"a signer who was removed":   {`UPDATE signer SET state = 'removed'`, "signer"},
		"a signer who has left":      {`DELETE FROM membership WHERE user_id IN (SELECT user_id FROM signer)`, "signer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			org := accounttest.Seller(t, d.db)
			v := listingtest.Version(t, d.db, org, listing.InReview)
			d.waiver(t, org)
			ruling := grant(d.item(t, v.Version.ID))
			d.super(t, `SET session_replication_role = replica`, x.spoil)
			if got := errs.FieldsOf(d.reviews.DecideLicensing(t.Context(), d.reviewer, ruling)); len(got) != 1 || got[0].Field != x.field {
				t.Errorf("granted on it: mistakes %v, want one of %s", got, x.field)
			}
		})
	}
}

// The badge ends with what it rests on: for readers on the day, in the search
// with the next sweep, which tells the seller.
func TestCommercialBadgeEndsWithItsEvidence(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Seller(t, d.db)
	live := listingtest.Version(t, d.db, org, listing.Approved)
	if err := d.listings.Publish(t.Context(), org.Owner, live.Version.ID); err != nil {
		t.Fatal(err)
	}
	d.waiver(t, org)
	if err := d.reviews.DecideLicensing(t.Context(), d.reviewer, grant(d.item(t, live.Version.ID))); err != nil {
		t.Fatal(err)
	}
	if err := d.reviews.Sweep(t.Context()); err != nil || d.badge(t, live.Listing.Slug) == nil {
		t.Fatalf("a sweep before the day takes the badge away (%v)", err)
	}
	d.super(t, `SET session_replication_role = replica`, `UPDATE commercial_review SET valid_until = current_date - 2`,
		`UPDATE catalog_listing SET detail = jsonb_set(detail, '{commercial_review,until}', to_jsonb((current_date - 2)::text))`)
	if c := d.badge(t, live.Listing.Slug); c.HoldsOn(time.Now()) {
		t.Error("the badge holds past its day")
	}
	for range 2 {
		if err := d.reviews.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if c := d.badge(t, live.Listing.Slug); c == nil || c.Ended == "" || c.EndedWhy != catalog.DayOver {
		t.Errorf("after the sweep the page says %+v, want that it ended with its day", c)
	}
	if n := d.found(t, "commercial_review"); n != 0 {
		t.Errorf("the search by the badge finds %d after its day, want none", n)
	}
	if n := d.mails(t, "Review of commercial terms ended"); n != 1 {
		t.Errorf("the seller was told %d times, want once", n)
	}
	if it := d.item(t, live.Version.ID); it.Licensing[0].Holds {
		t.Error("the review holds past its day")
	}
}

// The badge ends with its signer, however the signer goes: buyers read since
// when and why, the search finds it no more, the seller is told once, and the
// review keeps who it named.
func TestCommercialBadgeEndsWithItsSigner(t *testing.T) {
	t.Parallel()
	const reason = "The power of attorney was withdrawn."
	for name, x := range map[string]struct {
		goes func(*testing.T, desk, accounttest.Org, id.Signer) error
		want catalog.End
	}{
		"taken back by a reviewer": {func(t *testing.T, d desk, org accounttest.Org, s id.Signer) error {
			return verification.New(d.db, nil, nil, time.Now).TakeBackSigner(t.Context(), d.reviewer, org.ID, s, reason)
		}, catalog.SignerTakenBack},
		"removed by the seller": {func(t *testing.T, d desk, org accounttest.Org, s id.Signer) error {
			return verification.New(d.db, nil, nil, time.Now).RemoveSigner(t.Context(), org.Owner, s)
		}, catalog.SignerLeft},
		"gone from the organization": {func(t *testing.T, d desk, org accounttest.Org, s id.Signer) error {
			accounttest.Member(t, d.db, org.ID, account.Admin) // who is told
			d.super(t, `SET session_replication_role = replica`, `DELETE FROM membership WHERE user_id = (SELECT user_id FROM signer)`)
			return nil
		}, catalog.SignerLeft},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			org := accounttest.Seller(t, d.db)
			live := listingtest.Version(t, d.db, org, listing.Approved)
			if err := d.listings.Publish(t.Context(), org.Owner, live.Version.ID); err != nil {
				t.Fatal(err)
			}
			d.waiver(t, org)
			ruling := grant(d.item(t, live.Version.ID))
			if err := d.reviews.DecideLicensing(t.Context(), d.reviewer, ruling); err != nil {
				t.Fatal(err)
			}
			if err := x.goes(t, d, org, ruling.Signer); err != nil {
				t.Fatal(err)
			}
			if it := d.item(t, live.Version.ID); it.Licensing[0].Holds || it.Licensing[0].Over != x.want {
				t.Errorf("before the sweep the desk reads holds %v, over %q; want over %q", it.Licensing[0].Holds, it.Licensing[0].Over, x.want)
			}
			for range 2 {
				if err := d.reviews.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if c := d.badge(t, live.Listing.Slug); c == nil || c.HoldsOn(time.Now()) || c.Ended == "" || c.EndedWhy != x.want {
				t.Errorf("the page says %+v, want ended: %s", c, x.want)
			}
			if n := d.found(t, "commercial_review"); n != 0 {
				t.Errorf("the search by the badge finds %d, want none", n)
			}
			if n := d.mails(t, "Review of commercial terms ended"); n != 1 {
				t.Errorf("the seller was told %d times, want once", n)
			}
			if it := d.item(t, live.Version.ID); it.Licensing[0].EndedAt == nil || it.Licensing[0].Over != x.want || it.Licensing[0].Signer == "" {
				t.Errorf("the desk reads %+v, want when and why it ended, and who signed", it.Licensing[0])
			}
			if n := d.acts(t, live.Version.ID, "version.licensing_end"); n != 1 {
				t.Errorf("%d ends in the record, want 1", n)
			}
		})
	}
}

// Nobody but the worker ends a badge, for no reason but a true one, and nobody
// takes an end back.
func TestCommercialBadgeEndsForTrueReasonsAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Seller(t, d.db)
	v := listingtest.Version(t, d.db, org, listing.InReview)
	d.waiver(t, org)
	if err := d.reviews.DecideLicensing(t.Context(), d.reviewer, grant(d.item(t, v.Version.ID))); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		a   postgres.Actor
		set string
	}{
		"a worker, while all of it holds":   {listingtest.Worker, `ended_at = now(), ended_why = 'taken_back'`},
		"a reviewer":                        {d.reviewer, `ended_at = now(), ended_why = 'day'`},
		"a reviewer, another signer's name": {d.reviewer, `signer_id = NULL`},
	} {
		err := d.db.InTx(t.Context(), x.a, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE commercial_review SET `+x.set)
			return err
		})
		if !postgres.IsRefused(err) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	d.super(t, `SET session_replication_role = replica`, `UPDATE signer SET state = 'refused'`)
	if err := d.reviews.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := d.db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE commercial_review SET ended_at = now() + interval '1 day'`)
		return err
	})
	if !postgres.IsRefused(err) {
		t.Errorf("an end is changed: %v, want a refusal", err)
	}
}

// What new rules found is due like a report by the public if it shows a person.
func TestFindingsOfNewRulesAreDueWithinTheirPromise(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC) // a Friday
	for outcome, want := range map[string]time.Time{
		"identifiers": at.Add(4 * time.Hour), "blockers": time.Date(2026, 12, 2, 8, 0, 0, 0, time.UTC), "warnings": time.Date(2026, 12, 2, 8, 0, 0, 0, time.UTC),
	} {
		if got := (review.Reaudit{Outcome: outcome, AuditedAt: at}).Due(); !got.Equal(want) {
			t.Errorf("%s are due %v, want %v", outcome, got, want)
		}
	}
}

// A review of commercial terms has a clock of its own.
func TestLicensingReviewsAreDueWithinTheirPromise(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC) // a Friday
	if got, want := (review.LicensingWaiting{Since: asked}).Due(), time.Date(2026, 12, 4, 8, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("asked for on a Friday, it is due %v, want %v", got, want)
	}
}

// The terms may be refused on the page of the next version: what is live loses
// the badge in the same transaction.
func TestCommercialTermsRefusedForTheNextVersionTakeTheBadge(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Seller(t, d.db)
	live := listingtest.Version(t, d.db, org, listing.Approved)
	if err := d.listings.Publish(t.Context(), org.Owner, live.Version.ID); err != nil {
		t.Fatal(err)
	}
	d.waiver(t, org)
	if err := d.reviews.DecideLicensing(t.Context(), d.reviewer, grant(d.item(t, live.Version.ID))); err != nil {
		t.Fatal(err)
	}
	next := listingtest.Advance(t, d.db, org, listing.Description{Listing: live.Listing}, listing.InReview)
	err := d.reviews.DecideLicensing(t.Context(), d.reviewer, review.LicensingRuling{Version: next.Version.ID,
		ClaimsDigest: d.item(t, next.Version.ID).Claims.Digest, Reason: "The consent does not cover it."})
	if err != nil {
		t.Fatal(err)
	}
	if d.badge(t, live.Listing.Slug) != nil {
		t.Error("the badge outlives the refusal")
	}
}

// What a new version changed in the files is counted by path and digest.
func TestChangedFilesAreCounted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	org := accounttest.Seller(t, d.db)
	first := listingtest.Version(t, d.db, org, listing.Approved)
	if err := d.listings.Publish(t.Context(), org.Owner, first.Version.ID); err != nil {
		t.Fatal(err)
	}
	v := listingtest.Begin(t, d.db, org.Owner, listing.Description{Listing: first.Listing})
	result := listingtest.Result(0)
	result.Manifest[0].SHA256 = strings.Repeat("1", 64)
	result.Manifest[1].Path = "study/2.dcm"
	d.audit(t, org, v.ID, result)
	if _, err := d.listings.Submit(t.Context(), org.Owner, v.ID); err != nil {
		t.Fatal(err)
	}
	want := &review.FileChanges{Added: 1, Removed: 1, Changed: 1, Paths: []review.FileChange{
		{Kind: "added", Path: "study/2.dcm"}, {Kind: "changed", Path: "README.txt"}, {Kind: "removed", Path: "study/1.dcm"}}}
	if diff := cmp.Diff(want, d.item(t, v.ID).Files); diff != "" {
		t.Errorf("files since the last approval (-want +got):\n%s", diff)
	}
}

// audit hands the result of an audit over for a version that was begun.
func (d desk) audit(t *testing.T, org accounttest.Org, v id.Version, result listing.AuditResult) {
	t.Helper()
	ctx, w := t.Context(), listingtest.Worker
	for _, step := range []struct {
		a  postgres.Actor
		do func(pgx.Tx) error
	}{
		{org.Owner, func(tx pgx.Tx) error { return d.listings.Queue(ctx, tx, org.Owner, v) }},
		{w, func(tx pgx.Tx) error { _, _, err := d.listings.StartAudit(ctx, tx, w, v); return err }},
		{w, func(tx pgx.Tx) error { _, err := d.listings.FinishAudit(ctx, tx, w, v, result); return err }},
	} {
		if err := d.db.InTx(ctx, step.a, step.do); err != nil {
			t.Fatal(err)
		}
	}
}
