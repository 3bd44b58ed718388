package web_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// granted records that a grant was made for an organization.
func (s site) granted(t *testing.T, a postgres.Actor, detail map[string]string) (grant string) {
	t.Helper()
	grant = id.New[string]()
	err := s.DB.InTx(t.Context(), a, func(tx pgx.Tx) error {
		return activity.Record(t.Context(), tx, activity.Entry{Actor: a, Organization: a.Organization, Verb: "grant.make", Object: "grant", ObjectID: grant, Detail: detail})
	})
	if err != nil {
		t.Fatal(err)
	}
	return grant
}

// A buyer downloads the proof of its grant, and somebody without an account
// checks it on the public page.
func TestABuyerProvesItsGrantToAnybody(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	buyer := s.owner(t, "buyer@example.org", "Buyer")
	s.owner(t, "other@example.org", "Other")
	grant := s.granted(t, buyer, nil)
	p, other := s.person(t), s.person(t)
	p.signIn("buyer@example.org")
	other.signIn("other@example.org")

	a := p.get("/organization/activity?verb=grant.make")
	link, ok := a.Page.Find(`[data-testid="acts"] a[href$="/proof.json"]`).Attr("href")
	if !ok {
		t.Fatalf("no act can be proved: %d %s", a.Status, a.Page.Find("main").Text())
	}
	if got := p.get(link); got.Status != http.StatusConflict {
		t.Errorf("a proof before any head: status %d, want 409", got.Status)
	}
	if err := s.Acts.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	proof := p.get(link)
	if proof.Status != http.StatusOK || !strings.Contains(proof.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("proof: status %d", proof.Status)
	}
	if got := other.get(link); got.Status != http.StatusNotFound {
		t.Errorf("a stranger's proof: status %d, want 404", got.Status)
	}

	stranger := s.person(t)
	for _, sent := range []answer{
		stranger.fill("/trust/activity", "/trust/activity/check", "proof", proof.Body),
		stranger.attach("/trust/activity", "/trust/activity/check", "file", "a.proof.json", []byte(proof.Body)),
	} {
		if shown := sent.Page.Find(`[data-testid="proved"]`).Text(); sent.Status != http.StatusOK || !strings.Contains(shown, grant) || !strings.Contains(shown, "Grant: make") {
			t.Errorf("a good proof: status %d, %s", sent.Status, shown)
		}
	}
	for name, bad := range map[string]string{
		"altered":   strings.Replace(proof.Body, grant, id.New[string](), 1),
		"a head":    s.person(t).get("/trust/activity.json").Body,
		"no proof":  "hello",
		"nothing":   "",
		"no head":   strings.Replace(proof.Body, `"head": {`+"\n    \"number\": ", `"head": {`+"\n    \"number\": 9", 1),
		"too large": strings.Repeat("x", activity.MaxProofBytes-1),
	} {
		sent := stranger.fill("/trust/activity", "/trust/activity/check", "proof", bad)
		if sent.Status != http.StatusUnprocessableEntity && (name != "too large" || sent.Status != http.StatusRequestEntityTooLarge) ||
			sent.Page.Find(".field-error").Length() != 1 && name != "too large" {
			t.Errorf("%s: status %d, want 422 with a message beside the field", name, sent.Status)
		}
	}
}

