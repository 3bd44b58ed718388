package listing

import (
	"slices"
	"strings"

	"assay/internal/id"
	"assay/internal/license"
)

func writeBasics(w formWriter, c Claims) {
	w.text("title", c.Basics.Title)
	w.text("summary", c.Basics.Summary)
	writeChoices(w, "modality", c.Basics.Modalities)
	writeChoices(w, "body_part", c.Basics.BodyParts)
	writeChoices(w, "task", c.Basics.Tasks)
	w.text("keywords", strings.Join(c.Basics.Keywords, ", "))
	w.text("contact", c.Basics.Contact)
}

func readBasics(r *formReader, c *Claims) {
	c.Basics = Basics{
		Title:      r.line("title", 120),
		Summary:    r.text("summary", 2000),
		Modalities: choices(r, "modality", Modalities),
		BodyParts:  choices(r, "body_part", BodyParts),
		Tasks:      choices(r, "task", Tasks),
		Keywords:   r.items("keywords", ",;\n", 20, 40),
		Contact:    r.line("contact", 254),
		Asserted:   c.Basics.Asserted,
	}
}

func writeLicense(w formWriter, c Claims) {
	w.text("tier", string(c.License.Tier))
	w.text("spdx", c.License.SPDX)
	w.text("name", c.License.Name)
	w.text("url", c.License.URL)
	w.text("access", string(c.License.Access))
}

func readLicense(r *formReader, c *Claims) {
	c.License.Tier = choice(r, "tier", Tiers)
	c.License.SPDX = r.spdx("spdx")
	c.License.Name = r.line("name", 120)
	c.License.URL = r.line("url", 500)
	c.License.Access = choice(r, "access", AccessModes)
}

func (r *formReader) spdx(name string) string {
	s := r.line(name, 64)
	if s == "" {
		return ""
	}
	s, err := license.ParseSPDX(s)
	if err != nil {
		r.mistakes.Add(name, "An identifier has letters, digits, dots and hyphens only, such as CC-BY-4.0 or LicenseRef-Our-Terms.")
		return ""
	}
	return s
}

func cellFields() []string {
	var list []string
	for _, use := range license.AllUses() {
		list = append(list, string(use)+"-verdict", string(use)+"-clause", string(use)+"-condition")
	}
	return list
}

func writeRights(w formWriter, c Claims) {
	for i, g := range c.License.Grants {
		w.text(Field("grant", i, "group"), g.Group)
		w.text(Field("grant", i, "files"), g.Files)
		w.number(Field("grant", i, "count"), g.Count)
		w.text(Field("grant", i, "spdx"), g.SPDX)
		writeChoices(w, Field("grant", i, "scope"), g.Scopes)
		for use, cell := range g.Cells {
			w.text(Field("grant", i, string(use)+"-verdict"), string(cell.Verdict))
			w.text(Field("grant", i, string(use)+"-clause"), cell.Clause)
			w.text(Field("grant", i, string(use)+"-condition"), cell.Condition)
		}
	}
}

func readRights(r *formReader, c *Claims) {
	var grants []Grant
	for i := range Rows(r.values, "grant") {
		g := Grant{
			Group:  r.line(Field("grant", i, "group"), 120),
			Files:  r.line(Field("grant", i, "files"), 500),
			Count:  r.number(Field("grant", i, "count"), 1_000_000_000),
			SPDX:   r.spdx(Field("grant", i, "spdx")),
			Scopes: choices(r, Field("grant", i, "scope"), Scopes),
		}
		for _, use := range license.AllUses() {
			cell := license.Cell{
				Verdict:   choice(r, Field("grant", i, string(use)+"-verdict"), Verdicts),
				Clause:    r.line(Field("grant", i, string(use)+"-clause"), 200),
				Condition: r.line(Field("grant", i, string(use)+"-condition"), 500),
			}
			if cell == (license.Cell{}) {
				continue
			}
			if g.Cells == nil {
				g.Cells = map[license.Use]license.Cell{}
			}
			g.Cells[use] = cell
		}
		grants = append(grants, g)
	}
	c.License.Grants = grants
}

