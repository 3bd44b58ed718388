package freeaudit_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit/synth"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/fence"
	"assay/internal/freeaudit"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres/postgrestest"
)

// TestMain lets the test binary be the fence's child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "audit-child" {
		if err := fence.ChildMain(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// room is a service over a database, an object store and a folder of its own.
type room struct {
	*freeaudit.Service
	database postgrestest.Database
	blobs    *blob.Store
	store    string // folder of the objects
	scratch  string
	log      *bytes.Buffer
}

// newRoom audits in this process unless change says otherwise.
func newRoom(t *testing.T, change func(*freeaudit.Options)) room {
	t.Helper()
	r := room{database: postgrestest.NewDatabase(t), store: t.TempDir() + "/blob", scratch: t.TempDir(), log: &bytes.Buffer{}}
	var err error
	if r.blobs, err = blob.Open(t.Context(), "file://"+r.store); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.blobs.Close() })
	o := freeaudit.Options{Version: "test", Scratch: r.scratch, Space: fence.NewScratch(r.scratch)}
	if change != nil {
		change(&o)
	}
	r.Service = freeaudit.New(r.database.DB, r.blobs, o, slog.New(slog.NewTextHandler(r.log, nil)))
	return r
}

// receive sends bytes and returns the secret of their link.
func (r room) receive(t *testing.T, name string, data []byte) string {
	t.Helper()
	token, err := r.Receive(t.Context(), bytes.NewReader(data), name)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// queued are the audits that jobs wait for, in their order.
func (r room) queued(t *testing.T) []job.FreeAudit {
	t.Helper()
	rows, err := r.database.Pool().Query(t.Context(), `SELECT args->>'id' FROM river_job WHERE kind = 'free_audit' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[id.FreeAudit])
	if err != nil {
		t.Fatal(err)
	}
	var list []job.FreeAudit
	for _, a := range ids {
		list = append(list, job.FreeAudit{ID: a})
	}
	return list
}

// work carries out the newest job.
func (r room) work(t *testing.T) {
	t.Helper()
	list := r.queued(t)
	if err := r.Work(t.Context(), list[len(list)-1]); err != nil {
		t.Fatal(err)
	}
}

// super runs a statement as the superuser, past every policy.
func (r room) super(t *testing.T, sql string, args ...any) (rows int64) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), r.database.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	tag, err := c.Exec(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return tag.RowsAffected()
}

// rows counts all rows, as the superuser sees them.
func (r room) rows(t *testing.T) int64 {
	t.Helper()
	return r.super(t, `SELECT id FROM free_audit`)
}

// objects are the keys in the store; files are those in the scratch folder.
func (r room) objects(t *testing.T) (keys []string) {
	t.Helper()
	err := r.blobs.List(t.Context(), "", func(o blob.Object) error {
		keys = append(keys, o.Key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// wantNoFile fails if an object or a staged file is left.
func (r room) wantNoFile(t *testing.T) {
	t.Helper()
	staged, err := os.ReadDir(r.scratch)
	if keys := r.objects(t); err != nil || len(keys)+len(staged) > 0 {
		t.Errorf("left behind: objects %v, staged files %v (%v)", keys, staged, err)
	}
}

func (r room) find(t *testing.T, token string) freeaudit.Audit {
	t.Helper()
	a, err := r.Find(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (r room) wantGone(t *testing.T, token string) {
	t.Helper()
	if a, err := r.Find(t.Context(), token); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Find = %+v, %v; want NotFound", a.State, err)
	}
}

func series(t *testing.T) []byte {
	t.Helper()
	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 7, Slices: 5})
	if err != nil {
		t.Fatal(err)
	}
	zip, err := synth.Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	return zip
}
