package listing

import (
	"time"

	"assay/internal/errs"
	"assay/internal/license"
)

// missing says, for each step, what a submission asks for. An answer of
// unknown or not stated is an answer.
var missing = map[Step]func(Claims, *errs.Fields){
	StepBasics: basicsMissing, StepLicense: licenseMissing, StepRights: rightsMissing,
	StepDeidentification: deidMissing, StepConsent: consentMissing, StepLabels: labelsMissing,
	StepAnnotators: annotatorsMissing, StepCoverage: coverageMissing,
	StepDemographics: demographicsMissing, StepSplits: splitsMissing, StepCaveats: caveatsMissing,
}

// ask adds a message if absent holds.
func ask(f *errs.Fields, absent bool, field, message string) {
	if absent {
		f.Add(field, message)
	}
}

func basicsMissing(c Claims, f *errs.Fields) {
	ask(f, c.Basics.Title == "", "title", "Give the data set a title.")
	ask(f, c.Basics.Summary == "", "summary", "Describe the data set in a few sentences.")
	ask(f, len(c.Basics.Modalities) == 0, "modality", "Choose at least one modality.")
	ask(f, len(c.Basics.BodyParts) == 0, "body_part", "Choose at least one body part.")
	ask(f, len(c.Basics.Tasks) == 0, "task", "Choose at least one task.")
}

func licenseMissing(c Claims, f *errs.Fields) {
	l := c.License
	ask(f, l.Tier == "", "tier", "Choose the tier, or unknown.")
	ask(f, l.SPDX == "" && l.Name == "" && l.Tier != license.TierUnknown, "name", "Name the license, or give its SPDX identifier above.")
	ask(f, l.Access == "", "access", "Choose how buyers get to the files.")
}

func rightsMissing(c Claims, f *errs.Fields) {
	if len(c.License.Grants) == 0 {
		f.Add(Field("grant", 0, string(license.InternalResearch)+"-verdict"), "Answer what a buyer may do, use by use.")
	}
	for i, g := range c.License.Grants {
		for _, use := range license.AllUses() {
			cell := g.Cells[use]
			in := func(field string) string { return Field("grant", i, string(use)+"-"+field) }
			switch {
			case cell.Verdict == "":
				f.Addf(in("verdict"), "%s: choose a verdict, or not stated.", use.Label())
			case cell.Clause == "" && oneIn(cell.Verdict, license.Yes, license.YesWithConditions, license.No):
				f.Addf(in("clause"), "%s: name the clause that says so.", use.Label())
			}
			if cell.Verdict == license.YesWithConditions && cell.Condition == "" {
				f.Addf(in("condition"), "%s: write down the condition.", use.Label())
			}
		}
	}
}

func deidMissing(c Claims, f *errs.Fields) {
	d := c.Deidentification
	ask(f, d.Method == "", "method", "Choose the method, or unknown.")
	ask(f, d.Dates == "", "dates", "Say what was done to dates, or unknown.")
	ask(f, d.Faces == "", "faces", "Say what was done to faces, or unknown.")
	if d.Method == ExpertDetermination {
		ask(f, d.Expert.Name == "", "expert_name", "Expert Determination needs the name of the expert.")
		ask(f, d.Expert.Qualification == "", "expert_qualification", "Say what qualifies the expert.")
		ask(f, d.Expert.Date == "", "expert_date", "Give the date of the determination.")
	}
	ask(f, c.Reports.Included == "", "reports_included", "Say whether reports or notes come with the images.")
	ask(f, c.Reports.Included == Yes && c.Reports.Method == "", "reports_method", "Say how the text was treated, or unknown.")
}

func consentMissing(c Claims, f *errs.Fields) {
	k := c.Consent
	ask(f, k.IRB == "", "irb", "Choose what a board decided, or unknown.")
	if oneIn(k.IRB, IRBApproved, IRBWaived, IRBEthicsNonUS) {
		ask(f, k.Board == "", "board", "Name the board or committee.")
		ask(f, k.Protocol == "", "protocol", "Give the number of the protocol.")
	}
	ask(f, k.Basis == "", "basis", "Choose the ground for sharing, or unknown.")
	ask(f, k.Commercial == "", "commercial", "Say whether it covers commercial use, or not stated.")
}

func labelsMissing(c Claims, f *errs.Fields) {
	l := c.Labels
	ask(f, len(l.Provenance) == 0, "provenance", "Choose how the labels came about, no labels, or unknown.")
	ask(f, len(l.AnnotationTypes) == 0, "annotation_type", "Choose the form of the labels, or no annotation.")
	if len(l.Provenance) > 0 && !contains(l.Provenance, ProvenanceNone) && !contains(l.Provenance, ProvenanceUnknown) {
		ask(f, l.Protocol == "" && l.ProtocolDocument == "", "protocol", "Write down the labeling protocol, or say below where it is found.")
	}
}

