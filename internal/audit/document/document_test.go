package document_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"assay/internal/audit/document"
	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
	"assay/internal/audit/text"
)

func floatBits(n int) uint32 { return math.Float32bits(float32(n)) }

var (
	le binary.AppendByteOrder = binary.LittleEndian
	be binary.AppendByteOrder = binary.BigEndian
)

// The identifiers that are planted below. None may appear in any finding.
var planted = []string{"Quillfeather", "quillfeather", "QUILLFEATHER", "Tamsin", "TAMSIN", "19620409", "1962-04-09", "078-05-1121", "78051121", "555-0143", "Harborview"}

const (
	ssn  = "SSN 078-05-1121"
	name = "Dr. Tamsin Quillfeather"
)

func TestIdentifiersAreFound(t *testing.T) {
	exif := func(tags ...tag) string { return "Exif\x00\x00" + string(tiffOf(le, tags...)) }
	cda := `<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id extension="78051121"/><addr><streetAddressLine>12 Harborview Road</streetAddressLine></addr><telecom value="tel:+1-212-555-0143"/><patient><name><given>Tamsin</given><family>Quillfeather</family></name><birthTime value="19620409"/></patient></patientRole></recordTarget></ClinicalDocument>`
	hl7 := "MSH|^~\\&|RIS|SITE|||202001011200||ORU^R01|1|P|2.3\rPID|1||78051121^^^SITE^MR||Quillfeather^Tamsin||19620409|F|||12 Harborview Road^^Springfield^IL^62704||(212)555-0143\rNK1|1|Quillfeather^Corwin|SPO\rPV1|1|O|||||1234^Quillfeather^Tamsin^^^Dr\rOBX|1|TX|REPORT||Lungs are clear. " + ssn + "\r"
	tests := []struct {
		name, path string
		bytes      []byte
		want       []string // "severity rule path"
	}{
		{"a note", "note.txt", []byte("FINDINGS: clear lungs.\n" + ssn + "\n"), []string{"blocker report-text text"}},
		{"a label and its value on the next line", "note.txt", []byte("Patient name:\nTamsin Quillfeather\nMRN:\n78051121\n"), []string{"blocker report-text text"}},
		{"a note in UTF-16", "note.txt", append([]byte{0xff, 0xfe}, wide(ssn+"\r\n")...), []string{"blocker report-text text"}},
		{"a note in Latin-1", "note.txt", []byte("Universit\xe4tsklinik: " + ssn + "\n"), []string{"blocker report-text text"}},
		{"a table with columns of identifiers", "patients.csv", []byte("id,Patient Name,DOB,MRN,label\n1,\"Quillfeather, Tamsin\",1962-04-09,78051121,0\n2,\"Quillfeather, Corwin\",1971-01-30,78051122,1\n"),
			[]string{"blocker sidecar-columns column patientname", "blocker sidecar-columns column dob", "blocker sidecar-columns column mrn"}},
		{"a column called name beside another identifier", "people.csv", []byte("name,ssn\nTamsin Quillfeather,078-05-1121\n"),
			[]string{"blocker sidecar-columns column ssn", "blocker sidecar-columns column name"}},
		{"a column called name alone", "people.csv", []byte("name,label\nTamsin Quillfeather,0\nCorwin Quillfeather,1\n"), []string{"warning sidecar-columns column name"}},
		{"pseudonyms in a column of names", "people.csv", []byte("patient_name,label\nSUBJ-0001,0\nSUBJ-0002,1\n"), []string{"warning sidecar-columns column patientname"}},
		{"text within a table", "reports.tsv", []byte("id\treport\n1\tclear\n2\t" + ssn + "\n"), []string{"blocker report-text column 2"}},
		{"a table by semicolon", "t.csv", []byte("id;email\n1;tamsin@quillfeather.example\n"), []string{"blocker sidecar-columns column email"}},
		{"keys of identifiers", "meta.json", []byte(`{"cases":[{"mrn":78051121,"birthDate":"1962-04-09","name":"Tamsin Quillfeather"}]}`),
			[]string{"blocker sidecar-columns key mrn", "blocker sidecar-columns key birthdate", "blocker sidecar-columns key name"}},
		{"a key that is an identifier itself", "meta.json", []byte(`{"SSN 078-05-1121": {"label": 1}}`), []string{"blocker report-text JSON key"}},
		{"JSON lines", "meta.jsonl", []byte("{\"report\":\"clear\"}\n{\"report\":\"" + ssn + "\"}\n"), []string{"blocker report-text JSON value report"}},
		{"a FHIR patient whose type comes last", "p.json", []byte(`{"name":[{"family":"Quillfeather","given":["Tamsin"]}],"birthDate":"1962-04-09","telecom":[{"system":"phone","value":"212-555-0143"}],"identifier":[{"value":"78051121"}],"resourceType":"Patient"}`),
			[]string{"blocker report-text Patient.name", "blocker report-text Patient.birthDate", "blocker report-text Patient.telecom", "blocker report-text Patient.identifier"}},
		{"a FHIR practitioner", "p.json", []byte(`{"resourceType":"Practitioner","name":[{"family":"Quillfeather"}]}`), []string{"warning report-text Practitioner.name"}},
		{"a CDA document", "report.xml", []byte(cda), []string{"blocker report-text patientRole/family", "blocker report-text patientRole/id", "blocker report-text patientRole/birthTime", "blocker report-text patientRole/telecom"}},
		{"an element of identifiers", "case.xml", []byte("<case><PatientName>Quillfeather^Tamsin</PatientName></case>"), []string{"blocker sidecar-columns element patientname"}},
		{"an attribute of identifiers", "case.xml", []byte(`<case dob="1962-04-09"/>`), []string{"blocker sidecar-columns attribute dob"}},
		{"a comment in XML", "case.xml", []byte("<case><!-- " + ssn + " --></case>"), []string{"blocker report-text XML text comment"}},
		{"broken XML is still text", "case.xml", []byte("<case><a>" + ssn + "</case>"), []string{"warning doc-not-read", "blocker report-text"}},
		{"HL7", "oru.hl7", []byte(hl7), []string{"blocker report-text PID-3 PatientIdentifierList", "blocker report-text PID-5 PatientName", "blocker report-text PID-7 DateOfBirth",
			"warning report-text PID-11 PatientAddress", "blocker report-text PID-13 PhoneNumberHome", "blocker report-text NK1-2 Name", "warning report-text PV1-7 AttendingDoctor", "blocker report-text HL7 OBX"}},
		{"HTML", "page.html", []byte("<!DOCTYPE html><html><body><script>var ssn</script><p>" + ssn + "</p></body></html>"), []string{"blocker report-text HTML text"}},
		{"RTF", "letter.rtf", []byte("{\\rtf1\\ansi{\\fonttbl\\f0 Arial;}\\f0\\pard SSN 078-05-\\b 1121\\b0\\par}"), []string{"blocker report-text text"}},
		{"Word, with the number cut into runs", "letter.docx", docxOf(t, paragraph("SSN 078", "-05-", "1121")), []string{"blocker report-text document text"}},
		{"Word, author", "letter.docx", docxOf(t, paragraph("clear"), "docProps/core.xml", "<cp:coreProperties xmlns:cp=\"c\" xmlns:dc=\"d\"><dc:creator>Tamsin Quillfeather</dc:creator></cp:coreProperties>"),
			[]string{"warning report-text document property creator"}},
		{"Word, deleted text that is tracked", "letter.docx", docxOf(t, "<w:p><w:del w:author=\"T Quillfeather\"><w:r><w:delText>"+ssn+"</w:delText></w:r></w:del></w:p>"),
			[]string{"blocker report-text document text", "warning report-text author of a change or comment"}},
		{"Word, picture with Exif", "letter.docx", docxOf(t, paragraph("clear"), "word/media/image1.jpg", string(jpegWith(t, 0xe1, exif(tag{id: 0x13b, text: "Tamsin Quillfeather"})))),
			[]string{"warning img-metadata EXIF Artist"}},
		{"Word, embedded file", "letter.docx", docxOf(t, paragraph("clear"), "word/embeddings/oleObject1.bin", "x"), []string{"warning archive-inside embedded file"}},
		{"PDF", "report.pdf", pdfOf("Tamsin Quillfeather", "Lungs are clear.", ssn), []string{"blocker report-text document text", "warning report-text document property Author"}},
		{"PDF of a version that the library does not know", "report.pdf", bytes.Replace(pdfOf("", ssn), []byte("%PDF-1.4"), []byte("%PDF-2.0"), 1), []string{"blocker report-text document text"}},
		{"PDF with moves instead of blanks", "report.pdf", pdfOf("", "BT /F1 12 Tf 72 720 Td (SSN) Tj 31 0 Td (078-05-) Tj 43 0 Td (1121) Tj 0 -14 Td (seen) Tj ET"), []string{"blocker report-text document text"}},
		{"PDF with kerning instead of blanks", "report.pdf", pdfOf("", "BT /F1 12 Tf 72 720 Td [(MR) 20 (N:) -333 (780) 15 (51121)] TJ ET"), []string{"blocker report-text document text"}},
		{"PDF with glyph codes and a map to Unicode", "report.pdf", pdfWith("<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 4 0 R >>",
			"|1 beginbfchar <0001> <0053> endbfchar 2 beginbfrange <0002> <0002> [<004E>] <0010> <0019> <0030> endbfrange 1 beginbfchar <0003> <002D> endbfchar 1 beginbfchar <0004> <0020> endbfchar", "",
			"BT /F1 12 Tf 72 720 Td <000100010002000400100017001800030010001500030011001100120011> Tj ET"), []string{"blocker report-text document text"}},
		{"PDF with text in a form", "report.pdf", pdfWith("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
			"/Type /XObject /Subtype /Form|BT /F1 12 Tf 10 10 Td ("+ssn+") Tj ET", "", "q /X1 Do Q"), []string{"blocker report-text document text"}},
		{"PDF with label and value on two lines", "report.pdf", pdfOf("", "BT /F1 12 Tf 72 720 Td (MRN:) Tj 0 -14 Td (78051121) Tj ET"), []string{"blocker report-text document text"}},
		{"PDF without text", "scan.pdf", pdfOf("", ""), []string{"warning doc-not-read"}},
		{"PNG text", "a.png", pngWith(t, "tEXt", "Comment\x00"+ssn), []string{"blocker img-metadata PNG comment"}},
		{"PNG packed text", "a.png", pngWith(t, "zTXt", "Description\x00\x00"+deflated(ssn)), []string{"blocker img-metadata PNG description"}},
		{"PNG international text", "a.png", pngWith(t, "iTXt", "Author\x00\x01\x00en\x00Autor\x00"+deflated(name)), []string{"warning img-metadata PNG author"}},
		{"PNG with a keyword of its own", "a.png", pngWith(t, "tEXt", "x\x00case 4"), []string{"warning img-metadata PNG text"}},
		{"PNG Exif", "a.png", pngWith(t, "eXIf", string(tiffOf(be, tag{id: 0x13b, text: "Tamsin Quillfeather"}))), []string{"warning img-metadata EXIF Artist"}},
		{"PNG profile in hexadecimal", "a.png", pngWith(t, "tEXt", "Raw profile type exif\x00\nexif\n 40\n"+fmt.Sprintf("%x", exif(tag{id: 0x9003, text: "1962:04:09 10:00:00"}))), []string{"warning img-metadata EXIF DateTimeOriginal"}},
		{"JPEG comment", "a.jpg", jpegWith(t, 0xfe, ssn), []string{"blocker img-metadata JPEG comment"}},
		{"JPEG Exif", "a.jpg", jpegWith(t, 0xe1, exif(tag{id: 0x10e, text: ssn}, tag{id: 0x132, text: "2020:01:02 10:00:00"},
			tag{id: 0x8769, below: []tag{{id: 0xa431, text: "4411"}, {id: 0x9286, text: "ASCII\x00\x00\x00" + name, kind: 7}}},
			tag{id: 0x8825, below: []tag{{id: 2, text: strings.Repeat("\x01\x00\x00\x00", 6), kind: 5}}})),
			[]string{"blocker img-metadata EXIF ImageDescription", "warning img-metadata EXIF DateTime", "warning img-metadata EXIF BodySerialNumber", "warning img-metadata EXIF UserComment", "warning img-metadata EXIF GPSLatitude"}},
		{"JPEG Exif in big endian", "a.jpg", jpegWith(t, 0xe1, "Exif\x00\x00"+string(tiffOf(be, tag{id: 0x9c9d, text: wide("Tamsin Quillfeather"), kind: 1}))), []string{"warning img-metadata EXIF XPAuthor"}},
		{"JPEG XMP", "a.jpg", jpegWith(t, 0xe1, "http://ns.adobe.com/xap/1.0/\x00"+xmpOf("<dc:creator><rdf:Seq><rdf:li>Tamsin Quillfeather</rdf:li></rdf:Seq></dc:creator><dc:description>"+ssn+"</dc:description>")),
			[]string{"warning img-metadata XMP creator", "blocker img-metadata XMP"}},
		{"JPEG IPTC", "a.jpg", jpegWith(t, 0xed, iptcOf(80, "Tamsin Quillfeather")), []string{"warning img-metadata IPTC Byline"}},
		{"GIF comment", "a.gif", gifWith(t, ssn), []string{"blocker img-metadata GIF comment"}},
		{"TIFF", "a.tif", tiffOf(le, tag{id: 0x13c, text: "Harborview-7"}, tag{id: 0x10e, text: ssn}), []string{"warning img-metadata TIFF HostComputer", "blocker img-metadata TIFF ImageDescription"}},
		{"slide with a label", "a.svs", tiffOf(le, tag{id: 0x10e, text: "Aperio Image Library v11.2.1\nlabel 387x463"}), []string{"blocker wsi-metadata label image"}},
		{"a script in an image", "a.png", pngWith(t, "tEXt", "Software\x00<script>alert(1)</script>"), []string{"warning img-metadata content"}},
		{"NIfTI description", "a.nii", niftiOf(ssn, "", 0, ""), []string{"blocker nifti-header-text descrip"}},
		{"NIfTI in gzip", "a.nii.gz", gz(niftiOf(ssn, "case 4", 0, "")), []string{"blocker nifti-header-text descrip", "warning nifti-header-text db_name"}},
		{"NIfTI with DICOM in an extension", "a.nii", niftiOf("", "", 2, "\x10\x00\x10\x00PN\x14\x00Quillfeather^Tamsin "), []string{"warning nifti-header-text extension code 2", "warning nifti-header-text extension code 2"}},
		{"NRRD", "a.nrrd", []byte("NRRD0004\ntype: short\ncontent: " + ssn + "\nPatientName:=Quillfeather^Tamsin\n\n\x00\x01"), []string{"blocker nifti-header-text header", "blocker sidecar-columns key patientname"}},
		{"MetaImage", "a.mha", []byte("ObjectType = Image\nNDims = 3\nComment = " + ssn + "\nDimSize = 2 2 2\nElementDataFile = LOCAL\n" + ssn), []string{"blocker nifti-header-text header"}},
		{"an archive", "inner.zip", zipOf(t, "a", "x"), []string{"warning archive-inside"}},
		{"an archive behind an image", "a.png", append(pngWith(t, "", ""), zipOf(t, "a", "x")...), []string{"warning archive-inside end of file"}},
		{"Word before 2007", "a.doc", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 504)), []string{"warning doc-not-read"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := inspect(t, tt.path, tt.bytes)
			var got []string
			for _, f := range list {
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Severity, f.Rule, f.Path)))
				if shown := fmt.Sprintf("%+v", f); leaks(shown) {
					t.Errorf("a finding shows a planted identifier: rule %s, path %s", f.Rule, finding.Mask(f.Path))
				}
				if f.Fix == "" || f.Message == "" || f.Count < 1 || len(f.Locations) == 0 {
					t.Errorf("%s lacks fix, message, count or location: %+v", f.Rule, f)
				}
			}
			all := strings.Join(got, "\n")
			for _, want := range tt.want {
				if !strings.Contains(all, want) {
					t.Errorf("found\n%s\nwant %q among them", all, want)
				}
			}
		})
	}
}

