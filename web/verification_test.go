package web_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/postgres"
	"assay/internal/vault"
	"assay/internal/verification"
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

func (p *person) attachPaper(kind vault.Kind) answer {
	p.t.Helper()
	return p.attach("/seller/verification/documents", "/seller/verification/documents", "file", "extract.pdf", []byte(paper+string(kind)), "kind", string(kind))
}

// decision is a grant as the reviewer's form sends it: every paper accepted and
// every question answered.
func decision(c answer, level verification.Level) []string {
	seen, _ := c.Page.Find("input[name=submitted_at]").Attr("value")
	form := []string{"outcome", "granted", "level", string(level), "months", "12", "reason", "In order.", "submitted_at", seen}
	c.Page.Find("#decision input[type=radio][value=accepted]").Each(func(_ int, e *goquery.Selection) {
		name, _ := e.Attr("name")
		form = append(form, name, "accepted")
	})
	for _, i := range verification.Checklist() {
		form = append(form, "check-"+i.Name, "not_applicable", "note-"+i.Name, "Made for a test.")
	}
	return form
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
	documents := "/seller/verification/documents"
	wantStatus(t, "a document without a file", ada.fill(documents, documents, "kind", "baa"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "a page named as a document", ada.attach(documents, documents, "file", "x.pdf",
		[]byte("<!DOCTYPE html><script>alert(1)</script>"), "kind", "baa"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "a day that is none", ada.attach(documents, documents, "file", "x.pdf", []byte(paper), "kind", "baa", "expires_on", "soon"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "attach", ada.attachPaper(vault.OrganizationRegister), http.StatusSeeOther, "")
	wantStatus(t, "attach", ada.attachPaper(vault.AuthorizationToLicense), http.StatusSeeOther, "")
	wantStatus(t, "submit", ada.fill(documents, "/seller/verification/submit"), http.StatusSeeOther, "/seller/verification")
	wantStatus(t, "attaching afterwards", ada.attachPaper(vault.Other), http.StatusConflict, "")

	queue := rita.get("/review/verifications")
	link, _ := queue.Page.Find(`[data-testid="waiting"] a`).Attr("href")
	if queue.Status != http.StatusOK || link == "" {
		t.Fatalf("queue: status %d, link %q", queue.Status, link)
	}
	c := rita.get(link)
	document, _ := c.Page.Find(`[data-testid="document"] a`).Attr("href")
	got := rita.get(document)
	if got.Status != http.StatusOK || got.Body != paper+"organization_register" ||
		got.Header.Get("Content-Disposition") != "attachment; filename=extract.pdf" ||
		got.Header.Get("Content-Type") != "application/octet-stream" || got.Header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("document: status %d, headers %v", got.Status, got.Header)
	}

	seen, _ := c.Page.Find("input[name=submitted_at]").Attr("value")
	wantStatus(t, "granting without a look", rita.fill(link, link, "outcome", "granted", "level", "verified", "months", "12", "reason", "In order.", "submitted_at", seen),
		http.StatusUnprocessableEntity, "")
	grant := decision(c, verification.Verified)
	wantStatus(t, "grant", rita.fill(link, link, grant...), http.StatusSeeOther, "/review/verifications")
	wantStatus(t, "grant a second time", rita.fill("/account", link, grant...), http.StatusConflict, "")
	if n := rita.get(link).Page.Find(`[data-testid="checked"] li`).Length(); n != len(verification.Checklist()) {
		t.Errorf("the case shows %d answers of the checklist, want all", n)
	}

	standing, err := s.Verify.Standing(t.Context(), owner)
	if err != nil || standing.Level != verification.Verified {
		t.Errorf("level = %q, %v, want verified", standing.Level, err)
	}
	if a := ada.get("/seller/verification"); !strings.Contains(a.Page.Find("main").Text(), "verified seller") {
		t.Error("the seller's page does not say so")
	}
	wantStatus(t, "suspend without a reason", rita.fill(link, link+"/suspend"), http.StatusUnprocessableEntity, "")
	wantStatus(t, "suspend", rita.fill(link, link+"/suspend", "level_reason", "A complaint."), http.StatusSeeOther, link)
	wantStatus(t, "restore", rita.fill(link, link+"/restore", "level_reason", "Settled."), http.StatusSeeOther, link)
}

func TestReturnedRequestLeadsToWhatIsToBeMended(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North")
	s.reviewer(t, "rita@example.org")
	ada, rita := s.person(t), s.person(t)
	ada.signIn("ada@example.org")
	rita.signIn("rita@example.org")
	ada.fill("/seller/verification/organization", "/seller/verification/organization", identityFields...)
	ada.attachPaper(vault.OrganizationRegister)
	ada.attachPaper(vault.AuthorizationToLicense)
	wantStatus(t, "submit", ada.fill("/seller/verification", "/seller/verification/submit"), http.StatusSeeOther, "")
	link, _ := rita.get("/review/verifications").Page.Find(`[data-testid="waiting"] a`).Attr("href")
	c := rita.get(link)
	seen, _ := c.Page.Find("input[name=submitted_at]").Attr("value")
	fault, _ := c.Page.Find(`#decision select[name^="fault-"]`).First().Attr("name")
	back := []string{"outcome", "returned", "reason", "Please mend two things.", "submitted_at", seen}
	a := rita.fill(link, link, back...)
	if a.Status != http.StatusUnprocessableEntity || a.Page.Find("#f-gaps-error").Length() != 1 || a.Page.Find("#f-reason").Text() != "Please mend two things." {
		t.Errorf("returning without a reason from the list: status %d", a.Status)
	}
	wantStatus(t, "return", rita.fill(link, link, append(back, "gaps", "name_differs", fault, "outdated")...), http.StatusSeeOther, "")

	mend := ada.get("/seller/verification")
	var places []string
	mend.Page.Find(".notice a").Each(func(_ int, e *goquery.Selection) {
		href, _ := e.Attr("href")
		places = append(places, href)
	})
	document := "/seller/vault/" + strings.TrimPrefix(fault, "fault-")
	if len(places) != 2 || !slices.Contains(places, "/seller/verification/organization#f-legal_name") || !slices.Contains(places, document) {
		t.Fatalf("what to mend leads to %v, want the name and %s", places, document)
	}
	wantStatus(t, "the same file again", ada.attach(document, document, "file", "extract.pdf", []byte(paper+"organization_register")), http.StatusUnprocessableEntity, "")
	wantStatus(t, "a newer version", ada.attach(document, document, "file", "new.pdf", []byte(paper+"2026"), "expires_on", "2049-01-31"), http.StatusSeeOther, document)
	if n := ada.get(document).Page.Find(`[data-testid="versions"] li`).Length(); n != 2 {
		t.Errorf("%d versions, want 2", n)
	}
	wantStatus(t, "submit again", ada.fill("/seller/verification", "/seller/verification/submit"), http.StatusSeeOther, "")
	if got := rita.get("/vault/" + strings.TrimPrefix(fault, "fault-") + "/2"); got.Body != paper+"2026" {
		t.Errorf("the newer version for the reviewer: status %d, %d bytes", got.Status, len(got.Body))
	}
	wantStatus(t, "grant", rita.fill(link, link, decision(rita.get(link), verification.Verified)...), http.StatusSeeOther, "")
	held := ada.fill(document, document+"/remove")
	if held.Status != http.StatusConflict {
		t.Errorf("removing a paper that the decision names: status %d, want 409", held.Status)
	}
}

func TestPeopleWhoSignAreNamedOnAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "ada@example.org", "North")
	ada := s.person(t)
	ada.signIn("ada@example.org")
	const signers = "/seller/verification/signers"
	if a := ada.get(signers); a.Status != http.StatusOK || a.Page.Find("#signer").Length() != 0 {
		t.Errorf("without a document: status %d, want a page that asks for one first", a.Status)
	}
	ada.attachPaper(vault.SigningAuthority)
	a := ada.fill(signers, signers, "user", string(owner.User), "title", "Director")
	if a.Status != http.StatusUnprocessableEntity || a.Page.Find("#f-document-error, #f-valid_until-error").Length() != 2 {
		t.Errorf("half a form: status %d, want 422 with two mistakes", a.Status)
	}
	document, _ := ada.get(signers).Page.Find("#f-document option").Last().Attr("value")
	until := time.Now().AddDate(1, 0, 0).Format(time.DateOnly)
	wantStatus(t, "name", ada.fill(signers, signers, "user", string(owner.User), "title", "Director", "document", document, "valid_until", until), http.StatusSeeOther, signers)
	remove, _ := ada.get(signers).Page.Find(`[data-testid="signer"] form`).Attr("action")
	wantStatus(t, "remove", ada.fill(signers, remove), http.StatusSeeOther, signers)
	if n := ada.get(signers).Page.Find(`[data-testid="signer"]`).Length(); n != 0 {
		t.Errorf("%d people after the removal, want none", n)
	}
}

func TestADomainIsProvedOnAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North")
	ada := s.person(t)
	ada.signIn("ada@example.org")
	const domain = "/seller/verification/domain"
	if a := ada.get(domain); a.Page.Find(`[data-testid="empty"]`).Length() != 1 {
		t.Errorf("without a web address: status %d, want a page that asks for it", a.Status)
	}
	ada.fill("/seller/verification/organization", "/seller/verification/organization", identityFields...)
	text := ada.get(domain).Page.Find("main").Text()
	for _, want := range []string{"_assay-verification.example.org", "https://example.org/.well-known/assay-verification.txt", "assay-verification=", "not proved"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	wantStatus(t, "look now", ada.fill(domain, domain), http.StatusSeeOther, domain)
	if state, _ := ada.get(domain).Page.Find(`[data-testid="domain-state"]`).Attr("data-state"); state != "being looked at" {
		t.Errorf("state = %q, want being looked at", state)
	}
	wantStatus(t, "look again at once", ada.fill(domain, domain), http.StatusConflict, "")
}

func TestTheVaultIsAPageOfItsOwner(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North")
	s.owner(t, "eve@example.org", "South")
	ada, eve := s.person(t), s.person(t)
	ada.signIn("ada@example.org")
	eve.signIn("eve@example.org")
	if a := ada.get("/seller/vault"); a.Page.Find(`[data-testid="empty"]`).Length() != 1 {
		t.Errorf("an empty vault: status %d, want a page that says so", a.Status)
	}
	ada.attachPaper(vault.IRBApproval)
	link, _ := ada.get("/seller/vault").Page.Find(`[data-testid="vault"] a`).Attr("href")
	file, _ := ada.get(link).Page.Find(`[data-testid="versions"] a`).Attr("href")
	if a := ada.get(file); a.Body != paper+"irb_approval" {
		t.Errorf("download: status %d, %d bytes", a.Status, len(a.Body))
	}
	for _, path := range []string{link, file, "/seller/vault/x", "/vault/x/1", file + "0", strings.TrimSuffix(file, "1") + "-1"} {
		wantStatus(t, path+" for a stranger", eve.get(path), http.StatusNotFound, "")
	}
	wantStatus(t, "a stranger removes it", eve.fill("/account", link+"/remove"), http.StatusNotFound, "")
	wantStatus(t, "remove", ada.fill(link, link+"/remove"), http.StatusSeeOther, "/seller/vault")
	wantStatus(t, "the removed document", ada.get(link), http.StatusNotFound, "")
}

func TestVerificationIsHiddenFromOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "ada@example.org", "North")
	s.owner(t, "eve@example.org", "South")
	ada, eve, nobody := s.person(t), s.person(t), s.person(t)
	ada.signIn("ada@example.org")
	eve.signIn("eve@example.org")
	ada.attachPaper(vault.OrganizationRegister)
	document, _ := ada.get("/seller/verification/documents").Page.Find(`[data-testid="document"] a`).Attr("href")
	request, err := s.Verify.Request(t.Context(), owner)
	if err != nil || document == "" {
		t.Fatal(err, document)
	}
	link := "/review/verifications/" + string(request.ID)
	remove := "/seller/verification/documents/" + string(request.Documents[0].Document) + "/remove"

	wantStatus(t, "the document for a stranger", eve.get(document), http.StatusNotFound, "")
	wantStatus(t, "taking it out", eve.fill("/account", remove), http.StatusNotFound, "")
	wantStatus(t, "the queue for a seller", ada.get("/review/verifications"), http.StatusNotFound, "")
	wantStatus(t, "the case for its own seller", ada.get(link), http.StatusNotFound, "")
	wantStatus(t, "deciding on oneself", ada.fill("/account", link, "outcome", "granted", "level", "verified", "months", "12", "reason", "x"), http.StatusNotFound, "")
	wantStatus(t, "the document for nobody", nobody.get(document), http.StatusSeeOther, "")
	wantStatus(t, "the page for nobody", nobody.get("/seller/verification"), http.StatusSeeOther, "")

	editor := accounttest.Member(t, s.DB, owner.Organization, account.Editor)
	if _, _, err = s.Verify.OpenDocument(t.Context(), editor, request.Documents[0].Ref()); err == nil {
		t.Error("an editor opens the papers")
	}
	wantStatus(t, "taking it out of one's own request", ada.fill("/account", remove), http.StatusSeeOther, "/seller/verification/documents")
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

// writeOtherPaper writes a newer version of it.
func writeOtherPaper(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "extract of 2026.pdf")
	if err := os.WriteFile(path, []byte(paper+"2026"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
