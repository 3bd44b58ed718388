package text_test

import (
	"strings"
	"testing"

	"assay/internal/audit/text"
)

// The texts of a large report, of a table full of dates, and of a description.
func BenchmarkScan(b *testing.B) {
	report := strings.Repeat("The liver is normal in size. No focal lesion is seen in segment 4; see series 3, image 17. ", 1<<20/91)
	inputs := []struct {
		name, s string
		where   text.Where
	}{
		{"1 MiB of report", report, text.Where{}},
		{"1 MiB of dates", strings.Repeat("1980-06-18,2021-09-22\n", 1<<20/22), text.Where{}},
		{"1 MiB of names", strings.Repeat("Nakamori^Imogen;", 1<<20/16), text.Where{VR: "UT"}},
		{"1 MiB of digits", strings.Repeat("7", 1<<20), text.Where{}},
		{"1 MiB of capitals", strings.Repeat("Xx ", 1<<20/3), text.Where{VR: "UT"}},
		{"1 MiB of at signs", strings.Repeat("a@", 1<<19), text.Where{}},
		{"1 MiB of web addresses", strings.Repeat("www.a.b ", 1<<17), text.Where{}},
		{"description", "AX T2 FLAIR 4mm fs", text.Where{VR: "LO", Keyword: "SeriesDescription"}},
	}
	for _, in := range inputs {
		b.Run(in.name, func(b *testing.B) {
			sc := text.New(text.Options{})
			b.SetBytes(int64(len(in.s)))
			b.ReportAllocs()
			for b.Loop() {
				sc.Scan(in.s, in.where)
			}
		})
	}
}
