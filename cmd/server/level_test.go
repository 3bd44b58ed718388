package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/catalog"
	"assay/internal/credential"
	"assay/internal/credential/credentialtest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/vault"
	"assay/internal/vault/vaulttest"
	"assay/internal/verification"
	"assay/internal/verification/verificationtest"
)

// shop is a seller with one live listing, whose labels two checked radiologists
// made, and what a stranger reads of it.
type shop struct {
	*running
	t        *testing.T
	org      accounttest.Org
	reviewer postgres.Actor
	slug     string
	stranger *caller
}

func openShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{running: startServer(t), t: t}
	s.org, s.reviewer = accounttest.Seller(t, s.db), accounttest.Reviewer(t, s.db)
	until := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 90)
	claims := listingtest.Claims()
	for _, label := range []string{"Reader 1", "Reader 2"} {
		person, key := credentialtest.Submitted(t, s.readers, s.org.Owner, credentialtest.Radiologist(label), credentialtest.Facts(&until))
		credentialtest.Decide(t, s.readers, s.reviewer, key, credential.Verified)
		claims.Annotators.Groups[0].Linked = append(claims.Annotators.Groups[0].Linked, person)
	}
	d := listingtest.Save(t, s.db, s.org.Owner, listingtest.Draft(t, s.db, s.org.Owner), claims)
	v := listingtest.Advance(t, s.db, s.org, d, listing.Approved)
	if err := listing.New(s.db, catalog.Publisher{}, time.Now).Publish(t.Context(), s.org.Owner, v.Version.ID); err != nil {
		t.Fatal(err)
	}
	s.slug, s.stranger = v.Listing.Slug, newCaller(t, "a stranger", s.url, 200)
	return s
}

