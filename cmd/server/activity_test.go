package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/audit/certificate"
	"assay/internal/audit/synth"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/review"
	"assay/internal/upload"
)

// Without its record no act happens: 200 changes by way of all services, none
// of which may leave a trace while the log refuses rows.
func TestNothingHappensThatCannotBeRecorded(t *testing.T) {
	r := startServer(t)
	seller := r.join(t, "seller@example.org", "Seller", postgres.None)
	reviewer := r.join(t, "reviewer@example.org", "", postgres.Reviewer)
	r.papers(t, seller, false)
	r.verified(t, reviewer, seller.Organization)
	people := cast{"seller": {Name: "Test Seller", user: seller.User, org: seller.Organization}, "reviewer": {user: reviewer.User, platform: postgres.Reviewer}}
	l := r.submitted(t, people, seller, chestCT(), demoVersion{series: series(synth.CT, 1, 1), goal: toLive})
	live := id.Version(r.newest(t, seller, l))
	draft := r.draft(t, seller)
	reviews := review.New(r.db, r.listings, time.Now)
	keys, err := r.notary.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	acts := []struct {
		name string
		do   func(ctx context.Context, i int) error
	}{
		{"rename a person", func(ctx context.Context, i int) error {
			return r.accounts.Rename(ctx, seller, fmt.Sprint("New name ", i))
		}},
		{"rename an organization", func(ctx context.Context, i int) error {
			return r.accounts.RenameOrganization(ctx, seller, fmt.Sprint("New name ", i))
		}},
		{"found an organization", func(ctx context.Context, i int) error {
			_, err := r.accounts.CreateOrganization(ctx, seller.User, account.NewOrganization{Name: fmt.Sprint("Another ", i)})
			return err
		}},
		{"invite a colleague", func(ctx context.Context, i int) error {
			_, err := r.accounts.Invite(ctx, seller, fmt.Sprintf("guest-%d@example.org", i), account.Editor)
			return err
		}},
		{"ask for verification", func(ctx context.Context, _ int) error { return r.verify.SubmitRequest(ctx, seller) }},
		{"begin a listing", func(ctx context.Context, i int) error {
			_, err := r.listings.Create(ctx, seller, listing.Basics{Title: fmt.Sprint("A listing ", i)})
			return err
		}},
		{"withdraw a version", func(ctx context.Context, _ int) error {
			return r.listings.Withdraw(ctx, seller, live, "We found a mistake in it.")
		}},
		{"suspend a version", func(ctx context.Context, _ int) error {
			return reviews.Suspend(ctx, reviewer, live, []review.Reason{review.Reasons[0].Value}, "Something was reported that we look into.")
		}},
		{"accept the agreement", func(ctx context.Context, _ int) error {
			return r.uploads.Accept(ctx, seller, draft, "Another Person", upload.CurrentAgreement().SHA256)
		}},
		{"take back a key", func(ctx context.Context, _ int) error {
			_, err := r.notary.RevokeKey(ctx, keys[0].ID)
			return err
		}},
	}
	if _, err := r.super(t).Exec(t.Context(), `REVOKE INSERT ON activity FROM assay_log`); err != nil {
		t.Fatal(err)
	}
	before := r.rows(t)
	const times = 20
	for i := range times {
		for _, a := range acts {
			if err := a.do(t.Context(), i); err == nil || !strings.Contains(err.Error(), "42501") {
				t.Errorf("%s without its record: %v, want the refusal of the log", a.name, err)
			}
		}
	}
	if diff := cmp.Diff(before, r.rows(t)); diff != "" {
		t.Errorf("%d acts without a record left a trace:\n%s", times*len(acts), diff)
	}
}

// The hourly job publishes, the commands verify, export and check.
func TestTheRecordIsPublishedVerifiedAndProved(t *testing.T) {
	r := startServer(t)
	buyer := r.join(t, "buyer@example.org", "Buyer", postgres.None)
	grant := id.New[string]()
	err := r.db.InTx(t.Context(), buyer, func(tx pgx.Tx) error {
		return activity.Record(t.Context(), tx, activity.Entry{Actor: buyer, Organization: buyer.Organization, Verb: "grant.make", Object: "grant", ObjectID: grant})
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.acts.List(t.Context(), buyer, activity.Filter{Verb: "grant.make"}, activity.Cursor{}, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d acts, %v", len(list), err)
	}
	if err := r.acts.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := r.acts.Prove(t.Context(), buyer, list[0].Number)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	keysText, err := r.notary.KeysFile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head, err := r.acts.HeadFile(t.Context(), p.Head.Number)
	if err != nil {
		t.Fatal(err)
	}
	proof, keys := write("proof.json", text), write("keys.json", keysText)
	for _, heads := range []string{r.url, write("head.json", head)} {
		var out bytes.Buffer
		if err := (activityCheckCommand{File: proof, Heads: heads, Keys: keys}).check(t.Context(), &out); err != nil || !strings.Contains(out.String(), grant) {
			t.Errorf("check against %s: %v\n%s", heads, err, out.String())
		}
	}
	forged := write("forged.json", bytes.Replace(text, []byte(grant), []byte(id.New[string]()), 1))
	if err := (activityCheckCommand{File: forged, Heads: r.url}).check(t.Context(), &bytes.Buffer{}); err == nil {
		t.Error("a forged proof holds")
	}

	c, err := openRecordOf(t.Context(), r.config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var out bytes.Buffer
	if err := c.export(t.Context(), &out, "buyer"); err != nil || !strings.Contains(out.String(), grant) {
		t.Errorf("export: %v\n%s", err, out.String())
	}
	if err := c.export(t.Context(), &out, "nobody"); err == nil {
		t.Error("an organization that is not there was exported")
	}
	out.Reset()
	trusted, err := certificate.ParseKeys(keysText)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.verify(t.Context(), &out, trusted); err != nil || !strings.Contains(out.String(), "The record holds") || strings.Contains(out.String(), "no signature") {
		t.Errorf("verify: %v\n%s", err, out.String())
	}
	_, err = r.super(t).Exec(t.Context(), `SET session_replication_role = replica; UPDATE activity SET object_id = 'forged' WHERE verb = 'grant.make'`)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("Row %d is not what was recorded", list[0].Number)
	if err := c.verify(t.Context(), &out, nil); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("verify of a forged record = %v, want %q", err, want)
	}
}
