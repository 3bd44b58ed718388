package audit

import (
	"context"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"assay/internal/audit/finding"
)

// planned is a file of the set before it is opened. A refusal keeps it from
// being opened at all.
type planned struct {
	path   string
	size   int64
	refuse *finding.Finding
}

// plan lists the files below the root of fsys, sorted by path, and refuses
// what is no regular file or over a limit.
func plan(ctx context.Context, fsys fs.FS, lim Limits) ([]planned, error) {
	var files []planned
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == "." {
				return err
			}
			files = append(files, planned{path: path, refuse: refusal(ruleUnreadable, "The folder or file could not be listed.")})
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.IsDir() {
			return nil
		}
		files = append(files, planFile(path, d))
		return nil
	})
	if err != nil {
		return nil, err
	}
	sort.Slice(files, func(i, j int) bool { return files[i].path < files[j].path })
	refuseOverLimits(files, lim)
	return files, nil
}

func planFile(path string, d fs.DirEntry) planned {
	if d.Type()&fs.ModeSymlink != 0 {
		return planned{path: path, refuse: refusal(ruleNotRegular, "A symbolic link is not followed.")}
	}
	info, err := d.Info()
	if err != nil {
		return planned{path: path, refuse: refusal(ruleUnreadable, "The size of the file could not be read.")}
	}
	if !info.Mode().IsRegular() {
		return planned{path: path, refuse: refusal(ruleNotRegular, "A device, pipe or socket is not read.")}
	}
	return planned{path: path, size: info.Size()}
}

// refuseOverLimits marks the files that are over a limit, by themselves or
// because of all that come before them.
func refuseOverLimits(files []planned, lim Limits) {
	var total int64
	for i := range files {
		f := &files[i]
		if f.refuse != nil {
			continue
		}
		switch {
		case i >= lim.Files:
			f.refuse = refusal(ruleSetLimit, fmt.Sprintf("The set holds more than %d files.", lim.Files))
		case f.size > lim.FileBytes:
			f.refuse = refusal(ruleSizeLimit, fmt.Sprintf("The file is larger than %s.", FormatBytes(lim.FileBytes)))
		case total+f.size > lim.SetBytes:
			f.refuse = refusal(ruleSetLimit, fmt.Sprintf("The files together are larger than %s.", FormatBytes(lim.SetBytes)))
		default:
			f.refuse = refusePath(f.path, lim)
		}
		if f.refuse == nil {
			total += f.size
		}
	}
}

func refusePath(path string, lim Limits) *finding.Finding {
	parts := strings.Split(path, "/")
	if len(parts) > lim.PathParts {
		return refusal(rulePathLimit, fmt.Sprintf("The path has more than %d parts.", lim.PathParts))
	}
	for _, p := range parts {
		if len(p) > lim.PathPartBytes {
			return refusal(rulePathLimit, fmt.Sprintf("A part of the path is longer than %d bytes.", lim.PathPartBytes))
		}
	}
	return nil
}

func refusal(r finding.Rule, message string) *finding.Finding {
	f := r.New("", "", message, finding.Location{})
	return &f
}

// FormatBytes writes a number of bytes for people: "2 GiB", "1.5 MiB",
// "12 bytes".
func FormatBytes(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	v, u := float64(n), 0
	for v >= 1024 && u < len(units)-1 {
		v /= 1024
		u++
	}
	text := fmt.Sprintf("%.1f", v)
	return strings.TrimSuffix(text, ".0") + " " + units[u]
}
