package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// reviewSite is a site with a reviewer, and a seller whose flagged version was
// answered and submitted.
func reviewSite(t *testing.T) (s site, owner postgres.Actor, v listing.Version, d listing.Description) {
	t.Helper()
	s = newSite(t, false)
	owner = s.owner(t, "seller@example.org", "Northfield")
	makeReviewer(t, s, s.user(t, "reviewer@example.org"))
	makeReviewer(t, s, s.user(t, "second@example.org"))
	d = listingtest.Complete(t, s.DB, owner)
	v = sendVersion(t, s, owner, d, flaggedReport())
	for _, f := range flaggedReport().Findings[:2] {
		err := s.Listings.AnswerFinding(t.Context(), owner, v.ID, f.Key(), "The date is shifted by an offset of the patient's own.")
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Listings.Submit(t.Context(), owner, v.ID); err != nil {
		t.Fatal(err)
	}
	exec(t, s, owner, `INSERT INTO upload_acceptance (id, organization_id, listing_id, user_id, typed_name, text_version, text_sha256, accepted_at)
		VALUES ($1, $2, $3, $4, 'Ada Example', '2026-11-01', $5, now() - interval '1 day')`,
		id.New[string](), owner.Organization, d.Listing.ID, owner.User, strings.Repeat("ab", 32))
	return s, owner, v, d
}

// A reviewer sees the listing as buyers would, claims beside facts, report and
// answers, accepts the answers, and approves exactly what was shown.
func TestReviewerApprovesWhatThePageShows(t *testing.T) {
	t.Parallel()
	s, _, v, d := reviewSite(t)
	p := s.person(t)
	p.signIn("reviewer@example.org")
	path := reviewPath(v.ID)
	a := p.get("/review")
	if row := words(a.Page.Find("[data-testid=queue] tbody")); !strings.Contains(row, "Low-dose chest CT") || !strings.Contains(row, "Flagged") || !strings.Contains(row, "High") || !strings.Contains(row, "0 of 2 answers accepted") {
		t.Errorf("queue: %q", row)
	}
	a = p.get(path)
	if a.Status != http.StatusOK {
		t.Fatalf("review page: %d %s", a.Status, words(a.Page.Find("main")))
	}
	for _, c := range []struct{ selector, text string }{
		{"[data-testid=preview]", "Low-dose chest CT with nodules"}, {"[data-testid=preview] table.rights", "Name the source in the model card."},
		{"[data-testid=signed]", "Ada Example"}, {"#report [data-testid=claims]", "contradicted"},
		{"[data-testid=findings-warning]", "StudyDate"}, {"[data-testid=answer]", "The date is shifted"},
		{"#decision", "Approval needs every answer to be accepted (2 open, 0 refused) and the whole checklist (9 open, 0 answered no)."}, {"[data-testid=timeline]", "In review"},
	} {
		if got := words(a.Page.Find(c.selector)); !strings.Contains(got, c.text) {
			t.Errorf("%s: %q does not say %q", c.selector, got, c.text)
		}
	}
	if a.Page.Find(`#decision input[value=approve]`).Length() != 0 {
		t.Error("approval is offered before the answers are judged")
	}

	keys := []string{flaggedReport().Findings[0].Key(), flaggedReport().Findings[1].Key()}
	if a = p.fill(path, path+"/answers", "key", keys[0], "outcome", "refused"); a.Status != http.StatusUnprocessableEntity || a.Page.Find("#f-note-"+keys[0]+"-error").Length() != 1 {
		t.Errorf("refused without a note: %d", a.Status)
	}
	second := s.person(t)
	second.signIn("second@example.org")
	for _, who := range []*person{p, second} {
		for _, key := range keys {
			if a = who.fill(path, path+"/answers", "key", key, "outcome", "accepted"); a.Status != http.StatusSeeOther {
				t.Fatalf("accept: %d %s", a.Status, words(a.Page.Find("main")))
			}
		}
	}
	checkAll(p, path)
	a = p.get(path)
	digest := func(name string) string {
		value, _ := a.Page.Find("#decision input[name=" + name + "]").Attr("value")
		return value
	}
	root, claims := digest("root_digest"), digest("claims_digest")
	if root == "" || claims == "" {
		t.Fatal("the form names no digests")
	}
	a = p.fill(path, path+"/decision", "decision", "changes", "comment", "Please look again.", "root_digest", root, "claims_digest", claims)
	if a.Status != http.StatusUnprocessableEntity || !strings.Contains(words(a.Page.Find("#f-reason-error")), "Pick at least one reason") || words(a.Page.Find("#f-comment")) != "Please look again." {
		t.Errorf("changes without a reason: %d", a.Status)
	}
	if a = p.fill(path, path+"/decision", "decision", "approve", "root_digest", claims, "claims_digest", claims); a.Status != http.StatusConflict {
		t.Errorf("approval of other files: %d, want 409", a.Status)
	}
	if a = p.fill(path, path+"/decision", "decision", "approve", "root_digest", root, "claims_digest", claims); a.Status != http.StatusSeeOther {
		t.Fatalf("approve: %d %s", a.Status, words(a.Page.Find("main")))
	}
	if a = p.fill("/account", path+"/decision", "decision", "approve", "root_digest", root, "claims_digest", claims); a.Status != http.StatusConflict {
		t.Errorf("approved twice: %d, want 409", a.Status)
	}
	if a = p.get("/review"); a.Page.Find("[data-testid=empty]").Length() != 1 {
		t.Error("an empty queue says nothing")
	}
	if a = p.get(path); !strings.Contains(words(a.Page.Find("#decide")), "Nothing waits for a decision") {
		t.Errorf("after the decision: %q", words(a.Page.Find("#decide")))
	}
	if status := s.person(t).get("/datasets/" + d.Listing.Slug).Status; status != http.StatusNotFound {
		t.Errorf("approved, not published, and public: %d", status)
	}
}

// checkAll answers every check of the page with yes.
func checkAll(p *person, path string) {
	p.t.Helper()
	page := p.get(path).Page
	form := []string{"root_digest", page.Find("#checks input[name=root_digest]").AttrOr("value", ""), "claims_digest", page.Find("#checks input[name=claims_digest]").AttrOr("value", "")}
	page.Find("#checks input[type=radio][value=yes]").Each(func(_ int, x *goquery.Selection) { form = append(form, x.AttrOr("name", ""), "yes") })
	if a := p.fill(path, path+"/checklist", form...); a.Status != http.StatusSeeOther || len(form) < 10 {
		p.t.Fatalf("checklist of %d values: %d", len(form), a.Status)
	}
}

func reviewPath(v id.Version) string { return "/review/versions/" + string(v) }

// A reviewer takes a live version down with reasons that the public reads, and
// puts it back.
func TestReviewerSuspendsAndRestores(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	makeReviewer(t, s, s.user(t, "reviewer@example.org"))
	accounttest.Verify(t, s.DB, owner.Organization)
	approved := listingtest.Version(t, s.DB, accounttest.Org{ID: owner.Organization, Owner: owner}, listing.Approved)
	if err := s.Listings.Publish(t.Context(), owner, approved.Version.ID); err != nil {
		t.Fatal(err)
	}
	p := s.person(t)
	p.signIn("reviewer@example.org")
	path, public := reviewPath(approved.Version.ID), "/datasets/"+approved.Listing.Slug
	if offers := words(p.get("/review").Page.Find("[data-testid=offers]")); !strings.Contains(offers, "Live") {
		t.Errorf("offers: %q", offers)
	}
	if a := p.fill(path, path+"/suspend"); a.Status != http.StatusUnprocessableEntity || a.Page.Find("#f-suspend-reason-error").Length() != 1 {
		t.Errorf("suspended without a reason: %d", a.Status)
	}
	if a := p.fill(path, path+"/suspend", "suspend-reason", "identifiers_left"); a.Status != http.StatusSeeOther {
		t.Fatalf("suspend: %d", a.Status)
	}
	if got := words(s.person(t).get(public).Page.Find("[data-testid=tombstone]")); got != "Identifiers are left in the files." {
		t.Errorf("tombstone %q", got)
	}
	if got := s.newestNotice(t, notice.VersionSuspended); !strings.HasPrefix(got, "Suspended: version 1") {
		t.Errorf("notice %q", got)
	}
	if a := p.fill(path, path+"/restore"); a.Status != http.StatusSeeOther {
		t.Fatalf("restore: %d", a.Status)
	}
	if got := s.person(t).get(public); got.Status != http.StatusOK || got.Page.Find("table.rights").Length() == 0 {
		t.Errorf("restored: %d", got.Status)
	}
}

// newestNotice is the subject of the newest event of a kind.
func (s site) newestNotice(t *testing.T, kind notice.Kind) (subject string) {
	t.Helper()
	err := s.DB.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT subject FROM notice_event WHERE kind = $1 ORDER BY created_at DESC LIMIT 1`, string(kind)).Scan(&subject)
	})
	if err != nil {
		t.Fatalf("no notice %s: %v", kind, err)
	}
	return subject
}

// For everybody but reviewers the desk does not exist, and for reviewers what
// was never submitted does not.
func TestReviewRoutesHideFromOthers(t *testing.T) {
	t.Parallel()
	s, owner, v, _ := reviewSite(t)
	draft := listingtest.Version(t, s.DB, accounttest.Org{ID: owner.Organization, Owner: owner}, listing.Passed).Version.ID
	none := id.New[id.Version]()
	acts := []string{"decision", "answers", "suspend", "restore"}
	for _, who := range []struct {
		email  string
		hidden id.Version
	}{{"seller@example.org", v.ID}, {"reviewer@example.org", draft}} {
		p := s.person(t)
		p.signIn(who.email)
		token := p.token("/account")
		got, want := p.get(reviewPath(who.hidden)), p.get(reviewPath(none))
		if got.Status != http.StatusNotFound || refusal(got) != refusal(want) {
			t.Errorf("%s, GET: %d %q, for an unknown id %q", who.email, got.Status, refusal(got), refusal(want))
		}
		for _, act := range acts {
			form := url.Values{"csrf": {token}, "decision": {"approve"}, "key": {"k"}, "outcome": {"accepted"}, "suspend-reason": {"other"}, "suspend-comment": {"A long enough comment."}}
			got, want := p.send(reviewPath(who.hidden)+"/"+act, form), p.send(reviewPath(none)+"/"+act, form)
			if got.Status != http.StatusNotFound || refusal(got) != refusal(want) {
				t.Errorf("%s, POST %s: %d %q, for an unknown id %q", who.email, act, got.Status, refusal(got), refusal(want))
			}
		}
	}
	p := s.person(t)
	p.signIn("seller@example.org")
	if got := p.get("/review"); got.Status != http.StatusNotFound {
		t.Errorf("queue for a seller: %d", got.Status)
	}
}

// The pages of a version and of its review in a real browser: accessible, no
// console line, nothing outside, and the whole decision without scripts.
func TestReviewInABrowser(t *testing.T) {
	s, owner, v, _ := reviewSite(t)
	listingtest.Version(t, s.DB, accounttest.Org{ID: owner.Organization, Owner: owner}, listing.Auditing)
	b := webtest.Start(t)
	signIn := func(p *webtest.Page, email string) { s.signInPage(t, p, email) }
	seller := b.Visitor(t, s.URL)
	signIn(seller, "seller@example.org")
	seller.Go("/seller/versions/" + string(v.ID))
	seller.CheckViews("version-in-review")
	seller.Print("version-in-review")

	reviewer := b.Visitor(t, s.URL)
	signIn(reviewer, "reviewer@example.org")
	reviewer.Go("/review")
	reviewer.CheckViews("review-queue")
	reviewer.Go(reviewPath(v.ID))
	reviewer.CheckViews("review-version")

	plain, other := b.Visitor(t, s.URL, webtest.NoScript), b.Visitor(t, s.URL, webtest.NoScript)
	signIn(plain, "reviewer@example.org")
	for range 2 {
		plain.Go(reviewPath(v.ID))
		plain.Follow(`#report .answer[data-outcome=""] button[value=accepted]`)
	}
	plain.Go(reviewPath(v.ID))
	plain.WantText("[data-testid=missing]", "2 answers to be confirmed by a second person")
	if plain.Has(`#report .answer button[value=accepted]`) {
		t.Error("who accepted an answer about identifiers may confirm it too")
	}
	s.signInPage(t, other, "second@example.org")
	for range 2 {
		other.Go(reviewPath(v.ID))
		other.Follow(`#report .answer:has([data-testid=two-people]) button[value=accepted]`)
	}
	plain.Go(reviewPath(v.ID))
	for _, name := range checksIn(plain) {
		plain.Choose(name, "yes")
	}
	plain.Submit("#checks")
	plain.Go(reviewPath(v.ID))
	plain.WantText("[data-testid=standing]", "Nothing stands in the way of an approval.")
	plain.Click(`#decision input[value=approve]`)
	plain.Submit("#decision")
	plain.WantText("h1", "Review")
	plain.WantText("[data-testid=flash]", "Approved.")
	plain.Go("/review")
	plain.WantText("[data-testid=empty] h2", "Nothing waits for a decision")

	seller.Go("/seller/versions/" + string(v.ID))
	seller.WantText("[data-testid=version-state]", "Approved")
	seller.CheckViews("version-approved")
}

