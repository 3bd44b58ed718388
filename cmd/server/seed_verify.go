package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
	"assay/internal/verification"
)

// verifySellers has the demo's sellers ask for verification and its reviewer
// grant it, as people do on the pages.
func (h *house) verifySellers(ctx context.Context, people cast) error {
	for _, key := range []string{"seller", "imaging"} {
		if err := h.verifySeller(ctx, people[key], people["reviewer"].actor()); err != nil {
			return fmt.Errorf("verify %s: %w", key, err)
		}
	}
	return nil
}

func (h *house) verifySeller(ctx context.Context, who *person, reviewer postgres.Actor) error {
	seller := who.actor()
	standing, err := h.verify.Standing(ctx, seller)
	if err != nil || standing.Level == verification.Verified {
		return err
	}
	if err := h.askForVerification(ctx, who); err != nil {
		return err
	}
	queue, err := h.verify.Queue(ctx, reviewer)
	if err != nil {
		return err
	}
	for _, q := range queue {
		c, err := h.verify.Case(ctx, reviewer, q.ID)
		if err != nil {
			return err
		}
		if c.Organization != seller.Organization {
			continue
		}
		d := verification.Decision{Request: c.ID, SubmittedAt: *c.SubmittedAt, Outcome: verification.RequestGranted, Level: verification.Verified,
			ValidMonths: 12, Reason: "A seller of the demo, with invented papers.", Signers: map[id.Signer]bool{}}
		for _, doc := range c.Documents {
			d.Accepted = append(d.Accepted, doc.Document)
		}
		for _, p := range c.Signers {
			d.Signers[p.ID] = true
		}
		d.Checks = demoChecks(c)
		return h.verify.Decide(ctx, reviewer, d)
	}
	return fmt.Errorf("the request is not in the queue")
}

func (h *house) askForVerification(ctx context.Context, who *person) error {
	seller := who.actor()
	_, domain, _ := strings.Cut(who.Email, "@")
	err := h.verify.SaveIdentity(ctx, seller, verification.Identity{LegalName: who.Organization + " (invented)", Country: "US", Registry: "Demo register",
		RegistryNumber: "00-0000000", PostalAddress: "1 Example Street, Example City", Website: "https://" + domain,
		ContactName: who.Name, ContactRole: "Data officer", RightsBasis: "Made for the demo: phantom images that a program drew belong to whoever ran it."})
	if err != nil {
		return err
	}
	until := time.Now().UTC().Truncate(24*time.Hour).AddDate(2, 0, 0)
	var authority id.Document
	for _, paper := range []verification.Paper{
		{Kind: vault.OrganizationRegister, Title: "Extract of the demo register", Name: "extract.pdf"},
		{Kind: vault.AuthorizationToLicense, Title: "Authorization to license", Name: "authorization.pdf", ExpiresOn: &until},
		{Kind: vault.IRBExemption, Title: "Determination: no human subjects", Name: "determination.pdf"},
		{Kind: vault.SigningAuthority, Title: "Power of attorney", Name: "attorney.pdf", ExpiresOn: &until},
	} {
		paper.Content = bytes.NewReader(fmt.Appendf(nil, "%s\n%% %s\n", demoPDF, paper.Title))
		if authority, err = h.verify.Attach(ctx, seller, paper); err != nil {
			return err
		}
	}
	err = h.verify.NameSigner(ctx, seller, verification.NewSigner{User: seller.User, Title: "Data officer", Document: authority, ValidUntil: &until})
	if err != nil {
		return err
	}
	return h.verify.SubmitRequest(ctx, seller)
}

// demoChecks answers the checklist for a seller that does not exist.
func demoChecks(c verification.Case) (list []verification.Check) {
	for _, i := range verification.Checklist() {
		k := verification.Check{Item: i.Name, State: verification.Met}
		if i.Name == "domain" && !c.DomainHolds() || i.Name == "consent" || i.Name == "baa" {
			k.State, k.Note = verification.NotApplicable, "Invented for the demo."
		}
		list = append(list, k)
	}
	return list
}

// demoPDF is the smallest document that a reader opens: one empty page.
var demoPDF = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
