package document_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"assay/internal/audit/sniff"
)

func TestFilesWrittenIntoTextAreRead(t *testing.T) {
	b64 := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	pdf := b64(pdfOf("", ssn, strings.Repeat("clear ", 60)))
	var noise []byte
	for i := range 300 {
		noise = append(noise, byte(i*7)|0x80)
	}
	picture := b64(append(pngWith(t, "tEXt", "Comment\x00"+ssn), noise...))
	tests := []struct {
		name, text string
		images     int
		want, not  string
	}{
		{"a PDF in a CDA document", `<?xml version="1.0"?><ClinicalDocument><component><nonXMLBody><text representation="B64">` + pdf[:200] + "\n" + pdf[200:] + `</text></nonXMLBody></component></ClinicalDocument>`, 0, "blocker report-text document text", ""},
		{"a PDF in HL7", "MSH|^~\\&|RIS|SITE|||202001011200||ORU^R01|1|P|2.3\rOBX|1|ED|REPORT||^application^pdf^Base64^" + pdf + "\r", 0, "blocker report-text document text", ""},
		{"an image of an annotation tool", `{"version": "5.0", "imageData": "` + picture + `"}`, 1, "blocker img-metadata PNG comment", ""},
		{"an image in a page", `<!DOCTYPE html><html><body><img src="data:image/png;base64,` + picture + `"></body></html>`, 1, "blocker img-metadata PNG comment", ""},
		{"noise that is no file", `{"mask": "` + b64(noise) + `"}`, 0, "", "doc-not-read"},
		{"an archive", `{"data": "` + b64(zipOf(t, "a", strings.Repeat("b", 10), "c.txt", string(noise))) + `"}`, 0, "warning doc-not-read", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			images, list := shown(t, []byte(tt.text))
			if len(images) != tt.images {
				t.Errorf("%d images, want %d", len(images), tt.images)
			}
			for _, i := range images {
				if i.Kind != sniff.PNG || i.Place != "image in a text" {
					t.Errorf("an image of kind %s at %q", i.Kind, i.Place)
				}
			}
			got := strings.Join(lines(list), "\n")
			if !strings.Contains(got, tt.want) || tt.not != "" && strings.Contains(got, tt.not) {
				t.Errorf("want %q, not %q, got\n%s", tt.want, tt.not, got)
			}
			if leaks(got) {
				t.Error("an identifier is shown")
			}
		})
	}
}