// checksIn are the names of the checks on the page.
func checksIn(p *webtest.Page) []string {
	return strings.Split(p.EvalText(`[...new Set([...document.querySelectorAll("#checks input[type=radio]")].map(x => x.name))].join()`), ",")
}

// The seller's pages of a flagged version and of one that is being audited.
func TestVersionPagesInABrowser(t *testing.T) {
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	d := listingtest.Complete(t, s.DB, owner)
	sendVersion(t, s, owner, d, flaggedReport())
	again := flaggedReport()
	again.Findings[0].Count = 9
	v := sendVersion(t, s, owner, d, again)
	auditing := listingtest.Version(t, s.DB, org, listing.Auditing)
	live := listingtest.Version(t, s.DB, org, listing.Live)
	b := webtest.Start(t)
	p := b.Visitor(t, s.URL)
	p.Go("/login")
	p.Fill("email", "seller@example.org")
	p.Fill("password", goodPassword)
	p.Submit("main form")
	for _, page := range []struct{ name, path string }{
		{"version-flagged", "/seller/versions/" + string(v.ID)},
		{"version-auditing", "/seller/versions/" + string(auditing.Version.ID)},
		{"version-live", "/seller/versions/" + string(live.Version.ID)},
		{"versions", "/seller/listings/" + string(d.Listing.ID) + "/versions"},
	} {
		p.Go(page.path)
		p.CheckViews(page.name)
	}
}

