package sniff_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/internal/audit/sniff"
)

func dicomFile(preamble string) string {
	return preamble + strings.Repeat("\x00", 128-len(preamble)) + "DICM" + bareDICOM
}

const bareDICOM = "\x02\x00\x00\x00UL\x04\x00\x00\x00\x00\x00" +
	"\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00\x00\x01" +
	"\x02\x00\x02\x00UI\x1a\x001.2.840.10008.5.1.4.1.1.2\x00"

const implicitDICOM = "\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100" +
	"\x08\x00\x16\x00\x1a\x00\x00\x001.2.840.10008.5.1.4.1.1.2\x00" +
	"\x08\x00\x60\x00\x02\x00\x00\x00CT"

func nifti(magic string) string {
	b := make([]byte, 352)
	binary.LittleEndian.PutUint32(b, 348)
	copy(b[344:], magic)
	return string(b)
}

func zipOf(names ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, _ := z.Create(name)
		w.Write([]byte("x"))
	}
	z.Close()
	return b.String()
}

func tarOf(name string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: 1})
	w.Write([]byte("x"))
	w.Close()
	return b.String()
}

func gz(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

// tiffOf returns a little-endian TIFF of one directory with one ASCII entry.
func tiffOf(tag uint16, text string) string {
	b := []byte("II*\x00\x08\x00\x00\x00\x01\x00")
	b = binary.LittleEndian.AppendUint16(b, tag)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)+1))
	b = binary.LittleEndian.AppendUint32(b, 26)
	b = binary.LittleEndian.AppendUint32(b, 0)
	return string(b) + text + "\x00"
}

