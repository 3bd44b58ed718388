package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/internal/account/accounttest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/web/webtest"
)

// Canaries of the flow: none may stand on a page that buyers see.
const (
	canaryName   = "Zephyrine Canaryname"
	canaryNumber = "CANARY-90125"
)

// TestCredentialsInABrowser has a seller add a reader with evidence and link
// them, a reviewer check it, and a visitor find the data set by the filter, with
// scripts and without.
func TestCredentialsInABrowser(t *testing.T) {
	b := webtest.Start(t)
	evidence := filepath.Join(t.TempDir(), "Canaryname certificate.pdf")
	if err := os.WriteFile(evidence, []byte("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, how := range []struct {
		name    string
		options []webtest.Option
	}{{"with scripts", nil}, {"without scripts", []webtest.Option{webtest.NoScript}}} {
		t.Run(how.name, func(t *testing.T) {
			s := newSite(t, false)
			look := func(p *webtest.Page, name string) {
				if how.options == nil {
					p.CheckViews(name)
				}
			}
			owner := s.owner(t, "sally@example.org", "Sally Imaging")
			accounttest.Verify(t, s.DB, owner.Organization)
			s.reviewer(t, "rita@example.org")
			draft := listingtest.Complete(t, s.DB, owner)

			seller := b.Visitor(t, s.URL, how.options...)
			s.signInPage(t, seller, "sally@example.org")
			seller.Go("/seller/annotators")
			look(seller, "annotators-none")
			seller.Follow(`a[href="/seller/annotators/new"]`)
			seller.Fill("label", "Reader 1")
			seller.Fill("name", canaryName)
			seller.Set("role", "radiologist")
			seller.Set("country", "DE")
			seller.Choose("shows_body", "1")
			seller.Submit("#annotator")
			seller.WantText("main", "Ask the person first")
			look(seller, "annotator-mistakes")
			seller.Choose("agreed", "1")
			seller.Submit("#annotator")
			seller.WantText(`[data-testid="flash"]`, "added")
			look(seller, "annotator-new")
			seller.Follow(`a[href$="/credentials/new"]`)
			look(seller, "credential-new")
			seller.Choose("kind", "board_certificate")
			seller.Fill("body", "Example Board of Radiology")
			seller.Fill("number", canaryNumber)
			seller.Set("expires_on", time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
			seller.Attach("file", evidence)
			seller.Submit("#credential")
			seller.WantText(`[data-testid="credential"]`, "Draft")
			look(seller, "annotator-draft")
			seller.Submit(`form[action$="/submit"]`)
			seller.WantText(`[data-testid="credential"]`, "Waits for a reviewer")
			person := strings.TrimPrefix(seller.Path(), "/seller/annotators/")

			seller.Go("/seller/listings/" + string(draft.Listing.ID) + "/annotators")
			seller.Choose("annotator-0-linked", person)
			look(seller, "step-annotators")
			seller.Submit("main form")
			d, err := s.Listings.Draft(t.Context(), owner, draft.Listing.ID)
			if err != nil {
				t.Fatal(err)
			}
			v := listingtest.Advance(t, s.DB, accounttest.Org{ID: owner.Organization, Owner: owner}, d, listing.Approved)
			if err := s.Listings.Publish(t.Context(), owner, v.Version.ID); err != nil {
				t.Fatal(err)
			}

			visitor := b.Visitor(t, s.URL, how.options...)
			visitor.Go("/datasets?verified_radiologists=1")
			if visitor.Has(`a[href="/datasets/` + v.Listing.Slug + `"]`) {
				t.Error("the filter finds a reader whom nobody checked")
			}
			visitor.Go("/datasets/" + v.Listing.Slug)
			visitor.WantText(`[data-testid="readers"]`, "Claimed by the seller, not checked")

			reviewer := b.Visitor(t, s.URL, how.options...)
			s.signInPage(t, reviewer, "rita@example.org")
			reviewer.Go("/review")
			reviewer.Follow(`[data-testid="credentials"]`)
			look(reviewer, "credential-queue")
			reviewer.Follow(`[data-testid="waiting"] a`)
			reviewer.Choose("outcome", "verified")
			reviewer.Submit("#decision")
			reviewer.WantText("main", "The name on the document has to match")
			look(reviewer, "credential-case-mistakes")
			for _, check := range []string{"name_matches", "body_exists", "number_checked", "in_force"} {
				reviewer.Choose(check, "1")
			}
			reviewer.Fill("register_url", "https://register.example.org/search")
			reviewer.Set("register_on", time.Now().UTC().Format(time.DateOnly))
			reviewer.Submit("#decision")
			reviewer.WantText(`[data-testid="flash"]`, "recorded")
			look(reviewer, "credential-queue-decided")
			reviewer.Follow(`[data-testid="decided"] a`)
			look(reviewer, "credential-case-decided")

			visitor.Go("/datasets?verified_radiologists=1")
			look(visitor, "datasets-verified")
			visitor.Follow(`a[href="/datasets/` + v.Listing.Slug + `"]`)
			visitor.WantText(`[data-testid="readers"]`, "1 of 3 readers verified")
			visitor.WantText(`[data-testid="readers"]`, "Example Board of Radiology")
			look(visitor, "listing-verified")
			for _, canary := range []string{canaryName, "Canaryname", canaryNumber, "register.example.org", person} {
				if strings.Contains(visitor.HTML(), canary) {
					t.Errorf("the public page holds %q", canary)
				}
			}
			seller.Go("/seller/annotators/" + person)
			seller.WantText(`[data-testid="decided"]`, "Ada of rita@example.org")
			look(seller, "annotator-checked")
			seller.Click("main details > summary")
			seller.Submit("#remove")
			seller.WantText("main", "A live listing names this person")
			seller.Go("/seller/annotators")
			look(seller, "annotators")
		})
	}
}
