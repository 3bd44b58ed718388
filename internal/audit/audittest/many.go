package audittest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/deid"
	"assay/internal/audit/finding"
	"assay/internal/audit/series"
)

// Many is a set of any size that takes no room: folders of small files, and an
// inspection that makes up facts. One folder is one series of CT; some have
// faults, so that every rule of the set finds something.
type Many struct{ Folders, Files int }

// Inspect makes up the facts of a file by its path. It is an
// audit.InspectFunc.
func (m Many) Inspect(_ context.Context, f audit.File, _ audit.InspectOptions) (audit.Facts, error) {
	folder, file, ok := m.numbers(f.Path)
	if !ok {
		return audit.Facts{}, fmt.Errorf("no file %s", f.Path)
	}
	i := &audit.Instance{
		SOPInstance: hash('o', folder, file), Series: hash('s', folder), Study: hash('t', folder/3), Patient: hash('p', folder/5),
		SOPClass: "CT Image Storage", TransferSyntax: "Explicit VR Little Endian", Modality: "CT",
		Sex: []string{"M", "F", ""}[folder/5%3], AgeYears: folder / 5 % 90, Rows: 512, Columns: 512, Frames: 1,
		Pixels: audit.PixelRange{Length: 8, SampleBytes: 1},
		Place: series.Place{
			Number: file + 1, HasNumber: true,
			Position: [3]float64{-200, -200, 1.25 * float64(file)}, HasPosition: true,
			Orientation: [6]float64{1, 0, 0, 0, 1, 0}, HasOrientation: true,
			SpacingMM: [2]float64{0.7, 0.7}, Rows: 512, Columns: 512,
			Frame: [8]byte(hash('f', folder)), Type: [8]byte{1}, Phase: [8]byte{1},
		},
	}
	switch {
	case folder%11 == 3 && file >= m.Files/2: // a slice is missing
		i.Place.Position[2] += 1.25
		i.Place.Number++
	case folder%13 == 4 && file == m.Files/3: // one of another patient
		i.Patient = hash('p', folder/5+1)
	case folder%17 == 5 && file == 1: // the UID of the first
		i.SOPInstance = hash('o', folder, 0)
	}
	header := &deid.Facts{Patient: i.Patient, Study: i.Study, Instance: i.SOPInstance}
	for _, keyword := range []string{"(0008,0020) StudyDate", "(0008,0023) ContentDate", "(0008,0030) StudyTime", "(0010,1010) PatientAge"} {
		header.Held = append(header.Held, deid.Held{Finding: finding.Finding{Rule: "phi-date-real", Severity: finding.Warning, Path: keyword, Count: 1}, Value: i.Study})
	}
	return audit.Facts{Kind: "dicom", Header: header, Data: true, Status: audit.Read, Instance: i, PathWords: []audit.Hash{hash('w', folder), hash('x', file)}}, nil
}

// hash makes a value that looks like a keyed hash.
func hash(kind byte, numbers ...int) (h audit.Hash) {
	x := uint64(kind) + 1
	for _, n := range numbers {
		x = (x ^ uint64(n)) * 0x9E3779B97F4A7C15
		x ^= x >> 29
	}
	binary.BigEndian.PutUint64(h[:], x*0xBF58476D1CE4E5B9|1)
	return h
}

// numbers reads a path back.
func (m Many) numbers(path string) (folder, file int, ok bool) {
	a, b, _ := strings.Cut(path, "/")
	folder, err := strconv.Atoi(strings.TrimPrefix(a, "series-"))
	if err != nil || folder >= m.Folders {
		return 0, 0, false
	}
	if b == "" {
		return folder, -1, true
	}
	file, err = strconv.Atoi(strings.TrimSuffix(b, ".dcm"))
	return folder, file, err == nil && file < m.Files
}

// Open opens a folder or a file.
func (m Many) Open(name string) (fs.File, error) {
	if name == "." {
		return &manyFolder{manyInfo: manyInfo{name: ".", folder: true}, many: m, parent: -1, left: m.Folders}, nil
	}
	folder, file, ok := m.numbers(name)
	switch {
	case !ok:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case file < 0:
		return &manyFolder{manyInfo: manyInfo{name: name, folder: true}, many: m, parent: folder, left: m.Files}, nil
	}
	// Images with equal content, and so equal pixels, are few.
	content := fmt.Sprintf("%04d%04d", folder%10_000, file%10_000)
	if folder%19 == 6 && file < 2 {
		content = fmt.Sprintf("same%04d", folder/19/2)
	}
	return &manyFile{Reader: strings.NewReader(content), info: manyInfo{name: name[strings.IndexByte(name, '/')+1:]}}, nil
}

type manyInfo struct {
	name   string
	folder bool
}

func (i manyInfo) Name() string               { return i.name }
func (i manyInfo) Size() int64                { return 8 }
func (i manyInfo) ModTime() time.Time         { return time.Time{} }
func (i manyInfo) IsDir() bool                { return i.folder }
func (i manyInfo) Sys() any                   { return nil }
func (i manyInfo) Type() fs.FileMode          { return i.Mode().Type() }
func (i manyInfo) Info() (fs.FileInfo, error) { return i, nil }

func (i manyInfo) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type manyFile struct {
	*strings.Reader
	info manyInfo
}

func (f *manyFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *manyFile) Close() error               { return nil }

type manyFolder struct {
	manyInfo
	many       Many
	parent     int // -1 for the root
	next, left int
}

func (d *manyFolder) Stat() (fs.FileInfo, error) { return d.manyInfo, nil }
func (d *manyFolder) Close() error               { return nil }
func (d *manyFolder) Read([]byte) (int, error)   { return 0, fs.ErrInvalid }

func (d *manyFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && d.left == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > d.left {
		n = d.left
	}
	list := make([]fs.DirEntry, n)
	for i := range list {
		if d.parent < 0 {
			list[i] = manyInfo{fmt.Sprintf("series-%05d", d.next), true}
		} else {
			list[i] = manyInfo{fmt.Sprintf("%05d.dcm", d.next), false}
		}
		d.next++
		d.left--
	}
	return list, nil
}