func (s *shop) super(sql string, args ...any) {
	s.t.Helper()
	c, err := pgx.Connect(s.t.Context(), s.database.SuperURL)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err = c.Exec(s.t.Context(), "SET session_replication_role = replica"); err == nil {
		_, err = c.Exec(s.t.Context(), sql, args...)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// text is a part of a page that the stranger reads; the page itself is there.
func (s *shop) text(path, selector string) string {
	s.t.Helper()
	a := s.stranger.get(s.t, path)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil || a.status != 200 {
		s.t.Fatalf("%s: status %d, %v", path, a.status, err)
	}
	return strings.Join(strings.Fields(doc.Find(selector).Text()), " ")
}

// wantLevel holds the listing's page and its line in the catalog against a
// level.
func (s *shop) wantLevel(when string, l verification.Level) {
	s.t.Helper()
	if got := s.text("/datasets/"+s.slug, `[data-testid="seller-level"], [data-testid="seller-level"] + p`); !strings.Contains(got, l.Tag()) || !strings.Contains(got, l.Meaning()) {
		s.t.Errorf("%s: the listing says %q, want %q and %q", when, got, l.Tag(), l.Meaning())
	}
	if got := s.text("/datasets", `[data-testid="result"]`); !strings.Contains(got, l.Tag()) {
		s.t.Errorf("%s: the catalog says %q, want %q", when, got, l.Tag())
	}
}

// verify has the seller ask and the reviewer grant the highest level.
func (s *shop) verify(rightsUntil time.Time) {
	s.t.Helper()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	must(s.running.verify.SaveIdentity(s.t.Context(), s.org.Owner, verification.Identity{LegalName: "North Imaging gGmbH", Country: "DE", Registry: "Handelsregister",
		RegistryNumber: "HRB 1", PostalAddress: "Weg 1\n12345 Ort", Website: "https://example.org", ContactName: "Ada", ContactRole: "Head of data", RightsBasis: "Made here."}))
	for _, kind := range []vault.Kind{vault.OrganizationRegister, vault.AuthorizationToLicense} {
		p := verification.Paper{Kind: kind, Name: "paper.pdf", Content: bytes.NewReader([]byte(vaulttest.PDF + string(kind) + rightsUntil.String()))}
		if kind == vault.AuthorizationToLicense {
			p.ExpiresOn = &rightsUntil
		}
		_, err := s.running.verify.Attach(s.t.Context(), s.org.Owner, p)
		must(err)
	}
	must(s.running.verify.SubmitRequest(s.t.Context(), s.org.Owner))
	queue, err := s.running.verify.Queue(s.t.Context(), s.reviewer)
	must(err)
	c, err := s.running.verify.Case(s.t.Context(), s.reviewer, queue[0].ID)
	must(err)
	d := verification.Decision{Request: c.ID, SubmittedAt: *c.SubmittedAt, Outcome: verification.RequestGranted, Level: verification.Verified, ValidMonths: 12,
		Reason: "In order.", Checks: verificationtest.Checks(c)}
	for _, doc := range c.Documents {
		d.Accepted = append(d.Accepted, doc.Document)
	}
	must(s.running.verify.Decide(s.t.Context(), s.reviewer, d))
}

// The level is read when a page is: what a reviewer decides, and what a day
// ends, stands on listing and catalog at once, while the listing stays live.
func TestListingAndCatalogFollowTheSellersLevel(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	today := time.Now().UTC().Truncate(24 * time.Hour)
	s.verify(today.AddDate(0, 6, 0))
	s.wantLevel("verified", verification.Verified)

	if err := s.running.verify.Suspend(t.Context(), s.reviewer, s.org.ID, "A complaint is looked into."); err != nil {
		t.Fatal(err)
	}
	s.wantLevel("suspended", verification.Suspended)
	if err := s.running.verify.Restore(t.Context(), s.reviewer, s.org.ID, "It is settled."); err != nil {
		t.Fatal(err)
	}
	s.wantLevel("restored", verification.Verified)

	for _, table := range []string{"verification", "seller_level"} {
		s.super(`UPDATE `+table+` SET rights_until = (now() AT TIME ZONE 'UTC')::date - 1 WHERE organization_id = $1`, string(s.org.ID))
	}
	s.wantLevel("on the day after the authorization's last", verification.OrgDocuments)
	s.verify(today.AddDate(1, 0, 0))
	s.wantLevel("renewed", verification.Verified)

	for _, table := range []string{"verification", "seller_level"} {
		s.super(`UPDATE `+table+` SET expires_at = now() - interval '1 second' WHERE organization_id = $1`, string(s.org.ID))
	}
	s.wantLevel("when its year is over", verification.Expired)
}

// On the day after a credential's last, before any sweep, it counts neither on
// the page nor in the facet.
func TestReadersWhoseCredentialEndedCountNowhereAtOnce(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	want := func(when, sum string, found bool) {
		t.Helper()
		if got := s.text("/datasets/"+s.slug, `[data-testid="readers"]`); !strings.Contains(got, sum) {
			t.Errorf("%s: the page says %q, want %q", when, got, sum)
		}
		if got := s.text("/datasets?verified_radiologists=1", `[data-testid="result"]`) != ""; got != found {
			t.Errorf("%s: found by the filter: %v, want %v", when, got, found)
		}
	}
	end := func(label string, days int) {
		t.Helper()
		s.super(`UPDATE catalog_listing SET detail = jsonb_set(detail, '{readers,0,checked}', (
			SELECT jsonb_agg(CASE WHEN r ->> 'label' = $2 THEN jsonb_set(r, '{proofs,0,until}', to_jsonb(((now() AT TIME ZONE 'UTC')::date + $3::integer)::text)) ELSE r END)
			FROM jsonb_array_elements(detail #> '{readers,0,checked}') r)) WHERE slug = $1`, s.slug, label, days)
		s.super(`UPDATE catalog_listing SET verified_radiologists_until = (SELECT max((r #>> '{proofs,0,until}')::date) FROM jsonb_array_elements(detail #> '{readers,0,checked}') r) WHERE slug = $1`, s.slug)
	}
	want("both checked", "2 of 3 readers verified", true)
	end("Reader 1", -1)
	want("one ended yesterday", "1 of 3 readers verified", true)
	end("Reader 2", 0)
	want("the other on its last day", "1 of 3 readers verified", true)
	end("Reader 2", -1)
	want("both ended", "not checked", false)
}
