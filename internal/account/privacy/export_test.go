package privacy_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/account/privacy"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
)

func TestAnExportHoldsWhatIsKeptAndNoSecret(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.person("ada@example.org")
	org, err := r.accounts.CreateOrganization(t.Context(), a.User, account.NewOrganization{Name: "Byron Imaging"})
	if err != nil {
		t.Fatal(err)
	}
	const hash = "5ec12e7000000000000000000000000000000000000000000000000000000000"
	r.super(`INSERT INTO session (token, user_id, data, agent, address, expires_at) VALUES ('sessiontoken', $1, 'sessiondata', 'Firefox on Linux', '192.0.2.7', now() + interval '1 day')`, string(a.User))
	r.super(`INSERT INTO recovery_code (user_id, code_hash) VALUES ($1, $2)`, string(a.User), hash)
	r.super(`INSERT INTO api_token (id, organization_id, user_id, name, prefix, secret_hash, scopes, expires_at) VALUES (gen_random_uuid(), $1, $2, 'Nightly', 'assay_abc', $3, '{read:listings}', now() + interval '1 day')`, string(org), string(a.User), hash)
	if err := r.privacy.Ask(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if err := r.privacy.Ask(t.Context(), a); errs.KindOf(err) != errs.Conflict {
		t.Errorf("a second export while one is made: %v, want Conflict", err)
	}
	list, err := r.privacy.Exports(t.Context(), a)
	if err != nil || len(list) != 1 || list[0].ReadyAt != nil {
		t.Fatalf("Exports = %+v, %v; want one that waits", list, err)
	}
	for range 2 { // the queue may hand a job out twice
		if err := r.privacy.Gather(t.Context(), job.ExportAccount{Export: list[0].ID}); err != nil {
			t.Fatal(err)
		}
	}
	archive, err := r.privacy.Open(t.Context(), a, list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	files := unzip(t, archive)
	for file, want := range map[string]string{
		"profile.json": "ada@example.org", "memberships.json": "Byron Imaging", "sessions.json": "192.0.2.7", "tokens.json": "Nightly",
		"second-factors.json": "1 of 1 are left", "activity.json": "organization.create", "index.html": "ada@example.org",
		"signatures.json": "[]", "documents.json": "[]",
	} {
		if !strings.Contains(files[file], want) {
			t.Errorf("%s does not hold %q:\n%s", file, want, files[file])
		}
	}
	for file, text := range files {
		if strings.HasSuffix(file, ".json") && !json.Valid([]byte(text)) {
			t.Errorf("%s is no JSON", file)
		}
		for _, s := range []string{hash, "sessiontoken", "sessiondata", "$argon2id$"} {
			if strings.Contains(text, s) {
				t.Errorf("%s holds the secret %q", file, s)
			}
		}
	}
}

// Every source is read, as a reviewer wrote and decided it, also once the role
// is gone, and nobody else's rows are.
func TestAnExportHoldsWhatAReviewerWroteAndDecided(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	rita, other := r.person("rita@example.org"), r.person("other@example.org")
	owner := r.person("owen@example.org")
	org, err := r.accounts.CreateOrganization(t.Context(), owner.User, account.NewOrganization{Name: "Byron Imaging"})
	if err != nil {
		t.Fatal(err)
	}
	// Rows straight into the tables: the ways there are those of other packages.
	r.super(`SET session_replication_role = replica`)
	for _, one := range []struct {
		user id.User
		word string
	}{{rita.User, "mine"}, {other.User, "foreign"}} {
		user, text := string(one.user), "These words are "+one.word+"."
		r.super(`INSERT INTO review_note (id, organization_id, version_id, author_id, text) VALUES (gen_random_uuid(), $1, gen_random_uuid(), $2, $3)`, string(org), user, "note: "+text)
		r.super(`INSERT INTO decision (id, organization_id, version_id, claims_id, root_digest, claims_digest, kind, outcome, reason, reviewer_id)
			VALUES (gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), repeat('a', 64), repeat('b', 64), 'review', 'reject', $3, $2)`, string(org), user, "decision: "+text)
		r.super(`INSERT INTO review_check (organization_id, version_id, claims_id, item, root_digest, claims_digest, verdict, note, reviewer_id)
			VALUES ($1, gen_random_uuid(), gen_random_uuid(), 'rights', repeat('a', 64), repeat('b', 64), 'no', $3, $2)`, string(org), user, "check: "+text)
		r.super(`INSERT INTO verification_check (request_id, submitted_at, item, organization_id, state, note, decided_by)
			VALUES (gen_random_uuid(), now(), 'domain', $1, 'not_met', $3, $2)`, string(org), user, "domain: "+text)
		r.super(`INSERT INTO review_assignment (id, organization_id, version_id, claims_id, reviewer_id, assigned_by)
			VALUES (gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), $2, $2)`, string(org), user)
		r.super(`INSERT INTO verification (id, organization_id, level, reason, decided_by) VALUES (gen_random_uuid(), $1, 'suspended', $3, $2)`, string(org), user, "verification: "+text)
		r.super(`INSERT INTO finding_answer (id, organization_id, report_id, version_id, warning_key, answer, answered_by, outcome, outcome_note, outcome_by, outcome_at)
			VALUES (gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), 'phi-device-serial', $4, $5, 'refused', $3, $2, now())`,
			string(org), user, "judgment: "+text, "These words are the seller’s.", string(owner.User))
		r.super(`INSERT INTO finding_answer (id, organization_id, report_id, version_id, warning_key, answer, answered_by, outcome, outcome_note, outcome_by, outcome_at, confirmed_by, confirmed_at)
			VALUES (gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), $3, 'These words are the seller’s.', $4, 'accepted', 'These words are foreign.', $4, now(), $2, now())`,
			string(org), user, "confirmed-is-"+one.word, string(owner.User))
		r.super(`INSERT INTO strike (id, organization_id, reason, given_by) VALUES (gen_random_uuid(), $1, $3, $2)`, string(org), user, "strike: "+text)
		r.super(`INSERT INTO appeal (id, organization_id, kind, subject, against_at, text, made_by, state, ruling, ruled_by, ruled_at)
			VALUES (gen_random_uuid(), $1, 'strike', gen_random_uuid()::text, now(), 'We did nothing of the kind.', $2, 'denied', $3, $2, now())`, string(org), user, "appeal: "+text)
	}
	r.super(`SET session_replication_role = origin`)

	if err := r.privacy.Ask(t.Context(), rita); err != nil {
		t.Fatal(err)
	}
	list, err := r.privacy.Exports(t.Context(), rita)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.privacy.Gather(t.Context(), job.ExportAccount{Export: list[0].ID}); err != nil {
		t.Fatal(err)
	}
	archive, err := r.privacy.Open(t.Context(), rita, list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	files := unzip(t, archive)
	for file, wants := range map[string][]string{
		"review-notes.json":     {"note: These words are mine."},
		"review-decisions.json": {"decision: These words are mine.", "reject"},
		"review-checks.json":    {"check: These words are mine.", "domain: These words are mine."},
		"answers-judged.json":   {"phi-device-serial", "judgment: These words are mine.", "refused", "confirmed-is-mine"},
		"reviews-taken.json":    {"assigned_at"},
		"rulings.json":          {"verification: These words are mine.", "strike: These words are mine.", "appeal: These words are mine."},
	} {
		for _, want := range wants {
			if !strings.Contains(files[file], want) {
				t.Errorf("%s does not hold %q:\n%s", file, want, files[file])
			}
		}
	}
	for file, text := range files {
		for _, others := range []string{"foreign", "the seller’s"} {
			if strings.Contains(text, others) {
				t.Errorf("%s holds what another person wrote", file)
			}
		}
	}
}

func TestAnExportIsForItsOwnerAloneAndForAWeek(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a, stranger := r.person("ada@example.org"), accounttest.Organization(t, r.DB).Owner
	if err := r.privacy.Ask(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	list, err := r.privacy.Exports(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	key := list[0].ID
	if _, err := r.privacy.Open(t.Context(), a, key); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Open before it is ready: %v, want NotFound", err)
	}
	if err := r.privacy.Gather(t.Context(), job.ExportAccount{Export: key}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.privacy.Open(t.Context(), stranger, key); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Open by somebody else: %v, want NotFound", err)
	}
	if n := objects(t, r.blobs, "ada@example.org"); n != 1 {
		t.Fatalf("%d objects, want one, without the address in clear", n)
	}
	r.super(`UPDATE account_export SET expires_at = now() WHERE id = $1`, string(key))
	if _, err := r.privacy.Open(t.Context(), a, key); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Open after its week: %v, want NotFound", err)
	}
	if err := r.privacy.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := objects(t, r.blobs, ""); n != 0 {
		t.Errorf("%d objects are left after the week, want none", n)
	}
	if privacy.Kept.Hours() != 7*24 {
		t.Errorf("an export is kept for %v, and the notice says seven days", privacy.Kept)
	}
}

// A person who left reads what they wrote themselves, and nothing that the
// organization did afterwards.
func TestAnExportOfAFormerMemberHoldsNothingOfLater(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	org := accounttest.Seller(t, r.DB)
	ada := accounttest.Member(t, r.DB, org.ID, account.Editor)
	claims := listingtest.Claims()
	claims.Basics.Title = "Chest films that Ada described"
	d := listingtest.Save(t, r.DB, ada, listingtest.Draft(t, r.DB, ada), claims)
	listing := string(d.Listing.ID)
	if got := r.export(ada)["listings.json"]; !strings.Contains(got, "Chest films that Ada described") || !strings.Contains(got, d.Listing.Slug) {
		t.Errorf("the export of a member lacks title or slug:\n%s", got)
	}
	r.super(`SET session_replication_role = replica`)
	r.super(`UPDATE listing_claims SET frozen_at = now() WHERE listing_id = $1`, listing)
	const later = `{"basics":{"title":"A secret plan"}}`
	r.super(`INSERT INTO listing_claims (id, organization_id, listing_id, revision, canonical, claims_digest, author_id)
		VALUES (gen_random_uuid(), $1, $2, 2, $3, encode(sha256(convert_to($3, 'UTF8')), 'hex'), $4)`, string(org.ID), listing, later, string(org.Owner.User))
	r.super(`UPDATE listing SET slug = 'a-secret-name' WHERE id = $1`, listing)
	r.super(`DELETE FROM membership WHERE user_id = $1`, string(ada.User))

	files := r.export(ada)

	if !strings.Contains(files["listings.json"], "Chest films that Ada described") {
		t.Errorf("what the person wrote is missing:\n%s", files["listings.json"])
	}
	for file, text := range files {
		for _, s := range []string{"A secret plan", "a-secret-name"} {
			if strings.Contains(text, s) {
				t.Errorf("%s holds %q, which is of after the person left", file, s)
			}
		}
	}
}

// export asks for an archive and reads it.
func (r *room) export(a postgres.Actor) map[string]string {
	r.Helper()
	ctx := r.Context()
	if err := r.privacy.Ask(ctx, a); err != nil {
		r.Fatal(err)
	}
	list, err := r.privacy.Exports(ctx, a)
	if err != nil {
		r.Fatal(err)
	}
	if err := r.privacy.Gather(ctx, job.ExportAccount{Export: list[0].ID}); err != nil {
		r.Fatal(err)
	}
	archive, err := r.privacy.Open(ctx, a, list[0].ID)
	if err != nil {
		r.Fatal(err)
	}
	return unzip(r.TB, archive)
}

func TestAnExportGivenUpMeanwhileLeavesNoObject(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.person("ada@example.org")
	if err := r.privacy.Ask(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	list, err := r.privacy.Exports(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	// An erasure comes between the object and its row.
	r.super(`CREATE FUNCTION too_late() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN RETURN NULL; END $$`)
	r.super(`CREATE TRIGGER too_late BEFORE UPDATE ON account_export FOR EACH ROW WHEN (NEW.ready_at IS NOT NULL) EXECUTE FUNCTION too_late()`)
	if err := r.privacy.Gather(t.Context(), job.ExportAccount{Export: list[0].ID}); err != nil {
		t.Fatal(err)
	}
	if n := objects(t, r.blobs, ""); n != 0 {
		t.Errorf("%d objects are left, want none", n)
	}
}

func TestTwoWorkersMakeOneExport(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.person("ada@example.org")
	if err := r.privacy.Ask(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	list, err := r.privacy.Exports(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := r.privacy.Gather(t.Context(), job.ExportAccount{Export: list[0].ID}); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if _, err := r.privacy.Open(t.Context(), a, list[0].ID); err != nil {
		t.Errorf("Open: %v", err)
	}
}

// objects counts what the store holds; none may contain the text.
func objects(t *testing.T, blobs *blob.Store, text string) (n int) {
	t.Helper()
	err := blobs.List(t.Context(), "account-exports/", func(o blob.Object) error {
		n++
		r, err := blobs.Get(t.Context(), o.Key, 0)
		if err != nil {
			return err
		}
		defer r.Close()
		body, err := io.ReadAll(r)
		if text != "" && bytes.Contains(body, []byte(text)) || bytes.HasPrefix(body, []byte("PK")) {
			t.Error("the archive lies in clear")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func unzip(t testing.TB, archive []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(body)
	}
	return files
}
