package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/web/webtest"
)

// newRules has an audit by new rules find something in a live version, as a
// worker does.
func (s site) newRules(t *testing.T, v listing.Version, outcome, rule, severity string) id.Reaudit {
	t.Helper()
	x := id.New[id.Reaudit]()
	err := s.DB.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		report := id.New[string]()
		_, err := tx.Exec(t.Context(), `
INSERT INTO audit_report (id, organization_id, version_id, root_digest, claims_digest, verdict, blockers, warnings, warning_keys, report, rules_version, is_reaudit)
SELECT $2, organization_id, version_id, root_digest, claims_digest, CASE $4::text WHEN 'blocker' THEN 'failed' ELSE 'flagged' END,
       ($4::text = 'blocker')::int, ($4::text = 'warning')::int, CASE $4::text WHEN 'warning' THEN '{k}' ELSE '{}' END::text[],
       jsonb_set(report, '{findings}', report -> 'findings' || jsonb_build_array(jsonb_build_object(
           'rule', $3::text, 'severity', $4::text, 'path', '(0010,0030) PatientBirthDate', 'count', 2, 'message', 'PatientBirthDate present'))),
       '9999.1', true
FROM   audit_report WHERE version_id = $1 AND NOT is_reaudit`, v.ID, report, rule, severity)
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `
INSERT INTO reaudit (id, organization_id, version_id, rules_version, state, outcome, rules, report_id, audited_at)
VALUES ($1, $2, $3, '9999.1', 'open', $4, ARRAY[$5::text], $6, now())`, x, v.Organization, v.ID, outcome, rule, report)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Reviewers find what new rules found, with the whole new report one link away,
// and close it with a reason; the seller reads on the version's page what was
// found, what to do and by when, and that it was closed.
func TestNewRulesInABrowser(t *testing.T) {
	s, _, v, _ := reportSite(t)
	s.newRules(t, v, "blockers", "phi-birth-date", "blocker")
	b := webtest.Start(t)

	ada := b.Visitor(t, s.URL)
	s.signInPage(t, ada, "seller@example.org")
	ada.Go("/seller")
	ada.WantText("[data-testid=todo-mend_for_new_rules]", "Send a mended version.")
	ada.Follow("[data-testid=todo-mend_for_new_rules] a")
	ada.WantText("[data-testid=new-rules]", "Blocker: still on offer")
	ada.WantText("[data-testid=new-rules]", "Mend the files and send a new version by then")
	ada.CheckViews("version-new-rules")
	ada.Follow("[data-testid=new-rules] [data-testid=new-report]")
	ada.WantText("main", "PatientBirthDate present")
	ada.CheckViews("version-new-rules-report")

	rita := b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, rita, "rita@example.org")
	looker := b.Visitor(t, s.URL)
	s.signInPage(t, looker, "otto@example.org")
	looker.Go("/review/reaudits")
	looker.WantText("[data-testid=reaudit]", "due in")
	looker.CheckViews("reaudits")
	looker.Follow("[data-testid=reaudit] [data-testid=new-report]")
	looker.CheckViews("reaudit-report")
	rita.Go("/review/reaudits")
	rita.Follow("[data-testid=reaudit] [data-testid=new-report]")
	rita.WantText("#report", "PatientBirthDate present")
	rita.Submit("form[action$='/close']")
	rita.WantText("[data-testid=error-summary]", "Say in 10 to 4000 characters what you found.")
	rita.Set("reason", "The date is that of a calibration phantom.")
	rita.Submit("form[action$='/close']")
	rita.WantText("[data-testid=empty]", "Nothing waits")
	looker.Go("/review/reaudits")
	looker.CheckViews("reaudits-none")

	ada.Go("/seller/versions/" + string(v.ID))
	ada.WantText("[data-testid=new-rules]", "You need not do anything.")
	if strings.Contains(ada.Text("main"), "calibration phantom") {
		t.Error("the seller reads what reviewers note for the record")
	}
	ada.Go("/seller")
	if ada.Count("[data-testid=todo-mend_for_new_rules]") != 0 {
		t.Error("what was closed is still to do")
	}
}

// The new report is for reviewers and the seller alone, and under its own
// version alone.
func TestNewReportsAreForReviewersAndTheirSeller(t *testing.T) {
	t.Parallel()
	s, _, v, _ := reportSite(t)
	x := string(s.newRules(t, v, "warnings", "phi-birth-date", "warning"))
	other := s.owner(t, "other@example.org", "Southfield")
	foreign := listingtest.Begin(t, s.DB, other, listingtest.Complete(t, s.DB, other))
	seller, stranger, rita := s.person(t), s.person(t), s.person(t)
	seller.signIn("seller@example.org")
	stranger.signIn("other@example.org")
	rita.signIn("rita@example.org")
	for _, ending := range []string{"", "/report.json", "/report.csv"} {
		own, desk := "/seller/versions/"+string(v.ID)+"/reaudits/"+x+ending, "/review/reaudits/"+x+ending
		for path, want := range map[*person]map[string]int{
			seller:   {own: http.StatusOK, desk: http.StatusNotFound},
			rita:     {desk: http.StatusOK, own: http.StatusForbidden}, // who belongs to no organization
			stranger: {own: http.StatusNotFound, desk: http.StatusNotFound, "/seller/versions/" + string(foreign.ID) + "/reaudits/" + x + ending: http.StatusNotFound},
		} {
			for address, status := range want {
				if a := path.get(address); a.Status != status {
					t.Errorf("%s: %d, want %d", address, a.Status, status)
				}
			}
		}
	}
	if a := rita.get("/review/reaudits/" + id.New[string]()); a.Status != http.StatusNotFound {
		t.Errorf("an audit that never was: %d", a.Status)
	}
}

