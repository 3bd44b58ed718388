package freeaudit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
	"assay/internal/audit/quality"
	"assay/internal/errs"
	"assay/internal/fence"
	"assay/internal/freeaudit"
	"assay/internal/id"
	"assay/internal/postgres"
)

func TestASendingIsAuditedAndItsFilesAreDeleted(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	zip := series(t)
	token := r.receive(t, "Doe^Jane scans.zip", zip)
	if a := r.find(t, token); a.State != freeaudit.Queued || a.Before != 0 || a.Extension != "" || a.SizeBytes != int64(len(zip)) {
		t.Errorf("before its audit: %+v", a)
	}
	if keys := r.objects(t); len(keys) != 1 || strings.Contains(keys[0], "Doe") {
		t.Errorf("objects %v, want one without the name", keys)
	}
	r.work(t)

	a := r.find(t, token)
	var q quality.Report
	var report audit.Report
	if err := errors.Join(json.Unmarshal(a.Quality, &q), json.Unmarshal(a.Report, &report)); err != nil {
		t.Fatal(err)
	}
	if a.State != freeaudit.Done || q.Schema != quality.Schema || q.Input.Files != 5 || report.Input.Files != 5 {
		t.Errorf("after its audit: %s, LQS of %d files, audit of %d, want done and 5", a.State, q.Input.Files, report.Input.Files)
	}
	if r.super(t, `SELECT id FROM free_audit WHERE free_audit::text LIKE '%Jane%'`) != 0 {
		t.Error("the name of the file is kept")
	}
	r.wantNoFile(t)
}

func TestOnlyAKnownEndingOfANameIsKept(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	for name, want := range map[string]string{
		"Jane Doe.CSV": ".csv", "scan.nii.gz": "", "none": "", "a.Jane-Doe": "", "a.doe": "", "a.toolongending": "", "x/../b.json": ".json", "": "",
	} {
		if a := r.find(t, r.receive(t, name, []byte("a,b\n"))); a.Extension != want {
			t.Errorf("of %q the ending %q is kept, want %q", name, a.Extension, want)
		}
	}
}

func TestAResultIsGoneAfterAnHour(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	waiting, done := r.receive(t, "a.zip", series(t)), r.receive(t, "b.zip", series(t))
	r.work(t)
	if n := r.super(t, `SELECT id FROM free_audit WHERE expires_at - created_at = interval '1 hour'`); n != 2 {
		t.Errorf("%d of 2 rows live for an hour", n)
	}
	if err := r.Sweep(t.Context()); err != nil || r.rows(t) != 2 {
		t.Fatalf("a sweep within the hour left %d of 2 rows (%v)", r.rows(t), err)
	}
	r.super(t, `UPDATE free_audit SET expires_at = now()`)
	r.wantGone(t, waiting) // also before the sweep
	r.wantGone(t, done)
	if err := r.Sweep(t.Context()); err != nil || r.rows(t) != 0 {
		t.Errorf("after the hour a sweep left %d rows (%v)", r.rows(t), err)
	}
	r.wantNoFile(t)
	r.super(t, `UPDATE river_job SET attempt = 0`)
	if err := r.Work(t.Context(), r.queued(t)[0]); err != nil {
		t.Errorf("the job of an audit that is over: %v", err)
	}
}

func TestTheHolderDeletesAtOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	waiting, done := r.receive(t, "a.zip", series(t)), r.receive(t, "b.zip", series(t))
	r.work(t)
	for _, token := range []string{waiting, done, done} { // twice is no error
		if err := r.Delete(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		r.wantGone(t, token)
	}
	if r.rows(t) != 0 {
		t.Errorf("%d rows are left", r.rows(t))
	}
	r.wantNoFile(t)
}

// stuck is an inspection that waits until its context ends, and says when one
// has begun.
func stuck(began chan<- struct{}) audit.InspectFunc {
	return func(ctx context.Context, f audit.File, o audit.InspectOptions) (audit.Facts, error) {
		select {
		case began <- struct{}{}:
		default:
		}
		<-ctx.Done()
		return audit.Facts{}, ctx.Err()
	}
}

