package web_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/postgres"
)

const paper = "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

var identityFields = []string{
	"legal_name", "North Imaging gGmbH", "country", "DE", "registry", "Handelsregister", "registry_number", "HRB 1",
	"postal_address", "Weg 1\n12345 Ort", "website", "https://example.org", "contact_name", "Ada", "contact_role", "Head of data",
	"rights_basis", "The hospital made the images itself.",
}

// reviewer makes a reviewer who can sign in.
func (s site) reviewer(t *testing.T, email string) postgres.Actor {
	t.Helper()
	user := s.user(t, email)
	if err := s.Accounts.SetPlatformRole(t.Context(), accounttest.Admin(t, s.DB), user, postgres.Reviewer); err != nil {
		t.Fatal(err)
	}
	return postgres.Actor{User: user, Platform: postgres.Reviewer}
}

func (p *person) attachPaper(kind string) answer {
	p.t.Helper()
	return p.attach("/seller/verification/documents", "/seller/verification/documents", "file", "extract.pdf", []byte(paper), "kind", kind)
}

func TestSellerIsVerifiedThroughThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "ada@example.org", "North")
	s.reviewer(t, "rita@example.org")
	ada, rita := s.person(t), s.person(t)
	ada.signIn("ada@example.org")
	rita.signIn("rita@example.org")

	a := ada.fill("/seller/verification/organization", "/seller/verification/submit")
	if a.Status != http.StatusUnprocessableEntity || a.Page.Find(".notice a").Length() != 10 {
		t.Errorf("submitting nothing: status %d, %d things missing, want 422 and 10", a.Status, a.Page.Find(".notice a").Length())
	}
	bad := append([]string{}, identityFields...)
	bad[3] = "XX"
	a = ada.fill("/seller/verification/organization", "/seller/verification/organization", bad...)
	if got, _ := a.Page.Find("#f-legal_name").Attr("value"); a.Status != http.StatusUnprocessableEntity || got != "North Imaging gGmbH" || a.Page.Find("#f-country-error").Length() != 1 {
		t.Errorf("a country that is none: status %d, name kept %q", a.Status, got)
	}
	wantStatus(t, "save", ada.fill("/seller/verification/organization", "/seller/verification/organization", identityFields...),
		http.StatusSeeOther, "/seller/verification/documents")
	wantStatus(t, "a document without a file", ada.fill("/seller/verification/documents", "/seller/verification/documents", "kind", "rights"),
		http.StatusUnprocessableEntity, "")
	wantStatus(t, "a page named as a document", ada.attach("/seller/verification/documents", "/seller/verification/documents", "file", "x.pdf",
		[]byte("<!DOCTYPE html><script>alert(1)</script>"), "kind", "rights"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "attach", ada.attachPaper("organization"), http.StatusSeeOther, "")
	wantStatus(t, "attach", ada.attachPaper("rights"), http.StatusSeeOther, "")
	wantStatus(t, "submit", ada.fill("/seller/verification/documents", "/seller/verification/submit"), http.StatusSeeOther, "/seller/verification")
	wantStatus(t, "attaching afterwards", ada.attachPaper("other"), http.StatusConflict, "")

	queue := rita.get("/review/verifications")
	link, _ := queue.Page.Find(`[data-testid="waiting"] a`).Attr("href")
	if queue.Status != http.StatusOK || link == "" {
		t.Fatalf("queue: status %d, link %q", queue.Status, link)
	}
	c := rita.get(link)
	document, _ := c.Page.Find(`[data-testid="document"] a`).Attr("href")
	got := rita.get(document)
	if got.Status != http.StatusOK || got.Body != paper ||
		got.Header.Get("Content-Disposition") != "attachment; filename=extract.pdf" ||
		got.Header.Get("Content-Type") != "application/octet-stream" || got.Header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("document: status %d, headers %v", got.Status, got.Header)
	}

	decision := []string{"outcome", "granted", "level", "verified", "months", "12", "reason", "In order."}
	seen, _ := c.Page.Find("input[name=submitted_at]").Attr("value")
	decision = append(decision, "submitted_at", seen)
	wantStatus(t, "granting without a look at the papers", rita.fill(link, link, decision...), http.StatusUnprocessableEntity, "")
	var names []string
	c.Page.Find("#decision input[type=radio][value=accepted]").Each(func(_ int, e *goquery.Selection) { name, _ := e.Attr("name"); names = append(names, name) })
	for _, name := range names {
		decision = append(decision, name, "accepted")
	}
	wantStatus(t, "grant", rita.fill(link, link, decision...), http.StatusSeeOther, "/review/verifications")
	again := rita.fill("/account", link, decision...)
	wantStatus(t, "grant a second time", again, http.StatusConflict, "")

	standing, err := s.Accounts.Standing(t.Context(), owner)
	if err != nil || standing.Level != account.Verified {
		t.Errorf("level = %q, %v, want verified", standing.Level, err)
	}
	if a := ada.get("/seller/verification"); !strings.Contains(a.Page.Find("main").Text(), "verified seller") {
		t.Error("the seller's page does not say so")
	}
	wantStatus(t, "suspend without a reason", rita.fill(link, link+"/suspend"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "suspend", rita.fill(link, link+"/suspend", "level_reason", "A complaint."), http.StatusSeeOther, link)
	wantStatus(t, "restore", rita.fill(link, link+"/restore", "level_reason", "Settled."), http.StatusSeeOther, link)
}

func TestVerificationIsHiddenFromOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "ada@example.org", "North")
	s.owner(t, "eve@example.org", "South")
	ada, eve, nobody := s.person(t), s.person(t), s.person(t)
	ada.signIn("ada@example.org")
	eve.signIn("eve@example.org")
	ada.attachPaper("organization")
	document, _ := ada.get("/seller/verification/documents").Page.Find(`[data-testid="document"] a`).Attr("href")
	request, err := s.Accounts.Request(t.Context(), owner)
	if err != nil || document == "" {
		t.Fatal(err, document)
	}
	link := "/review/verifications/" + string(request.ID)
	remove := strings.Replace(document, "/verification/documents", "/seller/verification/documents", 1) + "/remove"

	wantStatus(t, "the document for a stranger", eve.get(document), http.StatusNotFound, "")
	wantStatus(t, "removing it", eve.fill("/account", remove), http.StatusNotFound, "")
	wantStatus(t, "the queue for a seller", ada.get("/review/verifications"), http.StatusNotFound, "")
	wantStatus(t, "the case for its own seller", ada.get(link), http.StatusNotFound, "")
	wantStatus(t, "deciding on oneself", ada.fill("/account", link, "outcome", "granted", "level", "verified", "months", "12", "reason", "x"), http.StatusNotFound, "")
	wantStatus(t, "the document for nobody", nobody.get(document), http.StatusSeeOther, "")
	wantStatus(t, "the page for nobody", nobody.get("/seller/verification"), http.StatusSeeOther, "")
	wantStatus(t, "no document at all", eve.get("/verification/documents/x"), http.StatusNotFound, "")

	editor := accounttest.Member(t, s.DB, owner.Organization, account.Editor)
	_, _, err = s.Accounts.OpenDocument(t.Context(), editor, request.Documents[0].ID)
	if err == nil {
		t.Error("an editor opens the papers")
	}
}

// writePaper writes a document into a folder of the test.
func writePaper(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "extract of the register.pdf")
	if err := os.WriteFile(path, []byte(paper), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