// What equals the private images of others is on the reviewers' pages, and on
// no page of the seller.
func TestEqualImagesOfOthersAreForReviewersAlone(t *testing.T) {
	t.Parallel()
	s, owner, v, _ := reviewSite(t)
	exec(t, s, listingtest.Worker, `INSERT INTO pixel_match (report_id, version_id, organization_id, images, listings, organizations)
		SELECT id, version_id, organization_id, 12, 2, 1 FROM audit_report WHERE version_id = $1`, v.ID)
	p := s.person(t)
	p.signIn("reviewer@example.org")
	if row := words(p.get("/review").Page.Find("[data-testid=matches] tbody")); !strings.Contains(row, "12 images") || !strings.Contains(row, "Low-dose chest CT") {
		t.Errorf("the desk says %q", row)
	}
	want := "12 images of this submission equal images in 2 listings of 1 other organization that are not on offer."
	if got := words(p.get(reviewPath(v.ID)).Page.Find("[data-testid=match]")); got != want {
		t.Errorf("the page of the version says %q, want %q", got, want)
	}
	seller := s.person(t)
	seller.signIn("seller@example.org")
	path := "/seller/versions/" + string(v.ID)
	a := seller.get(path)
	if a.Status != http.StatusOK {
		t.Fatalf("%s for %s: %d", path, owner.User, a.Status)
	}
	if text := words(a.Page.Find("main")); strings.Contains(strings.ToLower(text), "equal images") || strings.Contains(text, "not on offer") {
		t.Error("the seller's page tells of images of others")
	}
}
