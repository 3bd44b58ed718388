package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/internal/account/accounttest"
	"assay/internal/audit/synth"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// visitor is a person at a browser, with or without scripts.
type visitor struct {
	*webtest.Page
	t       *testing.T
	scripts bool
	shots   string // names of screenshots begin with this; none without scripts
}

// look checks the page as it stands: in every view if it is new to this test.
func (v visitor) look(name string) {
	v.t.Helper()
	if v.scripts {
		v.CheckViews(v.shots + name)
		return
	}
	v.Check()
}

func (v visitor) signIn(email string) {
	v.t.Helper()
	v.Go("/login")
	v.Fill("email", email)
	v.Fill("password", password)
	v.Submit("main form")
}

// signInStaff signs in somebody with a role on the platform.
func (v visitor) signInStaff(r *running, email string) {
	v.t.Helper()
	code := accounttest.Code(v.t, r.db, r.accounts, email)
	v.signIn(email)
	v.Fill("code", code)
	v.Submit("#second-step")
}

// answer fills the form of a wizard's step with what the claims say and saves.
func (v visitor) answer(step listing.Step, claims listing.Claims) {
	v.t.Helper()
	for name, values := range claims.Form(step) {
		for _, value := range values {
			v.put(name, value)
		}
	}
	v.Follow(".actions button[value=continue]")
}

func (v visitor) put(name, value string) {
	choice := fmt.Sprintf(`input[name=%q][value=%q]:is([type=radio],[type=checkbox])`, name, value)
	switch {
	case v.Has(choice):
		v.Choose(name, value)
	case v.Has(fmt.Sprintf(`[name=%q]`, name)):
		v.Set(name, value)
	}
}