func TestADeletedAuditStopsWhileItRuns(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 1)
	r := newRoom(t, func(o *freeaudit.Options) { o.Inspect = stuck(began) })
	token := r.receive(t, "a.zip", series(t))
	ended := make(chan error)
	go func() { ended <- r.Work(context.WithoutCancel(t.Context()), r.queued(t)[0]) }()
	<-began
	if a := r.find(t, token); a.State != freeaudit.Running {
		t.Errorf("state %s, want running", a.State)
	}
	if err := r.Delete(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the worker of a deleted audit: %v", err)
	}
	if r.rows(t) != 0 || r.log.Len() > 0 {
		t.Errorf("%d rows are left; log: %s", r.rows(t), r.log)
	}
	r.wantNoFile(t)
}

func TestNobodyElseReadsAResult(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	mine, other := r.receive(t, "a.zip", series(t)), r.receive(t, "b.csv", []byte("a,b\n1,2\n"))
	r.work(t)
	if mine == other || len(mine) != 43 {
		t.Errorf("secrets %d characters long, equal: %v", len(mine), mine == other)
	}
	if a := r.find(t, mine); a.Extension != "" {
		t.Errorf("the secret of one leads to another: %+v", a)
	}
	for _, wrong := range []string{"", "A", strings.Repeat("A", 43), strings.ToLower(mine), mine[:42], mine + "A", "' OR ''='", "%"} {
		r.wantGone(t, wrong)
		if err := r.Delete(t.Context(), wrong); err != nil {
			t.Errorf("Delete of nothing: %v", err)
		}
	}
	if r.super(t, `SELECT id FROM free_audit WHERE token_hash IN ($1, $2)`, mine, other) != 0 {
		t.Error("a secret stands in the database itself")
	}
	if r.rows(t) != 2 {
		t.Errorf("%d rows, want both: a wrong secret deleted one", r.rows(t))
	}
}

func TestGuessedLinksLeadNowhere(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	for range 10 {
		r.receive(t, "a.csv", []byte("a,b\n1,2\n"))
	}
	var hits atomic.Int32
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 1250 {
				if _, err := r.Find(context.Background(), fmt.Sprintf("%02d%041d", worker, i)); errs.KindOf(err) != errs.NotFound {
					hits.Add(1)
				}
			}
		})
	}
	all.Wait()
	if hits.Load() > 0 {
		t.Errorf("%d of 10,000 guessed links were answered", hits.Load())
	}
}

