package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
)

// folderPrefix starts the name of a folder in scratch; the lease of its audit
// follows.
const folderPrefix = "audit-"

// leftoverAge is how long a folder in scratch is left alone whatever its lease
// says.
const leftoverAge = 2 * leaseTime

const selectHeld = `
SELECT lease::text
FROM   audit_run
WHERE  assay_platform() = 'worker'
AND    lease::text = ANY (@leases)
AND    renewed_at > now() - make_interval(secs => @lease)`

// clearScratch deletes what dead workers staged: folders whose audit nobody
// holds a lease on any more.
func (s *Service) clearScratch(ctx context.Context) error {
	entries, err := os.ReadDir(s.options.Scratch)
	if err != nil {
		return fmt.Errorf("scratch folder: %w", err)
	}
	old := map[string]bool{}
	var leases []string
	for _, e := range entries {
		lease, ours := strings.CutPrefix(e.Name(), folderPrefix)
		info, err := e.Info()
		if _, isLease := id.Parse[string](lease); err == nil && ours && isLease && time.Since(info.ModTime()) > leftoverAge {
			old[lease], leases = true, append(leases, lease)
		}
	}
	if len(old) == 0 {
		return nil
	}
	err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectHeld, pgx.NamedArgs{"leases": leases, "lease": leaseTime.Seconds()})
		if err != nil {
			return fmt.Errorf("look for held leases: %w", err)
		}
		var lease string
		_, err = pgx.ForEachRow(rows, []any{&lease}, func() error { delete(old, lease); return nil })
		return err
	})
	if err != nil {
		return err
	}
	for lease := range old {
		err = errors.Join(err, os.RemoveAll(filepath.Join(s.options.Scratch, folderPrefix+lease)))
	}
	return err
}
