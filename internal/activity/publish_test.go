package activity_test

import (
	"crypto/ed25519"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/audit/certificate"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/migrations"
)

func objects(t *testing.T, blobs *blob.Store) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := blobs.List(t.Context(), "activity/", func(o blob.Object) error {
		r, err := blobs.Get(t.Context(), o.Key, 0)
		if err != nil {
			return err
		}
		defer r.Close()
		text, err := io.ReadAll(r)
		found[o.Key] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestManyWorkersPublishOneHead(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	blobs := newBlobs(t)
	s := activity.New(db, blobs, signer{key(1)}, issuer)
	publish(t, s) // nothing happened yet
	if got := objects(t, blobs); len(got) != 0 {
		t.Errorf("heads of an empty record: %v", got)
	}
	for _, n := range []int{7, 0, 5} {
		recordMany(t, db, n)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := s.Publish(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	got := objects(t, blobs)
	if len(got) != 2 || got[activity.Key(7)] == "" || got[activity.Key(12)] == "" {
		t.Fatalf("%d heads, want those of rows 7 and 12", len(got))
	}
	h, err := activity.ReadHead([]byte(got[activity.Key(12)]))
	if err != nil || h.From != 8 || len(h.Rows) != 5 || !h.IsSigned() {
		t.Errorf("the second head covers %d rows from %d (%v)", len(h.Rows), h.From, err)
	}
	keys, _ := signer{key(1)}.Keys(t.Context())
	if err := h.CheckSignature(keys); err != nil {
		t.Error(err)
	}
	others, _ := signer{key(2)}.Keys(t.Context())
	if err := h.CheckSignature(others); !errors.Is(err, certificate.ErrUnknownKey) {
		t.Errorf("checked with another key: %v", err)
	}
	if list, err := s.Heads(t.Context(), 0, 10); err != nil || len(list) != 2 || list[0].Number != 12 || !list[0].IsSigned {
		t.Errorf("Heads = %+v, %v", list, err)
	}
}

// A process that dies between the row and the object leaves a head that the
// next one stores.
func TestAHeadThatWasNotStoredIsStoredNextTime(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	blobs := newBlobs(t)
	s := activity.New(db, blobs, nil, issuer)
	recordMany(t, db, 3)
	if err := blobs.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(t.Context()); err == nil {
		t.Fatal("Publish without an object store went through")
	}
	blobs = newBlobs(t)
	s = activity.New(db, blobs, nil, issuer)
	if list, err := s.Heads(t.Context(), 0, 10); err != nil || len(list) != 0 {
		t.Errorf("a head is shown that is not stored: %v, %v", list, err)
	}
	publish(t, s)
	if c, err := s.Verify(t.Context(), admin, nil); err != nil || c.Heads != 1 || c.Unsigned != 1 {
		t.Errorf("Verify = %+v, %v", c, err)
	}
}

func TestHeadsHoldAtMost4096Rows(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewDatabase(t)
	blobs := newBlobs(t)
	s := activity.New(d.DB, blobs, signer{key(1)}, issuer)
	_, err := super(t, d).Exec(t.Context(), `
	INSERT INTO activity (id, verb, object, object_id) SELECT gen_random_uuid(), 'a.b', 'c', n::text FROM generate_series(1, 5000) n`)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, s)
	got := objects(t, blobs)
	if len(got) != 2 || got[activity.Key(4096)] == "" || got[activity.Key(5000)] == "" {
		t.Errorf("%d heads, want those of rows 4096 and 5000", len(got))
	}
	if c, err := s.Verify(t.Context(), admin, nil); err != nil || c.Rows != 5000 || c.LastHead != 5000 {
		t.Errorf("Verify = %+v, %v", c, err)
	}
}

func TestAlteredObjectsAreFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		alter func(t *testing.T, blobs *blob.Store, file string)
		want  activity.Fault
	}{
		{"the first is gone", func(t *testing.T, blobs *blob.Store, _ string) {
			t.Helper()
			if err := blobs.Delete(t.Context(), activity.Key(4)); err != nil {
				t.Fatal(err)
			}
		}, activity.Fault{Number: 4, Reason: activity.HeadMissing}},
		{"the last is gone", func(t *testing.T, blobs *blob.Store, _ string) {
			t.Helper()
			if err := blobs.Delete(t.Context(), activity.Key(8)); err != nil {
				t.Fatal(err)
			}
		}, activity.Fault{Number: 8, Reason: activity.HeadMissing}},
		{"a byte differs", func(t *testing.T, blobs *blob.Store, file string) {
			t.Helper()
			put(t, blobs, 4, strings.Replace(file, `"payload":"`, `"payload":"A`, 1))
		}, activity.Fault{Number: 4, Reason: activity.HeadDiffers}},
		{"another key signed", func(t *testing.T, blobs *blob.Store, file string) {
			t.Helper()
			h, err := activity.ReadHead([]byte(file))
			if err != nil {
				t.Fatal(err)
			}
			forged, err := certificate.Seal(activity.HeadSchema, h.Head, key(2))
			if err != nil {
				t.Fatal(err)
			}
			ours := certificate.KeyID(key(1).Public().(ed25519.PublicKey))
			put(t, blobs, 4, strings.Replace(string(forged), certificate.KeyID(key(2).Public().(ed25519.PublicKey)), ours, 1))
		}, activity.Fault{Number: 4, Reason: activity.HeadDiffers}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.New(t)
			blobs := newBlobs(t)
			s := activity.New(db, blobs, signer{key(1)}, issuer)
			for range 2 {
				recordMany(t, db, 4)
				publish(t, s)
			}
			tt.alter(t, blobs, objects(t, blobs)[activity.Key(4)])
			_, err := s.Verify(t.Context(), admin, nil)
			var got *activity.Fault
			if !errors.As(err, &got) || *got != tt.want {
				t.Errorf("Verify = %v, want %v", err, &tt.want)
			}
		})
	}
}

