package review_test

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/review"
)

// racers is one listing whose seller and reviewers race, round after round.
type racers struct {
	desk
	org         accounttest.Org
	listing     listing.Listing
	other       postgres.Actor // a second reviewer
	stale       review.Decision
	shown       id.Version // the version that went live last
	approved    *atomic.Int64
	live, taken *atomic.Int64
}

// A seller who sends other files, other claims or a next version while a
// reviewer approves never has anything live but what was audited and reviewed:
// the digests that are published, audited and approved are the same, and so are
// those of every version that was ever live. ASSAY_RACES sets how many races.
func TestRacesOfApproveAndReuploadKeepTheDigests(t *testing.T) {
	races, _ := strconv.Atoi(os.Getenv("ASSAY_RACES"))
	if races < 1 {
		races = 100
	}
	d := newDesk(t)
	const sellers = 4
	var approved, live, taken atomic.Int64
	var wait sync.WaitGroup
	for i := range sellers {
		org := accounttest.Seller(t, d.db)
		first := listingtest.Complete(t, d.db, org.Owner)
		r := &racers{desk: d, org: org, listing: first.Listing, other: accounttest.Reviewer(t, d.db), approved: &approved, live: &live, taken: &taken}
		wait.Go(func() {
			for round := i; round < races && !t.Failed(); round += sellers {
				r.round(t, round)
			}
		})
	}
	wait.Wait()
	checkDigests(t, d)
	t.Logf("%d races: %d versions approved, %d went live, %d replacements of files or claims tried meanwhile", races, approved.Load(), live.Load(), taken.Load())
	if approved.Load() < int64(races)/4 || live.Load() < int64(races)/8 {
		t.Errorf("%d approvals and %d publications in %d races: most races were none", approved.Load(), live.Load(), races)
	}
}

// round sends a version with files of its own into review and lets everybody
// act at once.
func (r *racers) round(t *testing.T, round int) {
	ctx := t.Context()
	r.decideClaims(t, round)
	v, ok := r.send(t, round)
	if !ok {
		return
	}
	it, err := r.reviews.Item(ctx, r.reviewer, v)
	if err != nil {
		t.Error(err)
		return
	}
	listingtest.Check(t, r.db, r.reviewer, v)
	approve, back := approval(it), approval(it)
	back.Outcome, back.Grounds = listing.AsksForChanges, []listing.Ground{{Reason: "rights_unclear", Section: listing.StepRights}}
	acts := []func() error{
		func() error { // the reviewer approves what the page showed, and the seller publishes at once
			if _, err := r.reviews.Decide(ctx, r.reviewer, approve); err != nil {
				return err
			}
			r.approved.Add(1)
			if err := r.listings.Publish(ctx, r.org.Owner, v); err != nil {
				return err
			}
			r.live.Add(1)
			r.shown = v
			return nil
		},
		func() error { return r.replaceFile(t, v, round) },
		func() error { return r.editClaims(t, round) },
		func() error { // a next version, as soon as there may be one
			return r.db.InTx(ctx, r.org.Owner, func(tx pgx.Tx) error {
				_, err := r.listings.StartVersion(ctx, tx, r.org.Owner, r.listing.ID, "")
				return err
			})
		},
	}
	if round%3 == 0 { // a second reviewer sends it back
		acts = append(acts, func() error { _, err := r.reviews.Decide(ctx, r.other, back); return err })
	}
	if r.stale.Version != "" { // a page from the round before, about this version
		old := r.stale
		old.Version = v
		acts = append(acts, func() error {
			if _, err := r.reviews.Decide(ctx, r.other, old); err == nil {
				t.Errorf("round %d: an approval of the digests of another version held", round)
			}
			return nil
		})
	}
	r.stale = approve
	var race sync.WaitGroup
	for _, act := range acts {
		race.Go(func() {
			switch err := act(); errs.KindOf(err) {
			case errs.Conflict, errs.NotFound, errs.Invalid:
			default:
				if err != nil && !postgres.IsRefused(err) {
					t.Errorf("round %d: %v", round, err)
				}
			}
		})
	}
	race.Wait()
	r.checkLive(t, round)
}

// decideClaims rules on changed claims that wait from the last race, by two
// reviewers at once.
func (r *racers) decideClaims(t *testing.T, round int) {
	if r.shown == "" {
		return
	}
	it, err := r.reviews.Item(t.Context(), r.reviewer, r.shown)
	if err != nil || !it.Waits {
		return
	}
	listingtest.Check(t, r.db, r.reviewer, r.shown)
	back := approval(it)
	back.Outcome, back.Grounds = listing.AsksForChanges, []listing.Ground{{Reason: "consent_unclear", Section: listing.StepConsent}}
	var held atomic.Int32
	var race sync.WaitGroup
	for who, decision := range map[postgres.Actor]review.Decision{r.reviewer: approval(it), r.other: back} {
		race.Go(func() {
			if _, err := r.reviews.Decide(t.Context(), who, decision); err == nil {
				held.Add(1)
			} else if errs.KindOf(err) != errs.Conflict {
				t.Errorf("round %d: changed claims: %v", round, err)
			}
		})
	}
	race.Wait()
	if held.Load() != 1 {
		t.Errorf("round %d: %d decisions on changed claims held, want 1", round, held.Load())
	}
	r.checkLive(t, round)
}