func leaks(s string) bool {
	for _, p := range planted {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

func TestCleanDocumentsHaveNoFinding(t *testing.T) {
	tests := []struct {
		name, path string
		bytes      []byte
	}{
		{"a report", "r.txt", []byte("FINDINGS: The lungs are clear. Heart size is normal.\nIMPRESSION: No acute disease.\n")},
		{"a table of labels", "labels.csv", []byte("image,label,score\nIM-0001.dcm,0,0.93\nIM-0002.dcm,1,0.12\n")},
		{"a table with emptied columns", "p.csv", []byte("id,PatientName,DOB,email\n1,REMOVED,,N/A\n2,ANON,,\n")},
		{"COCO", "coco.json", []byte(`{"images":[{"id":1,"file_name":"IM-0001.png"}],"annotations":[{"id":1,"bbox":[1,2,3,4],"segmentation":{"counts":"PPYo01M3^Doe^Jane^PPYo01M3Lq","size":[4,4]}}],"categories":[{"id":1,"name":"nodule"}]}`)},
		{"VOC", "v.xml", []byte("<annotation><filename>1.png</filename><object><name>nodule</name><bndbox><xmin>1</xmin></bndbox></object></annotation>")},
		{"a FHIR observation", "o.json", []byte(`{"resourceType":"Observation","code":{"text":"nodule"},"identifier":[{"value":"12345678"}]}`)},
		{"PNG that names its writer", "a.png", pngWith(t, "tEXt", "Software\x00Matplotlib version 3.8.2, https://matplotlib.org/")},
		{"JPEG", "a.jpg", jpegWith(t, 0, "")},
		{"JPEG with the encoder's comment", "a.jpg", jpegWith(t, 0xfe, "CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90\n")},
		{"TIFF of ImageJ", "a.tif", tiffOf(le, tag{id: 0x10e, text: "ImageJ=1.53t\nimages=3\nslices=3\n"}, tag{id: 0x131, text: "tifffile.py"})},
		{"PDF", "r.pdf", pdfOf("", "Lungs are clear.")},
		{"Word", "r.docx", docxOf(t, paragraph("Lungs are ", "clear."))},
		{"NIfTI", "a.nii", niftiOf("FSL5.0", "", 0, "")},
		{"NRRD", "a.nrrd", []byte("NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nencoding: raw\nspace: left-posterior-superior\n\n\x00\x01")},
		{"a program is not ours to judge", "a.exe", []byte("MZ\x90\x00\x03\x00")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, f := range inspect(t, tt.path, tt.bytes) {
				t.Errorf("found %s %s %s %s: %s", f.Severity, f.Rule, f.Path, f.Shape, f.Message)
			}
		})
	}
}

func TestLimitsAreHeld(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	nested := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	attributes := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " a%d=\"1\"", i)
		}
		return "<a" + b.String() + "/>"
	}
	bomb := deflated(strings.Repeat("clear ", 3<<20))
	tests := []struct {
		name, path, content string
		refused             bool
	}{
		{"JSON of 64 levels", "a.json", deep(64), false},
		{"JSON of 65 levels", "a.json", deep(65), true},
		{"XML of 64 levels", "a.xml", nested(64), false},
		{"XML of 65 levels", "a.xml", nested(65), true},
		{"XML with 256 attributes", "a.xml", attributes(256), false},
		{"XML with 257 attributes", "a.xml", attributes(257), true},
		{"XML with a DOCTYPE", "a.xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", true},
		{"a field of 1 MiB", "a.csv", "a,b\n1," + strings.Repeat("x ", 1<<19) + "\n", false},
		{"a field over 1 MiB", "a.csv", "a,b\n1," + strings.Repeat("x ", 1<<19) + "x\n", true},
		{"a quote that never ends", "a.csv", "a,b\n1,2\n3,\"" + strings.Repeat("x,y\n", 1<<19), true},
		{"packed text that explodes", "a.png", string(pngWith(t, "zTXt", "Comment\x00\x00"+bomb)), true},
		{"a PDF that claims a huge table", "a.pdf", strings.Replace(string(pdfOf("", "clear")), "/Size 8", "/Size 99999999999", 1), true},
		{"a PDF that claims a huge first object", "a.pdf", strings.Replace(string(pdfOf("", "clear")), "xref\n0 8", "xref\n9999999999 8", 1), true},
		{"a PDF whose tables form a ring", "a.pdf", ringPDF(), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			refused := false
			var rules []string
			for _, f := range inspect(t, tt.path, []byte(tt.content)) {
				refused = refused || f.Rule == "doc-refused" && f.Severity == finding.Blocker
				rules = append(rules, f.Rule+": "+f.Message)
			}
			if refused != tt.refused {
				t.Errorf("refused = %v, want %v (found %v)", refused, tt.refused, rules)
			}
		})
	}
}

