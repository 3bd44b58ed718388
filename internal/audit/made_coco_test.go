package audit_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/internal/audit/annotation"
	"assay/internal/audit/sniff"
)

func TestRealCOCOFilesAreNamed(t *testing.T) {
	formats := map[string]annotation.Format{
		"coco-captions": annotation.COCOCaptions, "coco-image-info": annotation.COCOImageInfo, "coco-boxes": annotation.COCOInstances,
		"coco-instances": annotation.COCOInstances, "coco-labels (no boxes)": annotation.COCOLabels, "coco-panoptic": annotation.COCOPanoptic,
		"coco-keypoints": annotation.COCOKeypoints, "coco-results (segm)": annotation.COCOResults, "coco-results (bbox)": annotation.COCOResults,
	}
	read := 0
	for _, row := range corpusRows(t) {
		want, ok := formats[row["format"]]
		if !ok {
			continue
		}
		read++
		f := corpusFacts(t, row["path"], sniff.JSON)
		if f == nil || f.Formats[0].Format != want || len(f.Formats) > 1 {
			t.Errorf("%s is %+v, want %s", row["path"], f, want)
			continue
		}
		if n := f.Book.Of("F-001").Affected; n != 0 {
			t.Errorf("%s has %d faults of JSON", row["path"], n)
		}
	}
	if read < 20 {
		t.Errorf("the corpus has %d files of COCO, want 20 or more", read)
	}
}

// corpusRows are the rows of the manifest of the real label files.
func corpusRows(t *testing.T) []map[string]string {
	t.Helper()
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("ASSAY_CORPUS is not set: the real label files are not there")
	}
	text, err := os.ReadFile(filepath.Join(corpus, "annotations", "MANIFEST.csv"))
	if err != nil {
		t.Skip("the corpus has no label files")
	}
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// corpusFacts reads a label file of the corpus.
func corpusFacts(t *testing.T, path string, kind sniff.Kind) *annotation.Facts {
	t.Helper()
	file, err := os.Open(filepath.Join(os.Getenv("ASSAY_CORPUS"), "annotations", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := annotation.Read(t.Context(), annotation.Source{Path: path, SizeBytes: info.Size(), Content: file, Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
