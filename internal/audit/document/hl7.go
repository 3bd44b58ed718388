package document

import (
	"fmt"
	"strings"

	"assay/internal/audit/finding"
)

// hl7Field is a field of a segment that identifies a person.
type hl7Field struct {
	name string
	promise
}

// hl7Fields are the fields that identify, by segment and number.
//
// Source: HL7 version 2.8.2, chapters 3 and 6.
var hl7Fields = map[string]map[int]hl7Field{
	"PID": {
		2: {"PatientID", idField}, 3: {"PatientIdentifierList", idField}, 4: {"AlternatePatientID", idField},
		5: {"PatientName", nameField}, 6: {"MothersMaidenName", nameField}, 7: {"DateOfBirth", birthField},
		9: {"PatientAlias", nameField}, 11: {"PatientAddress", addressField}, 13: {"PhoneNumberHome", contactField},
		14: {"PhoneNumberBusiness", contactField}, 18: {"PatientAccountNumber", idField}, 19: {"SSNNumber", promise{"id", []string{"G"}}},
		20: {"DriversLicenseNumber", promise{"id", []string{"K"}}}, 21: {"MothersIdentifier", idField}, 23: {"BirthPlace", promise{"place", []string{"B"}}},
		29: {"PatientDeathDateAndTime", promise{"birth", []string{"C"}}}, 40: {"PatientTelecommunicationInformation", contactField},
	},
	"NK1": {2: {"Name", nameField}, 4: {"Address", addressField}, 5: {"PhoneNumber", contactField}, 6: {"BusinessPhoneNumber", contactField}, 16: {"DateOfBirth", birthField}, 37: {"SSNNumber", promise{"id", []string{"G"}}}},
	"GT1": {3: {"GuarantorName", nameField}, 5: {"GuarantorAddress", addressField}, 6: {"GuarantorPhone", contactField}, 8: {"GuarantorBirth", birthField}, 12: {"GuarantorSSN", promise{"id", []string{"G"}}}},
	"IN1": {16: {"NameOfInsured", nameField}, 18: {"InsuredsDateOfBirth", birthField}, 19: {"InsuredsAddress", addressField}, 36: {"PolicyNumber", promise{"id", []string{"I"}}}, 49: {"InsuredsIDNumber", promise{"id", []string{"I"}}}},
	"PV1": {
		7: {"AttendingDoctor", staffField}, 8: {"ReferringDoctor", staffField}, 9: {"ConsultingDoctor", staffField}, 17: {"AdmittingDoctor", staffField},
		19: {"VisitNumber", promise{"number", []string{"J"}}}, 44: {"AdmitDateTime", promise{"date", []string{"C"}}}, 45: {"DischargeDateTime", promise{"date", []string{"C"}}},
	},
	"ORC": {2: {"PlacerOrderNumber", promise{"number", []string{"J"}}}, 3: {"FillerOrderNumber", promise{"number", []string{"J"}}}, 12: {"OrderingProvider", staffField}},
	"OBR": {
		2: {"PlacerOrderNumber", promise{"number", []string{"J"}}}, 3: {"FillerOrderNumber", promise{"number", []string{"J"}}}, 7: {"ObservationDateTime", promise{"date", []string{"C"}}},
		16: {"OrderingProvider", staffField}, 32: {"PrincipalResultInterpreter", staffField},
	},
}

var (
	idField      = promise{"pseudonym", []string{"H"}}
	nameField    = promise{"name", []string{"A"}}
	birthField   = promise{"birth", []string{"C"}}
	addressField = promise{"place", []string{"B"}}
	contactField = promise{"contact", []string{"D", "E", "F"}}
	staffField   = promise{"staff", []string{"A"}}
)

// hl7 reads messages of HL7 version 2: fields that identify, and the text of
// the others.
func (in *inspection) hl7() error {
	r, exact := in.reader()
	separator, component := "|", "^"
	return in.eachLine(r, func(s string, offset int64) {
		if !exact {
			offset = 0
		}
		s = strings.Trim(s, "\v\x1c ")
		if len(s) > 8 && (strings.HasPrefix(s, "MSH") || strings.HasPrefix(s, "BHS") || strings.HasPrefix(s, "FHS")) {
			separator, component = s[3:4], s[4:5]
			s = s[:3] + separator + s[3:] // MSH-1 is the separator itself
		}
		fields := strings.Split(s, separator)
		in.segment(fields, component, offset)
	})
}

// segment judges the fields of one segment.
func (in *inspection) segment(fields []string, component string, offset int64) {
	kind := fields[0]
	known, isKnown := hl7Fields[kind]
	header := kind == "MSH" || kind == "BHS" || kind == "FHS"
	if !isKnown && len(kind) != 3 {
		kind = "segment"
	}
	for i, v := range fields[1:] {
		number := i + 1
		if v == "" || v == `""` || header && number <= 12 {
			continue
		}
		field, found := known[number]
		if !found {
			if last := v[strings.LastIndex(v, component)+1:]; in.embedded(last) {
				continue
			}
			in.scan(ruleReport, fmt.Sprintf("HL7 %s", kind), strings.ReplaceAll(v, component, " "), offset)
			continue
		}
		if severity, shape, ok := judgeField(field.promise, v, component); ok {
			in.keepName(field.promise, severity, strings.ReplaceAll(v, component, " "))
			in.add(ruleReport, hit{severity: severity, hipaa: field.hipaa, path: fmt.Sprintf("%s-%d %s", kind, number, field.name), shape: shape, offset: offset,
				message: "An HL7 field about a person is filled."})
		}
	}
	if !isKnown && kind == "segment" {
		in.scan(ruleReport, "HL7 text", fields[0], offset)
	}
}

// judgeField judges the components of a field by the gravest.
func judgeField(p promise, v, component string) (severity finding.Severity, shape string, ok bool) {
	if s, fits := p.judge(strings.ReplaceAll(v, component, " ")); fits {
		severity, shape, ok = s, finding.Mask(v), true
	}
	for _, part := range strings.FieldsFunc(v, func(r rune) bool { return string(r) == component || r == '~' || r == '&' }) {
		if s, fits := p.judge(part); fits && (!ok || p.kind == "pseudonym" && s.Rank() < severity.Rank()) {
			severity, shape, ok = s, finding.Mask(part), true
		}
	}
	return severity, shape, ok
}
