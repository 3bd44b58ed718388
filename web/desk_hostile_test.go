package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assay/internal/account/accounttest"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
)

// hostile are texts that no form of the desks may trip over.
var hostile = map[string]string{
	"nothing":            "",
	"spaces":             " \t\r\n ",
	"10,000 characters":  strings.Repeat("long ", 2000),
	"markup":             `<script>alert(1)</script>"><img src=x onerror=alert(1)> said somebody`,
	"a zero byte":        "a zero\x00byte in a sentence",
	"no UTF-8":           "no \xff\xfe UTF-8 in a sentence",
	"reading direction":  "turned \u202e around in a sentence",
	"a header of a mail": "a sentence\r\nBcc: victim@example.org",
}

// desksFor is a site with one thing of each kind to act on.
type desksFor struct {
	site
	review, flag, appeal, reaudit, seller string // paths
	slug                                  string
}

func desksUnderFire(t *testing.T) desksFor {
	t.Helper()
	s, owner, v, slug := reportSite(t)
	d := desksFor{site: s, slug: slug, seller: string(owner.Organization)}
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	d.review = reviewPath(listingtest.Version(t, s.DB, org, listing.InReview).Version.ID)
	rejected := listingtest.Version(t, s.DB, org, listing.InReview)
	listingtest.Rule(t, s.DB, accounttest.Reviewer(t, s.DB), rejected.Version.ID, listing.Rejects)
	d.reaudit = "/review/reaudits/" + string(s.newRules(t, v, "blockers", "phi-birth-date", "blocker"))
	visitor, rita, seller := s.person(t), s.person(t), s.person(t)
	rita.signIn("rita@example.org")
	seller.signIn("seller@example.org")
	visitor.fill("/report/"+slug, "/report/"+slug, "reason", "label_error", "body", "The outlines do not fit the images.")
	d.flag = rita.get("/review/flags").Page.Find("[data-testid=flags] th a").AttrOr("href", "")
	rita.fill(d.flag, d.flag+"/claim")
	appealing := seller.get("/seller/standing").Page.Find("[data-testid=appealable] a[href*=appeals]").AttrOr("href", "")
	u, err := url.Parse(appealing)
	if err != nil {
		t.Fatal(err)
	}
	a := seller.fill(appealing, "/seller/appeals", "kind", u.Query().Get("kind"), "subject", u.Query().Get("subject"), "text", "The letter of March was overlooked by the reviewer.")
	if a.Status != http.StatusSeeOther {
		t.Fatalf("appeal: %d %s", a.Status, words(a.Page.Find("main")))
	}
	d.appeal = strings.Replace(a.Location, "/seller/", "/review/", 1)
	return d
}

// Whatever is written into a form of the desks, the answer is a sentence: never
// a fault of ours, never markup that runs, and what is too short or too long
// comes back beside its field with the text kept.
func TestHostileInputAtTheDesksIsAnswered(t *testing.T) {
	t.Parallel()
	d := desksUnderFire(t)
	rita, visitor := d.person(t), d.person(t)
	rita.signIn("rita@example.org")
	forms := []struct {
		who                 *person
		page, action, field string
		others              []string
	}{
		{rita, d.review, d.review + "/decision", "comment", []string{"decision", "perhaps", "reason", "other"}},
		{rita, d.review, d.review + "/notes", "internal-note", nil},
		{rita, d.review, d.review + "/checklist", "note-check-rights", []string{"check-rights", "no"}},
		{rita, d.review, d.review + "/licensing", "reason", []string{"outcome", "refused"}},
		{rita, d.review, d.review + "/assign", "reviewer", nil},
		{rita, d.flag, d.flag + "/samples", "samples-reason", nil},
		{rita, d.flag, d.flag + "/decision", "reason", []string{"outcome", "perhaps"}},
		{rita, d.flag, d.flag + "/decision", "answer", []string{"outcome", "perhaps"}},
		{rita, d.flag, d.flag + "/merge", "into", nil},
		{rita, d.flag, d.flag + "/ask", "question", nil},
		{rita, d.appeal, d.appeal, "ruling", []string{"outcome", "perhaps"}},
		{rita, d.reaudit, d.reaudit + "/close", "reason", nil},
		{rita, "/review/takedown/" + d.seller, "/review/takedown/" + d.seller, "comment", []string{"reason", "other"}},
		{visitor, "/report/" + d.slug, "/report/" + d.slug, "body", []string{"reason", "nothing of the list"}},
		{visitor, "/report/" + d.slug, "/report/" + d.slug, "place", []string{"reason", "nothing of the list", "body", "Long enough a sentence."}},
		{visitor, "/report/" + d.slug, "/report/" + d.slug, "email", []string{"reason", "nothing of the list", "body", "Long enough a sentence."}},
	}
	for _, f := range forms {
		for _, name := range slices.Sorted(maps.Keys(hostile)) {
			text := hostile[name]
			a := f.who.fill(f.page, f.action, append([]string{f.field, text}, f.others...)...)
			if a.Status >= 500 || a.Status == http.StatusTooManyRequests && f.who == rita {
				t.Errorf("%s with %s in %s: %d %s", f.action, name, f.field, a.Status, words(a.Page.Find("main")))
			}
			if name == "10,000 characters" && a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusTooManyRequests {
				t.Errorf("%s with %s in %s: %d, want 422", f.action, name, f.field, a.Status)
			}
			if strings.Contains(a.Body, "<script>alert(1)") || strings.Contains(a.Body, "<img src=x") {
				t.Errorf("%s with %s in %s: markup of strangers stands in the page", f.action, name, f.field)
			}
		}
		if a := f.who.get(f.page); a.Status != http.StatusOK || strings.Contains(a.Body, "<script>alert(1)") {
			t.Errorf("%s afterwards: %d", f.page, a.Status)
		}
	}
}