// send begins or goes on with a version, with files of its own, and submits it.
func (r *racers) send(t *testing.T, round int) (id.Version, bool) {
	ctx := t.Context()
	versions, err := r.listings.Versions(ctx, r.org.Owner, r.listing.ID)
	if err != nil {
		t.Error(err)
		return "", false
	}
	var v id.Version
	if len(versions) > 0 && versions[0].State == listing.Uploading { // begun in the last race
		v = versions[0].ID
		if err := r.listings.SetChangeNote(ctx, r.org.Owner, v, "Other files than before."); err != nil {
			t.Error(err)
			return "", false
		}
	} else {
		v = listingtest.Begin(t, r.db, r.org.Owner, listing.Description{Listing: r.listing}).ID
	}
	result := listingtest.Result(0)
	result.Manifest[1].SHA256 = fmt.Sprintf("%064x", round+1)
	r.audit(t, r.org, v, result)
	if _, err := r.listings.Submit(ctx, r.org.Owner, v); err != nil {
		t.Errorf("round %d: submit: %v", round, err)
		return "", false
	}
	return v, true
}

// replaceFile tries to change the files under the version, past the service.
func (r *racers) replaceFile(t *testing.T, v id.Version, round int) error {
	r.taken.Add(1)
	err := r.db.InTx(t.Context(), r.org.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO version_file (version_id, organization_id, path, size_bytes, sha256) VALUES ($1, $2, 'study/9.dcm', 9, $3)`,
			v, r.org.ID, fmt.Sprintf("%064x", 9))
		return err
	})
	if err == nil {
		t.Errorf("round %d: a file was added under the review", round)
	}
	err = r.db.InTx(t.Context(), r.org.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE version SET root_digest = $2 WHERE id = $1`, v, fmt.Sprintf("%064x", round))
		return err
	})
	if err == nil {
		t.Errorf("round %d: the root digest was replaced under the review", round)
	}
	return err
}

// editClaims changes a claim that a reviewer has to see, and sends it in where
// something is live.
func (r *racers) editClaims(t *testing.T, round int) error {
	r.taken.Add(1)
	ctx := t.Context()
	draft, err := r.listings.Draft(ctx, r.org.Owner, r.listing.ID)
	if err != nil {
		return err
	}
	c := draft.Revision.Claims
	c.Consent.Protocol = fmt.Sprintf("2026-%d", round)
	if _, err := r.listings.SaveStep(ctx, r.org.Owner, r.listing.ID, listing.Save{Step: listing.StepConsent, Token: draft.Revision.Token(), Claims: c}); err != nil {
		return err
	}
	_, err = r.listings.SubmitClaims(ctx, r.org.Owner, r.listing.ID)
	return err
}

// oddLive finds versions that are or were live, and whatever buyers see, whose
// digests are not those that were audited and approved.
const oddLive = `
SELECT count(*)
FROM   version v
JOIN   listing_claims c ON c.id = v.claims_id
LEFT JOIN catalog_listing p ON p.id = v.listing_id AND v.state = 'live'
WHERE  v.live_at IS NOT NULL
AND    (v.root_digest <> manifest_digest(v.id)
        OR NOT EXISTS (SELECT FROM audit_report r WHERE r.version_id = v.id AND r.root_digest = v.root_digest AND r.blockers = 0)
        OR NOT EXISTS (SELECT FROM decision d
                       WHERE  d.version_id = v.id
                       AND    d.outcome = 'approve'
                       AND    d.root_digest = v.root_digest
                       AND    d.claims_digest = c.claims_digest)
        OR v.state = 'live' AND p.detail -> 'audit' ->> 'root_digest' IS DISTINCT FROM v.root_digest)`

func checkDigests(t *testing.T, d desk) {
	t.Helper()
	if n := number(t, d.db, listingtest.Worker, oddLive); n != 0 {
		t.Errorf("%d versions were live with digests that were not audited and approved", n)
	}
	if n := number(t, d.db, listingtest.Worker, `SELECT count(*) FROM (SELECT version_id, claims_id FROM decision GROUP BY 1, 2 HAVING count(*) > 1) d`); n != 0 {
		t.Errorf("%d items were decided twice", n)
	}
}

func (r *racers) checkLive(t *testing.T, round int) {
	n := 0
	err := r.db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), oddLive+` AND v.listing_id = $1`, r.listing.ID).Scan(&n)
	})
	if err != nil || n != 0 {
		t.Errorf("round %d: %d odd versions (%v)", round, n, err)
	}
}