func writeDeidentification(w formWriter, c Claims) {
	d := c.Deidentification
	w.text("method", string(d.Method))
	writeChoices(w, "code", d.Codes)
	w.text("dates", string(d.Dates))
	w.text("faces", string(d.Faces))
	w.text("expert_name", d.Expert.Name)
	w.text("expert_qualification", d.Expert.Qualification)
	w.text("expert_date", d.Expert.Date)
	w.text("expert_valid_until", d.Expert.ValidUntil)
	w.text("tool", d.Tool)
	w.text("statement", d.Note)
	w.text("reports_included", string(c.Reports.Included))
	w.text("reports_method", string(c.Reports.Method))
	w.text("reports_statement", c.Reports.Note)
}

func readDeidentification(r *formReader, c *Claims) {
	c.Deidentification = Deidentification{
		Method: choice(r, "method", DeidMethods),
		Codes:  choices(r, "code", DeidCodes),
		Dates:  choice(r, "dates", DateHandlings),
		Faces:  choice(r, "faces", FaceHandlings),
		Expert: Expert{
			Name:          r.line("expert_name", 200),
			Qualification: r.line("expert_qualification", 500),
			Date:          r.day("expert_date"),
			ValidUntil:    r.day("expert_valid_until"),
		},
		Tool:     r.line("tool", 200),
		Note:     r.text("statement", 4000),
		Asserted: c.Deidentification.Asserted,
	}
	c.Reports = Reports{
		Included: choice(r, "reports_included", Answers),
		Method:   choice(r, "reports_method", ReportMethods),
		Note:     r.text("reports_statement", 4000),
		Asserted: c.Reports.Asserted,
	}
}

func writeConsent(w formWriter, c Claims) {
	w.text("irb", string(c.Consent.IRB))
	w.text("board", c.Consent.Board)
	w.text("protocol", c.Consent.Protocol)
	w.text("basis", string(c.Consent.Basis))
	w.text("commercial", string(c.Consent.Commercial))
	w.text("statement", c.Consent.Statement)
}

func readConsent(r *formReader, c *Claims) {
	c.Consent = Consent{
		IRB:        choice(r, "irb", IRBStatuses),
		Board:      r.line("board", 200),
		Protocol:   r.line("protocol", 100),
		Basis:      choice(r, "basis", ConsentBases),
		Commercial: choice(r, "commercial", CommercialConsents),
		Statement:  r.text("statement", 4000),
		Asserted:   c.Consent.Asserted,
	}
}

func writeLabels(w formWriter, c Claims) {
	writeChoices(w, "provenance", c.Labels.Provenance)
	writeChoices(w, "annotation_type", c.Labels.AnnotationTypes)
	w.text("protocol", c.Labels.Protocol)
	w.text("protocol_document", c.Labels.ProtocolDocument)
	w.text("tool", c.Labels.Tool)
}

func readLabels(r *formReader, c *Claims) {
	c.Labels = Labels{
		Provenance:       choices(r, "provenance", Provenances),
		AnnotationTypes:  choices(r, "annotation_type", AnnotationTypes),
		Protocol:         r.text("protocol", 20_000),
		ProtocolDocument: r.line("protocol_document", 500),
		Tool:             r.line("tool", 200),
		Asserted:         c.Labels.Asserted,
	}
}

func writeAnnotators(w formWriter, c Claims) {
	for i, a := range c.Annotators.Groups {
		in := func(field string) string { return Field("annotator", i, field) }
		w.text(in("role"), string(a.Role))
		w.number(in("readers"), a.Readers)
		w.text(in("specialty"), a.Specialty)
		w.text(in("subspecialty"), a.Subspecialty)
		w.text(in("board_certified"), string(a.BoardCertified))
		w.text(in("board"), a.Board)
		w.number(in("years"), a.Years)
		if a.Country != "" {
			w.text(in("country"), CountryName(a.Country))
		}
		w.text(in("blinded"), string(a.Blinded))
		w.text(in("adjudication"), string(a.Adjudication))
		w.text(in("metric"), string(a.Metric))
		w.text(in("agreement"), a.Agreement)
		w.number(in("reads"), a.ReadsPerCase)
		for _, key := range a.Linked {
			w.values.Add(in("linked"), string(key))
		}
	}
}

