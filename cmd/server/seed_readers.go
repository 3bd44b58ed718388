package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"assay/internal/credential"
	"assay/internal/id"
	"assay/internal/postgres"
)

// demoReaders has a seller of the demo name two radiologists and its reviewer
// check them, as people do on the pages. Those of an earlier start stay.
func (h *house) demoReaders(ctx context.Context, seller, reviewer postgres.Actor) (readers []id.Annotator, err error) {
	known, err := h.readers.List(ctx, seller)
	if err != nil {
		return nil, err
	}
	for i := range 2 {
		label := fmt.Sprintf("Reader %d", i+1)
		var key id.Annotator
		var shown []credential.Credential
		for _, a := range known {
			if a.Label == label {
				key, shown = a.ID, a.Credentials
			}
		}
		if key == "" {
			key, err = h.readers.Add(ctx, seller, credential.Person{Label: label, Name: "An invented person of the demo", Role: "radiologist",
				Specialty: "Diagnostic radiology", Subspecialty: "Thoracic imaging", Country: "US", Years: 8 + i, ShowsBody: true, ShowsCountry: true}, true)
		}
		if err == nil && len(shown) == 0 {
			err = h.demoCertificate(ctx, seller, reviewer, key)
		}
		if err != nil {
			return nil, fmt.Errorf("annotators: %w", err)
		}
		readers = append(readers, key)
	}
	return readers, nil
}

// demoCertificate has a certificate of an annotator checked that ends in two
// years.
func (h *house) demoCertificate(ctx context.Context, seller, reviewer postgres.Actor, of id.Annotator) error {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	until := today.AddDate(2, 0, 0)
	key, err := h.readers.Enter(ctx, seller, of, credential.Facts{Kind: credential.BoardCertificate, Body: "Board of the demo", Number: "DEMO-" + string(of[:8]), ExpiresOn: &until},
		&credential.Evidence{Name: "certificate.pdf", Content: bytes.NewReader(demoPDF)})
	if err != nil {
		return err
	}
	if err := h.readers.Submit(ctx, seller, key); err != nil {
		return err
	}
	c, err := h.readers.Case(ctx, reviewer, key)
	if err != nil {
		return err
	}
	return h.readers.Decide(ctx, reviewer, credential.Decision{Credential: key, SubmittedAt: *c.SubmittedAt, Outcome: credential.Verified,
		Checks: credential.Checks{NameMatches: true, BodyExists: true, NumberChecked: true, InForce: true, RegisterURL: "https://register.example/", RegisterOn: &today}})
}
