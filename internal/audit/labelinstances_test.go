package audit_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
)

// slice returns slice n of a CT series, changed by pairs of texts.
func slice(n int, changes ...string) []byte {
	text := fmt.Sprintf(`(0008,0016) UI CTImageStorage
(0008,0018) UI 2.25.9%02d
(0008,0060) CS CT
(0010,0020) LO P1
(0020,000D) UI 2.25.1
(0020,000E) UI 2.25.11
(0020,0013) IS %d
(0020,0032) DS -10\-10\%d
(0020,0037) DS 1\0\0\0\1\0
(0028,0002) US 1
(0028,0004) CS MONOCHROME2
(0028,0010) US 32
(0028,0011) US 32
(0028,0030) DS 1\1
(0028,0100) US 8
(0028,0101) US 8
(0028,0102) US 7
(0028,0103) US 0
(7FE0,0010) OB hex:%s
`, n, n, 3*n, strings.Repeat(fmt.Sprintf("%02x00%02x%02x", n, n+1, n), 256))
	return dicomtest.Build(strings.NewReplacer(changes...).Replace(text))
}

// slicesFS is a series of ten slices; change returns slice n, nil for none.
func slicesFS(change func(n int) []byte) fstest.MapFS {
	set := fstest.MapFS{}
	for n := range 10 {
		if b := change(n); b != nil {
			set[fmt.Sprintf("%02d.dcm", n)] = &fstest.MapFile{Data: b}
		}
	}
	return set
}

func TestFaultsOfInstancesCostPointsOfTheScore(t *testing.T) {
	at := func(k int, f func() []byte) func(int) []byte {
		return func(n int) []byte {
			if n == k {
				return f()
			}
			return slice(n)
		}
	}
	copied := slicesFS(slice1)
	copied["copy.dcm"] = copied["03.dcm"]
	tests := []struct {
		name string
		set  fstest.MapFS
		want []string
	}{
		{"a whole series", slicesFS(slice1), nil},
		{"a slice is missing", slicesFS(at(5, func() []byte { return nil })), []string{"F-565 04.dcm (0020,0032) 1 of 1"}},
		{"a slice is turned", slicesFS(at(9, func() []byte { return slice(9, `1\0\0\0\1\0`, `1\0\0\0\0\-1`) })), []string{"F-566 09.dcm (0020,0037) 1 of 1"}},
		{"a slice has another spacing", slicesFS(at(9, func() []byte { return slice(9, `DS 1\1`, `DS 2\2`) })), []string{"F-566 09.dcm (0028,0030) 1 of 1"}},
		{"two slices have one number", slicesFS(at(9, func() []byte { return slice(9, "IS 9", "IS 8") })), []string{"F-567 08.dcm (0020,0013) 1 of 1"}},
		{"a UID with other pixels", slicesFS(at(9, func() []byte { return slice(9, "2.25.909", "2.25.908") })), []string{"F-560 08.dcm (0008,0018) 2 of 10"}},
		{"a UID with another header", slicesFS(at(9, func() []byte {
			return bytes.Replace(slice(8), []byte("P1"), []byte("P2"), 1)
		})), []string{"F-561 08.dcm (0008,0018) 2 of 10", "F-567 08.dcm (0020,0032) 1 of 1"}},
		{"a copy", copied, []string{"F-562 03.dcm (0008,0018) 2 of 11"}},
		{"pixel data that is too short", slicesFS(at(9, func() []byte { return slice(9, "(0028,0010) US 32", "(0028,0010) US 33") })), []string{"F-563 09.dcm (7FE0,0010) 1 of 10", "F-566 09.dcm (0028,0010) 1 of 1"}},
		{"more items than frames", slicesFS(at(9, func() []byte {
			return slice(9, "(0028,0010)", "(0028,0008) IS 1\n(0028,0010)", "(7FE0,0010)", "(5200,9230) SQ\n  - (0020,9056) SH 1\n  - (0020,9056) SH 1\n(7FE0,0010)")
		})), []string{"F-564 09.dcm (0028,0008) 1 of 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, tt.set, audit.Options{Scoring: &audit.Scoring{}, NoOCR: true})
			var got []string
			for _, f := range r.Quality.Findings {
				if strings.HasPrefix(f.Code, "F-56") {
					e := f.Examples[0]
					got = append(got, fmt.Sprintf("%s %s %s %d of %d", f.Code, e.Path, e.Pointer, f.Affected, f.Eligible))
				}
			}
			if diff := gocmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// slice1 is a slice as it should be.
func slice1(n int) []byte { return slice(n) }
