package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// browser is a name that a person's browser goes by.
const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

func TestOnlyPeopleWhoAreNotTheSellersAreCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	publish(t, s, owner, d)
	s.user(t, "buyer@example.org")
	buyer := s.person(t)
	buyer.signIn("buyer@example.org")
	open := func(who *person, method, agent, purpose string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/datasets/"+d.Listing.Slug, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", agent)
		if purpose != "" {
			r.Header.Set("Sec-Purpose", purpose)
		}
		if a := who.do(r); a.Status != http.StatusOK {
			t.Fatalf("status %d", a.Status)
		}
	}
	open(s.person(t), "GET", browser, "")
	open(buyer, "GET", browser, "")
	for _, agent := range []string{"", "curl/8.5", "Googlebot/2.1", "python-requests/2.32", "HeadlessChrome/140"} {
		open(s.person(t), "GET", agent, "")
	}
	open(s.person(t), "HEAD", browser, "")
	open(s.person(t), "GET", browser, "prefetch")
	open(p, "GET", browser, "")
	if err := s.Views.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n int
	err := s.DB.InTx(t.Context(), owner, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT coalesce(sum(views), 0)::int FROM listing_view`).Scan(&n)
	})
	if err != nil || n != 2 {
		t.Errorf("%d views, %v; want those of a stranger and of a buyer", n, err)
	}
	if desk := words(p.get("/seller").Page.Find("[data-testid=views]")); !strings.Contains(desk, "n = 2 views") {
		t.Errorf("the desk says %q", desk)
	}
}

func TestDeskShowsNothingThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	listingtest.Draft(t, s.DB, owner)
	desk := p.get("/seller").Page
	for _, part := range []string{"views", "health"} {
		if desk.Find("[data-testid="+part+"]").Length() != 0 {
			t.Errorf("a desk with one draft shows %s", part)
		}
	}
	text := strings.ToLower(words(desk.Find("main")))
	for _, word := range []string{"request", "grant", "agreement"} {
		if strings.Contains(text, word) {
			t.Errorf("the desk speaks of a %s", word)
		}
	}
	if desk.Find("[data-testid=to-do] [data-testid=todo-finish_claims] a").Length() != 1 {
		t.Error("the draft is no to-do")
	}
	for _, query := range []string{"state=live", "q=nothing+like+it"} {
		if a := p.get("/seller?" + query); a.Status != http.StatusOK || a.Page.Find("[data-testid=no-rows]").Length() != 1 {
			t.Errorf("?%s: status %d without a word", query, a.Status)
		}
	}
	if a := p.get("/seller?after=x"); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusBadRequest {
		t.Errorf("a broken place: %d", a.Status)
	}
}

func TestPublishingIsPlannedMovedAndDroppedOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	accounttest.Verify(t, s.DB, owner.Organization)
	v := listingtest.Version(t, s.DB, org, listing.InReview).Version.ID
	path := "/seller/versions/" + string(v)
	day := time.Now().UTC().AddDate(0, 1, 0).Format(time.DateOnly)

	if a := p.fill(path, path+"/plan", "on", "version", "plan", "on_day", "until", "soon"); a.Status != http.StatusUnprocessableEntity ||
		a.Page.Find(`#plan-form input[name=until][value=soon]`).Length() != 1 || a.Page.Find(`#plan-form input[value=on_day][checked]`).Length() != 1 {
		t.Errorf("no day: status %d, or the values are gone", a.Status)
	}
	wantStatus(t, "plan", p.fill(path, path+"/plan", "on", "version", "plan", "on_day", "until", day), http.StatusSeeOther, path)
	listingtest.Rule(t, s.DB, accounttest.Reviewer(t, s.DB), v, listing.Approves)
	if _, err := s.Listings.PublishDue(t.Context(), listingtest.Worker); err != nil {
		t.Fatal(err)
	}
	if text := words(p.get(path).Page.Find("[data-testid=embargo-day]")); !strings.Contains(text, "00:00 UTC") {
		t.Errorf("the day reads %q", text)
	}
	later := time.Now().UTC().AddDate(0, 2, 0).Format(time.DateOnly)
	wantStatus(t, "another day", p.fill(path, path+"/embargo", "on", "version", "until", later), http.StatusSeeOther, path)
	if p.get(path).Page.Find(`#day-form input[value="`+later+`"]`).Length() != 1 {
		t.Error("the day did not move")
	}
	wantStatus(t, "drop it", p.fill(path, path+"/cancel-embargo", "on", "version"), http.StatusSeeOther, path)
	if d, err := s.Listings.Version(t.Context(), owner, v); err != nil || d.Version.State != listing.Approved {
		t.Errorf("after that: %s, %v", d.Version.State, err)
	}
	wantStatus(t, "publish", p.fill(path, path+"/publish", "on", "version"), http.StatusSeeOther, path)
}

