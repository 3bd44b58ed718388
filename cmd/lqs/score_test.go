package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/audittest"
	"assay/internal/audit/quality"
	"assay/internal/fence"
)

// labeledSet is a set in YOLO's form of which every fifth label is wrong.
func labeledSet(t *testing.T) fstest.MapFS {
	t.Helper()
	set := fstest.MapFS{"data.yaml": {Data: []byte("train: images/train\ntest: images/test\nnames: [mass, opacity]\n")}}
	for i := range 40 {
		var b bytes.Buffer
		im := image.NewGray(image.Rect(0, 0, 32, 32))
		for k := range im.Pix {
			im.Pix[k] = byte(k * (i + 3))
		}
		if err := png.Encode(&b, im); err != nil {
			t.Fatal(err)
		}
		split := "train"
		if i%4 == 0 {
			split = "test"
		}
		class := i % 2
		if i%5 == 0 {
			class = 9
		}
		set[fmt.Sprintf("images/%s/%02d.png", split, i)] = &fstest.MapFile{Data: b.Bytes()}
		set[fmt.Sprintf("labels/%s/%02d.txt", split, i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "%d 0.5 0.5 0.25 0.25\n", class)}
	}
	return set
}

func TestScoreIsTheSameBytesWithAndWithoutTheFence(t *testing.T) {
	pool, err := fence.New(fence.Config{Children: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	set := labeledSet(t)
	written := func(opts audit.Options) string {
		opts.Scoring = &audit.Scoring{Sample: 25, Seed: 7}
		report, err := audit.Run(t.Context(), set, opts)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := report.Quality.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	alone := written(audit.Options{Parallel: 1})
	for name, opts := range map[string]audit.Options{
		"eight at once":      {Parallel: 8},
		"three in the fence": {Parallel: 6, Inspect: pool.Inspect},
	} {
		if diff := cmp.Diff(alone, written(opts)); diff != "" {
			t.Errorf("%s (-one in this process +%s):\n%s", name, name, diff)
		}
	}
}

// scored returns the report of a folder of the corpus as JSON.
func scored(t *testing.T, folder string, opts audit.Options) (*quality.Report, string) {
	t.Helper()
	opts.Scoring = &audit.Scoring{}
	report, err := audit.Run(t.Context(), os.DirFS(folder), opts)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := report.Quality.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	return report.Quality, b.String()
}

func TestMadeLabelSetsScoreTheSameBytesWithAndWithoutTheFence(t *testing.T) {
	made := filepath.Join(audittest.Corpus(t), "annotations", "made")
	folders, err := filepath.Glob(filepath.Join(made, "*", "*"))
	if err != nil || len(folders) < 40 {
		t.Fatalf("%d folders of made sets (%v), want 40 or more", len(folders), err)
	}
	pool := corpusPool(t)
	for _, folder := range folders {
		_, alone := scored(t, folder, audit.Options{Parallel: 1})
		for name, opts := range map[string]audit.Options{"four at once": {Parallel: 4}, "in the fence": {Parallel: pool.Parallel(), Inspect: pool.Inspect}} {
			if _, got := scored(t, folder, opts); got != alone {
				t.Errorf("%s (-one in this process +%s):\n%s", folder, name, cmp.Diff(alone, got))
			}
		}
	}
}

func TestReportOfHostileFilesIsSound(t *testing.T) {
	pool := corpusPool(t)
	r, _ := scored(t, filepath.Join(audittest.Corpus(t), "hostile"), audit.Options{Parallel: pool.Parallel(), Inspect: pool.Inspect, Scratch: fence.NewScratch(t.TempDir())})
	for _, wrong := range audittest.Unsound(r) {
		t.Error(wrong)
	}
}
