package quality

import (
	"assay/internal/audit/annotation"
	"assay/internal/audit/score"
)

// Options say what else is known of the set.
type Options struct {
	Version        string // of the tool
	ManifestSHA256 string
	Files          int
	Bytes          int64
	Partial        bool // ManifestSHA256 is over paths and sizes alone
	Sample         *Sample
	PHI            Gate
	// Name returns the path of a file for the report, masked if need be.
	Name func(file int32) string
	// Mask returns a name of a class for the report, masked if it reads like an
	// identifier.
	Mask func(name string) string
}

// Conclude measures and scores a set. It adds to the set's Book.
func Conclude(set *annotation.Set, opts Options) *Report {
	r := &Report{
		Schema: Schema,
		Tool:   Tool{Name: "assay", Version: opts.Version, Score: score.Version, RulesSHA256: RulesSHA256()},
		Input:  input(set, opts),
		Gates:  Gates{PHI: opts.PHI},
	}
	r.Metrics.Images = imageQuality(set)
	r.measure(set, opts)
	holdWhole(set, opts.Files)
	set.Book.Sort()
	r.judge(set, opts)
	return r
}

// input says what the set is.
func input(set *annotation.Set, opts Options) Input {
	in := Input{
		ManifestSHA256: opts.ManifestSHA256, Files: opts.Files, Bytes: opts.Bytes,
		Labels: len(set.Labels), Formats: []Format{}, Sampled: opts.Sample,
	}
	for i := range set.Items {
		if set.Items[i].File != score.NoFile {
			in.Images++
		}
	}
	for _, f := range set.Formats {
		out := Format{Name: string(f.Format), Files: f.Files}
		for _, a := range f.Also {
			out.Also = append(out.Also, string(a))
		}
		in.Formats = append(in.Formats, out)
	}
	return in
}