func TestOwnersAndAdminsReadWhatWasDone(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "owner@example.org", "Seller")
	viewer := s.user(t, "viewer@example.org")
	err := s.DB.InTx(t.Context(), owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, $3)`, owner.Organization, viewer, account.Viewer)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.granted(t, postgres.Actor{User: id.New[id.User](), Organization: owner.Organization}, map[string]string{"from": "=1+1", "to": "live"})
	s.granted(t, postgres.Actor{User: id.New[id.User](), Organization: owner.Organization, Platform: postgres.Reviewer}, nil)
	s.granted(t, postgres.Actor{Organization: owner.Organization, Platform: postgres.Worker}, nil)
	p, v := s.person(t), s.person(t)
	p.signIn("owner@example.org")
	v.signIn("viewer@example.org")
	for _, path := range []string{"", ".csv", ".jsonl", "/1/proof.json"} {
		if got := v.get("/organization/activity" + path); got.Status != http.StatusForbidden {
			t.Errorf("a viewer asks for %s: status %d, want 403", path, got.Status)
		}
	}

	page := p.get("/organization/activity")
	text := page.Page.Find(`[data-testid="acts"]`).Text()
	for _, want := range []string{"Ada of owner@example.org", "Organization: create", "Somebody who left", "Assay, a reviewer", "Assay, by itself", "to: live"} {
		if !strings.Contains(text, want) {
			t.Errorf("the list does not say %q: %s", want, text)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(p.get("/organization/activity.csv").Body)).ReadAll()
	if err != nil || len(rows) != 5 {
		t.Fatalf("%d rows of CSV, %v, want a head and 4", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a cell that a spreadsheet would run: %q", cell)
			}
		}
	}
	lines := strings.Split(strings.TrimSpace(p.get("/organization/activity.jsonl?verb=organization.create").Body), "\n")
	var line struct{ Verb string }
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || len(lines) != 1 || line.Verb != "organization.create" {
		t.Errorf("%d lines, the first of %q, %v", len(lines), line.Verb, err)
	}
	for _, query := range []string{"object=x", "from=yesterday", "until=2026-13-01", "from=2026-11-02&until=2026-11-01"} {
		if got := p.get("/organization/activity?" + query); got.Status != http.StatusUnprocessableEntity || got.Page.Find(".field-error").Length() != 1 {
			t.Errorf("%s: status %d, want 422 with a message beside the field", query, got.Status)
		}
	}
	for query, want := range map[string]int{"who=platform": 2, "who=" + string(owner.User): 1, "from=2000-01-01": 4, "until=2000-01-01": 0, "verb=no.such": 0} {
		if got := p.get("/organization/activity?" + query).Page.Find(`[data-testid="acts"] tbody tr`).Length(); got != want {
			t.Errorf("%s: %d acts, want %d", query, got, want)
		}
	}
}

func TestActsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "owner@example.org", "Seller")
	for range 60 {
		s.granted(t, owner, nil)
	}
	p := s.person(t)
	p.signIn("owner@example.org")
	first := p.get("/organization/activity?verb=grant.make")
	next, _ := first.Page.Find(`.pager a[rel=next]`).Attr("href")
	second := p.get(next)
	if a, b := first.Page.Find(`[data-testid="acts"] tbody tr`).Length(), second.Page.Find(`[data-testid="acts"] tbody tr`).Length(); a != 50 || b != 10 {
		t.Errorf("pages of %d and %d acts, want 50 and 10", a, b)
	}
}

func TestThePublicListOfHeads(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p := s.person(t)
	if a := p.get("/trust/activity"); a.Status != http.StatusOK || a.Page.Find(`[data-testid="empty"]`).Length() != 1 {
		t.Errorf("without heads: status %d", a.Status)
	}
	owner := s.owner(t, "owner@example.org", "Seller")
	if err := s.Acts.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	var list struct {
		Heads []struct {
			Number     int64
			Hash, File string
		}
	}
	if err := json.Unmarshal([]byte(p.get("/trust/activity.json").Body), &list); err != nil || len(list.Heads) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	file := p.get(strings.TrimPrefix(list.Heads[0].File, s.URL))
	h, err := activity.ReadHead([]byte(file.Body))
	if err != nil || h.Number != list.Heads[0].Number || h.Hash != list.Heads[0].Hash {
		t.Errorf("the file of the head: %+v, %v", h, err)
	}
	if strings.Contains(file.Body, string(owner.Organization)) {
		t.Error("the head names an organization")
	}
	for _, path := range []string{"/trust/activity/heads/99.json", "/trust/activity/heads/-1.json", "/trust/activity/heads/x.json"} {
		if a := p.get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, a.Status)
		}
	}
}

// TestActivityPagesInABrowser takes screenshots of both pages in every state.
func TestActivityPagesInABrowser(t *testing.T) {
	s := newSite(t, false)
	s.owner(t, "owner@example.org", "North Imaging Institute of the Free and Hanseatic City, Department of Radiology")
	b := webtest.Start(t)
	p := b.Visitor(t, s.URL)
	p.Go("/trust/activity")
	p.CheckViews("trust-empty")
	p.Go("/login")
	p.Fill("email", "owner@example.org")
	p.Fill("password", goodPassword)
	p.Submit("#sign-in")
	p.Go("/organization/activity")
	p.CheckViews("acts")
	p.Go("/organization/activity?verb=no.such&object=x")
	p.CheckViews("acts-mistake")
	p.Go("/organization/activity?verb=no.such")
	p.CheckViews("acts-none")
	if err := s.Acts.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Go("/trust/activity")
	p.Set("proof", "hello")
	p.Submit("#check-proof")
	p.CheckViews("trust-refused")
	reader := s.person(t)
	reader.signIn("owner@example.org")
	link, _ := reader.get("/organization/activity").Page.Find(`a[href$="/proof.json"]`).First().Attr("href")
	p.Set("proof", reader.get(link).Body)
	p.Submit("#check-proof")
	p.CheckViews("trust-proved")
}
