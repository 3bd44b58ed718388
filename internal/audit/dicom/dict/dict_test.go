package dict_test

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"testing"

	"assay/internal/audit/dicom/dict"
)

func rows(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open("data/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return list[1:]
}

func TestEveryElementOfTheTableIsFound(t *testing.T) {
	list := rows(t, "data_elements.csv")
	for _, row := range list {
		// A free digit stands for 2, which makes each repeating group even.
		digits := strings.ReplaceAll(strings.Replace(row[0], ",", "", 1), "X", "2")
		n, err := strconv.ParseUint(digits, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := dict.Lookup(dict.Tag(n))
		got.Tag = 0
		want := dict.Entry{Keyword: row[1], Name: row[2], VR: row[3], VM: row[4], Retired: row[5] == "Y"}
		if !ok || got != want {
			t.Errorf("Lookup(%s) = %+v, %v, want %+v", row[0], got, ok, want)
		}
	}
	if len(list) < 5000 {
		t.Errorf("%d rows, want at least 5000", len(list))
	}
}

func TestEveryTransferSyntaxAndSOPClassIsFound(t *testing.T) {
	for _, row := range rows(t, "transfer_syntaxes.csv") {
		got, ok := dict.LookupTransferSyntax(row[0])
		if !ok || got.Name != row[1] || got.Keyword != row[2] || got.Encapsulated != (row[3] == "Y") ||
			got.BigEndian != (row[4] == "big") || got.Implicit != (row[5] == "implicit") ||
			got.Deflated != (row[6] == "Y") || got.Family != row[7] || got.Retired != (row[9] == "Y") {
			t.Errorf("LookupTransferSyntax(%s) = %+v, %v, want %v", row[0], got, ok, row)
		}
	}
	for _, row := range rows(t, "sop_classes.csv") {
		want := dict.SOPClass{UID: row[0], Name: row[1], Keyword: row[2], Storage: row[3] == "Y", IOD: row[4], Retired: row[5] == "Y"}
		if got, ok := dict.LookupSOPClass(row[0]); !ok || got != want {
			t.Errorf("LookupSOPClass(%s) = %+v, %v, want %+v", row[0], got, ok, want)
		}
	}
}

func TestTagsOutsideTheTable(t *testing.T) {
	tests := []struct {
		name    string
		tag     dict.Tag
		keyword string
		ok      bool
	}{
		{"a private creator", 0x00090010, "PrivateCreator", true},
		{"a private element", 0x00091001, "", false},
		{"a group length", 0x00080000, "GenericGroupLength", true},
		{"an overlay of the last group", 0x60FE3000, "OverlayData", true},
		{"an odd group is no overlay", 0x60013000, "", false},
		{"an unknown element", 0x00080007, "", false},
		{"the last tag", 0xFFFFFFFF, "", false},
	}
	for _, tt := range tests {
		got, ok := dict.Lookup(tt.tag)
		if ok != tt.ok || got.Keyword != tt.keyword {
			t.Errorf("%s: Lookup(%v) = %+v, %v, want %q, %v", tt.name, tt.tag, got, ok, tt.keyword, tt.ok)
		}
	}
}

func TestTagReadsAsInTheStandard(t *testing.T) {
	if got := dict.NewTag(0x7FE0, 0x0010).String(); got != "(7FE0,0010)" {
		t.Errorf("String() = %s, want (7FE0,0010)", got)
	}
}

func BenchmarkLookup(b *testing.B) {
	tags := []dict.Tag{0x00080005, 0x00100010, 0x00280010, 0x7FE00010, 0x00091001, 0x60023000}
	for b.Loop() {
		for _, t := range tags {
			dict.Lookup(t)
		}
	}
}
