package dicomtest_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"assay/internal/audit/dicom/dicomtest"
)

func TestBuildWritesBytesAsTheStandardSays(t *testing.T) {
	tests := []struct {
		name, text, want string
		undefined        bool
	}{
		{"an explicit short form", "(0010,0020) LO ab", "10002000 4c4f 0200 6162", false},
		{"an explicit long form", "(0042,0011) OB hex:0102", "42001100 4f42 0000 02000000 0102", false},
		{"text is padded", "(0010,0020) LO a", "10002000 4c4f 0200 6120", false},
		{"a UID is padded with NUL", "(0008,0018) UI 1.2", "08001800 5549 0400 312e3200", false},
		{"a quoted value stands as it is", `(0010,0020) LO "a\xe9b"`, "10002000 4c4f 0300 61e962", false},
		{"numbers", `(0028,0010) US 1\258`, "28001000 5553 0400 01000201", false},
		{"a tag", "(0020,9165) AT (0010,0020)", "20006591 4154 0400 10002000", false},
		{"an implicit element", "(0002,0010) UI ImplicitVRLittleEndian\n(0010,0020) LO ab", "10002000 02000000 6162", false},
		{"big endian", "(0002,0010) UI ExplicitVRBigEndian\n(0028,0010) US 258", "00280010 5553 0002 0102", false},
		{"a sequence of stated length", "(0008,1140) SQ\n  - (0010,0020) LO ab", "08004011 5351 0000 12000000 feff00e0 0a000000 10002000 4c4f 0200 6162", false},
		{"a sequence of undefined length", "(0008,1140) SQ\n  - (0010,0020) LO ab", "08004011 5351 0000 ffffffff feff00e0 ffffffff 10002000 4c4f 0200 6162 feff0de0 00000000 feffdde0 00000000", true},
		{"a path reaches an item", "(0008,1140)[1]/(0010,0020) LO ab", "08004011 5351 0000 12000000 feff00e0 0a000000 10002000 4c4f 0200 6162", false},
		{"an empty sequence and an empty item", "(0008,1140) SQ\n(0008,1145) SQ\n  -", "08004011 5351 0000 00000000 08004511 5351 0000 08000000 feff00e0 00000000", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := dicomtest.BuildWith(tt.text, dicomtest.Options{NoMeta: true, UndefinedLengths: tt.undefined})
			if got, want := hex.EncodeToString(file), strings.ReplaceAll(tt.want, " ", ""); got != want {
				t.Errorf("BuildWith(%q):\n got %s\nwant %s", tt.text, got, want)
			}
		})
	}
}

func TestBuildAddsTheFileMetaInformation(t *testing.T) {
	file := dicomtest.Build("(0008,0016) UI CTImageStorage\n(0008,0018) UI 2.25.7")
	if string(file[128:132]) != "DICM" || bytes.Count(file, []byte("2.25.7")) != 2 || bytes.Count(file, []byte("1.2.840.10008.5.1.4.1.1.2")) != 2 {
		t.Errorf("the file has no preamble, or its meta information does not repeat the data set:\n%q", file)
	}
}

func TestMalformedTextPanicsWithItsLine(t *testing.T) {
	for _, text := range []string{"(0010,0020)", "hello", "\n  (0010,0020) LO x", "(0028,0010) US many", "(0042,0011) OB hex:0"} {
		func() {
			defer func() {
				if r, ok := recover().(string); !ok || !strings.Contains(r, "line ") {
					t.Errorf("Build(%q) panicked with %v, want a line", text, r)
				}
			}()
			dicomtest.Build(text)
		}()
	}
}
