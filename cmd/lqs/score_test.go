package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
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
