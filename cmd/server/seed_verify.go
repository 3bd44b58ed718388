package main

import (
	"bytes"
	"context"
	"fmt"

	"assay/internal/account"
	"assay/internal/postgres"
)

// verifySellers has the demo's sellers ask for verification and its reviewer
// grant it, as people do on the pages.
func (h *house) verifySellers(ctx context.Context, people cast) error {
	for _, key := range []string{"seller", "imaging"} {
		if err := h.verifySeller(ctx, people[key].actor(), people["reviewer"].actor()); err != nil {
			return fmt.Errorf("verify %s: %w", key, err)
		}
	}
	return nil
}

func (h *house) verifySeller(ctx context.Context, seller, reviewer postgres.Actor) error {
	standing, err := h.accounts.Standing(ctx, seller)
	if err != nil || standing.Level == account.Verified {
		return err
	}
	if err := h.askForVerification(ctx, seller); err != nil {
		return err
	}
	queue, err := h.accounts.VerificationQueue(ctx, reviewer)
	if err != nil {
		return err
	}
	for _, q := range queue {
		c, err := h.accounts.VerificationCase(ctx, reviewer, q.ID)
		if err != nil {
			return err
		}
		if c.Organization != seller.Organization {
			continue
		}
		d := account.Decision{Request: c.ID, SubmittedAt: *c.SubmittedAt, Outcome: account.RequestGranted, Level: account.Verified,
			ValidMonths: 12, Reason: "A seller of the demo, with invented papers."}
		for _, doc := range c.Documents {
			d.Accepted = append(d.Accepted, doc.ID)
		}
		return h.accounts.DecideVerification(ctx, reviewer, d)
	}
	return fmt.Errorf("the request is not in the queue")
}

func (h *house) askForVerification(ctx context.Context, seller postgres.Actor) error {
	err := h.accounts.SaveIdentity(ctx, seller, account.Identity{LegalName: "An invented company of the demo", Country: "US", Registry: "Demo register",
		RegistryNumber: "00-0000000", PostalAddress: "1 Example Street, Example City", Website: "https://northfield.example",
		ContactName: "Nora Field", ContactRole: "Data officer", RightsBasis: "Made for the demo: phantom images that a program drew belong to whoever ran it."})
	if err != nil {
		return err
	}
	for _, paper := range []account.Paper{account.PaperOrganization, account.PaperRights} {
		if _, err := h.accounts.Attach(ctx, seller, paper, "demo.pdf", bytes.NewReader(demoPDF)); err != nil {
			return err
		}
	}
	return h.accounts.SubmitRequest(ctx, seller)
}

// demoPDF is the smallest document that a reader opens: one empty page.
var demoPDF = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