// ringPDF has a table of objects that names itself as the one before.
func ringPDF() string {
	s := string(pdfOf("", "clear"))
	at := strings.Index(s, "xref\n")
	return strings.Replace(s, "trailer\n<< ", fmt.Sprintf("trailer\n<< /Prev %d ", at), 1)
}

func TestFindingsAreBoundedAndCounted(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,mrn\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "%d,%d%s\n", i, 10_000_000+i, strings.Repeat("X", i%700))
	}
	list := inspect(t, "a.csv", []byte(b.String()))
	total := 0
	for _, f := range list {
		if f.Rule == "sidecar-columns" {
			total += f.Count
		}
	}
	if len(list) > 510 {
		t.Errorf("%d findings, want at most 510", len(list))
	}
	if total < 2500 { // values over 400 bytes are no numbers
		t.Errorf("%d occurrences counted, want at least 2500", total)
	}
}

type brokenReader struct{}

func (brokenReader) ReadAt([]byte, int64) (int, error) { return 0, errors.New("disk is gone") }

func TestFailuresOfTheReaderAreErrors(t *testing.T) {
	for _, kind := range []sniff.Kind{sniff.Text, sniff.CSV, sniff.JSON, sniff.XML, sniff.PDF, sniff.DOCX, sniff.PNG, sniff.JPEG, sniff.TIFF, sniff.NIfTI, sniff.HL7} {
		err := document.Inspect(t.Context(), brokenReader{}, 1000, kind, "a", text.New(text.Options{}), func(finding.Finding) {})
		if err == nil {
			t.Errorf("Inspect of %s: no error from a broken reader", kind)
		}
	}
}

func TestCanceledContextEndsTheReading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := bytes.NewReader([]byte(strings.Repeat("a,b\n", 1<<16)))
	err := document.Inspect(ctx, b, b.Size(), sniff.CSV, "a.csv", text.New(text.Options{}), func(finding.Finding) {})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Inspect = %v, want context.Canceled", err)
	}
}

func TestTextHookSeesWhatIsScanned(t *testing.T) {
	var seen []string
	i := document.Inspector{Scanner: text.New(text.Options{}), Emit: func(finding.Finding) {}, Text: func(s string) { seen = append(seen, s) }}
	b := []byte("first line\nsecond line\n")
	if err := i.Inspect(t.Context(), bytes.NewReader(b), int64(len(b)), sniff.Text, "a.txt"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(seen, "|"); got != "first line|second line" {
		t.Errorf("seen %q", got)
	}
}

func TestRulesAreComplete(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range document.Rules() {
		if ids[r.ID] || r.ID == "" || r.Title == "" || r.Severity == "" || r.Fix == "" || r.Source == "" {
			t.Errorf("rule %q is incomplete or twice", r.ID)
		}
		ids[r.ID] = true
	}
}
