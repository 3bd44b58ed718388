package audit

import (
	"slices"
	"strconv"

	"assay/internal/audit/claim"
	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
)

// ClaimCheck is what the files say to one claim of the seller.
type ClaimCheck = claim.Check

// CheckClaims holds claims against a report: on de-identification against its
// findings, on contents against its measured facts. It also returns the facts
// that are measured and not claimed, always in one order. The claims need not be
// those that the report was made with; nil is none.
func CheckClaims(c *Claims, r *Report) []ClaimCheck {
	if c == nil {
		c = &Claims{}
	}
	return slices.Concat(checkMethod(c, r), checkLoss(c, r), c.Contents.Against(contents(&r.Measured)))
}

// claimed keeps the checks of what is claimed.
func claimed(list []ClaimCheck) []ClaimCheck {
	return slices.DeleteFunc(list, func(c ClaimCheck) bool { return c.Outcome == claim.NotClaimed })
}

// manifestClaims reports each claim on the contents that the files contradict.
// Those on de-identification and compression have rules of their own.
func (a *run) manifestClaims(m *Measured) {
	if a.opts.Claims == nil {
		return
	}
	for _, c := range a.opts.Claims.Contents.Against(contents(m)) {
		if c.Outcome == claim.Contradicted {
			a.found.add(-1, ruleManifest.New(toldBy[c.Claim], "", c.Sentence(), finding.Location{}))
		}
	}
}

// toldBy are the attributes that tell what a claim is held against.
var toldBy = map[string]string{
	"instances": "(0008,0018) SOPInstanceUID", "series": "(0020,000E) SeriesInstanceUID",
	"studies": "(0020,000D) StudyInstanceUID", "patients": "(0010,0020) PatientID",
	"modalities": "(0008,0060) Modality", "body_parts": "(0018,0015) BodyPartExamined",
	"manufacturers": "(0008,0070) Manufacturer", "models": "(0008,1090) ManufacturerModelName",
	"field_strength_t": "(0018,0087) MagneticFieldStrength", "kvp": "(0018,0060) KVP",
	"slice_thickness_mm": "(0018,0050) SliceThickness", "sexes": "(0010,0040) PatientSex", "age_bands": "(0010,1010) PatientAge",
}

// contradicting are the rules that hold the files against the claimed method.
var contradicting = []string{"deid-claim-mismatch", "deid-long-temporal", "deid-mixed"}

// checkMethod holds the method against the findings on identifiers. No finding
// is no proof: it only does not contradict.
func checkMethod(c *Claims, r *Report) []ClaimCheck {
	x := ClaimCheck{Claim: "method", Claimed: string(c.Method), Outcome: claim.NotCheckable}
	direct, claims := 0, 0
	for _, f := range r.Findings {
		switch {
		case f.Severity == finding.Info:
		case slices.Contains(contradicting, f.Rule):
			claims++
		case f.Severity == finding.Blocker && len(f.HIPAA) > 0:
			direct++
		}
	}
	switch {
	case r.Schema == "" || r.Verdict == Unrecognized:
	case direct+claims > 0:
		x.Outcome = claim.Contradicted
		x.Measured = times(direct, "blocker", "blockers") + ", " + times(claims, "finding on the claim", "findings on the claim")
	default:
		x.Outcome, x.Measured = claim.NoContradiction, "no direct identifier found by the checks that ran"
	}
	if c.Method == "" {
		x.Outcome = claim.NotClaimed
	}
	return []ClaimCheck{x}
}

// checkLoss holds what is said of compression against the findings on it.
func checkLoss(c *Claims, r *Report) []ClaimCheck {
	if c.Compression == "" {
		return nil
	}
	x := ClaimCheck{Claim: "compression", Claimed: string(c.Compression), Outcome: claim.NotCheckable}
	lossy := slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Rule == "pix-lossy" })
	switch {
	case r.Measured.Instances == 0:
	case lossy && c.Compression == "lossless":
		x.Outcome, x.Measured = claim.Contradicted, "lossy"
	case lossy:
		x.Outcome, x.Measured = claim.Confirmed, "lossy"
	case c.Compression == "lossless":
		x.Outcome, x.Measured = claim.NoContradiction, "no loss stated"
	default:
		x.Outcome, x.Measured = claim.Contradicted, "no loss stated"
	}
	return []ClaimCheck{x}
}

func times(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

// contents are the measured facts in the form in which claims are held against
// them.
func contents(m *Measured) claim.Measured {
	return claim.Measured{
		Instances: m.Instances, Series: m.Series, Studies: m.Studies, Patients: m.Patients, Others: otherImages(m),
		Modalities: m.Modalities, BodyParts: m.BodyParts, Manufacturers: m.Manufacturers, Models: m.Models,
		FieldStrengthsT: m.FieldStrengthsT, Sexes: sexGroups(m.Sexes), AgeBands: m.AgeBands,
		SliceThicknessMM: spread(m.SliceThicknessMM), KVp: spread(m.PeakKilovoltageKV),
		Manufacturer: onList(knownManufacturer), Model: onList(knownModel),
	}
}

// otherImages counts the files that may show what no header tells: images and
// volumes that are not DICOM, and DICOM files that could not be read.
func otherImages(m *Measured) int {
	n := max(0, m.Kinds[string(sniff.DICOM)]-m.Instances)
	for kind, count := range m.Kinds {
		if k := sniff.Kind(kind); k.Image() || k.Volume() || k == sniff.Video || k == sniff.HDF5 || k == sniff.NumPy {
			n += count
		}
	}
	return n
}

// sexGroups turns the values of PatientSex into the words of claims.
func sexGroups(counts map[string]int) map[string]int {
	words := map[string]string{"F": "female", "M": "male", "O": "other"}
	groups := map[string]int{}
	for value, n := range counts {
		if word, ok := words[value]; ok {
			value = word
		}
		groups[value] += n
	}
	return groups
}

func spread(r *Range) *claim.Range {
	if r == nil {
		return nil
	}
	return &claim.Range{Min: r.Min, Max: r.Max}
}

// onList returns "" instead of the name that stands for those on no list.
func onList(known func(string) string) func(string) string {
	return func(s string) string {
		if name := known(s); name != other {
			return name
		}
		return ""
	}
}
