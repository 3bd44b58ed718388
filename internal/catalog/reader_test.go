package catalog_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/credential"
	"assay/internal/credential/credentialtest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// readers is a seller with annotators whose listings go live.
type readers struct {
	t        *testing.T
	db       postgrestest.Database
	org      accounttest.Org
	reviewer postgres.Actor
	listings *listing.Service
	*credential.Service
}

func newReaders(t *testing.T) *readers {
	t.Helper()
	db := postgrestest.NewDatabase(t)
	return &readers{t, db, accounttest.Seller(t, db.DB), accounttest.Reviewer(t, db.DB), listing.New(db.DB, catalog.Publisher{}, time.Now),
		credentialtest.Open(t, db.DB, catalog.Publisher{})}
}

func (r *readers) submitted(label string, until *time.Time) (id.Annotator, id.Credential) {
	r.t.Helper()
	return credentialtest.Submitted(r.t, r.Service, r.org.Owner, credentialtest.Radiologist(label), credentialtest.Facts(until))
}

// live publishes a listing whose readers are linked.
func (r *readers) live(linked ...id.Annotator) (slug string) {
	r.t.Helper()
	d := r.draft(linked...)
	v := listingtest.Advance(r.t, r.db.DB, r.org, d, listing.Approved)
	if err := r.listings.Publish(r.t.Context(), r.org.Owner, v.Version.ID); err != nil {
		r.t.Fatal(err)
	}
	return v.Listing.Slug
}

func (r *readers) draft(linked ...id.Annotator) listing.Description {
	r.t.Helper()
	claims := listingtest.Claims()
	claims.Annotators.Groups[0].Linked = linked
	return listingtest.Save(r.t, r.db.DB, r.org.Owner, listingtest.Draft(r.t, r.db.DB, r.org.Owner), claims)
}

// counted is how many listings the facet has, and how many its filter finds.
func (r *readers) counted() (inFacet, found int) {
	r.t.Helper()
	all, err := catalog.NewStore(r.db.DB).Search(r.t.Context(), catalog.Query{})
	check(r.t, err)
	for _, f := range all.Facets {
		if f.Field == catalog.FieldVerifiedReaders && len(f.Values) > 0 {
			inFacet = f.Values[0].Count
		}
	}
	q, err := catalog.ParseQuery(url.Values{"verified_radiologists": {"1"}})
	check(r.t, err)
	result, err := catalog.NewStore(r.db.DB).Search(r.t.Context(), q)
	check(r.t, err)
	return inFacet, result.Total
}

func (r *readers) wantCounted(when string, want int) {
	r.t.Helper()
	if inFacet, found := r.counted(); inFacet != want || found != want {
		r.t.Errorf("%s: the facet counts %d, the filter finds %d, want %d", when, inFacet, found, want)
	}
}

// super runs a statement past all triggers and policies.
func (r *readers) super(sql string, args ...any) {
	r.t.Helper()
	c, err := pgx.Connect(r.t.Context(), r.db.SuperURL)
	check(r.t, err)
	defer c.Close(context.Background())
	_, err = c.Exec(r.t.Context(), "SET session_replication_role = replica")
	check(r.t, err)
	_, err = c.Exec(r.t.Context(), sql, args...)
	check(r.t, err)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func days(n int) *time.Time {
	t := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, n)
	return &t
}

