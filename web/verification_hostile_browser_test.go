package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay/web/webtest"
)

// file writes bytes under a name and returns its path.
func writeFile(t *testing.T, name string, body []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHostileInputWithoutScripts sends what no form means, in a browser that
// runs no script: each is refused on the page it came from, beside its field,
// with what was typed kept.
func TestHostileInputWithoutScripts(t *testing.T) {
	s := newSite(t, false)
	s.owner(t, "ada@example.org", `North <img src=x onerror=alert(1)> & "Co"`)
	b := webtest.Start(t)
	ada := b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, ada, "ada@example.org")

	identity := func(field, value string) {
		t.Helper()
		ada.Go("/seller/verification/organization")
		for i := 0; i < len(identityFields); i += 2 {
			ada.Set(identityFields[i], identityFields[i+1])
		}
		ada.Set(field, value)
		ada.Submit("#identity")
	}
	for field, values := range map[string][]string{
		"website": {"https://localhost", "https://127.0.0.1", "https://2130706433", "https://0x7f.1", "https://[::1]/", "https://169.254.169.254/latest/meta-data",
			"https://internal", "https://db.internal", "https://co.uk", "javascript:alert(1)", "https://user:pass@example.org", "ftp://example.org", "https://exa mple.org"},
		"registry_number": {strings.Repeat("9", 400)},
		"legal_name":      {strings.Repeat("ö", 300), "two\u202elines"},
	} {
		for _, value := range values {
			identity(field, value)
			if !ada.Has("#f-"+field+"-error") || !ada.Has("#identity") {
				t.Errorf("%s = %.60q is taken", field, value)
			} else if got := ada.EvalText(`document.querySelector("#f-` + field + `").value`); got != value {
				t.Errorf("%s = %.60q comes back as %.60q", field, value, got)
			}
		}
	}
	identity("legal_name", `<script>alert("x")</script> & Söhne`)
	if ada.Path() != "/seller/verification/documents" {
		t.Errorf("a name with signs is not taken: %s", ada.Text("main"))
	}

	documents := "/seller/verification/documents"
	for _, tt := range []struct{ why, path, title, until, field, message string }{
		{"an empty file", writeFile(t, "empty.pdf", nil), "", "", "file", "This file is empty"},
		{"a page named .pdf", writeFile(t, "page.pdf", []byte("<!DOCTYPE html><script>alert(1)</script>")), "", "", "file", "Choose a PDF, PNG or JPEG"},
		{"a program named .pdf", writeFile(t, "program.pdf", append([]byte("MZ\x90\x00"), make([]byte, 2000)...)), "", "", "file", "Choose a PDF, PNG or JPEG"},
		{"a drawing named .png", writeFile(t, "a.png", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)), "", "", "file", "Choose a PDF, PNG or JPEG"},
		{"half a document", writeFile(t, "half.pdf", []byte(paper[:30])), "", "", "file", "This file is cut off"},
		{"one that ended", writePaper(t), "", time.Now().AddDate(0, 0, -2).Format(time.DateOnly), "expires_on", "This day is over"},
		{"one until 2199", writePaper(t), "", "2199-12-31", "expires_on", "more than 50 years away"},
		{"21 MiB", writeFile(t, "big.pdf", append([]byte(paper), make([]byte, 21<<20)...)), "", "", "file", "at most 20 MiB"},
		{"a title and a name with tags", writeFile(t, `<img src=x onerror=alert(1)>.pdf`, []byte(paper+"1")), `<b onclick=alert(1)>"IRB" 2026/114</b>`, "", "", ""},
	} {
		ada.Go(documents)
		ada.Choose("kind", "irb_approval")
		ada.Attach("file", tt.path)
		for field, value := range map[string]string{"title": tt.title, "expires_on": tt.until} {
			if value != "" {
				ada.Set(field, value)
			}
		}
		ada.Submit("#attach")
		switch {
		case tt.field == "":
			ada.WantText(`[data-testid="document"]`, tt.title)
		case !ada.Has("#f-" + tt.field + "-error"):
			t.Errorf("%s: no message beside %s: %s", tt.why, tt.field, ada.Text("main"))
		default:
			ada.WantText("#f-"+tt.field+"-error", tt.message)
		}
	}
	ada.Go(documents)
	ada.Choose("kind", "irb_approval")
	ada.Attach("file", writeFile(t, "huge.pdf", append([]byte(paper), make([]byte, 100_000_000)...)))
	ada.Submit("#attach")
	ada.WantText("main", "larger than 24 MiB. Go back, your browser has kept what you typed")
	ada.Go("/seller/vault")
	ada.WantText(`[data-testid="vault"]`, `<b onclick=alert(1)>"IRB" 2026/114</b>`)
	if n := ada.Count(`[data-testid="vault"] tbody tr`); n != 1 {
		t.Errorf("the vault holds %d documents, want the one that was taken", n)
	}
	if ada.Has("main script, main img, [onclick]") {
		t.Error("a name became part of the page")
	}
}
