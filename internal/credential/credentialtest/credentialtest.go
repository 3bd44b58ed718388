// Package credentialtest makes annotators and credentials for other packages'
// tests, by the same service as everywhere.
package credentialtest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"assay/internal/credential"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault/vaulttest"
)

// Secret is the secret of the settings in tests.
var Secret = bytes.Repeat([]byte{7}, 32)

// Open returns a service over a vault of its own that tells c.
func Open(t testing.TB, db *postgres.DB, c credential.Catalog) *credential.Service {
	t.Helper()
	return credential.New(db, vaulttest.Open(t, db), c, credential.Options{SecretKey: Secret})
}

// Radiologist is a person with a label.
func Radiologist(label string) credential.Person {
	return credential.Person{Label: label, Name: "Ada Testperson", Role: "radiologist", Specialty: "Diagnostic radiology", Country: "DE", Years: 12}
}

// Facts are of a certificate that holds until a day; nil without end.
func Facts(until *time.Time) credential.Facts {
	return credential.Facts{Kind: credential.BoardCertificate, Body: "Example Board of Radiology", Number: "EBR-4711", ExpiresOn: until}
}

// Evidence is a small document.
func Evidence() *credential.Evidence {
	return &credential.Evidence{Name: "certificate.pdf", Content: strings.NewReader(vaulttest.PDF)}
}

// Checks are those of a credential that is as it should be.
func Checks() credential.Checks {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	return credential.Checks{NameMatches: true, BodyExists: true, NumberChecked: true, InForce: true, RegisterURL: "https://register.example.org/search", RegisterOn: &today}
}

// Submitted adds a person with a certificate that waits for a reviewer.
func Submitted(t testing.TB, s *credential.Service, owner postgres.Actor, p credential.Person, f credential.Facts) (id.Annotator, id.Credential) {
	t.Helper()
	person, err := s.Add(t.Context(), owner, p, true)
	check(t, err)
	return person, Submit(t, s, owner, person, f)
}

// Submit hands in a certificate of a person.
func Submit(t testing.TB, s *credential.Service, owner postgres.Actor, person id.Annotator, f credential.Facts) id.Credential {
	t.Helper()
	key, err := s.Enter(t.Context(), owner, person, f, Evidence())
	check(t, err)
	check(t, s.Submit(t.Context(), owner, key))
	return key
}

// Decide answers a credential that waits.
func Decide(t testing.TB, s *credential.Service, reviewer postgres.Actor, key id.Credential, outcome credential.State) {
	t.Helper()
	check(t, s.Decide(t.Context(), reviewer, Decision(t, s, reviewer, key, outcome)))
}

// Decision is a well-formed answer to a credential that waits.
func Decision(t testing.TB, s *credential.Service, reviewer postgres.Actor, key id.Credential, outcome credential.State) credential.Decision {
	t.Helper()
	c, err := s.Case(t.Context(), reviewer, key)
	check(t, err)
	d := credential.Decision{Credential: key, SubmittedAt: *c.SubmittedAt, Outcome: outcome, Checks: Checks()}
	if outcome != credential.Verified {
		d.Reason = "The scan cannot be read."
	}
	return d
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
