//go:build !linux

package fence

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/pixel"
)

// toolsRun says that external programs can be fenced on this system.
const toolsRun = false

type queue struct{}

type toolRun struct {
	path   string
	args   []string
	files  []*os.File
	stdout io.Writer
	cpu    time.Duration
}

func (t *Tools) run(context.Context, toolRun) error { return errors.ErrUnsupported }

func (t *Tools) decode(context.Context, audit.File) (audit.Decoded, error) {
	return nil, errors.ErrUnsupported
}

func (t *Tools) readText(context.Context, []pixel.Raster) ([][]pixel.Word, error) {
	return nil, errors.ErrUnsupported
}
