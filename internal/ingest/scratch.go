package ingest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// leftoverAge is how old a folder in scratch must be before it is taken for a
// dead worker's: older than any audit runs without renewing its lease.
const leftoverAge = 48 * time.Hour

// clearScratch deletes what dead workers staged.
func (s *Service) clearScratch() error {
	entries, err := os.ReadDir(s.options.Scratch)
	if err != nil {
		return fmt.Errorf("scratch folder: %w", err)
	}
	for _, e := range entries {
		info, infoErr := e.Info()
		if infoErr != nil || !strings.HasPrefix(e.Name(), "audit-") || time.Since(info.ModTime()) < leftoverAge {
			continue
		}
		err = errors.Join(err, os.RemoveAll(filepath.Join(s.options.Scratch, e.Name())))
	}
	return err
}
