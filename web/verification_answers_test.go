package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"assay/internal/vault"
)

// A reviewer saves half a checklist; a colleague finds it with whose it is, and
// goes on. What a colleague saved meanwhile is not written over unseen.
func TestHalfAChecklistIsSavedAndAColleagueGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North")
	s.reviewer(t, "rita@example.org")
	s.reviewer(t, "sam@example.org")
	ada, rita, sam := s.person(t), s.person(t), s.person(t)
	ada.signIn("ada@example.org")
	rita.signIn("rita@example.org")
	sam.signIn("sam@example.org")
	ada.fill("/seller/verification/organization", "/seller/verification/organization", identityFields...)
	ada.attachPaper(vault.OrganizationRegister)
	ada.attachPaper(vault.AuthorizationToLicense)
	wantStatus(t, "submit", ada.fill("/seller/verification/documents", "/seller/verification/submit"), http.StatusSeeOther, "")

	link, _ := rita.get("/review/verifications").Page.Find(`[data-testid="waiting"] a`).Attr("href")
	c := rita.get(link)
	seen, _ := c.Page.Find("input[name=submitted_at]").Attr("value")
	half := []string{"submitted_at", seen, "saved_seen", "", "months", "12", "later", "1", "check-identity", "met", "check-members", "not_met",
		"note-members", `Who is <b>Ben</b> "B"?`, "gaps", "number_missing", "gaps", "signer_unclear", "reason", "Half way."}
	wantStatus(t, "save", rita.fill(link, link, half...), http.StatusSeeOther, link)

	shown := sam.get(link)
	if got := shown.Page.Find(`[data-testid="saved"]`).Text(); !strings.Contains(got, "Ada of rita@example.org") || !strings.Contains(got, "5 answers") {
		t.Errorf("a colleague reads %q, want 5 answers of rita", got)
	}
	for _, field := range []string{"input[name=check-identity][value=met][checked]", "input[name=check-members][value=not_met][checked]",
		"input[name=gaps][value=number_missing][checked]", "input[name=gaps][value=signer_unclear][checked]"} {
		if shown.Page.Find(field).Length() != 1 {
			t.Errorf("a colleague does not find %s", field)
		}
	}
	if got, _ := shown.Page.Find("input[name=note-members]").Attr("value"); got != `Who is <b>Ben</b> "B"?` {
		t.Errorf("the note reads %q", got)
	}
	if got := sam.get("/review/verifications").Page.Find(`[data-testid="waiting"]`).Text(); !strings.Contains(got, "Begun by Ada of rita@example.org") {
		t.Errorf("the queue does not say who began: %q", got)
	}
	if got := ada.get("/seller/verification").Body; strings.Contains(got, "Half way") || strings.Contains(got, "rita@") {
		t.Error("the organization reads what is not decided")
	}

	stale := slices.Clone(half)
	stale[len(stale)-1] = "Sam has not seen it."
	a := sam.fill(link, link, stale...)
	if a.Status != http.StatusConflict || !strings.Contains(a.Body, "saved answers while you had this page open") || a.Page.Find("textarea[name=reason]").Text() != "Sam has not seen it." {
		t.Errorf("saving over what was not seen: status %d, want 409 with the form kept", a.Status)
	}
	since, _ := a.Page.Find("input[name=saved_seen]").Attr("value")
	stale[3] = since
	wantStatus(t, "saving again", sam.fill(link, link, stale...), http.StatusSeeOther, link)
	if got := rita.get(link).Page.Find("main").Text(); !strings.Contains(got, "saved by Ada of rita@example.org and Ada of sam@example.org") {
		t.Error("the page does not name both")
	}
	wantStatus(t, "a note of 5,000 letters", sam.fill(link, link, "submitted_at", seen, "later", "1", "saved_seen", since, "reason", strings.Repeat("x", 5000)), http.StatusUnprocessableEntity, "")
}

// A mistake in another form of the page leaves what is saved in the decision's,
// so that saving again takes nothing away.
func TestSavedAnswersOutlastAMistakeInAnotherForm(t *testing.T) {
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
	wantStatus(t, "submit", ada.fill("/seller/verification/documents", "/seller/verification/submit"), http.StatusSeeOther, "")
	link, _ := rita.get("/review/verifications").Page.Find(`[data-testid="waiting"] a`).Attr("href")
	seen, _ := rita.get(link).Page.Find("input[name=submitted_at]").Attr("value")
	wantStatus(t, "save", rita.fill(link, link, "submitted_at", seen, "saved_seen", "", "months", "12", "later", "1",
		"check-identity", "met", "check-members", "not_met", "note-members", "A note", "reason", "Half way."), http.StatusSeeOther, link)

	a := rita.fill(link, link+"/signer", "signer", "", "signer_reason", "")
	wantStatus(t, "a mistake beside it", a, http.StatusUnprocessableEntity, "")
	for field, want := range map[string]int{"#decision input[name=check-identity][value=met][checked]": 1, "#decision input[name=check-members][value=not_met][checked]": 1} {
		if got := a.Page.Find(field).Length(); got != want {
			t.Errorf("after a mistake in another form: %d of %s, want %d", got, field, want)
		}
	}
	if got := a.Page.Find("#decision textarea[name=reason]").Text(); got != "Half way." {
		t.Errorf("after a mistake in another form the reason reads %q", got)
	}
}