func TestVerifiedRadiologistsCountOnlyWhatAReviewerCheckedAndStillHolds(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	one, credentialOne := r.submitted("Reader 1", days(30))
	two, credentialTwo := r.submitted("Reader 2", nil)
	slug := r.live(one, two)
	r.live() // claims three radiologists, links none
	r.wantCounted("before any check", 0)

	credentialtest.Decide(t, r.Service, r.reviewer, credentialOne, credential.Verified)
	r.wantCounted("one of two checked", 1)
	credentialtest.Decide(t, r.Service, r.reviewer, credentialTwo, credential.Refused)
	r.wantCounted("the other refused", 1)

	e, err := catalog.NewStore(r.db.DB).Get(t.Context(), slug)
	check(t, err)
	group := e.Detail.Readers[0].On(time.Now())
	if len(group.Checked) != 1 || group.Claimed != 3 || group.Checked[0].Label != "Reader 1" {
		t.Errorf("the page shows %+v, want Reader 1 of 3", group)
	}
	if p := group.Checked[0].Proofs[0]; p.Body != "" || p.Country != "" {
		t.Errorf("body %q and country %q are shown without the seller's leave", p.Body, p.Country)
	}

	r.super(`UPDATE credential SET expires_on = (now() AT TIME ZONE 'UTC')::date - 1 WHERE id = $1`, credentialOne)
	r.super(`UPDATE catalog_listing SET verified_radiologists_until = (now() AT TIME ZONE 'UTC')::date - 1 WHERE slug = $1`, slug)
	r.wantCounted("the day after its last, before the sweep", 0)
	check(t, r.Sweep(t.Context()))
	r.wantCounted("after the sweep", 0)
	if e, err = catalog.NewStore(r.db.DB).Get(t.Context(), slug); err != nil || len(e.Detail.Readers[0].Checked) != 0 {
		t.Errorf("after the sweep the page shows %+v (%v)", e.Detail.Readers, err)
	}
	if group.On(time.Now().AddDate(0, 0, 31)).Checked != nil {
		t.Error("the page counts a reader on the day after the last, before the sweep")
	}
}

func TestWhatWasCheckedBeforePublishingCountsAtOnce(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	one, key := r.submitted("Reader 1", nil)
	credentialtest.Decide(t, r.Service, r.reviewer, key, credential.Verified)

	slug := r.live(one)

	r.wantCounted("published", 1)
	p := credentialtest.Radiologist("Reader A")
	p.ShowsBody, p.ShowsCountry = true, true
	check(t, r.Change(t.Context(), r.org.Owner, one, p))
	e, err := catalog.NewStore(r.db.DB).Get(t.Context(), slug)
	check(t, err)
	if got := e.Detail.Readers[0].Checked[0]; got.Label != "Reader A" || got.Proofs[0].Body != "Example Board of Radiology" || got.Proofs[0].Country != "DE" {
		t.Errorf("with the seller's leave the page shows %+v", got)
	}
	r.wantCounted("after a change of what is shown", 1)
}

func TestLinksLeadToTheOrganizationsOwnReadersOfTheSameProfession(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	one, _ := r.submitted("Reader 1", nil)
	foreign := accounttest.Organization(t, r.db.DB)
	theirs, _ := credentialtest.Submitted(t, r.Service, foreign.Owner, credentialtest.Radiologist("Reader 1"), credentialtest.Facts(nil))
	resident := credentialtest.Radiologist("Reader 2")
	resident.Role = "resident"
	trainee, err := r.Add(t.Context(), r.org.Owner, resident, true)
	check(t, err)
	d := r.draft()
	tests := []struct {
		name   string
		linked []id.Annotator
		good   bool
	}{
		{"an own radiologist", []id.Annotator{one}, true},
		{"somebody of another organization", []id.Annotator{theirs}, false},
		{"nobody", []id.Annotator{id.New[id.Annotator]()}, false},
		{"a resident among radiologists", []id.Annotator{trainee}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			claims := listingtest.Claims()
			claims.Annotators.Groups[0].Linked = tt.linked
			saved, err := r.listings.SaveStep(t.Context(), r.org.Owner, d.Listing.ID, listing.Save{Step: listing.StepAnnotators, Token: d.Revision.Token(), Claims: claims})
			if tt.good {
				check(t, err)
				d = saved
				return
			}
			if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Field != "annotator-0-linked" {
				t.Errorf("SaveStep: %v, want a mistake at the links", err)
			}
		})
	}
}