func readAnnotators(r *formReader, c *Claims) {
	var list []Annotator
	for i := range Rows(r.values, "annotator") {
		in := func(field string) string { return Field("annotator", i, field) }
		list = append(list, Annotator{
			Role:           choice(r, in("role"), AnnotatorRoles),
			Readers:        r.number(in("readers"), 10_000),
			Specialty:      r.line(in("specialty"), 120),
			Subspecialty:   r.line(in("subspecialty"), 120),
			BoardCertified: choice(r, in("board_certified"), Answers),
			Board:          r.line(in("board"), 200),
			Years:          r.number(in("years"), 80),
			Country:        r.country(in("country")),
			Blinded:        choice(r, in("blinded"), Answers),
			Adjudication:   choice(r, in("adjudication"), Adjudications),
			Metric:         choice(r, in("metric"), AgreementScores),
			Agreement:      r.decimal(in("agreement")),
			ReadsPerCase:   r.number(in("reads"), 1_000),
			Linked:         r.annotators(in("linked")),
		})
	}
	c.Annotators.Groups = list
}

// annotators reads ids, each once and in order.
func (r *formReader) annotators(name string) []id.Annotator {
	var list []id.Annotator
	for _, text := range r.values[name] {
		key, ok := id.Parse[id.Annotator](text)
		switch {
		case !ok:
			r.mistakes.Add(name, "Choose among the readers of your organization.")
			return nil
		case !contains(list, key):
			list = append(list, key)
		}
	}
	slices.Sort(list)
	return list
}

func (r *formReader) country(name string) string {
	s := r.line(name, 100)
	if s == "" {
		return ""
	}
	code, ok := ParseCountry(s)
	if !ok {
		r.mistakes.Add(name, "Write a country by its English name or its two letters, such as Germany or DE.")
	}
	return code
}

func writeCoverage(w formWriter, c Claims) {
	names := make([]string, len(c.Coverage.Countries))
	for i, code := range c.Coverage.Countries {
		names[i] = CountryName(code)
	}
	w.text("countries", strings.Join(names, "\n"))
	w.check("countries_unknown", c.Coverage.Unknown)
	w.text("regions", strings.Join(c.Coverage.Regions, ", "))
	w.number("sites", c.Coverage.Sites)
	writeChoices(w, "setting", c.Coverage.Settings)
	w.check("devices_unknown", c.Devices.Unknown)
	for i, d := range c.Devices.List {
		in := func(field string) string { return Field("device", i, field) }
		w.text(in("manufacturer"), d.Manufacturer)
		w.text(in("model"), d.Model)
		w.text(in("field_strength"), d.FieldStrengthT)
		w.text(in("kvp"), d.KVP)
		w.text(in("slice_min"), d.SliceThicknessMinMM)
		w.text(in("slice_max"), d.SliceThicknessMaxMM)
	}
}

func readCoverage(r *formReader, c *Claims) {
	c.Coverage = Coverage{
		Countries: r.countries("countries"),
		Regions:   r.regions("regions"),
		Sites:     r.number("sites", 100_000),
		Settings:  choices(r, "setting", Settings),
		Unknown:   r.check("countries_unknown"),
		Asserted:  c.Coverage.Asserted,
	}
	devices := Devices{Unknown: r.check("devices_unknown"), Asserted: c.Devices.Asserted}
	for i := range Rows(r.values, "device") {
		in := func(field string) string { return Field("device", i, field) }
		devices.List = append(devices.List, Device{
			Manufacturer:        r.line(in("manufacturer"), 120),
			Model:               r.line(in("model"), 120),
			FieldStrengthT:      r.decimal(in("field_strength")),
			KVP:                 r.decimal(in("kvp")),
			SliceThicknessMinMM: r.decimal(in("slice_min")),
			SliceThicknessMaxMM: r.decimal(in("slice_max")),
		})
	}
	c.Devices = devices
}

