package web

import (
	"fmt"
	"net/url"
	"slices"

	"assay/internal/errs"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// asker builds the questions of a step from what was answered and what was
// wrong with it. Its field names are those of listing.Claims.Form.
type asker struct {
	values   url.Values
	mistakes []errs.FieldError
	readers  []ui.Option // the annotators of the organization, of the step on annotators
}

func (a asker) wrong(name string) string { return ui.FieldErrorOf(a.mistakes, name) }

func (a asker) line(name, label, help string, longest int) page.Question {
	return page.Question{Input: &ui.InputProps{Name: name, Label: label, Help: help, Value: a.values.Get(name), Error: a.wrong(name), MaxLength: longest}}
}

func (a asker) optional(name, label, help string, longest int) page.Question {
	q := a.line(name, label, help, longest)
	q.Input.Optional = true
	return q
}

func (a asker) number(name, label, help string) page.Question {
	return page.Question{Input: &ui.InputProps{Name: name, Label: label, Help: help, Value: a.values.Get(name), Error: a.wrong(name), InputMode: "numeric", Width: "short"}}
}

func (a asker) decimal(name, label, help, unit string) page.Question {
	return page.Question{Input: &ui.InputProps{Name: name, Label: label, Help: help, Value: a.values.Get(name), Error: a.wrong(name),
		InputMode: "decimal", Width: "short", Suffix: unit, Optional: true}}
}

func (a asker) day(name, label, help string, optional bool) page.Question {
	return page.Question{Input: &ui.InputProps{Name: name, Label: label, Help: help, Value: a.values.Get(name), Error: a.wrong(name),
		Type: "date", Width: "medium", Optional: optional}}
}

func (a asker) text(name, label, help string, rows, longest int, optional bool) page.Question {
	return page.Question{Textarea: &ui.TextareaProps{Name: name, Label: label, Help: help, Value: a.values.Get(name), Error: a.wrong(name),
		Rows: rows, MaxLength: longest, Optional: optional}}
}

func (a asker) check(name, label, help string) page.Question {
	return page.Question{Checkbox: &ui.CheckboxProps{Name: name, Label: label, Help: help, Checked: a.values.Get(name) == "1", Error: a.wrong(name)}}
}

func radios[T ~string](a asker, name, legend, help string, v listing.Vocabulary[T]) page.Question {
	return page.Question{Radios: &ui.ChoiceProps{Name: name, Legend: legend, Help: help, Error: a.wrong(name), Options: options(a, name, v)}}
}

func boxes[T ~string](a asker, name, legend, help string, v listing.Vocabulary[T]) page.Question {
	return page.Question{Checkboxes: &ui.ChoiceProps{Name: name, Legend: legend, Help: help, Error: a.wrong(name), Options: options(a, name, v)}}
}

// drop is a choice without room for the help of each answer.
func drop[T ~string](a asker, name, label, help string, v listing.Vocabulary[T]) page.Question {
	return page.Question{Select: &ui.SelectProps{Name: name, Label: label, Help: help, Error: a.wrong(name), Options: options(a, name, v), Blank: "No answer yet"}}
}

func options[T ~string](a asker, name string, v listing.Vocabulary[T]) []ui.Option {
	list := make([]ui.Option, len(v))
	for i, term := range v {
		list[i] = ui.Option{Value: string(term.Value), Label: term.Label, Help: term.Help,
			Selected: slices.Contains(a.values[name], string(term.Value))}
	}
	return list
}

// rows draws a repeated part: what was answered, and one row to fill in. Blank
// rows are dropped when the step is saved.
func (a asker) rows(name, legend, help, add string, least int, ask func(row int) []page.Question) []page.Section {
	n := max(listing.Rows(a.values, name), least)
	var list []page.Section
	for row := range n {
		s := page.Section{ID: fmt.Sprintf("%s-%d", name, row), Legend: fmt.Sprintf("%s %d", legend, row+1), Questions: ask(row)}
		if row == 0 {
			s.Help = help
		}
		s.Buttons = []page.FormButton{{Name: "remove", Value: fmt.Sprintf("%s-%d", name, row), Text: fmt.Sprintf("Remove %s %d", lowerFirst(legend), row+1)}}
		list = append(list, s)
	}
	return append(list, page.Section{ID: name + "-more", Buttons: []page.FormButton{{Name: "add", Value: name, Text: add}}})
}

func section(questions ...page.Question) page.Section { return page.Section{Questions: questions} }

// askStep returns the questions of a step. more is the number of rows to show
// at least of each repeated part.
func askStep(step listing.Step, a asker, more int) []page.Section {
	switch step {
	case listing.StepBasics:
		return a.basics()
	case listing.StepLicense:
		return a.license()
	case listing.StepRights:
		return a.rights(more)
	case listing.StepDeidentification:
		return a.deidentification()
	case listing.StepConsent:
		return a.consent()
	case listing.StepLabels:
		return a.labels()
	case listing.StepAnnotators:
		return a.annotators(more)
	case listing.StepCoverage:
		return a.coverage(more)
	case listing.StepDemographics:
		return a.demographics()
	case listing.StepSplits:
		return a.splits(more)
	}
	return a.caveats()
}

func (a asker) basics() []page.Section {
	return []page.Section{section(
		a.line("title", "Title", "What it shows, of which part of the body, from where. 8 to 120 characters.", 120),
		a.text("summary", "Summary", "A few sentences: what is in it, from whom, labeled how. At least 40 characters.", 5, 2000, false),
		boxes(a, "modality", "Modality", "How the images were acquired. Segmentations and reports are labels, not a modality.", listing.Modalities),
		boxes(a, "body_part", "Body part", "", listing.BodyParts),
		boxes(a, "task", "Task", "What the labels are good for.", listing.Tasks),
		a.optional("keywords", "Keywords", "Separate them by commas. Buyers find the data set by them.", 800),
		a.optional("contact", "E-mail address for questions", "Shown to buyers.", 254),
	)}
}

func (a asker) license() []page.Section {
	return []page.Section{section(
		radios(a, "tier", "Tier", "The family of your terms. Buyers filter by it.", listing.Tiers),
		a.optional("spdx", "SPDX identifier", "For a well-known license, such as CC-BY-4.0; for terms of your own LicenseRef- and a name, such as LicenseRef-Our-Terms.", 64),
		a.optional("name", "Name of the license", "As buyers know it.", 120),
		a.optional("url", "Web address of the full text", "", 500),
		radios(a, "access", "Access", "How buyers get to the files.", listing.AccessModes),
	)}
}

func (a asker) rights(more int) []page.Section {
	list := a.rows("grant", "Part",
		"One part is enough if the same terms hold for all files and labels. Describe another one only for files with terms of their own.",
		"Add a part with other terms", max(1, more), a.grant)
	known := page.Section{ID: "known", Legend: "Fill in from a known license",
		Help:    "Answers each use of the first part as we read the text of the license. Look at every answer before you go on: it becomes your claim.",
		Buttons: []page.FormButton{{Name: "do", Value: "fill", Text: "Fill in the answers"}},
	}
	choose := &ui.SelectProps{Name: "known", Label: "License", Blank: "Choose a license", Error: a.wrong("known")}
	for _, terms := range license.Known() {
		choose.Options = append(choose.Options, ui.Option{Value: terms.SPDX, Label: terms.Name})
	}
	known.Questions = []page.Question{{Select: choose}}
	return append([]page.Section{known}, list...)
}

// grant asks for the answers of a part first, then for what makes it a part.
func (a asker) grant(row int) []page.Question {
	in := func(field string) string { return listing.Field("grant", row, field) }
	count := a.number(in("count"), "Number of files", "")
	count.Input.Optional = true
	return []page.Question{
		{Rights: a.cells(row)},
		a.optional(in("group"), "Name of the part", "Leave it empty if these answers hold for everything. For a part: “Cases 0 to 209”.", 120),
		a.optional(in("files"), "Which files", "A pattern or a sentence.", 500),
		count,
		boxes(a, in("scope"), "Of these files, the terms hold for", "Tick none if they hold for everything.", listing.Scopes),
		a.optional(in("spdx"), "SPDX identifier of this part", "Only if it differs from the license of the data set.", 64),
	}
}

func (a asker) cells(row int) []ui.RightsEditorRow {
	var list []ui.RightsEditorRow
	for _, use := range license.AllUses() {
		in := func(part string) string { return listing.Field("grant", row, string(use)+"-"+part) }
		list = append(list, ui.RightsEditorRow{
			Prefix: listing.Field("grant", row, ""), Use: use,
			Cell:         license.Cell{Verdict: license.Verdict(a.values.Get(in("verdict"))), Clause: a.values.Get(in("clause")), Condition: a.values.Get(in("condition"))},
			VerdictError: a.wrong(in("verdict")), ClauseError: a.wrong(in("clause")), ConditionError: a.wrong(in("condition")),
		})
	}
	return list
}

func (a asker) deidentification() []page.Section {
	return []page.Section{
		section(
			radios(a, "method", "Method", "On which ground the data counts as de-identified.", listing.DeidMethods),
			boxes(a, "code", "DICOM profile and options", "Codes of CID 7050 that were carried out. The audit holds the files against them.", listing.DeidCodes),
			radios(a, "dates", "Dates", "", listing.DateHandlings),
			radios(a, "faces", "Faces", "Heads in CT, MR and PET, and photographs.", listing.FaceHandlings),
			a.optional("tool", "Software", "Name and version.", 200),
			a.text("statement", "How it was done", "Shown to buyers.", 4, 4000, true),
		),
		{ID: "expert", Legend: "The expert", Help: "Only for HIPAA Expert Determination.", Questions: []page.Question{
			a.line("expert_name", "Name", "", 200),
			a.line("expert_qualification", "Qualification", "Knowledge and experience with methods for rendering data not identifiable.", 500),
			a.day("expert_date", "Date of the determination", "", false),
			a.day("expert_valid_until", "Valid until", "", true),
		}},
		{ID: "reports", Legend: "Reports and notes", Help: "Text that comes with the images is a claim of its own.", Questions: []page.Question{
			radios(a, "reports_included", "Does text come with the images?", "Reports, notes, columns of free text.", listing.Answers),
			drop(a, "reports_method", "How it was treated", "", listing.ReportMethods),
			a.text("reports_statement", "How it was done", "", 3, 4000, true),
		}},
	}
}

func (a asker) consent() []page.Section {
	return []page.Section{section(
		radios(a, "irb", "Decision of a board", "Institutional review board or ethics committee.", listing.IRBStatuses),
		a.line("board", "Name of the board", "Needed if it approved.", 200),
		a.line("protocol", "Number of the protocol", "Needed if it approved.", 100),
		radios(a, "basis", "Ground for sharing", "", listing.ConsentBases),
		radios(a, "commercial", "Commercial use", "Whether that ground covers it. Buyers of products ask for this first.", listing.CommercialConsents),
		a.text("statement", "Statement for buyers", "", 4, 4000, true),
	)}
}

func (a asker) labels() []page.Section {
	return []page.Section{section(
		boxes(a, "provenance", "How the labels came about", "", listing.Provenances),
		boxes(a, "annotation_type", "Form of the labels", "", listing.AnnotationTypes),
		a.text("protocol", "Labeling protocol", "What the readers were told: what to mark, how, what to leave out.", 8, 20_000, false),
		a.optional("protocol_document", "Or where the protocol is found", "The path of a file that you upload, or a web address.", 500),
		a.optional("tool", "Labeling software", "Name and version.", 200),
	)}
}

func (a asker) annotators(more int) []page.Section {
	return a.rows("annotator", "Group",
		"One group for all readers with the same profession and task. Leave it empty if nobody annotated by hand.",
		"Add a group of readers", max(1, more), func(row int) []page.Question {
			in := func(field string) string { return listing.Field("annotator", row, field) }
			return append([]page.Question{
				drop(a, in("role"), "Profession", "", listing.AnnotatorRoles),
				a.number(in("readers"), "Number of readers", "Leave it empty if not stated."),
				a.number(in("reads"), "Readers for each case", "Leave it empty if not stated."),
				a.optional(in("specialty"), "Specialty", "", 120),
				a.optional(in("subspecialty"), "Subspecialty", "Such as thoracic imaging.", 120),
				drop(a, in("board_certified"), "Board certified", "", listing.Answers),
				a.optional(in("board"), "Board", "The body that certified them, such as the American Board of Radiology.", 200),
				a.number(in("years"), "Years of practice, at least", "Leave it empty if not stated."),
				a.optional(in("country"), "Country of practice", "", 100),
				drop(a, in("blinded"), "Blinded to each other and to the outcome", "", listing.Answers),
				drop(a, in("adjudication"), "How disagreement was settled", "", listing.Adjudications),
				drop(a, in("metric"), "Measure of agreement", "", listing.AgreementScores),
				a.decimal(in("agreement"), "Its value", "With a point, such as 0.81.", ""),
			}, a.linked(in("linked"))...)
		})
}

// linked asks which annotators of the organization are in a group; nothing
// while it has none.
func (a asker) linked(name string) []page.Question {
	if len(a.readers) == 0 {
		return nil
	}
	list := slices.Clone(a.readers)
	for i := range list {
		list[i].Selected = slices.Contains(a.values[name], list[i].Value)
	}
	return []page.Question{{Checkboxes: &ui.ChoiceProps{Name: name, Legend: "Readers of your organization in this group", Optional: true, Error: a.wrong(name), Options: list,
		Help: "Those of the group’s profession. Buyers read how many of the group were checked by a reviewer, and no name."}}}
}

func (a asker) coverage(more int) []page.Section {
	list := []page.Section{section(
		a.text("countries", "Countries", "One a line: English names or two-letter codes.", 4, 4000, false),
		a.check("countries_unknown", "The countries are not known", ""),
		a.optional("regions", "Regions", "ISO 3166-2 codes, such as US-CA. Nothing finer than a state: it could identify patients.", 2000),
		a.number("sites", "Number of sites", "Leave it empty if not stated."),
		boxes(a, "setting", "Setting", "", listing.Settings),
		a.check("devices_unknown", "The devices are not known", "Else describe them below. The audit compares them with the headers."),
	)}
	return append(list, a.rows("device", "Device", "", "Add a device", max(1, more), func(row int) []page.Question {
		in := func(field string) string { return listing.Field("device", row, field) }
		return []page.Question{
			a.line(in("manufacturer"), "Manufacturer", "", 120),
			a.optional(in("model"), "Model", "", 120),
			a.decimal(in("field_strength"), "Field strength", "", "T"),
			a.decimal(in("kvp"), "Tube voltage", "", "kV"),
			a.decimal(in("slice_min"), "Smallest slice thickness", "", "mm"),
			a.decimal(in("slice_max"), "Largest slice thickness", "", "mm"),
		}
	})...)
}

func (a asker) demographics() []page.Section {
	table := func(name, legend, help string, groups listing.Vocabulary[listing.Group], unknown string) page.Section {
		s := page.Section{ID: name, Legend: legend, Help: help, Compact: true}
		for _, g := range groups {
			s.Questions = append(s.Questions, a.number(name+"-"+string(g.Value), g.Label, ""))
		}
		s.Questions = append(s.Questions, a.number(name+"_missing", "Missing", ""), a.check(name+"_not_stated", unknown, ""))
		return s
	}
	return []page.Section{
		section(a.number("patients", "Number of patients", "Leave it empty if not stated.")),
		table("ages", "Age at examination", "Number of patients in each group. Ages of 90 and over are pooled.", listing.AgeBands, "Ages are not stated"),
		table("sex", "Sex", "", listing.Sexes, "Sex is not stated"),
		table("race", "Race and ethnicity", "", listing.Races, "Race and ethnicity are not stated"),
	}
}

func (a asker) splits(more int) []page.Section {
	list := []page.Section{section(radios(a, "provided", "Does the data set come divided into splits?", "Such as training, validation and test.", listing.Answers))}
	return append(list, a.rows("split", "Split", "", "Add a split", max(1, more), func(row int) []page.Question {
		in := func(field string) string { return listing.Field("split", row, field) }
		return []page.Question{
			a.line(in("name"), "Name", "", 60),
			a.number(in("n"), "Number of cases", ""),
			drop(a, in("by_patient"), "No patient is also in another split", "", listing.Answers),
			drop(a, in("withheld"), "Withheld from buyers", "Kept back for evaluation.", listing.Answers),
			drop(a, in("leakage_checked"), "Looked for the same case in another split", "", listing.Answers),
		}
	})...)
}

func (a asker) caveats() []page.Section {
	return []page.Section{section(
		a.text("caveats", "Known problems", "One a line: label noise, sites that differ, missing series, overlap with other data sets.", 8, 25_000, false),
		a.check("none_known", "No problem is known", ""),
	)}
}
