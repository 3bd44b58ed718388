package storage_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/storage"
	"assay/internal/vault"
	"assay/internal/vault/vaulttest"
)

// room is a database, an object store in a folder, and an admin who looks after
// both.
type room struct {
	*storage.Service
	db     *postgres.DB
	blobs  *blob.Store
	folder string
	admin  postgres.Actor

	ownerURL string // of the database's owner
}

func newRoom(t testing.TB) room {
	t.Helper()
	made := postgrestest.NewDatabase(t)
	r := room{db: made.DB, ownerURL: made.OwnerURL, folder: t.TempDir()}
	r.blobs = vaulttest.Blobs(t, r.folder)
	r.Service = storage.New(r.db, r.blobs, time.Now)
	r.admin = accounttest.Admin(t, r.db)
	return r
}

// put writes an object that was last written so long ago.
func (r room) put(t testing.TB, key, content string, age time.Duration) {
	t.Helper()
	if _, err := r.blobs.Put(t.Context(), key, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(filepath.Join(r.folder, "blob", filepath.FromSlash(key)), at, at); err != nil {
		t.Fatal(err)
	}
}

func (r room) has(t testing.TB, key string) bool {
	t.Helper()
	_, err := r.blobs.Size(t.Context(), key)
	if err != nil && errs.KindOf(err) != errs.NotFound {
		t.Fatal(err)
	}
	return err == nil
}

// upload writes the row of an upload.
func (r room) upload(t testing.TB, org accounttest.Org, state string) string {
	t.Helper()
	d := listingtest.Version(t, r.db, org, listing.Draft)
	key := string(id.New[id.Upload]())
	r.exec(t, org.Owner, `
		INSERT INTO upload (id, organization_id, version_id, user_id, state, size_bytes, received_bytes, sha256, finished_at, expires_at)
		VALUES (@id, @organization, @version, @user, @state, 5, CASE @state WHEN 'finished' THEN 5 ELSE 2 END,
		        CASE @state WHEN 'finished' THEN repeat('a', 64) END, CASE @state WHEN 'finished' THEN now() END, now() + interval '1 day')`,
		pgx.NamedArgs{"id": key, "organization": org.ID, "version": d.Version.ID, "user": org.Owner.User, "state": state})
	return key
}

func (r room) exec(t testing.TB, a postgres.Actor, sql string, args pgx.NamedArgs) {
	t.Helper()
	if err := r.try(t, a, sql, args); err != nil {
		t.Fatal(err)
	}
}

func (r room) try(t testing.TB, a postgres.Actor, sql string, args pgx.NamedArgs) error {
	return r.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql, args)
		return err
	})
}

