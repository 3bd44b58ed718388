package audit

import (
	"assay/internal/audit/finding"
)

// mixedStudy reports a study of several patients.
func mixedStudy(g []member, found *collector) {
	reportMixed(g, found, finding.Blocker, "(0020,000D) StudyInstanceUID",
		"One StudyInstanceUID holds more than one PatientID; these files differ from most.", func(m *member) Hash { return m.patient })
	reportAges(g, found)
}

// mixedSeries reports a series of several patients, studies or modalities.
//
// Source: DICOM PS3.3 Sections A.1.2 and C.7.3.1.
func mixedSeries(g []member, found *collector) {
	const path = "(0020,000E) SeriesInstanceUID"
	reportMixed(g, found, finding.Blocker, path, "One SeriesInstanceUID holds more than one PatientID; these files differ from most.",
		func(m *member) Hash { return m.patient })
	reportMixed(g, found, finding.Blocker, path, "One SeriesInstanceUID stands in more than one study; these files differ from most.",
		func(m *member) Hash { return m.study })
	reportMixed(g, found, finding.Warning, path, "One SeriesInstanceUID holds more than one Modality; these files differ from most.",
		func(m *member) Hash { return Hash{m.modality} })
}

// patient reports contradictions about one patient, and counts him or her.
func (s *set) patient(g []member, found *collector) {
	reportMixed(g, found, finding.Warning, "(0010,0040) PatientSex",
		"One PatientID has more than one PatientSex; these files differ from most.", func(m *member) Hash { return Hash{m.sex} })
	reportMixed(g, found, finding.Warning, "(0010,0030) PatientBirthDate",
		"One PatientID has more than one PatientBirthDate; these files differ from most.", func(m *member) Hash { return m.birth })
	var sex, age string
	for i := range g {
		if sex == "" && g[i].sex != 0 {
			sex = string(rune(g[i].sex))
		}
		if age == "" && g[i].age >= 0 {
			age = bandOf(int(g[i].age))
		}
	}
	count(&s.facts.Sexes, orNotStated(sex))
	count(&s.facts.AgeBands, orNotStated(age))
}

// reportAges reports the patients of a study whose ages in it are more than a
// year apart: between studies years may pass, within one a birthday at most.
func reportAges(g []member, found *collector) {
	seen := map[Hash]int{} // patient to the first member with an age
	told := map[Hash]bool{}
	for i := range g {
		m := &g[i]
		if m.age < 0 || m.patient == (Hash{}) {
			continue
		}
		first, known := seen[m.patient]
		if !known {
			seen[m.patient] = i
			continue
		}
		if d := m.age - g[first].age; d >= -1 && d <= 1 {
			continue
		}
		f := ruleMixedPatient.New("(0010,1010) PatientAge", "", "One patient has ages in one study that are more than a year apart.", finding.Location{})
		f.Severity = finding.Warning
		if !told[m.patient] {
			told[m.patient] = true
			found.add(int(g[first].file), f)
		}
		found.place(int(m.file), f)
	}
}

// reportMixed reports a group whose members differ in the hash that of
// returns, at the files that differ from most of the group. Members whose hash
// is zero are not compared.
func reportMixed(g []member, found *collector, severity finding.Severity, path, message string, of func(*member) Hash) {
	count := map[Hash]int{}
	var most Hash
	for i := range g {
		h := of(&g[i])
		if h == (Hash{}) {
			continue
		}
		// The first to reach a number keeps it, so that a tie goes to the
		// value that comes first.
		if count[h]++; count[h] > count[most] {
			most = h
		}
	}
	if len(count) < 2 {
		return
	}
	f := ruleMixedPatient.New(path, "", message, finding.Location{})
	f.Severity = severity
	counted := false
	for i := range g {
		switch h := of(&g[i]); {
		case h == (Hash{}) || h == most:
		case !counted:
			found.add(int(g[i].file), f)
			counted = true
		default:
			found.place(int(g[i].file), f)
		}
	}
}

// differ reports whether two members differ in a hash that neither lacks.
func differ[K comparable](g []member, of func(*member) K) bool {
	var none, first K
	for i := range g {
		switch h := of(&g[i]); {
		case h == none:
		case first == none:
			first = h
		case h != first:
			return true
		}
	}
	return false
}