func put(t *testing.T, blobs *blob.Store, number int64, text string) {
	t.Helper()
	if _, err := blobs.Put(t.Context(), activity.Key(number), strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

// A record that does not fit is not published, and an object is never written
// over.
func TestPublishRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"a changed row": `UPDATE activity SET verb = 'x.y' WHERE id = (SELECT activity_id FROM activity_chain WHERE number = 5)`,
		"a cut tail":    `DELETE FROM activity_chain WHERE number > 3`,
	} {
		d := postgrestest.NewDatabase(t)
		blobs := newBlobs(t)
		s := activity.New(d.DB, blobs, nil, issuer)
		recordMany(t, d.DB, 4)
		publish(t, s)
		recordMany(t, d.DB, 2)
		if _, err := super(t, d).Exec(t.Context(), "SET session_replication_role = replica; "+sql); err != nil {
			t.Fatal(err)
		}
		if err := s.Publish(t.Context()); errs.KindOf(err) != errs.Conflict {
			t.Errorf("Publish of %s = %v, want Conflict", name, err)
		}
		if got := objects(t, blobs); len(got) != 1 {
			t.Errorf("%s was published: %d heads", name, len(got))
		}
	}
}

// A database of before is brought up with its rows: they keep their formula,
// stay verifiable and are published apart, and going back leaves a chain that
// fits the formula of before.
func TestRowsOfBeforeKeepTheirFormula(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewDatabase(t)
	s := activity.New(d.DB, newBlobs(t), signer{key(1)}, issuer)
	owner := func(name string) {
		t.Helper()
		sql, err := migrations.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := pgx.Connect(t.Context(), d.OwnerURL)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), string(sql)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		d.Pool().Reset() // statements prepared on the old tables
	}
	recordMany(t, d.DB, 5)
	owner("000100_prove_acts.down.sql")
	var bad int
	const old = `
	SELECT count(*) FROM (SELECT c.hash, activity_text(a) AS text, lag(c.hash, 1, '\x'::bytea) OVER (ORDER BY c.number) AS previous
	                      FROM activity_chain c JOIN activity a ON a.id = c.activity_id) l
	WHERE  hash <> sha256(previous || convert_to(text, 'UTF8'))`
	if err := super(t, d).QueryRow(t.Context(), old).Scan(&bad); err != nil || bad != 0 {
		t.Errorf("after going back %d links do not fit (%v)", bad, err)
	}
	mine := recordMany(t, d.DB, 5)
	owner("000100_prove_acts.up.sql")
	recordMany(t, d.DB, 5)
	publish(t, s)
	c, err := s.Verify(t.Context(), admin, nil)
	if err != nil || c.Rows != 15 || c.Heads != 2 {
		t.Errorf("Verify = %+v, %v, want 15 rows and the heads of 10 and 15", c, err)
	}
	for i, o := range mine {
		if o != "" {
			if _, err := s.Prove(t.Context(), postgres.Actor{Organization: o}, int64(6+i)); errs.KindOf(err) != errs.Conflict {
				t.Errorf("Prove of row %d of before = %v, want Conflict", 6+i, err)
			}
			break
		}
	}
	if _, err := super(t, d).Exec(t.Context(), `SET session_replication_role = replica;
		UPDATE activity SET detail = '{"a": "forged"}' WHERE id = (SELECT activity_id FROM activity_chain WHERE number = 7)`); err != nil {
		t.Fatal(err)
	}
	_, err = s.Verify(t.Context(), admin, nil)
	var f *activity.Fault
	if !errors.As(err, &f) || f.Number != 7 {
		t.Errorf("Verify of a changed row of before = %v, want row 7", err)
	}
}

func TestOnlyThePlatformVerifiesTheWholeRecord(t *testing.T) {
	t.Parallel()
	s := newService(t, postgrestest.New(t))
	for _, a := range []postgres.Actor{{}, {Organization: id.New[id.Organization]()}, {Platform: postgres.Reviewer}} {
		if _, err := s.Verify(t.Context(), a, nil); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("Verify as %+v = %v, want Forbidden", a, err)
		}
	}
}