func TestMemberWithoutTheRightIsOfferedNeitherSubmittingNorPublishing(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	accounttest.Verify(t, s.DB, owner.Organization)
	approved := "/seller/versions/" + string(listingtest.Version(t, s.DB, org, listing.Approved).Version.ID)
	passed := "/seller/versions/" + string(listingtest.Version(t, s.DB, org, listing.Passed).Version.ID)
	user := s.user(t, "admin@example.org")
	join(t, s, owner.Organization, user, account.Admin)
	admin := s.person(t)
	admin.signIn("admin@example.org")
	member := "/organization/members/" + string(user)

	if p.get(member).Page.Find("#rights").Length() != 1 || admin.get(member).Page.Find("#rights").Length() != 0 {
		t.Error("rights are an owner's to give, on the page of a member")
	}
	wantStatus(t, "an admin gives rights", admin.fill(member, member+"/rights", "right", "publish"), http.StatusForbidden, "")
	wantStatus(t, "an owner takes both", p.fill(member, member+"/rights"), http.StatusSeeOther, "/organization")
	for path, act := range map[string]string{approved: "publish", passed: "submit"} {
		if admin.get(path).Page.Find("form#next").Length() != 0 {
			t.Errorf("%s is offered", act)
		}
		wantStatus(t, act, admin.fill("/organization", path+"/"+act), http.StatusForbidden, "")
	}
	wantStatus(t, "an owner gives one", p.fill(member, member+"/rights", "right", "publish"), http.StatusSeeOther, "/organization")
	if text := words(p.get("/organization").Page.Find("main")); !strings.Contains(text, "may publish, not submit") {
		t.Errorf("the team reads %q", text)
	}
	wantStatus(t, "publish", admin.fill(approved, approved+"/publish", "on", "version"), http.StatusSeeOther, approved)
	wantStatus(t, "submit", admin.fill("/organization", passed+"/submit"), http.StatusForbidden, "")
}

func TestPreviewShowsChangedClaimsAndWhatWasMeasured(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	publish(t, s, owner, d)
	path := "/seller/listings/" + string(d.Listing.ID)
	d, err := s.Listings.Draft(t.Context(), owner, d.Listing.ID)
	if err != nil {
		t.Fatal(err)
	}
	claims := d.Revision.Claims
	claims.Consent.Protocol = "2026-999"
	_, err = s.Listings.SaveStep(t.Context(), owner, d.Listing.ID, listing.Save{Step: listing.StepConsent, Token: d.Revision.Token(), Claims: claims})
	if err != nil {
		t.Fatal(err)
	}
	preview := p.get(path + "/preview")
	if text := words(preview.Page.Find("main")); preview.Status != http.StatusOK || !strings.Contains(text, "2026-999") ||
		!strings.Contains(text, "Buyers still see the answers that were approved") || !strings.Contains(text, "Blockers") {
		t.Errorf("status %d, %q", preview.Status, text)
	}
	if text := words(s.person(t).get("/datasets/" + d.Listing.Slug).Page.Find("main")); strings.Contains(text, "2026-999") {
		t.Error("buyers see claims that nobody approved")
	}
}

