package listing

import (
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"assay/internal/errs"
	"assay/internal/license"
)

// Gap is something that keeps a listing from being submitted: an answer that
// is missing, or two that contradict each other.
type Gap struct {
	Step    Step
	Field   string // the form field where it is mended
	Message string
	Missing bool // false: a contradiction
}

// Mistakes returns what is wrong with the answers of one step, whether or not
// the step is finished: answers that contradict each other or cannot be. It
// returns errs.Fields with the names of the form fields.
func (c Claims) Mistakes(step Step) error {
	var f errs.Fields
	if check, ok := mistakes[step]; ok {
		check(c, &f)
	}
	return f.Err()
}

// Missing returns what one step still asks for, as errs.Fields.
func (c Claims) Missing(step Step) error {
	var f errs.Fields
	if check, ok := missing[step]; ok {
		check(c, &f)
	}
	return f.Err()
}

// Gaps returns everything that keeps the claims from being submitted, in the
// order of the steps. now decides whether a determination has expired.
func (c Claims) Gaps(now time.Time) []Gap {
	across := c.contradictions(now)
	var list []Gap
	for _, term := range Steps {
		step := term.Value
		for _, m := range errs.FieldsOf(c.Missing(step)) {
			list = append(list, Gap{step, m.Field, m.Message, true})
		}
		for _, m := range errs.FieldsOf(c.Mistakes(step)) {
			list = append(list, Gap{step, m.Field, m.Message, false})
		}
		for _, gap := range across {
			if gap.Step == step {
				list = append(list, gap)
			}
		}
	}
	return list
}

var mistakes = map[Step]func(Claims, *errs.Fields){
	StepBasics: basicsMistakes, StepLicense: licenseMistakes, StepRights: rightsMistakes,
	StepDeidentification: deidMistakes, StepConsent: consentMistakes, StepLabels: labelsMistakes,
	StepAnnotators: annotatorsMistakes, StepCoverage: coverageMistakes,
	StepDemographics: demographicsMistakes, StepSplits: splitsMistakes, StepCaveats: caveatsMistakes,
}

func basicsMistakes(c Claims, f *errs.Fields) {
	b := c.Basics
	if n := len([]rune(b.Title)); n > 0 && n < 8 {
		f.Add("title", "Use at least 8 characters, so that buyers can tell data sets apart.")
	}
	if n := len([]rune(b.Summary)); n > 0 && n < 40 {
		f.Add("summary", "Use at least 40 characters: what is in it, from whom, labeled how.")
	}
	if b.Contact != "" {
		if a, err := mail.ParseAddress(b.Contact); err != nil || a.Address != b.Contact {
			f.Add("contact", "Write an e-mail address, such as data@example.org.")
		}
	}
}

// accessOf lists the access modes that fit a tier. A tier without an entry
// fits any.
var accessOf = map[license.Tier][]license.AccessMode{
	license.OpenPublicDomain:            {license.AccessOpen, license.AccessRegistered},
	license.OpenAttribution:             {license.AccessOpen, license.AccessRegistered},
	license.OpenShareAlike:              {license.AccessOpen, license.AccessRegistered},
	license.ResearchNoncommercial:       {license.AccessOpen, license.AccessRegistered, license.AccessClickThrough, license.AccessCredentialed},
	license.ResearchAgreement:           {license.AccessClickThrough, license.AccessCredentialed, license.AccessControlled, license.AccessContract},
	license.ControlledApplication:       {license.AccessControlled, license.AccessContract},
	license.CommercialStandard:          {license.AccessClickThrough, license.AccessControlled, license.AccessContract},
	license.CommercialExclusive:         {license.AccessContract},
	license.Evaluation:                  {license.AccessClickThrough, license.AccessControlled, license.AccessContract},
	license.SeparateCommercialAgreement: {license.AccessControlled, license.AccessContract},
}

func licenseMistakes(c Claims, f *errs.Fields) {
	l := c.License
	known, isKnown := license.KnownBySPDX(l.SPDX)
	switch {
	case l.SPDX == "" || !isKnown || l.Tier == "" || l.Tier == license.TierVaries || l.Tier == license.TierUnknown:
	case l.Tier != known.Tier:
		f.Addf("tier", "%s belongs to the tier %q.", known.Name, known.Tier.Label())
	}
	if l.Access == license.AccessExternalOnly {
		f.Add("access", "Files that you upload are handed out here, so access cannot be at the owner's site only.")
	} else if fits, ok := accessOf[l.Tier]; ok && l.Access != "" && l.Access != license.AccessUnknown && !contains(fits, l.Access) {
		f.Addf("access", "%q does not fit the tier %q. Choose %s.", l.Access.Label(), l.Tier.Label(), oneOf(AccessModes.Labels(fits)))
	}
	if l.URL != "" && !isWebAddress(l.URL) {
		f.Add("url", "Write a full web address that begins with https://.")
	}
}

func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

