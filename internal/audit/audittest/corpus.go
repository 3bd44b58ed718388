package audittest

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Corpus returns the folder of the corpus, or skips the test without one.
func Corpus(t *testing.T) string {
	t.Helper()
	folder := Folder()
	if folder == "" {
		t.Skip("ASSAY_CORPUS names no folder: this test needs the corpus")
	}
	return folder
}

// Folder returns the folder of the corpus, or "" without one.
func Folder() string { return os.Getenv("ASSAY_CORPUS") }

// Instance is a DICOM file of the corpus and what others say of it.
type Instance struct {
	Path        string   // below the folder "dicom"
	BothRead    bool     // pydicom and dcmdump read it
	Identifiers []string // keywords of the filled identifiers of the header
}

// Instances returns the DICOM files, sorted by path.
func Instances(folder string) ([]Instance, error) {
	rows, err := table(filepath.Join(folder, "dicom", "EXPECTED.csv"))
	if err != nil {
		return nil, err
	}
	list := make([]Instance, len(rows))
	for i, r := range rows {
		list[i] = Instance{
			Path:        r["path"],
			BothRead:    r["pydicom_parse"] == "y" && r["dcmdump_rc"] == "0",
			Identifiers: strings.Fields(r["direct_columns"]),
		}
	}
	slices.SortFunc(list, func(a, b Instance) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

// Hostile is a file that was made to do harm.
type Hostile struct {
	Name   string
	Kind   string // "zip-bomb-flat", "dicom-depth", …
	Expect string // in words
	Data   []byte
}

// HostileFiles returns the hostile files, in the order of their manifest.
func HostileFiles(folder string) ([]Hostile, error) {
	rows, err := table(filepath.Join(folder, "hostile", "MANIFEST.csv"))
	if err != nil {
		return nil, err
	}
	list := make([]Hostile, len(rows))
	for i, r := range rows {
		h := Hostile{Name: r["file"], Kind: r["kind"], Expect: r["expect"]}
		name := filepath.Join(folder, "hostile", h.Name)
		if r["store"] == "gz" {
			name += ".gz"
		}
		if h.Data, err = os.ReadFile(name); err != nil {
			return nil, err
		}
		if r["store"] == "gz" {
			if h.Data, err = gunzip(h.Data); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		list[i] = h
	}
	return list, nil
}

func gunzip(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// Set is a set with planted faults, or without.
type Set struct {
	File   string // below the folder "sets"
	Clean  bool   // nothing to report
	Faults []Fault

	Entries           int `json:"entries"`
	ReadableInstances int `json:"readable_instances"`
	Patients          int `json:"patients"`
	Studies           int `json:"studies"`
	Series            int `json:"series"`
}

// Fault is something planted in a set.
type Fault struct {
	Rule  string   // in words
	Files []string // that bear it
}

// Sets returns the sets of truth.json.
func Sets(folder string) ([]Set, error) {
	data, err := os.ReadFile(filepath.Join(folder, "sets", "truth.json"))
	if err != nil {
		return nil, err
	}
	var truth struct{ Sets []Set }
	return truth.Sets, json.Unmarshal(data, &truth)
}

// table reads a CSV file with a head line.
func table(name string) ([]map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	rows := make([]map[string]string, 0, len(lines))
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, v := range line {
			row[lines[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows, nil
}