// makeDesk fills an organization with data sets in every state.
func makeDesk(t *testing.T, s site, owner postgres.Actor) (live listing.Description) {
	t.Helper()
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	live = listingtest.Complete(t, s.DB, owner)
	publish(t, s, owner, live)
	for i, state := range []listing.State{listing.Flagged, listing.AuditFailed, listing.InReview, listing.Approved, listing.ChangesRequested, listing.Embargoed} {
		d := listingtest.Version(t, s.DB, org, state)
		if state == listing.Embargoed {
			if err := s.Listings.Embargo(t.Context(), owner, d.Version.ID, time.Now().UTC().AddDate(0, 0, 4)); err != nil {
				t.Fatal(err)
			}
		}
		exec(t, s, listingtest.Worker, `UPDATE listing SET updated_at = now() - make_interval(days => $2) WHERE id = $1`, d.Listing.ID, i*3)
	}
	basics := listingtest.Claims().Basics
	basics.Title = "Whole-slide pathology of the colon with outlines of glands, three scanners and two laboratories over ten years, part A"
	if _, err := s.Listings.Create(t.Context(), owner, basics); err != nil {
		t.Fatal(err)
	}
	for week := range 11 {
		exec(t, s, listingtest.Worker, `INSERT INTO listing_view (listing_id, organization_id, day, views) VALUES ($1, $2, current_date - $3::int, $4)`,
			live.Listing.ID, owner.Organization, 7*week, 40+(week*37)%90)
	}
	return live
}

// TestSellersDeskInABrowser walks through the desk, plans, change log, copies
// and rights, in all views and without scripts.
func TestSellersDeskInABrowser(t *testing.T) {
	s := newSite(t, true)
	owner := s.owner(t, "ada@example.org", "Northfield Imaging Institute of the Free and Hanseatic City")
	b := webtest.Start(t)
	p := b.Visitor(t, s.URL, webtest.NoScript)
	p.Go("/login")
	p.Fill("email", "ada@example.org")
	p.Fill("password", goodPassword)
	p.Submit("#sign-in")
	p.Go("/seller")
	p.CheckViews("desk-empty")

	accounttest.Verify(t, s.DB, owner.Organization)
	live := makeDesk(t, s, owner)
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	next := listingtest.Advance(t, s.DB, org, live, listing.Flagged)
	p.Go("/seller")
	p.CheckViews("desk")
	p.Set("q", "pathology")
	p.Submit("form.search")
	if n := p.Count("[data-testid=row]"); n != 1 {
		t.Errorf("%d data sets found, want 1", n)
	}
	p.CheckViews("desk-search")
	p.Go("/seller?state=live")
	if n := p.Count("[data-testid=row]"); n != 1 {
		t.Errorf("%d live data sets, want 1", n)
	}
	p.Go("/seller/listings/" + string(live.Listing.ID) + "/versions")
	p.CheckViews("change-log")

	version := "/seller/versions/" + string(next.Version.ID)
	p.Go(version)
	p.Set("note", "Thirty more studies of the second site.")
	p.Submit("#note-form")
	p.Choose("plan", "on_day")
	p.Submit("#plan-form")
	p.CheckViews("plan-mistake")
	p.Choose("plan", "at_once")
	p.Submit("#plan-form")
	p.WantText("[data-testid=flash]", "The plan is saved. It holds for this version alone.")
	p.CheckViews("plan")

	embargoed := newestIn(t, s, owner, listing.Embargoed)
	p.Go("/seller/versions/" + string(embargoed))
	p.CheckViews("embargo")
	p.Submit("#cancel-day")
	if !p.Has("#next") {
		t.Error("a version whose day was dropped cannot be published")
	}

	p.Go("/seller/listings/" + string(live.Listing.ID) + "/check")
	p.Follow("[data-testid=clone]")
	p.CheckViews("clone")
	p.Submit("#clone")
	if h := p.Text("h1"); !strings.HasPrefix(h, "Copy of ") {
		t.Errorf("the copy is called %q", h)
	}
	p.CheckViews("cloned")
	p.Go("/organization")
	p.CheckViews("rights")
	user := s.user(t, "grace@example.org")
	join(t, s, owner.Organization, user, account.Editor)
	p.Go("/organization/members/" + string(user))
	p.CheckViews("member-rights")
	p.Go(fmt.Sprintf("/seller/listings/%s/preview", live.Listing.ID))
	p.CheckViews("preview")
}

func newestIn(t *testing.T, s site, a postgres.Actor, state listing.State) (v id.Version) {
	t.Helper()
	err := s.DB.InTx(t.Context(), a, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT id FROM version WHERE organization_id = $1 AND state = $2 ORDER BY created_at DESC LIMIT 1`,
			a.Organization, state).Scan(&v)
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