func rightsMistakes(c Claims, f *errs.Fields) {
	names := map[string]bool{}
	for i, g := range c.License.Grants {
		if len(c.License.Grants) > 1 && g.Group == "" {
			f.Add(Field("grant", i, "group"), "Name the part, because there are several.")
		}
		if g.Group != "" && names[g.Group+scopeKey(g)] {
			f.Add(Field("grant", i, "group"), "Another part has the same name and scope.")
		}
		names[g.Group+scopeKey(g)] = true
		for _, use := range license.AllUses() {
			cell, ok := g.Cells[use]
			if ok && cell.Verdict == "" {
				f.Addf(Field("grant", i, string(use)+"-verdict"), "%s: choose a verdict for this clause or condition.", use.Label())
			}
		}
	}
}

func scopeKey(g Grant) string {
	parts := make([]string, len(g.Scopes))
	for i, s := range g.Scopes {
		parts[i] = string(s)
	}
	return "\x00" + strings.Join(parts, ",")
}

func deidMistakes(c Claims, f *errs.Fields) {
	d := c.Deidentification
	has := func(code DeidCode) bool { return contains(d.Codes, code) }
	if has(RetainFullDates) && has(RetainModifiedDates) {
		f.Add("code", "113106 (full dates) and 113107 (modified dates) exclude each other.")
	}
	if d.Method == SafeHarbor {
		for _, code := range []DeidCode{RetainFullDates, RetainDevice, RetainUIDs} {
			if has(code) {
				f.Addf("code", "%s keeps an identifier that Safe Harbor removes: 45 CFR 164.514(b)(2).", DeidCodes.Label(code))
			}
		}
		if d.Dates == DatesFull {
			f.Add("dates", "Safe Harbor leaves no date finer than the year: 45 CFR 164.514(b)(2)(i)(C).")
		}
	}
	if has(RetainFullDates) && !oneIn(d.Dates, "", DatesFull, DatesUnknown) {
		f.Add("dates", "113106 says that full dates were kept.")
	}
	if has(RetainModifiedDates) && !oneIn(d.Dates, "", DatesShifted, DatesRelative, DatesUnknown) {
		f.Add("dates", "113107 says that dates were modified and intervals kept.")
	}
	if has(CleanVisualFeatures) && d.Faces == FacesNotTreated {
		f.Add("faces", "113102 says that recognizable features were cleaned.")
	}
	e := d.Expert
	if e.Date != "" && e.ValidUntil != "" && e.ValidUntil < e.Date {
		f.Add("expert_valid_until", "The determination cannot end before it was made.")
	}
	if c.Reports.Included == No && c.Reports.Method != "" {
		f.Add("reports_method", "You said that no reports or notes are included.")
	}
}

func consentMistakes(c Claims, f *errs.Fields) {
	k := c.Consent
	if k.Commercial == ConsentCoversCommercial && oneIn(k.Basis, WaiverAuthorization, WaiverConsent, NoConsentNeeded) {
		f.Add("commercial", "Without a consent, a consent cannot cover commercial use.")
	}
	if k.Commercial == WaiverCoversCommercial && oneIn(k.Basis, BroadConsent, SpecificConsent, Authorization, NoConsentNeeded, GDPR92a) {
		f.Add("commercial", "Without a waiver, a waiver cannot cover commercial use.")
	}
	if k.IRB == IRBNotObtained && oneIn(k.Basis, WaiverAuthorization, WaiverConsent) {
		f.Add("basis", "A waiver is granted by a board, and you said that none was asked.")
	}
}

func labelsMistakes(c Claims, f *errs.Fields) {
	l := c.Labels
	if len(l.Provenance) > 1 && (contains(l.Provenance, ProvenanceNone) || contains(l.Provenance, ProvenanceUnknown)) {
		f.Add("provenance", "No labels, or unknown, excludes every other answer.")
	}
	if len(l.AnnotationTypes) > 1 && contains(l.AnnotationTypes, NoAnnotation) {
		f.Add("annotation_type", "No annotation excludes every other answer.")
	}
	if contains(l.Provenance, ProvenanceNone) && len(l.AnnotationTypes) > 0 && !contains(l.AnnotationTypes, NoAnnotation) {
		f.Add("annotation_type", "You said that there are no labels.")
	}
}

func annotatorsMistakes(c Claims, f *errs.Fields) {
	for i, a := range c.Annotators.Groups {
		in := func(field string) string { return Field("annotator", i, field) }
		if a.BoardCertified == No && a.Board != "" {
			f.Add(in("board"), "You said that they are not board certified.")
		}
		if a.Readers == 1 && !oneIn(a.Adjudication, "", AdjudicationNone, AdjudicationOpen) {
			f.Add(in("adjudication"), "A single reader has nobody to disagree with.")
		}
		if a.Readers > 0 && len(a.Linked) > a.Readers {
			f.Addf(in("linked"), "You chose %d readers for a group of %d.", len(a.Linked), a.Readers)
		}
		for _, earlier := range c.Annotators.Groups[:i] {
			for _, key := range a.Linked {
				if contains(earlier.Linked, key) {
					f.Add(in("linked"), "One person stands in one group. Make a group for each profession and task.")
				}
			}
		}
		if a.Readers > 0 && a.ReadsPerCase > a.Readers {
			f.Add(in("reads"), "A case cannot be read by more people than there are.")
		}
		checkAgreement(a, in, f)
	}
}

