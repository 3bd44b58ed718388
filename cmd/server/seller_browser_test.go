package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/internal/postgres"
	"assay/web/webtest"
)

// attachPaper sends a paper of verification.
func (v visitor) attachPaper(kind string) {
	v.t.Helper()
	path := filepath.Join(v.t.TempDir(), kind+".pdf")
	if err := os.WriteFile(path, []byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"), 0o600); err != nil {
		v.t.Fatal(err)
	}
	v.Choose("kind", kind)
	v.Attach("file", path)
	v.Submit("#attach")
}

// register makes an account and an organization by the pages alone.
func (v visitor) register(email, organization string) {
	v.t.Helper()
	v.Go("/register")
	v.Fill("name", "Nora Field")
	v.Fill("email", email)
	v.Fill("password", password)
	v.Submit("#register")
	v.Go("/mailbox")
	v.Follow(`a[href*="/confirm?token="]`)
	v.Fill("password", password)
	v.Submit("main form")
	v.Go("/organizations/new")
	v.Fill("name", organization)
	v.Submit("#organization-name")
}

// askForVerification states who the organization is and sends papers.
func (v visitor) askForVerification() {
	v.t.Helper()
	v.Go("/seller/verification/organization")
	for name, value := range map[string]string{
		"legal_name": "Flow Imaging gGmbH", "country": "DE", "registry": "Handelsregister", "registry_number": "HRB 1", "postal_address": "Weg 1\n12345 Ort",
		"website": "https://example.org", "contact_name": "Nora Field", "contact_role": "Head of data", "rights_basis": "The hospital made the images itself.",
	} {
		v.put(name, value)
	}
	v.Submit("#identity")
	for _, kind := range []string{"organization_register", "authorization_to_license", "irb_approval", "signing_authority"} {
		v.attachPaper(kind)
	}
	v.Go("/seller/verification/signers")
	v.Eval(`document.querySelector("#f-user").selectedIndex = 1, document.querySelector("#f-document").selectedIndex = 1, true`)
	v.put("title", "Head of data")
	v.put("valid_until", time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
	v.Submit("#signer")
	v.Go("/seller/verification")
	v.Submit("#submit")
}

// grantVerification decides on the request that waits longest.
func (v visitor) grantVerification() {
	v.t.Helper()
	v.Go("/review/verifications")
	v.Follow(`[data-testid="waiting"] a`)
	v.chooseAll("#decision", "accepted")
	v.chooseAll("#decision", "met")
	v.Choose("outcome", "granted")
	v.Choose("level", "verified")
	v.Set("months", "12")
	v.Set("reason", "The papers are in order.")
	v.Follow("#decision button:not([name])") // the other one saves half of it
}

// chooseAll ticks every radio button of a form that has the value.
func (v visitor) chooseAll(form, value string) {
	v.t.Helper()
	names := v.EvalText(`[...document.querySelectorAll("` + form + ` input[type=radio][value=` + value + `]")].map(e => e.name).join(" ")`)
	for _, name := range strings.Fields(names) {
		v.Choose(name, value)
	}
}

// take opens a data set of the queue and takes its review.
func (v visitor) take(title string) {
	v.t.Helper()
	v.Go("/review")
	v.FollowText(title)
	v.Submit("form[action$='/claim']")
}

// approve answers the checklist of the review that the visitor has, and
// approves.
func (v visitor) approve() {
	v.t.Helper()
	v.chooseAll("#checks", "yes")
	v.Submit("#checks")
	v.Choose("decision", "approve")
	v.Submit("#decision")
}

// TestASellerFromNothingToLive goes the whole way by the pages alone, without
// scripts: no row is made by the test but the reviewer's account.
func TestASellerFromNothingToLive(t *testing.T) {
	r := startServer(t)
	b := webtest.Start(t)
	person := func() visitor { return visitor{b.Visitor(t, r.url, webtest.NoScript), t, false, ""} }
	r.join(t, "reviewer@example.org", "", postgres.Reviewer)

	seller := person()
	seller.register("nora@example.org", "Flow Imaging")
	seller.askForVerification()

	reviewer := person()
	reviewer.signInStaff(r, "reviewer@example.org")
	reviewer.grantVerification()

	title := "Three modalities from nothing to live"
	seller.describeInBrowser(flowClaims(title))
	path := strings.TrimSuffix(seller.Path(), "/check")
	seller.Go("/seller")
	seller.WantText("[data-testid=todo-send_files]", title)
	seller.sendFiles(path, mixedSet(t, 23))
	seller.waitForReport()
	version := seller.Path()
	seller.Go("/seller")
	seller.WantText("[data-testid=todo-submit]", title)
	seller.Follow("[data-testid=todo-submit] a")
	seller.Submit("form[action$='/submit']")

	reviewer.take(title)
	reviewer.approve()

	seller.Go("/seller")
	seller.WantText("[data-testid=todo-publish]", title)
	seller.Go(version)
	seller.Submit("form[action$='/publish']")
	seller.Go("/seller")
	if seller.Has("[data-testid=to-do] li") {
		t.Errorf("something is left to do: %s", seller.Text("[data-testid=to-do]"))
	}

	buyer := person()
	buyer.Go("/datasets?q=nothing+to+live")
	buyer.FollowText(title)
	buyer.WantText("h1", title)
	buyer.WantText("main", "Flow Imaging")
	buyer.WantText("main", "verified seller")
	buyer.Check()
}