// A form that is sent a second time, or about what has changed meanwhile, is a
// conflict that says so, and changes nothing.
func TestFormsOfTheDesksHoldOnce(t *testing.T) {
	t.Parallel()
	d := desksUnderFire(t)
	rita, otto := d.person(t), d.person(t)
	rita.signIn("rita@example.org")
	otto.signIn("otto@example.org")
	twice := func(who *person, page, action string, pairs ...string) {
		t.Helper()
		values := url.Values{"csrf": {who.token(page)}}
		for i := 0; i < len(pairs); i += 2 {
			values.Add(pairs[i], pairs[i+1])
		}
		for _, name := range []string{"root_digest", "claims_digest"} {
			values.Set(name, who.get(page).Page.Find("#decision input[name="+name+"]").AttrOr("value", ""))
		}
		first, second := who.send(action, values), who.send(action, values)
		if first.Status != http.StatusSeeOther {
			t.Errorf("%s: %d %s", action, first.Status, words(first.Page.Find("main")))
		}
		if second.Status != http.StatusConflict && second.Status != http.StatusNotFound || words(second.Page.Find("h1")) == "" {
			t.Errorf("%s a second time: %d, want a conflict in words", action, second.Status)
		}
	}
	stale := url.Values{"csrf": {otto.token(d.review)}, "decision": {"reject"}, "reason": {"other"}, "comment": {"A sentence that is long enough."},
		"root_digest": {strings.Repeat("a", 64)}, "claims_digest": {strings.Repeat("b", 64)}}
	if a := otto.send(d.review+"/decision", stale); a.Status != http.StatusConflict || !strings.Contains(a.Body, "not the ones that you have seen") {
		t.Errorf("a decision about other files: %d %s", a.Status, words(a.Page.Find("main")))
	}
	twice(rita, d.review, d.review+"/decision", "decision", "changes", "reason", "other", "comment", "A sentence that is long enough.")
	twice(rita, d.flag, d.flag+"/decision", "outcome", "dismissed", "reason", "The outlines fit after all.")
	twice(otto, d.appeal, d.appeal, "outcome", "denied", "ruling", "The letter of March says nothing of it.")
	twice(rita, d.reaudit, d.reaudit+"/close", "reason", "The date is that of a phantom.")
}

// In an order about several versions the one that has changed meanwhile is
// refused, with a sentence, and keeps no other back.
func TestBulkRefusesWhatHasChangedMeanwhile(t *testing.T) {
	t.Parallel()
	d := desksUnderFire(t)
	rita, otto := d.person(t), d.person(t)
	rita.signIn("rita@example.org")
	otto.signIn("otto@example.org")
	other := listingtest.Version(t, d.DB, accounttest.Seller(t, d.DB), listing.InReview).Version.ID
	first := id.Version(strings.TrimPrefix(d.review, "/review/versions/"))
	ask := "/review/bulk?act=return&item=" + string(first) + "&item=" + string(other)
	form := rita.get(ask)
	values := url.Values{"csrf": {rita.token(ask)}, "act": {"return"}, "reason": {"other"}, "comment": {"A sentence that is long enough for each."}}
	form.Page.Find("input[name=item]").Each(func(_ int, x *goquery.Selection) { values.Add("item", x.AttrOr("value", "")) })
	if len(values["item"]) != 2 {
		t.Fatalf("%d items on the page", len(values["item"]))
	}
	if a := otto.fill(d.review, d.review+"/claim"); a.Status != http.StatusSeeOther {
		t.Fatalf("claim: %d", a.Status)
	}
	a := rita.send("/review/bulk", values)
	if a.Status != http.StatusSeeOther {
		t.Fatalf("order: %d %s", a.Status, words(a.Page.Find("main")))
	}
	done := rita.get(a.Location)
	if got := words(done.Page.Find("[data-testid=bulk-sum]")); !strings.HasPrefix(got, "Done for 1 of 2 data sets.") {
		t.Errorf("the order: %s", got)
	}
	if got := words(done.Page.Find("[data-testid=bulk-done]")); !strings.Contains(got, "has this review") {
		t.Errorf("what was refused says %q", got)
	}
	if a := rita.send("/review/bulk", values); a.Status != http.StatusSeeOther || !strings.HasPrefix(words(rita.get(a.Location).Page.Find("[data-testid=bulk-sum]")), "Done for 0 of") {
		t.Errorf("the same order again: %d", a.Status)
	}
}
