package web_test

import (
	"strings"
	"testing"
	"time"

	"assay/web/webtest"
)

// TestVerificationInABrowser has a seller ask, a reviewer return the request
// with reasons, the seller mend it, and the reviewer grant the level, and checks
// each page in all views.
func TestVerificationInABrowser(t *testing.T) {
	s := newSite(t, false)
	s.reviewer(t, "rita@example.org")
	s.owner(t, "ada@example.org", "North Imaging Institute of the Free and Hanseatic City, Department of Radiology")
	b := webtest.Start(t)
	ada, rita := b.Visitor(t, s.URL), b.Visitor(t, s.URL)
	s.signInPage(t, ada, "ada@example.org")
	s.signInPage(t, rita, "rita@example.org")
	look := func(p *webtest.Page, name, path string) {
		t.Helper()
		p.Go(path)
		p.CheckViews(name)
	}

	look(ada, "verification-empty", "/seller/verification")
	look(ada, "vault-empty", "/seller/vault")
	look(ada, "signers-empty", "/seller/verification/signers")
	look(ada, "verification-identity", "/seller/verification/organization")
	for i := 0; i < len(identityFields); i += 2 {
		ada.Set(identityFields[i], identityFields[i+1])
	}
	ada.Submit("#identity")
	ada.CheckViews("verification-documents-empty")
	soon := time.Now().AddDate(0, 0, 40).Format(time.DateOnly)
	for _, kind := range []string{"organization_register", "authorization_to_license", "irb_approval", "signing_authority"} {
		ada.Choose("kind", kind)
		ada.Attach("file", writePaper(t))
		if kind == "irb_approval" {
			ada.Set("title", "IRB 2026-114, approval of the reuse of images of the lung screening")
			ada.Set("expires_on", soon)
		}
		ada.Submit("#attach")
	}
	ada.CheckViews("verification-documents")
	look(ada, "domain", "/seller/verification/domain")
	ada.Submit("#check")
	ada.CheckViews("domain-asked")
	ada.Go("/seller/verification/signers")
	ada.Submit("#signer")
	ada.CheckViews("signers-mistakes")
	ada.Eval(`document.querySelector("#f-user").selectedIndex = 1, document.querySelector("#f-document").selectedIndex = 1, true`)
	ada.Set("title", "Managing director")
	ada.Set("valid_until", soon)
	ada.Submit("#signer")
	ada.CheckViews("signers")
	look(ada, "verification-ready", "/seller/verification")
	ada.Submit("#submit")
	ada.CheckViews("verification-submitted")

	look(rita, "verification-queue", "/review/verifications")
	rita.Follow(`[data-testid="waiting"] a`)
	rita.CheckViews("review-case")
	rita.Choose("outcome", "granted")
	rita.Choose("level", "verified")
	rita.Choose("check-identity", "met")
	rita.Submit("#decision") // goes on later
	rita.CheckViews("review-case-saved")
	rita.Follow("#decision button:not([name])")
	rita.CheckViews("review-case-mistakes")
	link := rita.Path()
	rita.Choose("outcome", "returned")
	rita.Choose("gaps", "name_differs")
	rita.Eval(`document.querySelector("select[name^=fault-]").value = "outdated", true`)
	rita.Set("reason", "The extract of the register is of 2019. Please attach one that is not older than six months.")
	rita.Follow("#decision button:not([name])")
	rita.CheckViews("verification-queue-decided")

	look(ada, "verification-returned", "/seller/verification")
	ada.Follow(`.notice a[href^="/seller/vault/"]`)
	ada.CheckViews("vault-document")
	ada.Attach("file", writeOtherPaper(t))
	ada.Submit("#new-version")
	ada.CheckViews("vault-document-two-versions")
	look(ada, "vault", "/seller/vault")
	ada.Go("/seller/verification")
	ada.Submit("#submit")

	rita.Go(link)
	rita.Eval(`document.querySelectorAll("#decision input[value=accepted], #decision input[value=met]").forEach(e => e.checked = true), true`)
	rita.Choose("outcome", "granted")
	rita.Choose("level", "verified")
	rita.Set("reason", "In order.")
	rita.Follow("#decision button:not([name])")
	rita.WantText(`[data-testid="decided"]`, "A level was granted.")
	look(rita, "review-case-granted", link)
	look(ada, "verification-granted", "/seller/verification")
	if text := ada.Text("main"); !strings.Contains(text, "verified seller") {
		t.Error("the seller's page does not say that it is verified")
	}
}
