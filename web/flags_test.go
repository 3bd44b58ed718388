package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/web"
)

// reportSite is a site with a seller whose data set is on offer, and two
// reviewers.
func reportSite(t *testing.T) (s site, owner postgres.Actor, v listing.Version, slug string) {
	t.Helper()
	s = newSite(t, false)
	owner = s.owner(t, "seller@example.org", "Northfield")
	s.reviewer(t, "rita@example.org")
	s.reviewer(t, "otto@example.org")
	accounttest.Verify(t, s.DB, owner.Organization)
	d := listingtest.Complete(t, s.DB, owner)
	return s, owner, publish(t, s, owner, d), d.Listing.Slug
}

// Somebody without an account reports identifiers: the form tells what is
// missing, the report hides pictures, and a private link tells what becomes of
// it.
func TestVisitorReportsWithoutAnAccount(t *testing.T) {
	t.Parallel()
	s, _, _, slug := reportSite(t)
	p := s.person(t)
	public, form := "/datasets/"+slug, "/report/"+slug
	for _, page := range []string{public, public + "/audit", public + "/quality"} {
		a := p.get(page)
		if link, _ := a.Page.Find("[data-testid=report-link]").Attr("href"); a.Status == http.StatusOK && link != form {
			t.Errorf("%s links to %q, want %s", page, link, form)
		}
	}
	if a := p.get("/report/nowhere"); a.Status != http.StatusNotFound {
		t.Errorf("report of nothing: %d", a.Status)
	}
	a := p.fill(form, form, "body", "short", "place", "series 3", "email", "not an address")
	if a.Status != http.StatusUnprocessableEntity || a.Page.Find("#f-reason-error, #f-body-error, #f-email-error").Length() != 3 || a.Page.Find("#f-place").AttrOr("value", "") != "series 3" {
		t.Errorf("empty form: %d %s", a.Status, words(a.Page.Find("main")))
	}
	a = p.fill(form, form, "reason", "phi_suspected", "place", "series 3", "body", "A name stands in the lower left corner.", "email", "reader@example.org")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/report/r/") {
		t.Fatalf("report: %d %q", a.Status, a.Location)
	}
	receipt := a.Location
	a = p.get(receipt)
	if a.Status != http.StatusOK || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Referrer-Policy") != "no-referrer" ||
		!strings.Contains(words(a.Page.Find("main")), "No reviewer has taken it yet.") || strings.Contains(a.Body, "lower left") {
		t.Errorf("receipt: %d, %v, %s", a.Status, a.Header, words(a.Page.Find("main")))
	}
	if got := words(s.person(t).get(public).Page.Find("[data-testid=samples-hidden]")); !strings.Contains(got, "until a reviewer has looked") {
		t.Errorf("the page of the data set says %q", got)
	}
	if a := s.person(t).get("/report/r/" + strings.Repeat("A", 43)); a.Status != http.StatusNotFound {
		t.Errorf("a guessed link: %d", a.Status)
	}
}

// One address sends so many reports an hour.
func TestReportsOfOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	s, _, _, slug := reportSite(t)
	p := s.person(t)
	form := "/report/" + slug
	token := p.token(form)
	for i := range 21 {
		a := p.send(form, map[string][]string{"csrf": {token}, "reason": {"spam"}, "body": {"This is no data set at all."}})
		if want := i == 20; (a.Status == http.StatusTooManyRequests) != want || want && a.Header.Get("Retry-After") == "" {
			t.Fatalf("report %d: %d", i+1, a.Status)
		}
		if i == 15 && a.Location != "/datasets/"+slug {
			t.Errorf("a report that is only counted leads to %q", a.Location)
		}
	}
}

// What a program sends comes back to be sent again, with nothing lost: who
// fills in the field that nobody sees, or sends before a person can have read
// the form. Who takes the time needs no script.
func TestReportsOfProgramsComeBack(t *testing.T) {
	t.Parallel()
	s, _, _, slug := reportSite(t)
	form := "/report/" + slug
	p := s.person(t)
	fields := []string{"reason", "spam", "body", "This is no data set at all."}
	if trap := p.get(form).Page.Find("input[name=topic]"); trap.AttrOr("tabindex", "") != "-1" || trap.AttrOr("autocomplete", "") != "off" ||
		trap.Closest("[aria-hidden=true].vh").Length() != 1 {
		t.Error("people can reach the field that is for programs")
	}
	a := p.fill(form, form, append(fields, "topic", "Cheap watches")...)
	if a.Status != http.StatusUnprocessableEntity || a.Page.Find("input[name=topic]").AttrOr("value", "-") != "" ||
		words(a.Page.Find("#f-body")) != "This is no data set at all." || !strings.Contains(words(a.Page.Find("[data-testid=error-summary]")), "send it again") {
		t.Errorf("the field was filled in: %d %s", a.Status, words(a.Page.Find("main")))
	}
	if a := p.fill(form, form, fields...); a.Status != http.StatusSeeOther {
		t.Errorf("sent again without it: %d", a.Status)
	}
	s.server.Config.Handler.(*web.Server).FormTime = time.Hour
	if a := s.person(t).fill(form, form, fields...); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("sent at once: %d, want the form back", a.Status)
	}
}

// A reviewer's question about a report stands first on the seller's desk, with
// the time by which it is to be answered; the answer takes it away.
func TestQuestionsOfReviewersAreTheSellersFirstToDo(t *testing.T) {
	t.Parallel()
	s, _, _, slug := reportSite(t)
	visitor, rita, seller := s.person(t), s.person(t), s.person(t)
	rita.signIn("rita@example.org")
	seller.signIn("seller@example.org")
	visitor.fill("/report/"+slug, "/report/"+slug, "reason", "phi_suspected", "body", "A name stands in the lower left corner.")
	if n := seller.get("/seller").Page.Find("[data-testid=todo-answer_report]").Length(); n != 0 {
		t.Error("the seller learns of a report before a reviewer asks")
	}
	desk := rita.get("/review")
	flag := desk.Page.Find("[data-testid=risky] th a").AttrOr("href", "")
	if clock := words(desk.Page.Find("[data-testid=risky] td[data-label=Clock] .tag")); flag == "" || !strings.HasPrefix(clock, "due in 3 h") {
		t.Fatalf("the desk shows the report at %q with the clock %q, want due in 3 h", flag, clock)
	}
	rita.fill(flag, flag+"/claim")
	if a := rita.fill(flag, flag+"/ask", "question", "Which scanner wrote these files?"); a.Status != http.StatusSeeOther {
		t.Fatalf("question: %d", a.Status)
	}
	first := seller.get("/seller").Page.Find("[data-testid^=todo-]").First()
	if first.AttrOr("data-testid", "") != "todo-answer_report" || !strings.HasPrefix(words(first.Find(".tag")), "due in 23 h") {
		t.Errorf("first to do: %s", words(first))
	}
	answer := first.Find("a").AttrOr("href", "")
	if a := seller.fill(answer, answer, "reply", "A scanner of 2019; the name is its own."); a.Status != http.StatusSeeOther {
		t.Fatalf("answer: %d %s", a.Status, words(a.Page.Find("main")))
	}
	if seller.get("/seller").Page.Find("[data-testid=todo-answer_report]").Length() != 0 {
		t.Error("the question still stands after the answer")
	}
}
