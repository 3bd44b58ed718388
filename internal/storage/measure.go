package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/blob"
	"assay/internal/id"
	"assay/internal/job"
)

// OrphanAge is how long an object may be without a row before it counts as an
// orphan: some are written before the row that names them.
const OrphanAge = 24 * time.Hour

// Bounds of a measurement.
const (
	// mostFindings is how many orphans, and how many missing objects, are kept
	// by name; figures count all.
	mostFindings = 10_000
	// silence is how long a measurement may say nothing before its worker is
	// taken for dead.
	silence = 5 * time.Minute
	// renewEvery is how often a measurement says that it lives.
	renewEvery = 30 * time.Second
	// historyKept is how long the figures of a measurement are kept.
	historyKept = 400 * 24 * time.Hour
)

const forgetSilent = `
DELETE FROM storage_measurement
WHERE  finished_at IS NULL
AND    renewed_at < now() - @silence::interval`

const beginMeasurement = `
INSERT INTO storage_measurement (id)
SELECT @id
WHERE  NOT EXISTS (SELECT FROM storage_measurement WHERE finished_at IS NULL)`

// Measure carries out the job: it compares the whole object store with the rows
// that name objects, in one pass over both. One that runs elsewhere is left
// alone. What comes and goes meanwhile is looked at again before it counts. A
// deletion whose job was given up is ended first.
func (s *Service) Measure(ctx context.Context, _ job.MeasureStorage) error {
	if err := s.endAbandoned(ctx); err != nil {
		return fmt.Errorf("end deletions: %w", err)
	}
	m := &measuring{Service: s, id: id.New[id.Measurement](), parts: map[Kind]*Part{}, shares: map[shareKey]*Amount{}, found: map[What]int{}}
	for _, k := range Kinds() {
		m.parts[k] = &Part{Kind: k}
	}
	for _, f := range folders {
		m.folders = append(m.folders, &comparing{names: names{folder: f, db: s.db}})
	}
	begun, err := m.begin(ctx)
	if err != nil || !begun {
		return err
	}
	if err := m.run(ctx); err != nil {
		return fmt.Errorf("measure what is stored: %w", err)
	}
	return nil
}

// measuring is one measurement under way.
type measuring struct {
	*Service
	id       id.Measurement
	folders  []*comparing
	parts    map[Kind]*Part
	shares   map[shareKey]*Amount
	renewed  time.Time
	orphans  []Finding // to be looked at again
	missing  []Finding
	findings []Finding
	found    map[What]int
}

type shareKey struct {
	organization id.Organization
	kind         Kind
}

// comparing is a folder between two objects.
type comparing struct {
	names
	seen string // the name whose object was last met
}