func TestDetect(t *testing.T) {
	tests := []struct {
		name    string
		content string
		want    sniff.Kind
	}{
		{"no byte is empty", "", sniff.Empty},
		{"zeros are unknown", strings.Repeat("\x00", 400), sniff.Unknown},
		{"DICM after the preamble is DICOM", dicomFile(""), sniff.DICOM},
		{"an MZ preamble is still DICOM", dicomFile("MZ"), sniff.DICOM},
		{"a data set without preamble is DICOM", bareDICOM, sniff.DICOM},
		{"an implicit data set without preamble is DICOM", implicitDICOM, sniff.DICOM},
		{"NIfTI-1", nifti("n+1\x00"), sniff.NIfTI},
		{"a header and image pair of NIfTI-1", nifti("ni1\x00"), sniff.NIfTI},
		{"NIfTI within gzip is an image", gz(nifti("n+1\x00")), sniff.NIfTIGz},
		{"NRRD", "NRRD0004\ntype: short\n", sniff.NRRD},
		{"MetaImage", "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\n", sniff.MHA},
		{"PNG", "\x89PNG\r\n\x1a\n", sniff.PNG},
		{"JPEG", "\xff\xd8\xff\xe0\x00\x10JFIF", sniff.JPEG},
		{"a plain TIFF", tiffOf(305, "a scanner"), sniff.TIFF},
		{"Aperio", tiffOf(270, "Aperio Image Library v11"), sniff.SVS},
		{"Hamamatsu", tiffOf(271, "Hamamatsu"), sniff.NDPI},
		{"OME", tiffOf(270, "<?xml version=\"1.0\"?><OME>"), sniff.OME},
		{"zip", zipOf("a.dcm"), sniff.Zip},
		{"an empty zip", zipOf(), sniff.Zip},
		{"a zip behind something else is still a zip", "\x01\x02\x03" + zipOf("a"), sniff.Zip},
		{"Word", zipOf("[Content_Types].xml", "_rels/.rels", "word/document.xml"), sniff.DOCX},
		{"Word with another order of entries", zipOf("docProps/app.xml", "word/document.xml", "[Content_Types].xml"), sniff.DOCX},
		{"a zip that names a .docx is a zip", zipOf("report.docx"), sniff.Zip},
		{"tar", tarOf("a.dcm"), sniff.Tar},
		{"tar within gzip", gz(tarOf("a.dcm")), sniff.TarGz},
		{"other gzip", gz("hello"), sniff.Gzip},
		{"Zstandard", "\x28\xb5\x2f\xfd\x00", sniff.Zstd},
		{"PDF", "%PDF-1.7\n", sniff.PDF},
		{"7z", "7z\xbc\xaf\x27\x1c\x00\x04", sniff.SevenZip},
		{"ELF", "\x7fELF\x02\x01\x01", sniff.Executable},
		{"a Windows program", "MZ\x90\x00\x03\x00", sniff.Executable},
		{"text that starts with MZ is text", "MZ twins study, first visit\n", sniff.Text},
		{"a script", "#!/bin/sh\nrm -r /\n", sniff.Executable},
		{"JSON object", "{\"images\": [1, 2]}", sniff.JSON},
		{"JSON array after a byte order mark", "\xef\xbb\xbf [1]\n", sniff.JSON},
		{"JSON lines", "{\"a\":1}\n{\"a\":2}\n", sniff.JSONL},
		{"braces that are no JSON", "{{ template }}", sniff.Text},
		{"XML", "<?xml version=\"1.0\"?>\n<annotation/>", sniff.XML},
		{"XML without declaration", "<annotation><size/></annotation>", sniff.XML},
		{"HTML", "<!DOCTYPE html><p>hello", sniff.HTML},
		{"a comparison is text", "< 5 mm is not measured\n", sniff.Text},
		{"HL7", "MSH|^~\\&|LAB|HOSP|||\rPID|1||\r", sniff.HL7},
		{"CSV", "id,label\n1,normal\n2,\"a, b\"\n", sniff.CSV},
		{"CSV by semicolon", "id;label\n1;normal\n", sniff.CSV},
		{"TSV", "id\tlabel\n1\tnormal\n", sniff.TSV},
		{"prose with commas is text", "First, the lungs.\nThen, well, the heart.\n", sniff.Text},
		{"UTF-16 text", "\xff\xfeh\x00i\x00", sniff.Text},
		{"Latin-1 text", "Universit\xe4t Z\xfcrich\n", sniff.Text},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := []byte(tt.content)
			if got := sniff.Detect(b, b, int64(len(b))); got != tt.want {
				t.Errorf("Detect = %s, want %s", got, tt.want)
			}
			got, err := sniff.DetectFile(bytes.NewReader(b), int64(len(b)))
			if err != nil || got != tt.want {
				t.Errorf("DetectFile = %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestKindOfLongTextIsSeenInItsHead(t *testing.T) {
	tests := []struct {
		name, content string
		want          sniff.Kind
	}{
		{"a cut JSON", "{\"a\": [" + strings.Repeat("\"é\",", 9000) + "1]}", sniff.JSON},
		{"a cut table", "id,label\n" + strings.Repeat("1,\"né\"\n", 9000), sniff.CSV},
		{"a cut rune", strings.Repeat("é", sniff.HeadSize), sniff.Text},
		{"JSON lines", strings.Repeat("{\"a\":1}\n", 9000), sniff.JSONL},
		{"a TIFF with its directory at the end", "II*\x00" + "\x00\x00\x01\x00" + strings.Repeat("\x00", 65528) +
			"\x01\x00\x0e\x01\x02\x00\x07\x00\x00\x00\x12\x00\x01\x00\x00\x00\x00\x00Aperio\x00", sniff.SVS},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sniff.DetectFile(strings.NewReader(tt.content), int64(len(tt.content)))
			if err != nil || got != tt.want {
				t.Errorf("DetectFile = %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestAlsoNamesTheOtherFaces(t *testing.T) {
	tests := []struct {
		name, content string
		want          []sniff.Kind
	}{
		{"a clean DICOM file has one face", dicomFile(""), nil},
		{"a program in the preamble", dicomFile("MZ"), []sniff.Kind{sniff.Executable}},
		{"a page in the preamble", dicomFile("<html>"), []sniff.Kind{sniff.HTML}},
		{"a TIFF in the preamble", dicomFile("II*\x00\x08\x00\x00\x00"), []sniff.Kind{sniff.TIFF}},
		{"a zip behind the data set", dicomFile("") + zipOf("a"), []sniff.Kind{sniff.Zip}},
		{"a script in a PNG", "\x89PNG\r\n\x1a\n<SCRIPT>", []sniff.Kind{sniff.HTML}},
		{"a zip is only a zip", zipOf("a"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := []byte(tt.content)
			got := sniff.Also(sniff.Detect(b, b, int64(len(b))), b, b, int64(len(b)))
			if len(got) != len(tt.want) || len(got) > 0 && got[0] != tt.want[0] {
				t.Errorf("Also = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRefineOnlySettlesTextKinds(t *testing.T) {
	tests := []struct {
		kind sniff.Kind
		name string
		want sniff.Kind
	}{
		{sniff.Text, "labels.csv", sniff.CSV},
		{sniff.Text, "labels.TSV", sniff.TSV},
		{sniff.CSV, "notes.txt", sniff.Text},
		{sniff.Executable, "labels.csv", sniff.Executable},
		{sniff.JSON, "labels.csv", sniff.JSON},
	}
	for _, tt := range tests {
		if got := sniff.Refine(tt.kind, tt.name); got != tt.want {
			t.Errorf("Refine(%s, %q) = %s, want %s", tt.kind, tt.name, got, tt.want)
		}
	}
}

// TestCorpusKindsAgreeWithNames holds that content alone finds the kind that
// an honest name promises.
func TestCorpusKindsAgreeWithNames(t *testing.T) {
	corpus := os.Getenv("ASSAY_CORPUS")
	if corpus == "" {
		t.Skip("ASSAY_CORPUS is not set")
	}
	want := map[string]sniff.Kind{
		".dcm": sniff.DICOM, ".png": sniff.PNG, ".jpg": sniff.JPEG, ".xml": sniff.XML,
		".json": sniff.JSON, ".nrrd": sniff.NRRD, ".zip": sniff.Zip, ".nii": sniff.NIfTI,
		".csv": sniff.CSV, ".jsonl": sniff.JSONL,
	}
	total, wrong := 0, 0
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "/hostile/") {
			return err
		}
		kind, known := want[strings.ToLower(filepath.Ext(path))]
		if strings.HasSuffix(path, ".nii.gz") {
			kind, known = sniff.NIfTIGz, true
		}
		if !known {
			return nil
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		got, err := sniff.DetectFile(f, info.Size())
		total++
		if got != kind {
			wrong++
			t.Logf("%s is %s, its name says %s", strings.TrimPrefix(path, corpus), got, kind)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d differ from their names", total, wrong)
	if wrong*50 > total {
		t.Errorf("%d of %d files differ from their names, want at most 2 %%", wrong, total)
	}
}

func FuzzDetect(f *testing.F) {
	for _, s := range []string{dicomFile("MZ"), bareDICOM, implicitDICOM, nifti("n+1\x00"), tiffOf(270, "Aperio"), zipOf("a"), gz(tarOf("a")), "{\"a\":1}\n{}", "a,b\n1,2\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		k := sniff.Detect(b, b, int64(len(b)))
		sniff.Also(k, b, b, int64(len(b)))
		if again := sniff.Detect(b, b, int64(len(b))); again != k {
			t.Errorf("Detect gives %s, then %s", k, again)
		}
	})
}