func annotatorsMissing(c Claims, f *errs.Fields) {
	if len(c.Annotators.Groups) == 0 && c.labeledByPeople() {
		f.Add(Field("annotator", 0, "role"), "You said that people made the labels: describe at least one group of them.")
	}
	for i, a := range c.Annotators.Groups {
		in := func(field string) string { return Field("annotator", i, field) }
		ask(f, a.Role == "", in("role"), "Choose the profession, or not stated.")
		ask(f, a.BoardCertified == "", in("board_certified"), "Say whether they are board certified, or not stated.")
		ask(f, a.BoardCertified == Yes && a.Board == "", in("board"), "Name the board that certified them.")
		ask(f, a.Blinded == "", in("blinded"), "Say whether they were blinded, or not stated.")
		ask(f, a.Adjudication == "", in("adjudication"), "Say how disagreement was settled, or not stated.")
	}
}

func (c Claims) labeledByPeople() bool {
	for _, p := range c.Labels.Provenance {
		if byPeople[p] {
			return true
		}
	}
	return false
}

func coverageMissing(c Claims, f *errs.Fields) {
	ask(f, len(c.Coverage.Countries) == 0 && !c.Coverage.Unknown, "countries", "Name the countries, or tick that they are unknown.")
	ask(f, len(c.Coverage.Settings) == 0, "setting", "Choose the setting, or not stated.")
	ask(f, len(c.Devices.List) == 0 && !c.Devices.Unknown, Field("device", 0, "manufacturer"), "Name a device, or tick that they are unknown.")
}

func demographicsMissing(c Claims, f *errs.Fields) {
	for _, table := range distributions {
		d := table.of(&c.Demographics)
		ask(f, d.N()+d.Missing == 0 && !d.NotStated, table.name+"_not_stated", distributionAsk[table.name])
	}
}

var distributionAsk = map[string]string{
	"ages": "Give the ages, or tick that they are not stated.",
	"sex":  "Give the sexes, or tick that they are not stated.",
	"race": "Give race and ethnicity, or tick that they are not stated.",
}

func splitsMissing(c Claims, f *errs.Fields) {
	ask(f, c.Splits.Provided == "", "provided", "Say whether the data set is split, or not stated.")
	ask(f, c.Splits.Provided == Yes && len(c.Splits.List) == 0, Field("split", 0, "name"), "Describe at least one split.")
	for i, s := range c.Splits.List {
		in := func(field string) string { return Field("split", i, field) }
		ask(f, s.ByPatient == "", in("by_patient"), "Say whether patients are kept apart, or not stated.")
		ask(f, s.Withheld == "", in("withheld"), "Say whether it is withheld, or not stated.")
		ask(f, s.LeakageChecked == "", in("leakage_checked"), "Say whether leakage was looked for, or not stated.")
	}
}

func caveatsMissing(c Claims, f *errs.Fields) {
	ask(f, len(c.Caveats.List) == 0 && !c.Caveats.NoneKnown, "caveats", "Name the known problems, or tick that none are known.")
}

// contradictions are the conflicts between subjects, each at the step where it
// is best mended. They do not keep an answer from being saved, because the
// other answer may be the wrong one.
func (c Claims) contradictions(now time.Time) []Gap {
	var list []Gap
	add := func(step Step, field, message string) { list = append(list, Gap{step, field, message, false}) }
	d := c.Deidentification
	if d.Method == LimitedDataSet {
		add(StepDeidentification, "method", "A limited data set is still protected health information and cannot be listed publicly: 45 CFR 164.514(e).")
	}
	if d.Method == ExpertDetermination && d.Expert.ValidUntil != "" && d.Expert.ValidUntil < now.UTC().Format(time.DateOnly) {
		add(StepDeidentification, "expert_valid_until", "The expert's determination has expired.")
	}
	for i, g := range c.License.Grants {
		for _, use := range license.AllUses() {
			if message := c.contradicts(g, use); message != "" {
				add(StepRights, Field("grant", i, string(use)+"-verdict"), message)
			}
		}
	}
	for i, a := range c.Annotators.Groups {
		several := contains(c.Labels.Provenance, MultiReaderConsensus) || contains(c.Labels.Provenance, MultiReaderIndependent)
		if several && len(c.Annotators.Groups) == 1 && a.Readers == 1 {
			add(StepAnnotators, Field("annotator", i, "readers"), "The labels are said to come from several readers.")
		}
	}
	if contains(c.Labels.Provenance, ProvenanceNone) && len(c.Annotators.Groups) > 0 {
		add(StepLabels, "provenance", "You said that there are no labels, and described who made them.")
	}
	return list
}

// contradicts says how a cell contradicts the text of its license or the
// consent; it is empty if it does not.
func (c Claims) contradicts(g Grant, use license.Use) string {
	claimed := g.Cells[use].Verdict
	commercial := use == license.TrainCommercialModel || use == license.ShipModelInProduct
	if claimed.Allows() && commercial && c.Consent.Commercial == CommercialExcluded {
		return use.Label() + ": the consent excludes commercial use."
	}
	spdx := g.SPDX
	if spdx == "" {
		spdx = c.License.SPDX
	}
	known, ok := license.KnownBySPDX(spdx)
	if !ok {
		return ""
	}
	said := known.Cells[use]
	switch {
	case said.Verdict == license.No && claimed.Allows():
		return use.Label() + ": " + known.Name + " forbids it (" + said.Clause + "). If you grant more, give these files a license of their own."
	case said.Verdict.Allows() && claimed == license.No:
		return use.Label() + ": " + known.Name + " allows it (" + said.Clause + ") and takes no further restrictions."
	}
	return ""
}