func (m *measuring) begin(ctx context.Context) (begun bool, err error) {
	err = m.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('storage_measurement'))`); err != nil {
			return err
		}
		args := pgx.NamedArgs{"id": m.id, "silence": silence}
		if _, err := tx.Exec(ctx, forgetSilent, args); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, beginMeasurement, args)
		begun, m.renewed = err == nil && tag.RowsAffected() == 1, m.now()
		return err
	})
	return begun, err
}

func (m *measuring) run(ctx context.Context) error {
	if err := m.blobs.List(ctx, "", func(o blob.Object) error { return m.meet(ctx, o) }); err != nil {
		return err
	}
	for _, f := range m.folders {
		if err := m.passRows(ctx, f, ""); err != nil {
			return err
		}
	}
	if err := errors.Join(m.judgeOrphans(ctx), m.judgeMissing(ctx), m.addPictures(ctx)); err != nil {
		return err
	}
	return m.finish(ctx)
}

// meet counts an object, for its row's organization if it has one.
func (m *measuring) meet(ctx context.Context, o blob.Object) error {
	if err := m.live(ctx); err != nil {
		return err
	}
	f := m.folderOf(o.Key)
	if f == nil {
		m.parts[Unknown].add(o.Bytes)
		return nil
	}
	part := m.parts[f.kind]
	part.add(o.Bytes)
	name := f.name(o.Key)
	if err := m.passRows(ctx, f, name); err != nil {
		return err
	}
	r, ok, err := f.first(ctx)
	switch {
	case err != nil:
		return err
	case ok && r.Name == name:
		if o.Key == f.key(name) {
			f.seen = name
		}
		if r.Organization != "" {
			m.share(r.Organization, f.kind).add(o.Bytes)
		}
	case m.now().Sub(o.At) < OrphanAge:
		part.Waiting++
	default:
		at, bytes := o.At, o.Bytes
		m.orphans = append(m.orphans, Finding{Key: o.Key, What: Orphan, Kind: f.kind, Bytes: &bytes, WrittenAt: &at})
		if len(m.orphans) >= rowsAtOnce {
			return m.judgeOrphans(ctx)
		}
	}
	return nil
}

func (m *measuring) folderOf(key string) *comparing {
	for _, f := range m.folders {
		if strings.HasPrefix(key, f.prefix) {
			return f
		}
	}
	return nil
}

// passRows leaves behind the rows before a name, all of them for "": those
// whose object should have come are missing.
func (m *measuring) passRows(ctx context.Context, f *comparing, until string) error {
	for {
		if err := m.live(ctx); err != nil {
			return err
		}
		r, ok, err := f.first(ctx)
		if err != nil || !ok || until != "" && r.Name >= until {
			return err
		}
		if r.IsExpected && r.Name != f.seen {
			m.missing = append(m.missing, Finding{Key: f.key(r.Name), What: Missing, Kind: f.kind, Organization: r.Organization})
			if len(m.missing) >= rowsAtOnce {
				if err := m.judgeMissing(ctx); err != nil {
					return err
				}
			}
		}
		f.drop()
	}
}

func (m *measuring) share(o id.Organization, k Kind) *Amount {
	key := shareKey{o, k}
	if m.shares[key] == nil {
		m.shares[key] = &Amount{}
	}
	return m.shares[key]
}

const namedOf = `
SELECT key
FROM   unnest(@keys::text[]) AS k (key)
WHERE  object_is_named(key)`

// named says which of the findings' keys a row names now.
func (m *measuring) named(ctx context.Context, list []Finding) (map[string]bool, error) {
	named := map[string]bool{}
	if len(list) == 0 {
		return named, nil
	}
	keys := make([]string, len(list))
	for i, f := range list {
		keys[i] = f.Key
	}
	err := m.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, namedOf, pgx.NamedArgs{"keys": keys})
		if err != nil {
			return err
		}
		var key string
		_, err = pgx.ForEachRow(rows, []any{&key}, func() error { named[key] = true; return nil })
		return err
	})
	return named, err
}

// judgeOrphans counts the objects that no row names still. A head of the record
// of acts without its row counts too, though it is never deleted.
func (m *measuring) judgeOrphans(ctx context.Context) error {
	list := m.orphans
	m.orphans = nil
	named, err := m.named(ctx, list)
	if err != nil {
		return err
	}
	for _, f := range list {
		if named[f.Key] && f.Kind != Heads {
			continue
		}
		part := m.parts[f.Kind]
		part.Orphans++
		part.OrphanBytes += *f.Bytes
		m.find(f)
	}
	return nil
}

// judgeMissing counts the rows that stand still, and whose object is not in the
// store still.
func (m *measuring) judgeMissing(ctx context.Context) error {
	list := m.missing
	m.missing = nil
	named, err := m.named(ctx, list)
	if err != nil {
		return err
	}
	for _, f := range list {
		if !named[f.Key] {
			continue
		}
		if err := m.live(ctx); err != nil {
			return err
		}
		isThere, err := m.isThere(ctx, f.Key)
		if err != nil {
			return err
		}
		if !isThere {
			m.parts[f.Kind].Missing++
			m.find(f)
		}
	}
	return nil
}

func (m *measuring) find(f Finding) {
	if m.found[f.What]++; m.found[f.What] <= mostFindings {
		m.findings = append(m.findings, f)
	}
}