// An admin has a broken audit tried again with one button; a reviewer sees that
// it broke and has none.
func TestAdminsHaveBrokenAuditsTriedAgain(t *testing.T) {
	t.Parallel()
	s, _, v, _ := reportSite(t)
	x := id.New[string]()
	s.super(t, `INSERT INTO reaudit (id, organization_id, version_id, rules_version, state, attempt) VALUES ($1, $2, $3, '9999.1', 'broken', 3)`, x, string(v.Organization), string(v.ID))
	s.admin(t, "root@example.org")
	rita, root := s.person(t), s.person(t)
	rita.signIn("rita@example.org")
	root.signIn("root@example.org")
	const list = "/review/reaudits"
	retry := list + "/" + x + "/retry"
	if a := rita.get(list); a.Page.Find("[data-testid=broken]").Length() != 1 || a.Page.Find("form[action$='/retry']").Length() != 0 {
		t.Errorf("a reviewer reads %s", words(a.Page.Find("[data-testid=broken]")))
	}
	if a := rita.fill(list, retry); a.Status != http.StatusNotFound {
		t.Errorf("a reviewer tries again: %d, want 404", a.Status)
	}
	if a := root.get(list); a.Page.Find("form[action='"+retry+"'] button").Length() != 1 {
		t.Fatalf("an admin reads %s", words(a.Page.Find("[data-testid=broken]")))
	}
	if a := root.fill(list, retry); a.Status != http.StatusSeeOther || a.Location != list {
		t.Errorf("try again: %d to %q", a.Status, a.Location)
	}
	a := root.get(list)
	if text := words(a.Page.Find("main")); a.Page.Find("[data-testid=broken]").Length() != 0 || !strings.Contains(words(a.Page.Selection), "The audit is tried again") {
		t.Errorf("afterwards the admin reads %s", text)
	}
	for what, path := range map[string]string{"twice": retry, "one that never was": list + "/" + id.New[string]() + "/retry", "no id": list + "/x/retry"} {
		if a := root.fill(list, path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", what, a.Status)
		}
	}
}

// What is taken down leaves every public place at once: its page is a
// tombstone, programs get 410, the search does not list it, its badge is gray.
// Restored, it is back in all of them. Buyers who hold a license are a matter
// of grants, of which there are none yet: no page speaks of any.
func TestWhatIsTakenDownLeavesEveryPublicPlace(t *testing.T) {
	t.Parallel()
	s, _, v, slug := reportSite(t)
	rita, visitor := s.person(t), s.person(t)
	rita.signIn("rita@example.org")
	public, path := "/datasets/"+slug, reviewPath(v.ID)
	check := func(when string, onOffer bool) {
		t.Helper()
		want := map[bool]int{true: http.StatusOK, false: http.StatusGone}[onOffer]
		if a := visitor.get(public + "/audit.json"); a.Status != want {
			t.Errorf("%s: audit.json: %d, want %d", when, a.Status, want)
		}
		for _, search := range []string{"/datasets", "/datasets?q=nodules"} {
			if found := visitor.get(search).Page.Find("a[href='"+public+"']").Length() > 0; found != onOffer {
				t.Errorf("%s: %s lists it: %v", when, search, found)
			}
		}
		page := visitor.get(public)
		if gone := page.Page.Find("[data-testid=tombstone]").Length() == 1; gone == onOffer || page.Page.Find("table.rights").Length() > 0 != onOffer {
			t.Errorf("%s: the page is a tombstone: %v", when, gone)
		}
		for _, p := range []string{"", "/audit"} {
			if text := words(visitor.get(public + p).Page.Find("main")); strings.Contains(text, "licensee") {
				t.Errorf("%s: %s speaks of licensees, of whom there are none", when, p)
			}
		}
	}
	check("on offer", true)
	if a := rita.fill(path, path+"/suspend", "suspend-reason", "identifiers_left", "suspend-comment", "A name stands in series 3."); a.Status != http.StatusSeeOther {
		t.Fatalf("suspend: %d", a.Status)
	}
	check("suspended", false)
	if badge := visitor.get("/badge/" + slug + ".svg"); badge.Status != http.StatusOK || !strings.Contains(badge.Body, "not certified") {
		t.Errorf("the badge of what is suspended: %d %s", badge.Status, badge.Body)
	}
	if a := rita.fill(path, path+"/restore"); a.Status != http.StatusSeeOther {
		t.Fatalf("restore: %d", a.Status)
	}
	check("restored", true)
}
