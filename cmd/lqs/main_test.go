package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/iod/iodtest"
	"assay/internal/audit/synth"
)

func TestMain(m *testing.M) {
	// The fence starts this binary as its child.
	if len(os.Args) == 2 && os.Args[1] == "audit-child" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){"lqs": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"series": makeSeries,
			"pack":   packFolder,
			"dicom":  buildDICOM,
			"exits":  exits,
			"pngs":   makePNGs,

			"certify": certify,
			"keys":    writeKeys,
			"hexkey":  hexKey,
			"revoke":  revoke,
			"flip":    flip,
			"cut":     cut,
		},
	})
}

// makeSeries writes a made series: series FOLDER MODALITY SEED SLICES [PROBLEM…].
func makeSeries(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 4 {
		ts.Fatalf("usage: series folder modality seed slices [problem...]")
	}
	seed, err := strconv.ParseUint(args[2], 10, 64)
	ts.Check(err)
	slices, err := strconv.Atoi(args[3])
	ts.Check(err)
	spec := synth.Spec{Modality: synth.Modality(args[1]), Seed: seed, Slices: slices}
	for _, p := range args[4:] {
		spec.Problems = append(spec.Problems, synth.Problem(p))
	}
	files, err := synth.Series(spec)
	ts.Check(err)
	for _, f := range files {
		name := filepath.Join(ts.MkAbs(args[0]), filepath.FromSlash(f.Path))
		ts.Check(os.MkdirAll(filepath.Dir(name), 0o755))
		ts.Check(os.WriteFile(name, f.Data, 0o644))
	}
}

// packFolder packs a folder: pack FOLDER FILE.zip or FILE.tar.
func packFolder(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: pack folder file")
	}
	root := ts.MkAbs(args[0])
	var files []synth.File
	ts.Check(filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(root, name)
		files = append(files, synth.File{Path: filepath.ToSlash(rel), Data: data})
		return err
	}))
	pack := synth.Zip
	if strings.HasSuffix(args[1], ".tar") {
		pack = synth.Tar
	}
	data, err := pack(files)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o644))
}

// buildDICOM turns descriptions into files, completed as iodtest does and
// written as dicomtest does: dicom FILE.txt….
func buildDICOM(ts *testscript.TestScript, _ bool, args []string) {
	for i, name := range args {
		text := iodtest.Complete(ts.ReadFile(name), i+1)
		ts.Check(os.WriteFile(ts.MkAbs(strings.TrimSuffix(name, ".txt")+".dcm"), dicomtest.Build(text), 0o644))
	}
}

// makePNGs writes gray images of 64 by 48 pixels, each another one: pngs FILE….
func makePNGs(ts *testscript.TestScript, _ bool, args []string) {
	for i, name := range args {
		im := image.NewGray(image.Rect(0, 0, 64, 48))
		r := rand.New(rand.NewPCG(uint64(i), 48))
		for k := range im.Pix {
			im.Pix[k] = byte(r.IntN(256))
		}
		var b bytes.Buffer
		ts.Check(png.Encode(&b, im))
		file := ts.MkAbs(name)
		ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
		ts.Check(os.WriteFile(file, b.Bytes(), 0o644))
	}
}

// exits runs lqs and checks its exit code: exits CODE ARGUMENT….
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want := args[0]
	err := ts.Exec("lqs", args[1:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != want {
		ts.Fatalf("lqs %s: exit %s, want %s", strings.Join(args[1:], " "), got, want)
	}
}

func TestProgressLine(t *testing.T) {
	for _, tt := range progressLines {
		if got := line(tt.progress, tt.elapsed); got != tt.want {
			t.Errorf("line = %q, want %q", got, tt.want)
		}
	}
}

func TestControlCharactersOfNamesStayOutOfTheTerminal(t *testing.T) {
	for _, s := range []string{"\x1b[31mred", "a\rb", "\u202egnp.exe", "\u009b2J"} {
		if got := printable(s); slices.ContainsFunc([]rune(got), func(r rune) bool { return strings.ContainsRune("\x1b\r\u202e\u009b", r) }) {
			t.Errorf("printable(%q) = %q, which still controls the terminal", s, got)
		}
	}
}

func TestEveryVerdictHasItsExitCode(t *testing.T) {
	codes := map[string]bool{}
	for _, v := range verdicts {
		code := exitPassed
		if err := exitOf(v); err != nil {
			code = int(err.(exitError))
		}
		codes[fmt.Sprint(code)] = true
	}
	if len(codes) != len(verdicts) {
		t.Errorf("%d verdicts share %d exit codes", len(verdicts), len(codes))
	}
}