func (r room) measure(t testing.TB) storage.Report {
	t.Helper()
	if err := r.Measure(t.Context(), job.MeasureStorage{}); err != nil {
		t.Fatal(err)
	}
	report, err := r.Report(t.Context(), r.admin, 10)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// clean asks for the deletion of all orphans older than a day and returns its
// job.
func (r room) clean(t testing.TB) job.DeleteOrphans {
	t.Helper()
	shown, err := r.Offer(t.Context(), r.admin, storage.OrphanAge)
	if err == nil {
		err = r.Delete(t.Context(), r.admin, shown)
	}
	if err != nil {
		t.Fatal(err)
	}
	var j job.DeleteOrphans
	err = r.db.InTx(t.Context(), r.admin, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT id FROM storage_cleanup WHERE finished_at IS NULL`).Scan(&j.Cleanup)
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

const day = 24 * time.Hour

func TestMeasurementTellsWhatDoesNotFitTogether(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	org := accounttest.Seller(t, r.db)
	if before, err := r.Report(t.Context(), r.admin, 10); err != nil || before.Measurement != nil {
		t.Fatalf("before the first measurement: %v, %v", before.Measurement, err)
	}
	finished, underWay, lost := r.upload(t, org, "finished"), r.upload(t, org, "receiving"), r.upload(t, org, "finished")
	r.put(t, "upload/"+finished, "12345", 9*day)
	r.put(t, "upload/"+finished+".info", "{}", 9*day)
	r.put(t, "upload/"+underWay, "12", 9*day) // a slow upload is no orphan
	orphan := "upload/" + string(id.New[id.Upload]())
	r.put(t, orphan, "nobody's", 9*day)
	r.put(t, "upload/fileblob123", "cut off", 9*day)
	r.put(t, "upload/"+string(id.New[id.Upload]()), "its row may come", time.Hour)
	r.put(t, "activity/heads/000000000007.json", "{}", 9*day)
	r.put(t, "elsewhere/scan.dcm", "not ours", 9*day)
	document, err := vault.New(r.db, r.blobs, []vault.Key{vaulttest.Key(t, 1)}, time.Now).Put(t.Context(), org.Owner,
		vault.Incoming{Kind: "other", Name: "paper.pdf", Content: strings.NewReader(vaulttest.PDF)}, func(context.Context, pgx.Tx) error { return nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := r.blobs.Size(t.Context(), document.BlobKey)
	if err != nil {
		t.Fatal(err)
	}

	got := r.measure(t)
	want := []storage.Part{
		{Kind: storage.Submissions, Amount: storage.Amount{Objects: 6, Bytes: 5 + 2 + 2 + 8 + 7 + 16}, Waiting: 1, Orphans: 2, OrphanBytes: 15, Missing: 1},
		{Kind: storage.Reports}, {Kind: storage.Pictures},
		{Kind: storage.Documents, Amount: storage.Amount{Objects: 1, Bytes: sealed}},
		{Kind: storage.Heads, Amount: storage.Amount{Objects: 1, Bytes: 2}, Orphans: 1, OrphanBytes: 2},
		{Kind: storage.FreeAudits}, {Kind: storage.Exports},
		{Kind: storage.Unknown, Amount: storage.Amount{Objects: 1, Bytes: 8}},
	}
	if diff := cmp.Diff(want, got.Parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	shares := []storage.Share{{Organization: org.ID, Name: org.Name, Submissions: 9, Documents: sealed, All: 9 + sealed}}
	if diff := cmp.Diff(shares, got.Shares); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	missing := []storage.Finding{{Key: "upload/" + lost, What: storage.Missing, Kind: storage.Submissions, Organization: org.ID, OrganizationName: org.Name}}
	if diff := cmp.Diff(missing, got.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if len(got.Days) != 1 || got.Days[0].Bytes != got.Parts[0].Bytes+got.Parts[3].Bytes+10 || got.Measurement.DiskTotal == nil {
		t.Errorf("history %v, disk %v", got.Days, got.Measurement.DiskTotal)
	}
	for _, i := range []int{0, 1} { // a day, a week; never the head
		if diff := cmp.Diff(storage.Amount{Objects: 2, Bytes: 15}, got.Deletable[i]); diff != "" {
			t.Errorf("deletable (-want +got):\n%s", diff)
		}
	}

	if err := r.DeleteOrphans(t.Context(), r.clean(t)); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{orphan: false, "upload/fileblob123": false, "upload/" + underWay: true, "upload/" + finished: true,
		"upload/" + finished + ".info": true, "activity/heads/000000000007.json": true, "elsewhere/scan.dcm": true, document.BlobKey: true} {
		if r.has(t, key) != want {
			t.Errorf("%s is there: %v, want %v", key, !want, want)
		}
	}
	after := r.measure(t)
	if len(after.Cleanups) != 1 || after.Cleanups[0].Deleted != 2 || after.Cleanups[0].Bytes != 15 || after.Cleanups[0].FinishedAt == nil {
		t.Errorf("cleanups: %+v", after.Cleanups)
	}
	if diff := cmp.Diff(storage.Part{Kind: storage.Submissions}, after.Parts[0], cmpopts.IgnoreFields(storage.Part{}, "Amount", "Waiting", "Missing")); diff != "" {
		t.Errorf("submissions afterwards (-want +got):\n%s", diff)
	}
}

// A row and the deletion of its object meet at one lock: either the row stands
// and the object is there, or the object is gone and the row was refused.
func TestNoDeletionMeetsARowThatNamesItsObject(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	const n = 200
	keys := make([]string, n)
	for i := range keys {
		keys[i] = "vault/" + string(id.New[id.Document]())
		r.put(t, keys[i], "sealed", 3*day)
	}
	r.measure(t)
	j := r.clean(t)
	var all sync.WaitGroup
	named := make([]bool, n)
	for worker := range 4 {
		all.Go(func() {
			for i := worker; i < n; i += 4 {
				err := r.try(t, postgres.Actor{Platform: postgres.Worker}, `INSERT INTO vault_leftover (blob_key, due_at) VALUES (@key, now() + interval '1 day')`,
					pgx.NamedArgs{"key": keys[n-1-i]})
				if err != nil && !postgres.IsRefused(err) {
					t.Error(err)
				}
				named[n-1-i] = err == nil
			}
		})
	}
	for range 2 { // a job may run twice
		all.Go(func() {
			if err := r.DeleteOrphans(t.Context(), j); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	kept := 0
	for i, key := range keys {
		if named[i] {
			kept++
		}
		if r.has(t, key) != named[i] {
			t.Errorf("a row names %s: %v, and its object is there: %v", key, named[i], !named[i])
		}
	}
	t.Logf("of %d objects %d got a row in time, %d were deleted", n, kept, n-kept)
}

func TestDeletionSparesWhatCameBetween(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	org := accounttest.Seller(t, r.db)
	again, named := "report/"+string(id.New[id.Report]())+".json", "upload/"+string(id.New[id.Upload]())
	r.put(t, again, "{}", 3*day)
	r.put(t, named, "12345", 3*day)
	r.measure(t)
	j := r.clean(t)
	r.put(t, again, "{}", 0) // written again
	d := listingtest.Version(t, r.db, org, listing.Draft)
	r.exec(t, org.Owner, `
		INSERT INTO upload (id, organization_id, version_id, user_id, size_bytes, expires_at)
		VALUES (@id, @organization, @version, @user, 5, now() + interval '1 day')`,
		pgx.NamedArgs{"id": strings.TrimPrefix(named, "upload/"), "organization": org.ID, "version": d.Version.ID, "user": org.Owner.User})
	if err := r.DeleteOrphans(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if !r.has(t, again) || !r.has(t, named) {
		t.Error("an object was deleted that was written again, or that a row names by now")
	}
}

func TestWhoIsNoAdminAnyMoreDeletesNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	accounttest.Admin(t, r.db) // one stays
	key := "report/" + string(id.New[id.Report]()) + ".json"
	r.put(t, key, "{}", 3*day)
	r.measure(t)
	j := r.clean(t)
	r.exec(t, postgres.Actor{Platform: postgres.Admin}, `DELETE FROM platform_role WHERE user_id = @user`, pgx.NamedArgs{"user": r.admin.User})
	if err := r.DeleteOrphans(t.Context(), j); err != nil || !r.has(t, key) {
		t.Errorf("deleted on behalf of somebody without the role, or: %v", err)
	}
}

func TestDeletionIsOfWhatWasShown(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.put(t, "report/"+string(id.New[id.Report]())+".json", "{}", 3*day)
	if _, err := r.Offer(t.Context(), r.admin, storage.OrphanAge); errs.KindOf(err) != errs.Conflict {
		t.Errorf("before a measurement: %v, want Conflict", err)
	}
	r.measure(t)
	if _, err := r.Offer(t.Context(), r.admin, time.Minute); errs.KindOf(err) != errs.Invalid {
		t.Errorf("younger than a day: %v, want Invalid", err)
	}
	if _, err := r.Offer(t.Context(), r.admin, 30*day); errs.KindOf(err) != errs.Conflict {
		t.Errorf("nothing of that age: %v, want Conflict", err)
	}
	shown, err := r.Offer(t.Context(), r.admin, storage.OrphanAge)
	if err != nil {
		t.Fatal(err)
	}
	r.measure(t)
	if err := r.Delete(t.Context(), r.admin, shown); errs.KindOf(err) != errs.Conflict {
		t.Errorf("after another measurement: %v, want Conflict", err)
	}
	shown, err = r.Offer(t.Context(), r.admin, storage.OrphanAge)
	if err != nil {
		t.Fatal(err)
	}
	younger := shown
	younger.Before = time.Now()
	if err := r.Delete(t.Context(), r.admin, younger); errs.KindOf(err) != errs.Conflict {
		t.Errorf("a moment that is too late: %v, want Conflict", err)
	}
	var all sync.WaitGroup
	var lock sync.Mutex
	asked := 0
	for range 8 {
		all.Go(func() {
			err := r.Delete(t.Context(), r.admin, shown)
			lock.Lock()
			defer lock.Unlock()
			if err == nil {
				asked++
			} else if errs.KindOf(err) != errs.Conflict {
				t.Errorf("another deletion: %v, want Conflict", err)
			}
		})
	}
	all.Wait()
	if asked != 1 {
		t.Errorf("%d deletions at once, want 1", asked)
	}
}

func TestOneMeasurementRunsAtATime(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.exec(t, postgres.Actor{Platform: postgres.Worker}, `INSERT INTO storage_measurement (id) VALUES (@id)`, pgx.NamedArgs{"id": id.New[id.Measurement]()})
	if got := r.measure(t); got.Measurement != nil || !got.IsUnderWay {
		t.Errorf("beside one that runs: %v, under way %v", got.Measurement, got.IsUnderWay)
	}
	r.exec(t, postgres.Actor{Platform: postgres.Worker}, `UPDATE storage_measurement SET renewed_at = now() - interval '1 hour'`, nil)
	if got := r.measure(t); got.Measurement == nil || got.IsUnderWay {
		t.Errorf("after one that died: %v, under way %v", got.Measurement, got.IsUnderWay)
	}
}

func TestOnlyAdminsSeeAndDeleteWhatIsStored(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.put(t, "report/"+string(id.New[id.Report]())+".json", "{}", 3*day)
	r.measure(t)
	shown, err := r.Offer(t.Context(), r.admin, storage.OrphanAge)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []postgres.Actor{{}, accounttest.Organization(t, r.db).Owner, accounttest.Reviewer(t, r.db), {Platform: postgres.Worker}} {
		_, reportErr := r.Report(t.Context(), a, 10)
		_, offerErr := r.Offer(t.Context(), a, storage.OrphanAge)
		for name, err := range map[string]error{"Report": reportErr, "Offer": offerErr, "Ask": r.Ask(t.Context(), a), "Delete": r.Delete(t.Context(), a, shown)} {
			if errs.KindOf(err) != errs.NotFound {
				t.Errorf("%s by %q: %v, want NotFound", name, a.Platform, err)
			}
		}
	}
	for range 2 {
		if err := r.Ask(t.Context(), r.admin); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.measure(t); !got.IsUnderWay {
		t.Error("a measurement that waits is not told")
	}
	queued := 0
	if err := r.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'measure_storage'`).Scan(&queued); err != nil || queued != 1 {
		t.Errorf("asked twice: %d jobs, %v", queued, err)
	}
}

// BenchmarkMeasure gives the speed of a measurement of 20,000 submissions.
func BenchmarkMeasure(b *testing.B) {
	r := newRoom(b)
	org := accounttest.Seller(b, r.db)
	const n = 20_000
	d := listingtest.Version(b, r.db, org, listing.Passed)
	r.exec(b, postgres.Actor{Platform: postgres.Worker}, `
		INSERT INTO audit_report (id, organization_id, version_id, root_digest, claims_digest, verdict, blockers, warnings, report, rules_version)
		SELECT gen_random_uuid(), r.organization_id, r.version_id, r.root_digest, r.claims_digest, 'passed', 0, 0, '{}', 'bench'
		FROM   (SELECT * FROM audit_report WHERE version_id = @version LIMIT 1) r, generate_series(1, @n)`, pgx.NamedArgs{"version": d.Version.ID, "n": n})
	var keys []string
	err := r.db.InTx(b.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		rows, err := tx.Query(b.Context(), `SELECT id::text FROM audit_report WHERE rules_version = 'bench'`)
		if err != nil {
			return err
		}
		keys, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, key := range keys {
		if _, err := r.blobs.Put(b.Context(), "report/"+key+".json", strings.NewReader("{}")); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := r.Measure(b.Context(), job.MeasureStorage{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

// A deletion whose job was given up is ended by the next measurement, so that
// another can be asked for.
func TestDeletionWhoseJobWasGivenUpIsEnded(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	worker := postgres.Actor{Platform: postgres.Worker}
	r.put(t, "report/"+string(id.New[id.Report]())+".json", "{}", 3*day)
	r.measure(t)
	r.clean(t)
	if r.measure(t).Cleanups[0].FinishedAt != nil {
		t.Fatal("a deletion whose job waits counts as over")
	}
	r.exec(t, worker, `UPDATE river_job SET state = 'discarded', finalized_at = now() WHERE kind = 'delete_orphans'`, nil)
	if r.measure(t).Cleanups[0].FinishedAt == nil {
		t.Error("a deletion whose job was given up is under way")
	}
	r.clean(t)
}

// One object that cannot be deleted keeps none of the others.
func TestObjectThatCannotBeDeletedIsLeftOut(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	stuck, other := "report/"+string(id.New[id.Report]())+".json", "texts/"+string(id.New[id.Report]())+".sealed"
	r.put(t, stuck, "{}", 3*day)
	r.put(t, other, "{}", 3*day)
	r.measure(t)
	j := r.clean(t)
	refuse := `
		CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the store is busy'; END $$;
		CREATE TRIGGER refuse_one BEFORE INSERT ON storage_deleted FOR EACH ROW WHEN (NEW.key = '` + stuck + `') EXECUTE FUNCTION refuse_one()`
	owner, err := pgx.Connect(t.Context(), r.ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	if _, err := owner.Exec(t.Context(), refuse); err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteOrphans(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	report, err := r.Report(t.Context(), r.admin, 10)
	if err != nil {
		t.Fatal(err)
	}
	if c := report.Cleanups[0]; c.FinishedAt == nil || c.Skipped != 1 || c.Deleted != 1 || !r.has(t, stuck) || r.has(t, other) {
		t.Errorf("the deletion is %+v; the stuck object is there: %v, the other: %v", c, r.has(t, stuck), r.has(t, other))
	}
}

// What a later measurement found was not shown to who confirmed the deletion.
func TestDeletionLeavesWhatALaterMeasurementFound(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.put(t, "report/"+string(id.New[id.Report]())+".json", "{}", 3*day)
	r.measure(t)
	j := r.clean(t)
	later := "report/" + string(id.New[id.Report]()) + ".json"
	r.put(t, later, "{}", 3*day)
	r.measure(t)
	if err := r.DeleteOrphans(t.Context(), j); err != nil || !r.has(t, later) {
		t.Errorf("an object that was not shown is there: %v (err: %v)", r.has(t, later), err)
	}
}

// A measurement says by the clock that it lives, also while it looks for
// objects that are gone.
func TestMeasurementSaysByTheClockThatItLives(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.upload(t, accounttest.Seller(t, r.db), "finished") // its object is not there
	now := time.Now()
	hurried := storage.New(r.db, r.blobs, func() time.Time { now = now.Add(time.Minute); return now })
	if err := hurried.Measure(t.Context(), job.MeasureStorage{}); err != nil {
		t.Fatal(err)
	}
	renewed := false
	err := r.db.InTx(t.Context(), r.admin, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT renewed_at > begun_at FROM storage_measurement`).Scan(&renewed)
	})
	if err != nil || !renewed {
		t.Errorf("a measurement of minutes said that it lives: %v (err: %v)", renewed, err)
	}
}