func TestWhomALiveListingNamesIsNotRemovedAndACopyKeepsTheLinks(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	one, key := r.submitted("Reader 1", nil)
	credentialtest.Decide(t, r.Service, r.reviewer, key, credential.Verified)
	two, second := r.submitted("Reader 2", nil)
	credentialtest.Decide(t, r.Service, r.reviewer, second, credential.Verified)
	r.live(one)
	d := r.draft(one, two)

	if err := r.Remove(t.Context(), r.org.Owner, one); errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), "live listing") {
		t.Errorf("removing whom a live listing names: %v", err)
	}
	check(t, r.Remove(t.Context(), r.org.Owner, two))

	copied, err := r.listings.Clone(t.Context(), r.org.Owner, d.Listing.ID)
	check(t, err)
	if got := copied.Revision.Claims.Annotators.Groups[0].Linked; len(got) != 1 || got[0] != one {
		t.Errorf("the copy links %v, want %s alone", got, one)
	}
	r.wantCounted("after the removal of another", 1)
}

// next brings another version of a data set on offer.
func (r *readers) next(d listing.Description) {
	r.t.Helper()
	v := passWith(r.t, r.db.DB, r.org.Owner, d, measuredReport())
	_, err := r.listings.Submit(r.t.Context(), r.org.Owner, v.ID)
	check(r.t, err)
	listingtest.Rule(r.t, r.db.DB, accounttest.Reviewer(r.t, r.db.DB), v.ID, listing.Approves)
	check(r.t, r.listings.Publish(r.t.Context(), r.org.Owner, v.ID))
}

// What a reviewer takes back leaves the pages of earlier versions too; what
// only ended since stays there, for it counted then.
func TestARevokedCheckLeavesEarlierVersionsAndAnEndedOneStays(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	one, revoked := r.submitted("Reader 1", nil)
	two, ended := r.submitted("Reader 2", days(30))
	three, late := r.submitted("Reader 3", nil)
	for _, key := range []id.Credential{revoked, ended} {
		credentialtest.Decide(t, r.Service, r.reviewer, key, credential.Verified)
	}
	d := r.draft(one, two, three)
	r.next(d)
	r.next(d)
	r.super(`UPDATE catalog_version SET state_at = now() - interval '2 days' WHERE state = 'superseded'`)
	r.super(`UPDATE credential SET verified_on = verified_on - 10 WHERE state = 'verified'`)
	r.super(`UPDATE credential SET expires_on = (now() AT TIME ZONE 'UTC')::date - 1 WHERE id = $1`, ended)
	check(t, r.Sweep(t.Context()))
	credentialtest.Decide(t, r.Service, r.reviewer, late, credential.Verified)
	checked := func(number int) (labels []string) {
		_, v, err := catalog.NewStore(r.db.DB).Release(t.Context(), d.Listing.Slug, number)
		check(t, err)
		for _, c := range v.Entry.Detail.Readers[0].Checked {
			labels = append(labels, c.Label)
		}
		return labels
	}
	if got := checked(1); !slices.Equal(got, []string{"Reader 1", "Reader 2"}) {
		t.Fatalf("before the revocation version 1 shows %v", got)
	}

	check(t, r.Revoke(t.Context(), r.reviewer, revoked, "The board does not know its number."))

	if got := checked(1); !slices.Equal(got, []string{"Reader 2"}) {
		t.Errorf("version 1 shows %v, want Reader 2 alone, who was checked then", got)
	}
	if got := checked(2); !slices.Equal(got, []string{"Reader 3"}) {
		t.Errorf("the version on offer shows %v, want Reader 3 alone, who is checked now", got)
	}
}

func TestCheckAndPublishingAtOnceMissNothing(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	const races = 12
	for range races {
		one, key := r.submitted("Reader "+id.New[string]()[24:], nil)
		d := r.draft(one)
		v := listingtest.Advance(t, r.db.DB, r.org, d, listing.Approved)
		decision := credentialtest.Decision(t, r.Service, r.reviewer, key, credential.Verified)
		var failed [2]error
		var wg sync.WaitGroup
		wg.Go(func() { failed[0] = r.Decide(t.Context(), r.reviewer, decision) })
		wg.Go(func() { failed[1] = r.listings.Publish(t.Context(), r.org.Owner, v.Version.ID) })
		wg.Wait()
		for _, err := range failed {
			check(t, err)
		}
	}
	r.wantCounted("all checked and published", races)
}