func checkAgreement(a Annotator, in func(string) string, f *errs.Fields) {
	measured := a.Metric != "" && a.Metric != "not_measured"
	switch {
	case a.Agreement != "" && !measured:
		f.Add(in("metric"), "Say what the value measures.")
	case a.Agreement == "" && measured:
		f.Add(in("agreement"), "Give the value.")
	case measured:
		value, _ := strconv.ParseFloat(a.Agreement, 64)
		low, high := -1.0, 1.0
		switch a.Metric {
		case "dice", "iou":
			low = 0
		case "percent_agreement":
			low, high = 0, 100
		}
		if value < low || value > high {
			f.Addf(in("agreement"), "%s lies between %g and %g.", AgreementScores.Label(a.Metric), low, high)
		}
	}
}

func coverageMistakes(c Claims, f *errs.Fields) {
	if c.Coverage.Unknown && len(c.Coverage.Countries) > 0 {
		f.Add("countries_unknown", "You named countries; untick this box, or take them out.")
	}
	for _, region := range c.Coverage.Regions {
		country, _, _ := strings.Cut(region, "-")
		if len(c.Coverage.Countries) > 0 && !contains(c.Coverage.Countries, country) {
			f.Addf("regions", "%s lies in %s, which is not among the countries.", region, CountryName(country))
			break
		}
	}
	if len(c.Coverage.Settings) > 1 && contains(c.Coverage.Settings, "not_stated") {
		f.Add("setting", "Not stated excludes every other answer.")
	}
	if c.Devices.Unknown && len(c.Devices.List) > 0 {
		f.Add("devices_unknown", "You named devices; untick this box, or take them out.")
	}
	for i, d := range c.Devices.List {
		in := func(field string) string { return Field("device", i, field) }
		if d.Manufacturer == "" {
			f.Add(in("manufacturer"), "Name the manufacturer.")
		}
		least, _ := strconv.ParseFloat(d.SliceThicknessMinMM, 64)
		most, _ := strconv.ParseFloat(d.SliceThicknessMaxMM, 64)
		if d.SliceThicknessMinMM != "" && d.SliceThicknessMaxMM != "" && most < least {
			f.Add(in("slice_max"), "The largest slice thickness is below the smallest.")
		}
		for _, figure := range [][2]string{{"field_strength", d.FieldStrengthT}, {"kvp", d.KVP}, {"slice_min", d.SliceThicknessMinMM}} {
			if strings.HasPrefix(figure[1], "-") {
				f.Add(in(figure[0]), "Write a number above 0.")
			}
		}
	}
}

func demographicsMistakes(c Claims, f *errs.Fields) {
	for _, table := range distributions {
		d := table.of(&c.Demographics)
		total := d.N() + d.Missing
		if d.NotStated && total > 0 {
			f.Add(table.name+"_not_stated", "You gave numbers; untick this box, or take them out.")
		}
		if c.Demographics.Patients > 0 && total > c.Demographics.Patients {
			f.Addf(table.name+"_missing", "The groups and the missing add up to %d, more than the %d patients.", total, c.Demographics.Patients)
		}
	}
}

func splitsMistakes(c Claims, f *errs.Fields) {
	names := map[string]bool{}
	if c.Splits.Provided == No && len(c.Splits.List) > 0 {
		f.Add("provided", "You described splits; answer yes, or take them out.")
	}
	for i, s := range c.Splits.List {
		if s.Name == "" {
			f.Add(Field("split", i, "name"), "Name the split.")
		} else if names[strings.ToLower(s.Name)] {
			f.Add(Field("split", i, "name"), "Another split has the same name.")
		}
		names[strings.ToLower(s.Name)] = true
	}
}

func caveatsMistakes(c Claims, f *errs.Fields) {
	if c.Caveats.NoneKnown && len(c.Caveats.List) > 0 {
		f.Add("none_known", "You named problems; untick this box, or take them out.")
	}
}

func contains[T comparable](list []T, value T) bool { return oneIn(value, list...) }

func oneIn[T comparable](value T, list ...T) bool {
	for _, v := range list {
		if v == value {
			return true
		}
	}
	return false
}

// oneOf joins labels as "A, B or C".
func oneOf(labels []string) string {
	for i := range labels {
		labels[i] = strconv.Quote(labels[i])
	}
	if len(labels) < 2 {
		return strings.Join(labels, "")
	}
	last := len(labels) - 1
	return strings.Join(labels[:last], ", ") + " or " + labels[last]
}
