package web_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/id"
	"assay/internal/ingest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
)

// flaggedReport is a report with two warnings, a remark and facts.
func flaggedReport() audit.Report {
	place := []finding.Location{{File: "study/1.dcm"}, {File: "study/2.dcm", Frame: 3}}
	return audit.Report{
		Schema: audit.Schema, Verdict: audit.Flagged, Tool: audit.Tool{Name: "assay", Version: "0.1.0", RulesVersion: "2026.11"},
		Input: audit.Input{Files: 2, Bytes: 4108},
		Findings: []finding.Finding{
			{Rule: "phi-date", Severity: finding.Warning, HIPAA: []string{"C"}, Path: "(0008,0020) StudyDate", Shape: "99999999", Count: 2, Message: "StudyDate holds a full date", Fix: "Shift it by the patient's offset.", Locations: place},
			{Rule: "deid-claim-mismatch", Severity: finding.Warning, Path: "(0012,0063) DeidentificationMethod", Count: 1, Message: "The files name another method than the seller", Locations: place[:1]},
			{Rule: "fmt-charset", Severity: finding.Info, Path: "(0008,0005) SpecificCharacterSet", Count: 1, Message: "SpecificCharacterSet is absent", Locations: place[:1]},
		},
		NotChecked: []audit.NotChecked{{What: "burned-in text", Why: "tesseract was not there", Count: 2}},
		Measured: audit.Measured{Instances: 2, Series: 1, Studies: 1, Patients: 120, Frames: 4, Modalities: map[string]int{"CT": 2},
			Sexes: map[string]int{"F": 55, "M": 65}, Kinds: map[string]int{"dicom": 1, "text": 1}},
	}
}

