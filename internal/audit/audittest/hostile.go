package audittest

import (
	"fmt"
	"slices"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/finding"
)

// wanted are the rules of which one must speak, by kind of hostile file, or by
// name where files of one kind differ.
var wanted = map[string][]string{
	"zip-bomb-flat":      {"archive-refused"},
	"zip-overlap-full":   {"archive-refused"},
	"zip-truncated":      {"archive-refused"},
	"gzip-bomb":          {"archive-refused"},
	"zip-slip":           {"archive-entry-refused"},
	"zip-symlink":        {"archive-entry-refused"},
	"zip-encrypted":      {"archive-entry-refused"},
	"zip-duplicate":      {"archive-entry-refused"},
	"zip-size-lie":       {"archive-entry-refused"},
	"zip-nested":         {"archive-inside"},
	"nifti-overflow":     {"nifti-header-invalid"},
	"dicom-length":       {"fmt-truncated", "fmt-part10"},
	"dicom-dims":         {"pix-length-mismatch", "pix-bits"},
	"dicom-depth":        {"fmt-nesting"},
	"dicom-encaps":       {"pix-encapsulation"},
	"dicom-deflate-bomb": {"fmt-size-limit"},
	"dicom-short":        {"fmt-not-dicom", "fmt-truncated", "fmt-part10"},
	"dicom-polyglot":     {"fmt-preamble-polyglot"},
	"dicom-phi":          {"phi-patient-name"},
	"xml-bomb":           {"doc-refused"},
	"json-depth":         {"doc-refused"},

	"dcm_zip_polyglot.dcm":         {"fmt-trailing-bytes"},
	"dcm_text_bad_charset.dcm":     {"fmt-charset"},
	"dcm_text_charset_unknown.dcm": {"fmt-charset"},
	"dcm_text_nul.dcm":             {"fmt-vr-vm-len"},
	"png_dims_2g.png":              {"img-dimensions"},
}

// harmless are files whose encoding is sound. Those of DICOM are no complete
// objects, which iod-type1 says.
var harmless = []string{"dcm_good_control.dcm", "dcm_preamble_tiff_ok.dcm", "csv_formula.csv"}

// quoted are pieces of hostile texts that no report may repeat.
var quoted = []string{"ZZYZX", "<script", "\x1b", "\u202e", "=cmd"}

// Misses says how a report on h, written as text, is not what it must be; ""
// if it is.
func (h Hostile) Misses(r *audit.Report, text string) string {
	for _, q := range quoted {
		if strings.Contains(text, q) {
			return fmt.Sprintf("the report repeats %q", q)
		}
	}
	for _, f := range r.Findings {
		if f.Rule == "fmt-parser-crash" {
			return "the reader died"
		}
	}
	if slices.Contains(harmless, h.Name) {
		for _, f := range r.Findings {
			if f.Severity == finding.Blocker && f.Rule != "iod-type1" {
				return "a harmless file fails by " + f.Rule
			}
		}
		return ""
	}
	rules, named := wanted[h.Name]
	if !named {
		rules = wanted[h.Kind]
	}
	if len(rules) == 0 {
		return ""
	}
	for _, f := range r.Findings {
		if f.Severity != finding.Info && slices.Contains(rules, f.Rule) {
			return passes(r)
		}
	}
	return fmt.Sprintf("none of %s was found", strings.Join(rules, ", "))
}

func passes(r *audit.Report) string {
	if r.Verdict == audit.Passed {
		return "the file passes"
	}
	return ""
}