func (r *formReader) countries(name string) []string {
	var codes []string
	for _, item := range r.items(name, ";\n", 249, 100) {
		// "Bonaire, Sint Eustatius and Saba" has a comma of its own.
		parts := []string{item}
		if _, ok := ParseCountry(item); !ok {
			parts = strings.Split(item, ",")
		}
		for _, part := range parts {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			code, ok := ParseCountry(part)
			if !ok {
				r.mistakes.Addf(name, "%q is no country that we know. Write English names or two-letter codes.", part)
				return nil
			}
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func (r *formReader) regions(name string) []string {
	var codes []string
	for _, item := range r.items(name, ",;\n", 500, 20) {
		code := strings.ToUpper(item)
		country, sub, ok := strings.Cut(code, "-")
		if _, known := countries()[country]; !ok || !known || len(sub) < 1 || len(sub) > 3 || strings.Trim(sub, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			r.mistakes.Add(name, "Write regions as ISO 3166-2 codes, such as US-CA or DE-BY. A finer place than a state may identify patients.")
			return nil
		}
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// distributions are the three tables of the patients' step.
var distributions = []struct {
	name   string
	groups Vocabulary[Group]
	of     func(*Demographics) *Distribution
}{
	{"ages", AgeBands, func(d *Demographics) *Distribution { return &d.Ages }},
	{"sex", Sexes, func(d *Demographics) *Distribution { return &d.Sex }},
	{"race", Races, func(d *Demographics) *Distribution { return &d.Race }},
}

func writeDemographics(w formWriter, c Claims) {
	w.number("patients", c.Demographics.Patients)
	for _, table := range distributions {
		d := table.of(&c.Demographics)
		for _, count := range d.Counts {
			w.number(table.name+"-"+string(count.Group), count.N)
		}
		w.number(table.name+"_missing", d.Missing)
		w.check(table.name+"_not_stated", d.NotStated)
	}
}

func readDemographics(r *formReader, c *Claims) {
	read := Demographics{Patients: r.number("patients", 100_000_000), Asserted: c.Demographics.Asserted}
	for _, table := range distributions {
		d := table.of(&read)
		for _, g := range table.groups {
			if n := r.number(table.name+"-"+string(g.Value), 100_000_000); n > 0 {
				d.Counts = append(d.Counts, Count{g.Value, n})
			}
		}
		d.Missing = r.number(table.name+"_missing", 100_000_000)
		d.NotStated = r.check(table.name + "_not_stated")
	}
	c.Demographics = read
}

func writeSplits(w formWriter, c Claims) {
	w.text("provided", string(c.Splits.Provided))
	for i, s := range c.Splits.List {
		in := func(field string) string { return Field("split", i, field) }
		w.text(in("name"), s.Name)
		w.number(in("n"), s.N)
		w.text(in("by_patient"), string(s.ByPatient))
		w.text(in("withheld"), string(s.Withheld))
		w.text(in("leakage_checked"), string(s.LeakageChecked))
	}
}

func readSplits(r *formReader, c *Claims) {
	read := Splits{Provided: choice(r, "provided", Answers), Asserted: c.Splits.Asserted}
	for i := range Rows(r.values, "split") {
		in := func(field string) string { return Field("split", i, field) }
		read.List = append(read.List, Split{
			Name:           r.line(in("name"), 60),
			N:              r.number(in("n"), 1_000_000_000),
			ByPatient:      choice(r, in("by_patient"), Answers),
			Withheld:       choice(r, in("withheld"), Answers),
			LeakageChecked: choice(r, in("leakage_checked"), Answers),
		})
	}
	c.Splits = read
}

func writeCaveats(w formWriter, c Claims) {
	w.text("caveats", strings.Join(c.Caveats.List, "\n"))
	w.check("none_known", c.Caveats.NoneKnown)
}

func readCaveats(r *formReader, c *Claims) {
	c.Caveats = Caveats{
		List:      r.items("caveats", "\n", 50, 500),
		NoneKnown: r.check("none_known"),
		Asserted:  c.Caveats.Asserted,
	}
}