// sendVersion brings a new version of a complete data set through an audit
// that ends with r.
func sendVersion(t *testing.T, s site, owner postgres.Actor, d listing.Description, r audit.Report) listing.Version {
	t.Helper()
	ctx := t.Context()
	v := listingtest.Begin(t, s.DB, owner, d)
	var keys []string
	for _, f := range r.Findings {
		if f.Severity == finding.Warning {
			keys = append(keys, f.Key())
		}
	}
	result := listingtest.Result(r.Count(finding.Blocker), keys...)
	var err error
	if result.Report, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	result.Verdict = string(r.Verdict)
	for _, step := range []struct {
		a  postgres.Actor
		fn func(tx pgx.Tx) error
	}{
		{owner, func(tx pgx.Tx) error { return s.Listings.Queue(ctx, tx, owner, v.ID) }},
		{listingtest.Worker, func(tx pgx.Tx) error {
			_, _, err := s.Listings.StartAudit(ctx, tx, listingtest.Worker, v.ID)
			return err
		}},
		{listingtest.Worker, func(tx pgx.Tx) error {
			_, err := s.Listings.FinishAudit(ctx, tx, listingtest.Worker, v.ID, result)
			return err
		}},
	} {
		if err := s.DB.InTx(ctx, step.a, step.fn); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// The whole way of a seller after the audit: report, answers, submission, and
// after an approval publishing and withdrawing.
func TestSellerBringsAVersionFromReportToCatalog(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	v := sendVersion(t, s, owner, d, flaggedReport())
	if m := s.mailTo(t, "seller@example.org"); !strings.Contains(m.Subject, "Audit finished, with warnings") || !strings.Contains(m.Text, s.URL+"/seller/versions/"+string(v.ID)) {
		t.Errorf("letter after the audit: %q\n%s", m.Subject, m.Text)
	}
	p := s.person(t)
	p.signIn("seller@example.org")
	url := "/seller/versions/" + string(v.ID)

	a := p.get(url)
	if a.Status != http.StatusOK {
		t.Fatalf("version page: %d %s", a.Status, words(a.Page.Find("main")))
	}
	for _, c := range []struct{ selector, text string }{
		{"h1", "Version 1"}, {"[data-testid=version-state]", "Flagged"}, {"[data-testid=next]", "2 warnings are without an answer."},
		{"[data-testid=report-verdict]", "0 blockers, 2 warnings, 1 remark"},
		{"[data-testid=findings-warning]", "(0008,0020) StudyDate"}, {"[data-testid=findings-warning]", "99999999"},
		{"[data-testid=findings-warning]", "study/2.dcm, frame 3"}, {"[data-testid=findings-warning]", "Shift it by the patient's offset."},
		{"[data-testid=not-checked]", "tesseract was not there"}, {"[data-testid=claims]", "contradicted"},
		{"[data-testid=claims]", "confirmed"}, {"[data-testid=measured]", "120"}, {"[data-testid=timeline]", "Flagged"},
	} {
		if got := words(a.Page.Find(c.selector)); !strings.Contains(got, c.text) {
			t.Errorf("%s: %q does not say %q", c.selector, got, c.text)
		}
	}
	if n := a.Page.Find("[data-testid=answer] textarea").Length(); n != 2 {
		t.Fatalf("%d fields for answers, want 2", n)
	}

	keys := []string{flaggedReport().Findings[0].Key(), flaggedReport().Findings[1].Key()}
	a = p.fill(url, url+"/answers", "key", keys[0], "answer-"+keys[0], "no")
	if a.Status != http.StatusUnprocessableEntity || words(a.Page.Find("#f-answer-"+keys[0])) != "no" || a.Page.Find("#f-answer-"+keys[0]+"-error").Length() != 1 {
		t.Errorf("too short an answer: %d", a.Status)
	}
	if a = p.fill(url, url+"/submit", "on", "version"); a.Status != http.StatusConflict {
		t.Errorf("submitted with open warnings: %d", a.Status)
	}
	for _, key := range keys {
		a = p.fill(url, url+"/answers", "key", key, "answer-"+key, "The date is shifted by an offset of the patient's own.")
		if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, url+"#finding-") {
			t.Fatalf("answer: %d to %q", a.Status, a.Location)
		}
	}
	if a = p.get(url); !strings.Contains(words(a.Page.Find("[data-testid=flash]")), "2 of 2 warnings answered") {
		t.Errorf("told %q", words(a.Page.Find("[data-testid=flash]")))
	}
	if action, _ := a.Page.Find("[data-testid=next] form").Attr("action"); action != url+"/submit" {
		t.Errorf("next step after all answers is %q", action)
	}
	if a = p.fill(url, url+"/submit", "on", "version"); a.Status != http.StatusSeeOther {
		t.Fatalf("submit: %d", a.Status)
	}
	reviewer := accounttest.Reviewer(t, s.DB)
	listingtest.Accept(t, s.DB, v.ID, keys...)
	rule(t, s, reviewer, v.ID)
	if m := s.mailTo(t, "seller@example.org"); !strings.HasPrefix(m.Subject, "Approved: version 1") {
		t.Errorf("letter after the approval: %q", m.Subject)
	}
	if a = p.fill(url, url+"/embargo", "on", "version", "until", "soon"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("an embargo until “soon”: %d", a.Status)
	}
	if a = p.fill(url, url+"/publish", "on", "version"); a.Status != http.StatusSeeOther {
		t.Fatalf("publish: %d %s", a.Status, words(a.Page.Find("main")))
	}
	public := s.person(t).get("/datasets/" + d.Listing.Slug)
	if public.Status != http.StatusOK || !strings.Contains(words(public.Page.Find("[data-testid=claims]")), "confirmed") {
		t.Errorf("public page: %d", public.Status)
	}
	if a = p.fill(url, url+"/withdraw", "on", "version", "reason", "short"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("withdrawn for %q: %d", "short", a.Status)
	}
	if a = p.fill(url, url+"/withdraw", "on", "version", "reason", "The hospital ended the contract."); a.Status != http.StatusSeeOther {
		t.Fatalf("withdraw: %d", a.Status)
	}
	if public = s.person(t).get("/datasets/" + d.Listing.Slug); public.Status != http.StatusGone {
		t.Errorf("public page after withdrawing: %d", public.Status)
	}
}

func rule(t *testing.T, s site, reviewer postgres.Actor, v id.Version) {
	t.Helper()
	d, err := s.Listings.Version(t.Context(), reviewer, v)
	if err != nil {
		t.Fatal(err)
	}
	listingtest.Check(t, s.DB, reviewer, v)
	_, err = s.Listings.Decide(t.Context(), reviewer, listing.Ruling{
		Version: v, RootDigest: d.Version.RootDigest, ClaimsDigest: d.Claims.Digest, Outcome: listing.Approves})
	if err != nil {
		t.Fatal(err)
	}
}

// Each state says in words where the version stands and offers at most one
// main action.
func TestVersionPageOffersOneNextStepInEveryState(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	p := s.person(t)
	p.signIn("seller@example.org")
	for _, term := range listing.States {
		d := listingtest.Version(t, s.DB, org, term.Value)
		a := p.get("/seller/versions/" + string(d.Version.ID))
		if a.Status != http.StatusOK {
			t.Errorf("%s: status %d: %s", term.Value, a.Status, words(a.Page.Find("main")))
			continue
		}
		if n := a.Page.Find("main .btn:not(.quiet)").Length(); n > 1 {
			t.Errorf("%s: %d main actions", term.Value, n)
		}
		if state, _ := a.Page.Find("[data-testid=version-state]").First().Attr("data-state"); state != string(term.Value) {
			t.Errorf("%s: page says %s", term.Value, state)
		}
		_, refreshes := a.Page.Find("body").Attr("data-refresh")
		if want := term.Value == listing.Queued || term.Value == listing.Auditing; refreshes != want {
			t.Errorf("%s: renews itself: %v, want %v", term.Value, refreshes, want)
		}
		a.Page.Find("main form").Each(func(_ int, f *goquery.Selection) {
			if action, _ := f.Attr("action"); strings.HasSuffix(action, "/publish") && term.Value != listing.Approved && term.Value != listing.Embargoed {
				t.Errorf("%s: offers to publish", term.Value)
			}
		})
	}
}

// A stranger gets the same answer for a version of somebody else as for one
// that does not exist, by every route; a colleague without the right is told.
func TestVersionRoutesHideOtherSellersVersions(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	d := listingtest.Version(t, s.DB, accounttest.Org{ID: owner.Organization, Owner: owner}, listing.InReview)
	s.owner(t, "stranger@example.org", "Elsewhere")
	reviewer := s.owner(t, "reviewer@example.org", "Reviewers")
	makeReviewer(t, s, reviewer.User)

	mine, none, known := string(d.Version.ID), string(id.New[id.Version]()), string(d.Listing.ID)
	for _, email := range []string{"stranger@example.org", "reviewer@example.org"} {
		p := s.person(t)
		p.signIn(email)
		token := p.token("/account")
		for _, path := range []string{"/seller/versions/{}", "/seller/versions/{}/report.json", "/seller/listings/{}/versions", "/seller/listings/{}/audit"} {
			of := mine
			if strings.Contains(path, "listings") {
				of = known
			}
			got, want := p.get(strings.Replace(path, "{}", of, 1)), p.get(strings.Replace(path, "{}", none, 1))
			if got.Status != http.StatusNotFound || refusal(got) != refusal(want) {
				t.Errorf("%s, GET %s: %d %q, for an unknown id %d %q", email, path, got.Status, words(got.Page.Find("main")), want.Status, words(want.Page.Find("main")))
			}
		}
		for _, act := range []string{"answers", "submit", "publish", "embargo", "withdraw"} {
			values := map[string][]string{"csrf": {token}, "on": {"version"}, "key": {"k"}, "answer-k": {"A long enough answer."}, "until": {"2999-01-01"}, "reason": {"A long enough reason."}}
			got, want := p.send("/seller/versions/"+mine+"/"+act, values), p.send("/seller/versions/"+none+"/"+act, values)
			if got.Status != http.StatusNotFound || want.Status != http.StatusNotFound {
				t.Errorf("%s, POST %s: %d, for an unknown id %d, want 404 both", email, act, got.Status, want.Status)
			}
		}
	}

	viewer := s.user(t, "viewer@example.org")
	join(t, s, owner.Organization, viewer, account.Viewer)
	p := s.person(t)
	p.signIn("viewer@example.org")
	a := p.get("/seller/versions/" + mine)
	if a.Status != http.StatusOK || a.Page.Find("main form").Length() != 0 {
		t.Errorf("a viewer: %d with %d forms", a.Status, a.Page.Find("main form").Length())
	}
	if a = p.send("/seller/versions/"+mine+"/publish", map[string][]string{"csrf": {p.token("/account")}}); a.Status != http.StatusForbidden {
		t.Errorf("a viewer publishes: %d", a.Status)
	}
}

// refusal is an error page without the number of its request.
func refusal(a answer) string {
	return requestNumber.ReplaceAllString(words(a.Page.Find("main")), "")
}

var requestNumber = regexp.MustCompile(`Request [0-9a-f]{16}`)

func join(t *testing.T, s site, org id.Organization, user id.User, role account.Role) {
	t.Helper()
	exec(t, s, postgres.Actor{Organization: org}, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, $3)`, org, user, role)
}

func makeReviewer(t *testing.T, s site, user id.User) {
	t.Helper()
	exec(t, s, postgres.Actor{Platform: postgres.Admin}, `INSERT INTO platform_role (user_id, role) VALUES ($1, 'reviewer')`, user)
}

func exec(t *testing.T, s site, a postgres.Actor, sql string, args ...any) {
	t.Helper()
	err := s.DB.InTx(t.Context(), a, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The download is the report itself, private and as a file.
func TestReportIsDownloadedByItsSellerOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	v := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), flaggedReport())
	p := s.person(t)
	p.signIn("seller@example.org")
	a := p.get("/seller/versions/" + string(v.ID) + "/report.json")
	var got audit.Report
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil {
		t.Fatalf("report: %v", err)
	}
	if diff := cmp.Diff(flaggedReport().Findings, got.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if a.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("headers: %v", a.Header)
	}
	// The store holds the whole report; the database only the first places.
	d, err := s.Listings.Version(t.Context(), owner, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	const whole = `{"schema": "assay-report/1", "files": []}`
	if _, err := s.Blobs.Put(t.Context(), ingest.ReportKey(d.Report.ID), strings.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	if a = p.get("/seller/versions/" + string(v.ID) + "/report.json"); a.Body != whole {
		t.Errorf("whole report: %q", a.Body)
	}
	if a = s.person(t).get("/seller/versions/" + string(v.ID) + "/report.json"); a.Status != http.StatusSeeOther {
		t.Errorf("without signing in: %d", a.Status)
	}
}

// A new version's report says what is gone, new and changed since the last.
func TestNewVersionShowsWhatChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	d := listingtest.Complete(t, s.DB, owner)
	first := flaggedReport()
	sendVersion(t, s, owner, d, first)
	second := flaggedReport()
	second.Findings = second.Findings[1:]
	second.Findings[0].Count = 7
	second.Findings = append(second.Findings, finding.Finding{Rule: "phi-name", Severity: finding.Warning, Path: "(0010,0010) PatientName", Count: 1, Message: "PatientName is filled"})
	v := sendVersion(t, s, owner, d, second)
	p := s.person(t)
	p.signIn("seller@example.org")
	text := words(p.get("/seller/versions/" + string(v.ID)).Page.Find("[data-testid=changes]"))
	for _, want := range []string{"Since version 1", "1 finding is gone", "StudyDate holds a full date", "1 finding is new", "PatientName is filled", "7 places as warning, before 1 place as warning", "1 gone, 1 new, 1 changed, 1 as before."} {
		if !strings.Contains(text, want) {
			t.Errorf("changes %q do not say %q", text, want)
		}
	}
}

// While the audit runs, its page says which stage, how many files and bytes,
// how long it will take, and which attempt it is.
func TestVersionShowsHowFarItsAuditIs(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	d := listingtest.Version(t, s.DB, accounttest.Org{ID: owner.Organization, Owner: owner}, listing.Auditing)
	exec(t, s, listingtest.Worker, `INSERT INTO audit_run (version_id, organization_id, lease, attempt, stage, files_done, files_total, bytes_done, bytes_total, started_at, stage_at)
		VALUES ($1, $2, $3, 2, 'inspecting files', 1200, 4800, 1000000, 4000000, now() - interval '2 hours', now() - interval '1 hour')`,
		d.Version.ID, owner.Organization, id.New[string]())
	p := s.person(t)
	p.signIn("seller@example.org")
	a := p.get("/seller/versions/" + string(d.Version.ID))
	text := words(a.Page.Find("[data-testid=audit-progress]"))
	for _, want := range []string{"Files inspected 1,200 of 4,800 files", "1.0 MB of 4.0 MB", "0.3 files/s", "about 3 hours left", "attempt 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("progress %q does not say %q", text, want)
		}
	}
	if n := a.Page.Find("[data-testid=stages] li.done").Length(); n != 3 {
		t.Errorf("%d stages done, want 3", n)
	}
	if refresh, _ := a.Page.Find("noscript meta").Attr("content"); refresh != "5" && !strings.Contains(a.Body, `http-equiv="refresh" content="5"`) {
		t.Error("without scripts the page does not renew itself")
	}
}

// A seller is asked before an audit is canceled, on a page that stands still;
// then the version is a draft again.
func TestSellerCancelsAnAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	d := listingtest.Version(t, s.DB, org, listing.Queued)
	exec(t, s, owner, `INSERT INTO upload (id, organization_id, version_id, user_id, state, size_bytes, received_bytes, sha256, expires_at, finished_at)
		VALUES ($1, $2, $3, $4, 'finished', 9, 9, repeat('a', 64), now(), now())`, id.New[string](), owner.Organization, d.Version.ID, owner.User)
	p := s.person(t)
	p.signIn("seller@example.org")
	url := "/seller/versions/" + string(d.Version.ID)
	if p.get(url).Page.Find("[data-testid=cancel-audit]").Length() != 0 {
		t.Error("the form stands on the page that renews itself")
	}
	ask := p.get(url + "?cancel=1")
	if ask.Page.Find("[data-testid=cancel-audit] button").Length() != 1 || strings.Contains(ask.Body, `http-equiv="refresh"`) {
		t.Error("the page that asks has no button, or renews itself")
	}
	if a := p.fill(url+"?cancel=1", url+"/cancel", "act", "cancel"); a.Status != http.StatusSeeOther || a.Location != url {
		t.Fatalf("cancel: %d to %q", a.Status, a.Location)
	}
	if text := words(p.get(url).Page.Find("main")); !strings.Contains(text, "The audit was canceled") || !strings.Contains(text, "Send files") {
		t.Errorf("after canceling the page says %q", text)
	}
	if a := p.fill(url, url+"/cancel", "act", "cancel"); a.Status != http.StatusConflict {
		t.Errorf("canceled twice: %d", a.Status)
	}
}
