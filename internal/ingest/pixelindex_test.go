package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/synth"
	"assay/internal/blob"
	"assay/internal/ingest"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/upload"
)

// of is the same room as another organization uses it.
func (r room) of(org accounttest.Org) room {
	r.org = org
	return r
}

// indexed sends a set as the first version of a new listing and has it audited.
func (r room) indexed(t *testing.T, set []byte) listing.Dossier {
	t.Helper()
	j := r.submit(t, set)
	options := ingest.Options{Version: "test", Scratch: r.scratch, SecretKey: []byte(strings.Repeat("k", 32))}
	if err := ingest.New(r.db, r.blobs, r.listings, options, discard).Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	return r.dossier(t, j.Version)
}

// images are sets whose images equal those of other sets of the same seed.
func images(t *testing.T, seed uint64) []byte {
	t.Helper()
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: seed, Slices: 5})
	if err != nil {
		t.Fatal(err)
	}
	zip, err := synth.Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	return zip
}

// whole returns the report as the object store keeps it.
func (r room) whole(t *testing.T, d listing.Dossier) string {
	t.Helper()
	f, err := r.blobs.Get(t.Context(), ingest.ReportKey(d.Report.ID), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// equalElsewhere returns what a report says of images in other listings.
func equalElsewhere(t *testing.T, text string) (messages []string) {
	t.Helper()
	var r audit.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.Rule == "set-duplicate-pixels" {
			if f.Severity != "warning" || len(f.Locations) == 0 || f.Locations[0].File == "" {
				t.Errorf("finding %+v, want a warning that names files", f)
			}
			messages = append(messages, f.Message)
		}
	}
	return messages
}

func (r room) count(t *testing.T, a postgres.Actor, query string, args pgx.NamedArgs) (n int) {
	t.Helper()
	if args == nil {
		args = pgx.NamedArgs{}
	}
	err := r.db.InTx(t.Context(), a, func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), query, args).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// lend puts the images of one version into another, as if they had been audited
// there.
func (r room) lend(t *testing.T, from, to listing.Dossier) {
	t.Helper()
	err := r.db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO pixel_index (version_id, organization_id, mac, instances)
			SELECT @to, @organization, mac, instances FROM pixel_index WHERE version_id = @from`,
			pgx.NamedArgs{"to": to.Version.ID, "organization": to.Version.Organization, "from": from.Version.ID})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSellerIsToldOfTheirOwnCopies(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	first := r.indexed(t, images(t, 7))
	if list := equalElsewhere(t, r.whole(t, first)); len(list) != 0 {
		t.Errorf("the first of its kind: %v", list)
	}
	other := r.indexed(t, images(t, 8))
	if list := equalElsewhere(t, r.whole(t, other)); len(list) != 0 {
		t.Errorf("other images: %v", list)
	}
	second := r.indexed(t, images(t, 7))
	want := "5 images equal images of version 1 of your listing " + first.Listing.Slug + "."
	if list := equalElsewhere(t, r.whole(t, second)); len(list) != 1 || list[0] != want {
		t.Errorf("a copy: %v, want %q", list, want)
	}
	if second.Version.State != listing.Flagged || second.Report.Warnings != len(second.Report.WarningKeys) || !strings.Contains(string(second.Report.Body), want) {
		t.Errorf("state %s, %d warnings, %d keys", second.Version.State, second.Report.Warnings, len(second.Report.WarningKeys))
	}
}

func TestVersionsOfOneListingMayShareImages(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	first := r.indexed(t, images(t, 7))
	again := r.send(t, first.Listing.ID, images(t, 7))
	options := ingest.Options{Version: "test", Scratch: r.scratch, SecretKey: []byte(strings.Repeat("k", 32))}
	if err := ingest.New(r.db, r.blobs, r.listings, options, discard).Audit(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if list := equalElsewhere(t, r.whole(t, r.dossier(t, again.Version))); len(list) != 0 {
		t.Errorf("the next version of the same listing: %v", list)
	}
}

func TestSellerIsToldOfImagesOnOffer(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	draft := r.indexed(t, images(t, 7)) // of a stranger, to take the rows of
	seller := accounttest.Seller(t, r.db)
	live := listingtest.Version(t, r.db, seller, listing.Live)
	r.lend(t, draft, live)

	buyer := r.of(accounttest.Organization(t, r.db))
	got := buyer.indexed(t, images(t, 7))
	want := "5 images equal images of the published listing " + live.Listing.Slug + "."
	list := equalElsewhere(t, buyer.whole(t, got))
	if len(list) != 1 || list[0] != want {
		t.Errorf("%v, want %q alone: nothing of the draft", list, want)
	}
	if strings.Contains(buyer.whole(t, got), draft.Listing.Slug) {
		t.Error("the report names a stranger's draft")
	}
}

// Somebody who uploads a guess learns nothing of what strangers hold and do not
// offer, whatever state it is in: report, verdict, warnings and rows are those
// of a platform on which the stranger is not.
func TestNothingTellsOfAStrangersPrivateSet(t *testing.T) {
	t.Parallel()
	alone := newRoom(t)
	want := alone.indexed(t, images(t, 7))
	for _, state := range []listing.State{listing.Draft, listing.Flagged, listing.AuditFailed, listing.InReview, listing.Approved,
		listing.Embargoed, listing.Rejected, listing.Suspended, listing.Withdrawn, listing.Superseded} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			stranger := r.of(accounttest.Seller(t, r.db))
			theirs := stranger.indexed(t, images(t, 7))
			if state != listing.Flagged {
				held := listingtest.Version(t, r.db, stranger.org, state)
				r.lend(t, theirs, held)
			}
			got := r.indexed(t, images(t, 7))
			if a, b := alone.whole(t, want), r.whole(t, got); a != b {
				t.Errorf("the report differs from that of a platform without the stranger:\n%s", b)
			}
			if !bytes.Equal(want.Report.Body, got.Report.Body) || want.Report.Verdict != got.Report.Verdict || want.Version.State != got.Version.State ||
				strings.Join(want.Report.WarningKeys, " ") != strings.Join(got.Report.WarningKeys, " ") {
				t.Errorf("the database's report, verdict or warnings differ: %s %s", got.Report.Verdict, got.Version.State)
			}
			for _, table := range []string{"pixel_index", "pixel_match"} {
				for name, a := range map[string]postgres.Actor{"the seller": r.org.Owner, "the stranger": stranger.org.Owner, "the public": {}} {
					if n := r.count(t, a, "SELECT count(*) FROM "+table, nil); n != 0 {
						t.Errorf("%s sees %d rows of %s", name, n, table)
					}
				}
			}
			if n := r.count(t, listingtest.Worker, `SELECT images FROM pixel_match WHERE version_id = @version`, pgx.NamedArgs{"version": got.Version.ID}); n != 5 {
				t.Errorf("the note for reviewers counts %d images, want 5", n)
			}
		})
	}
}

// There is a note for each report, so that writing it tells nothing.
func TestEveryReportHasItsNote(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	d := r.indexed(t, images(t, 7))
	if n := r.count(t, listingtest.Worker, `SELECT count(*) FROM pixel_match WHERE report_id = @report AND images = 0 AND listings = 0`, pgx.NamedArgs{"report": d.Report.ID}); n != 1 {
		t.Errorf("%d notes of a set that equals nothing, want 1", n)
	}
}

// A worker that dies between the report and the note leaves it to the sweep.
func TestSweepNotesWhatADeadWorkerDidNot(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	theirs := r.indexed(t, images(t, 7))
	left := listingtest.Version(t, r.db, accounttest.Organization(t, r.db), listing.Flagged)
	r.lend(t, theirs, left)
	const notes = `SELECT coalesce(sum(images), -1) FROM pixel_match WHERE report_id = @report`
	if n := r.count(t, listingtest.Worker, notes, pgx.NamedArgs{"report": left.Report.ID}); n != -1 {
		t.Fatalf("there is a note of %d images before the sweep: the test shows nothing", n)
	}
	for range 2 {
		if err := r.service(nil).Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := r.count(t, listingtest.Worker, notes, pgx.NamedArgs{"report": left.Report.ID}); n != 5 {
			t.Errorf("the note after the sweep is of %d images, want 5", n)
		}
	}
}

func TestADraftThatIsPutAsideCountsNoMore(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	first := r.indexed(t, images(t, 7))
	if err := r.listings.Delete(t.Context(), r.org.Owner, first.Listing.ID); err != nil {
		t.Fatal(err)
	}
	if list := equalElsewhere(t, r.whole(t, r.indexed(t, images(t, 7)))); len(list) != 0 {
		t.Errorf("copies of a draft that was put aside: %v", list)
	}
}

// The table holds no digest that somebody could compare a guess with, and its
// rows go with their version.
func TestIndexHoldsNoDigestAndGoesWithItsVersion(t *testing.T) {
	t.Parallel()
	base := postgrestest.NewDatabase(t)
	r := roomOn(t, base.DB)
	d := r.indexed(t, images(t, 7))
	report, err := audit.RunFile(t.Context(), "set", bytes.NewReader(images(t, 7)), int64(len(images(t, 7))), audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := r.count(t, listingtest.Worker, `SELECT count(*) FROM pixel_index`, nil); n != len(report.PixelDigests) || n != 5 {
		t.Errorf("%d rows for %d images", n, len(report.PixelDigests))
	}
	for _, p := range report.PixelDigests {
		if n := r.count(t, listingtest.Worker, `SELECT count(*) FROM pixel_index WHERE mac = @digest`, pgx.NamedArgs{"digest": p.Digest[:]}); n != 0 {
			t.Error("the index holds a digest as it is")
		}
	}
	super, err := pgx.Connect(t.Context(), base.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(context.Background())
	for _, sql := range []string{ // what no role of the server may do
		`ALTER TABLE version_file DISABLE TRIGGER USER`, `ALTER TABLE audit_report DISABLE TRIGGER USER`, `ALTER TABLE version_event DISABLE TRIGGER USER`, `ALTER TABLE version DISABLE TRIGGER USER`,
		`ALTER TABLE upload DISABLE TRIGGER USER`, `DELETE FROM upload WHERE version_id = '` + string(d.Version.ID) + `'`,
		`DELETE FROM version_event WHERE version_id = '` + string(d.Version.ID) + `'`, `DELETE FROM version_file WHERE version_id = '` + string(d.Version.ID) + `'`,
		`DELETE FROM audit_report WHERE version_id = '` + string(d.Version.ID) + `'`, `DELETE FROM version WHERE id = '` + string(d.Version.ID) + `'`,
	} {
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for _, table := range []string{"pixel_index", "pixel_match"} {
		if n := r.count(t, listingtest.Worker, "SELECT count(*) FROM "+table, nil); n != 0 {
			t.Errorf("%d rows of %s are left of a version that is gone", n, table)
		}
	}
}

// roomOn is newRoom on a database that is there.
func roomOn(t testing.TB, db *postgres.DB) room {
	t.Helper()
	blobs, err := blob.Open(t.Context(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	r := room{db: db, org: accounttest.Organization(t, db), blobs: blobs, listings: listingtest.Service(db), scratch: t.TempDir()}
	r.uploads = upload.New(r.db, r.blobs, r.listings, upload.Limits{MaxBytes: 1 << 30, QuotaBytes: 1 << 30}, discard)
	return r
}
