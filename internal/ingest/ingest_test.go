package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/synth"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/ingest"
	"assay/internal/job"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/upload"
)

type room struct {
	db       *postgres.DB
	org      accounttest.Org
	blobs    *blob.Store
	listings *listing.Service
	uploads  *upload.Service
	scratch  string
}

func newRoom(t testing.TB) room {
	t.Helper()
	return roomOn(t, postgrestest.New(t))
}

var discard = slog.New(slog.DiscardHandler)

func (r room) service(inspect audit.InspectFunc) *ingest.Service {
	return ingest.New(r.db, r.blobs, r.listings, ingest.Options{Version: "test", Scratch: r.scratch, Inspect: inspect}, discard)
}

// submit sends bytes as a new version of a complete listing.
func (r room) submit(t testing.TB, body []byte) job.AuditVersion {
	t.Helper()
	return r.send(t, r.newListing(t), body)
}

func (r room) newListing(t testing.TB) id.Listing {
	t.Helper()
	return listingtest.Complete(t, r.db, r.org.Owner).Listing.ID
}

// send sends bytes as a new version of a listing.
func (r room) send(t testing.TB, l id.Listing, body []byte) job.AuditVersion {
	t.Helper()
	actor := r.org.Owner
	if err := r.uploads.Accept(t.Context(), actor, l, "Ada Example", upload.CurrentAgreement().SHA256); err != nil {
		t.Fatal(err)
	}
	sent := false
	u, err := r.uploads.ReceivePlain(t.Context(), actor, l, "", func() (upload.Part, error) {
		if sent {
			return upload.Part{}, io.EOF
		}
		sent = true
		return upload.Part{Name: "set.zip", Body: bytes.NewReader(body)}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return job.AuditVersion{Organization: r.org.ID, User: actor.User, Version: u.Version}
}

func (r room) dossier(t testing.TB, v id.Version) listing.Dossier {
	t.Helper()
	d, err := r.listings.Version(t.Context(), r.org.Owner, v)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func series(t testing.TB, problems ...synth.Problem) []byte {
	t.Helper()
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 7, Slices: 5, Problems: problems})
	if err != nil {
		t.Fatal(err)
	}
	zip, err := synth.Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	return zip
}

func TestACleanSeriesIsNotFailed(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j := r.submit(t, series(t))
	if err := r.service(nil).Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	d := r.dossier(t, j.Version)
	if d.Version.State != listing.Passed && d.Version.State != listing.Flagged {
		t.Fatalf("state %s, want passed or flagged; report %s", d.Version.State, d.Report.Body)
	}
	if d.Report == nil || d.Report.RootDigest != d.Version.RootDigest || d.Report.Blockers != 0 {
		t.Errorf("report %+v, want one without blockers about %s", d.Report, d.Version.RootDigest)
	}
	whole, err := r.blobs.Get(t.Context(), ingest.ReportKey(d.Report.ID), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	text, _ := io.ReadAll(whole)
	if !strings.Contains(string(text), `"assay-report/1"`) || strings.Count(string(text), `"sha256"`) < 5 {
		t.Errorf("the whole report names %d files, want 5", strings.Count(string(text), `"sha256"`))
	}
}

func TestARealNameFailsAndIsNotKept(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j := r.submit(t, series(t, synth.PatientName))
	if err := r.service(nil).Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	d := r.dossier(t, j.Version)
	if d.Version.State != listing.AuditFailed {
		t.Fatalf("state %s, want audit_failed; report %s", d.Version.State, d.Report.Body)
	}
	if !strings.Contains(string(d.Report.Body), "phi-patient-name") {
		t.Errorf("the report does not name phi-patient-name: %s", d.Report.Body)
	}
}

func TestWhatIsNoDataSetFails(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j := r.submit(t, []byte("this is a shopping list\n"))
	if err := r.service(nil).Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if d := r.dossier(t, j.Version); d.Version.State != listing.AuditFailed {
		t.Errorf("state %s, want audit_failed", d.Version.State)
	}
}

func TestOnlyTheHolderOfTheLeaseStores(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j := r.submit(t, series(t))
	started, goOn := make(chan struct{}), make(chan struct{})
	slow := r.service(func(ctx context.Context, f audit.File, o audit.InspectOptions) (audit.Facts, error) {
		select {
		case started <- struct{}{}:
			<-goOn
		case <-goOn:
		}
		return audit.Inspect(ctx, f, o)
	})
	done := make(chan error, 1)
	go func() { done <- slow.Audit(context.Background(), j) }()
	<-started
	r.sql(t, "UPDATE audit_run SET renewed_at = now() - interval '1 hour'")
	if err := r.service(nil).Sweep(t.Context()); err != nil { // the first worker counts as dead
		t.Fatal(err)
	}
	if d := r.dossier(t, j.Version); d.Version.State != listing.Queued {
		t.Fatalf("after the sweep: %s, want queued", d.Version.State)
	}
	if err := r.service(nil).Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	first := r.dossier(t, j.Version)
	close(goOn)
	if err := <-done; err != nil {
		t.Errorf("the late worker: %v, want silence", err)
	}
	if again := r.dossier(t, j.Version); again.Report == nil || again.Report.ID != first.Report.ID || again.Version.State != first.Version.State {
		t.Errorf("the late worker changed the result: %+v", again.Report)
	}
}

func (r room) sql(t testing.TB, statement string) {
	t.Helper()
	err := r.db.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), statement)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFaultOfOursIsRetriedThenSaid(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j := r.submit(t, series(t))
	broken := r.service(func(context.Context, audit.File, audit.InspectOptions) (audit.Facts, error) {
		return audit.Facts{}, errors.New("ZZYZX^PATIENT was here")
	})
	for attempt := range 3 {
		if err := broken.Audit(t.Context(), j); err != nil {
			t.Fatalf("attempt %d: %v", attempt+1, err)
		}
	}
	d := r.dossier(t, j.Version)
	if d.Version.State != listing.AuditError {
		t.Fatalf("state %s, want audit_error", d.Version.State)
	}
	r.ageForTest(t, j.Version)
	if err := r.service(nil).Sweep(t.Context()); err != nil { // an hour later the platform tries again by itself
		t.Fatal(err)
	}
	if again := r.dossier(t, j.Version); again.Version.State != listing.Queued {
		t.Errorf("an hour after the fault: %s, want queued", again.Version.State)
	}
	if strings.Contains(d.Version.Reason, "ZZYZX") || d.Version.Reason == "" {
		t.Errorf("reason %q, want a sentence of ours", d.Version.Reason)
	}
}

func TestAStrangerSeesNoProgress(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j := r.submit(t, series(t))
	stranger := accounttest.Organization(t, r.db).Owner
	_, foreign := r.service(nil).Progress(t.Context(), stranger, j.Version)
	if errs.KindOf(foreign) != errs.NotFound {
		t.Errorf("Progress = %v, want NotFound", foreign)
	}
}

// ageForTest lets an hour and more pass since the version moved last.
func (r room) ageForTest(t *testing.T, v id.Version) {
	t.Helper()
	err := r.db.InTx(t.Context(), r.org.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE version SET updated_at = now() - interval '2 hours' WHERE id = $1", v)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