// The role of the application, whoever it works for, sees a row by its key
// alone.
func TestRowsAreHiddenWithoutTheirKey(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	r.receive(t, "a.csv", []byte("a,b\n1,2\n"))
	member := postgres.Actor{User: id.New[id.User](), Organization: id.New[id.Organization]()}
	for name, actor := range map[string]postgres.Actor{
		"a visitor": {}, "a member": member, "a reviewer": {User: member.User, Platform: postgres.Reviewer}, "an admin": {User: member.User, Platform: postgres.Admin},
	} {
		for _, sql := range []string{`SELECT id FROM free_audit`, `UPDATE free_audit SET reason = 'x'`, `DELETE FROM free_audit`} {
			err := r.database.InTx(t.Context(), actor, func(tx pgx.Tx) error {
				tag, err := tx.Exec(t.Context(), sql)
				if err == nil && tag.RowsAffected() != 0 {
					t.Errorf("%s as %s reaches %d rows", sql, name, tag.RowsAffected())
				}
				return err
			})
			if err != nil {
				t.Errorf("%s as %s: %v", sql, name, err)
			}
		}
		err := r.database.InTx(t.Context(), actor, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO free_audit (id, token_hash, size_bytes, expires_at) VALUES ($1, repeat('a', 64), 1, now() + interval '1 year')`, id.New[id.FreeAudit]())
			return err
		})
		if err == nil {
			t.Errorf("%s inserts a row", name)
		}
	}
	if r.rows(t) != 1 {
		t.Errorf("%d rows, want 1", r.rows(t))
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	r := newRoom(t, func(o *freeaudit.Options) {
		o.Limits = freeaudit.DefaultLimits()
		o.Limits.Waiting = 7
	})
	var accepted, busy atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			switch _, err := r.Receive(context.Background(), strings.NewReader("a,b\n1,2\n"), "a.csv"); {
			case err == nil:
				accepted.Add(1)
			case errors.Is(err, freeaudit.ErrBusy):
				busy.Add(1)
			default:
				t.Errorf("Receive: %v", err)
			}
		})
	}
	all.Wait()
	if accepted.Load() != 7 || busy.Load() != 43 {
		t.Errorf("%d of 50 accepted, %d turned away, want 7 and 43", accepted.Load(), busy.Load())
	}
	if n := len(r.objects(t)); n != 7 || r.rows(t) != 7 || len(r.queued(t)) != 7 {
		t.Errorf("%d objects, %d rows and %d jobs, want 7 of each", n, r.rows(t), len(r.queued(t)))
	}
	if err := r.Room(t.Context()); !errors.Is(err, freeaudit.ErrBusy) {
		t.Errorf("Room = %v, want ErrBusy", err)
	}
	r.work(t)
	if err := r.Room(t.Context()); err != nil {
		t.Errorf("Room after an audit has ended: %v", err)
	}
}

func TestTooManyBytesAreNotKept(t *testing.T) {
	t.Parallel()
	r := newRoom(t, func(o *freeaudit.Options) {
		o.Limits = freeaudit.DefaultLimits()
		o.Limits.Bytes = 1000
	})
	r.receive(t, "a.txt", make([]byte, 1000))
	_, err := r.Receive(t.Context(), bytes.NewReader(make([]byte, 1001)), "a.txt")
	if errs.KindOf(err) != errs.TooLarge || !strings.Contains(errs.MessageOf(err), "1000 bytes") {
		t.Errorf("Receive of 1001 bytes = %v, want TooLarge with the limit", err)
	}
	broken := io.MultiReader(strings.NewReader("a,b"), &brokenReader{})
	if _, err := r.Receive(t.Context(), broken, "a.csv"); err == nil {
		t.Error("a stream that broke was kept")
	}
	if r.rows(t) != 1 || len(r.objects(t)) != 1 {
		t.Errorf("%d rows and objects %v, want those of the first alone", r.rows(t), r.objects(t))
	}
}

type brokenReader struct{}

// Read fails.
func (*brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestABrokenStoreIsSaidAndNothingIsLeft(t *testing.T) {
	t.Parallel()
	r := newRoom(t, nil)
	token := r.receive(t, "a.csv", []byte("a,b\n1,2\n"))
	if err := r.blobs.Delete(t.Context(), r.objects(t)[0]); err != nil {
		t.Fatal(err)
	}
	r.work(t)
	if a := r.find(t, token); a.State != freeaudit.Failed || a.Reason == "" || len(a.Quality)+len(a.Report) > 0 {
		t.Errorf("%s, %q, want failed with a sentence", a.State, a.Reason)
	}
	r.wantNoFile(t)
}

func TestTimeIsBounded(t *testing.T) {
	t.Parallel()
	r := newRoom(t, func(o *freeaudit.Options) {
		o.Limits = freeaudit.DefaultLimits()
		o.Limits.Audit.SetTime = 1
	})
	token := r.receive(t, "a.zip", series(t))
	r.work(t)
	a := r.find(t, token)
	var report audit.Report
	if err := json.Unmarshal(a.Report, &report); err != nil || a.State != freeaudit.Done {
		t.Fatalf("%s %s: %v", a.State, a.Reason, err)
	}
	if report.Verdict == audit.Passed {
		t.Error("files that there was no time to read pass")
	}
	r.wantNoFile(t)
}

func TestHostileFilesBreakNothing(t *testing.T) {
	files, err := audittest.HostileFiles(audittest.Corpus(t))
	if err != nil {
		t.Fatal(err)
	}
	scratch := t.TempDir()
	pool, err := fence.New(fence.Config{Children: 2, Scratch: scratch})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	r := newRoom(t, func(o *freeaudit.Options) { o.Inspect, o.Parallel = pool.Inspect, pool.Parallel() })
	for _, h := range files {
		if int64(len(h.Data)) > r.Limits().Bytes {
			continue
		}
		token := r.receive(t, h.Name, h.Data)
		r.work(t)
		a := r.find(t, token)
		var report audit.Report
		if err := json.Unmarshal(a.Report, &report); err != nil || a.State != freeaudit.Done {
			t.Errorf("%s: %s %s: %v", h.Name, a.State, a.Reason, err)
			continue
		}
		for _, f := range report.Findings {
			if f.Rule == "fmt-parser-crash" {
				t.Errorf("%s: the reader died", h.Kind)
			}
		}
		for _, quoted := range []string{"ZZYZX", "<script", "\x1b"} {
			if strings.Contains(string(a.Report)+string(a.Quality), quoted) {
				t.Errorf("%s: a report repeats %q", h.Kind, quoted)
			}
		}
	}
	t.Logf("%d files", len(files))
	r.wantNoFile(t)
}
