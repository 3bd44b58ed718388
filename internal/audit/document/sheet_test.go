package document_test

import (
	"strings"
	"testing"
)

// xlsxOf returns a workbook of one sheet, with more parts: name, content, …
func xlsxOf(t testing.TB, shared, rows string, parts ...string) []byte {
	t.Helper()
	all := append([]string{
		"[Content_Types].xml", `<Types/>`, "xl/workbook.xml", `<workbook><sheets><sheet name="cohort"/></sheets></workbook>`,
		"xl/sharedStrings.xml", "<sst>" + shared + "</sst>", "xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + rows + "</sheetData></worksheet>",
	}, parts...)
	return zipOf(t, all...)
}

func TestWorkbooksAreJudgedByTheirColumns(t *testing.T) {
	const shared = `<si><t>id</t></si><si><r><t>Patient </t></r><r><t>Name</t></r></si><si><t>DOB</t></si><si><t>Quillfeather, Tamsin</t></si><si><t>SUBJ-0007</t></si>`
	const head = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="D1" t="s"><v>2</v></c></row>`
	tests := []struct {
		name string
		b    []byte
		want []string
		not  string
	}{
		{"a name and a day as a number", xlsxOf(t, shared, head+`<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>3</v></c><c r="D2"><v>22745</v></c></row>`),
			[]string{"blocker sidecar-columns column patientname", "blocker sidecar-columns column dob"}, ""},
		{"a code and an empty day", xlsxOf(t, shared, head+`<row r="2"><c r="A2"><v>22745</v></c><c r="B2" t="s"><v>4</v></c></row>`),
			[]string{"warning sidecar-columns column patientname"}, "dob"},
		{"text in the cell itself", xlsxOf(t, "", `<row><c t="inlineStr"><is><t>mrn</t></is></c></row><row><c><v>78051121</v></c></row>`),
			[]string{"blocker sidecar-columns column mrn"}, ""},
		{"a number that points nowhere", xlsxOf(t, shared, head+`<row><c r="B2" t="s"><v>99</v></c><c r="ZZZZ2" t="s"><v>3</v></c></row>`), nil, "sidecar"},
		{"the name of a sheet", xlsxOf(t, "", "", "xl/workbook.xml.bak", "", "xl/charts/chart1.xml", "<c><t>"+ssn+"</t></c>"), []string{"blocker report-text document text"}, ""},
		{"who wrote a comment", xlsxOf(t, "", "", "xl/persons/person.xml", `<personList><person displayName="Tamsin Quillfeather" userId="tamsin@quillfeather.example"/></personList>`),
			[]string{"warning report-text author of a change or comment", "blocker report-text document userId"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(lines(inspect(t, "cohort.xlsx", tt.b)), "\n")
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("want %q among\n%s", want, got)
				}
			}
			if tt.not != "" && strings.Contains(got, tt.not) {
				t.Errorf("%q is among\n%s", tt.not, got)
			}
			if leaks(got) {
				t.Errorf("an identifier is shown:\n%s", got)
			}
		})
	}
}

func TestHeadersOfOpenDocumentsAreRead(t *testing.T) {
	b := zipOf(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<c><p>clear</p></c>", "styles.xml", "<s><footer><p>"+ssn+"</p></footer></s>")
	if got := strings.Join(lines(inspect(t, "a.odt", b)), "\n"); !strings.Contains(got, "blocker report-text document text") {
		t.Errorf("got %q", got)
	}
}

func TestParticipantsOfClinicalDocumentsAreStaff(t *testing.T) {
	doc := func(participant string) []byte {
		return []byte(`<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">` + participant + `</ClinicalDocument>`)
	}
	tests := []struct {
		name string
		b    []byte
		want string
	}{
		{"an author", doc(`<author><assignedAuthor><id extension="4411"/><assignedPerson><name><given>Tamsin</given><family>Quillfeather</family></name></assignedPerson></assignedAuthor></author>`), "warning report-text author/given"},
		{"a custodian", doc(`<custodian><assignedCustodian><representedCustodianOrganization><name>Harborview Clinic</name></representedCustodianOrganization></assignedCustodian></custodian>`), "warning report-text custodian/name"},
		{"a patient within a participant", doc(`<participant><patientRole><patient><name>Tamsin Quillfeather</name></patient></patientRole></participant>`), "blocker report-text patientRole/name"},
		{"the author of something else", []byte("<paper><author><name>Curie</name></author></paper>"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(lines(inspect(t, "a.xml", tt.b)), "\n")
			if !strings.Contains(got, tt.want) || tt.want == "" && strings.Contains(got, "author/") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