// mixedSet writes a zip of three modalities, 20 slices each, with a sidecar
// table and a data dictionary.
func mixedSet(t *testing.T, seed uint64) string {
	t.Helper()
	var files []synth.File
	for i, m := range []synth.Modality{synth.CT, synth.MR, synth.US} {
		part := map[synth.Modality]string{synth.CT: "CHEST", synth.MR: "BRAIN", synth.US: "ABDOMEN"}[m]
		made, err := synth.Series(synth.Spec{Modality: m, Seed: seed + uint64(i), Slices: 20, Part: part})
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, made...)
	}
	files = append(files, synth.File{Path: "labels.csv", Data: []byte("case,finding\nc1,nodule\nc2,none\n")},
		synth.File{Path: "README.txt", Data: []byte("Phantom series for a test. Column finding: nodule or none.\n")})
	zip, err := synth.Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "set.zip")
	if err := os.WriteFile(path, zip, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// flowClaims are a full description that the files of mixedSet bear out.
func flowClaims(title string) listing.Claims {
	c := commonClaims()
	c.Basics = listing.Basics{Title: title, Summary: "Phantom series of three modalities, made by a program to walk the whole way of a submission once.",
		Modalities: []listing.Modality{"CT", "MR", "US"}, BodyParts: []listing.BodyPart{"brain", "chest", "abdomen"}, Tasks: []listing.Task{"detection"}}
	c.License = standardTerms(nil)
	return c
}

// describeInBrowser walks the wizard from the desk to its last page.
func (v visitor) describeInBrowser(claims listing.Claims) {
	v.t.Helper()
	v.Go("/seller")
	v.look("desk-empty")
	v.Go("/seller/listings/new")
	v.Follow(".actions button[value=continue]") // nothing answered: each mistake stands beside its field
	if v.Status() != 422 && !v.Has("[data-testid=error-summary]") {
		v.t.Errorf("an empty first step answers %d without a summary", v.Status())
	}
	v.look("wizard-mistakes")
	v.Go("/seller/listings/new")
	for _, step := range listing.Steps {
		v.answer(step.Value, claims)
		if v.Has("[data-testid=error-summary]") {
			v.t.Fatalf("step %s: %s", step.Value, v.Text("[data-testid=error-summary]"))
		}
	}
	v.look("wizard-check")
}

// sendFiles accepts the agreement and sends a zip: by tus with scripts, by the
// plain form without.
func (v visitor) sendFiles(listingPath, zip string) {
	v.t.Helper()
	v.Go(listingPath + "/upload")
	v.look("agreement")
	v.Fill("name", "Nora Field")
	v.Submit("main form")
	v.look("upload")
	if !v.scripts {
		v.Attach("file", zip)
		v.Submit("#plain-upload form")
		return
	}
	v.Attach("pick-files", zip)
	v.WaitFor("the version's page after the upload", `location.pathname.startsWith("/seller/versions/")`, time.Minute)
}

// waitForReport reloads, as a person without scripts would, until the audit has
// come to an end.
func (v visitor) waitForReport() {
	v.t.Helper()
	for range 240 {
		if v.Has("[data-testid=report-verdict]") {
			return
		}
		time.Sleep(250 * time.Millisecond)
		v.Reload()
	}
	v.t.Fatalf("no report after a minute: %s", v.Text("main"))
}

func TestTheWholeWayInABrowser(t *testing.T) {
	for _, mode := range []struct {
		name    string
		scripts bool
	}{{"with scripts", true}, {"without scripts", false}} {
		t.Run(mode.name, func(t *testing.T) { wholeWay(t, mode.scripts) })
	}
}

func wholeWay(t *testing.T, scripts bool) {
	r := startServer(t)
	b := webtest.Start(t)
	person := func(shots string) visitor {
		var options []webtest.Option
		if !scripts {
			options = append(options, webtest.NoScript)
		}
		return visitor{b.Visitor(t, r.url, options...), t, scripts, shots + "-"}
	}
	r.join(t, "reviewer@example.org", "", postgres.Reviewer)
	owner := r.join(t, "seller@example.org", "Flow Imaging", postgres.None)
	verifyForTest(t, r, owner)

	seller := person("seller")
	seller.signIn("seller@example.org")
	title := "Three modalities for one whole way"
	seller.describeInBrowser(flowClaims(title))
	path := strings.TrimSuffix(seller.Path(), "/check")
	seller.sendFiles(path, mixedSet(t, 11))
	seller.waitForReport()
	seller.look("report")
	report := seller.Path()
	seller.Follow("[data-testid=quality-link]")
	seller.look("quality")
	seller.Go(report)
	seller.Submit("form[action$='/submit']")
	seller.look("in-review")

	reviewer := person("reviewer")
	reviewer.signInStaff(r, "reviewer@example.org")
	reviewer.Go("/review")
	reviewer.look("queue")
	reviewer.take(title)
	reviewer.look("item")
	reviewer.approve()
	reviewer.look("decided")

	version := seller.Path()
	seller.Go(version)
	if seller.Has("form[action$='/publish']") {
		seller.Submit("form[action$='/publish']")
	}
	seller.look("live")

	buyer := person("buyer")
	buyer.Go("/datasets?q=whole+way&modality=US&use=" + string(license.TrainCommercialModel))
	buyer.look("search")
	buyer.FollowText(title)
	buyer.WantText("h1", title)
	buyer.WantText("main", "Flow Imaging")
	buyer.look("listing")
	buyer.Follow("[data-testid=quality-link]")
	buyer.WantText("h1", "Quality of "+title)
	buyer.look("quality")
}

// verifyForTest has a reviewer verify the organization.
func verifyForTest(t *testing.T, r *running, owner postgres.Actor) {
	t.Helper()
	reviewer := r.join(t, "verifier@example.org", "", postgres.Reviewer)
	if err := r.house.verifySeller(t.Context(), &person{Name: "Owner", Email: "owner@flow.example", Organization: "Flow Imaging", user: owner.User, org: owner.Organization}, reviewer); err != nil {
		t.Fatal(err)
	}
}
