package assay_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rows is the house from the ground up: a package may import only lower rows.
// A pattern that ends in /... names a folder and all below it.
var rows = [][]string{
	{"internal/errs", "internal/id", "migrations"},
	{"internal/audit/...", "internal/license", "internal/config", "internal/postgres/...", "internal/blob", "internal/outbound/...", "internal/promise", "internal/seal"},
	{"internal/fence/...", "internal/job", "internal/activity", "internal/seal/reseal"},
	{"internal/mail/...", "internal/vault/..."}, // the outbox is emptied by a job
	{"internal/notice/..."},
	{"internal/account/..."},
	{"internal/listing/...", "internal/verification/...", "internal/credential/..."},
	{"internal/notary/..."},
	{"internal/catalog/...", "internal/upload/...", "internal/agreement/..."},
	{"internal/review/...", "internal/moderation/...", "internal/ingest/...", "internal/freeaudit/...", "internal/sellerdesk/...", "internal/admindesk/...", "internal/storage/..."},
	{"web/style"},
	{"web/static"},
	{"web/ui"},
	{"web/page"},
	{"web/api/..."},
	{"web/..."},
	{"cmd/..."},
}

// sameRow are packages of one row that may import each other: audit is one
// library, and each package may use its own helpers.
var sameRow = []string{"internal/audit", "internal/postgres", "internal/account", "internal/mail", "internal/listing", "internal/catalog", "internal/fence", "internal/upload", "internal/ingest", "internal/review", "internal/moderation", "internal/notice", "internal/vault", "internal/verification", "internal/credential", "web"}

// closed says what a package must not import at all, and why.
var closed = []struct{ from, to, why string }{
	{"internal/audit", "net/http", "the audit knows files only"},
	{"internal/audit", "github.com/jackc/pgx", "the audit knows files only"},
	{"internal/audit", "os", "the audit reads through io/fs, so that it runs in a browser"},
	{"internal/audit", "os/exec", "only fence starts processes"},
	{"internal/audit", "assay/internal/license", "the audit imports nothing of ours but audit"},
	{"internal/audit", "assay/internal/errs", "the audit imports nothing of ours but audit"},
	{"internal/audit", "assay/internal/id", "the audit imports nothing of ours but audit"},
	{"web/ui", "assay/internal/account", "ui draws values, it calls no feature"},
	{"web/page", "assay/internal/account", "a page draws formatted fields, it calls no feature"},
	{"web/page", "assay/internal/listing", "a page draws formatted fields, it calls no feature"},
	{"web/page", "assay/internal/catalog", "a page draws formatted fields, it calls no feature"},
	{"internal/listing", "assay/internal/audit", "listing does not judge files"},
}

// mains are audit's own command lines (measuring, generating): they may use os.
func isMain(p listed) bool { return p.Name == "main" || strings.HasSuffix(p.ImportPath, "test") }

type listed struct {
	ImportPath, Name string
	Imports          []string
}

func TestLayersImportOnlyDownward(t *testing.T) {
	for _, p := range list(t, "./...") {
		from := strings.TrimPrefix(p.ImportPath, "assay/")
		if from == "assay" {
			continue
		}
		row := rowOf(from)
		if row < 0 {
			t.Errorf("%s stands in no row of the house: add it to rows in layers_test.go and to docs/architecture.md", from)
			continue
		}
		for _, imported := range p.Imports {
			if c := closedFor(from, imported); c != "" && !isMain(p) {
				t.Errorf("%s imports %s: %s", from, imported, c)
			}
			to, ours := strings.CutPrefix(imported, "assay/")
			if !ours || isMain(p) && strings.HasPrefix(from, "internal/") {
				continue
			}
			if up := rowOf(to); up > row || up == row && !shareFolder(from, to) {
				t.Errorf("%s (row %d) imports %s (row %d): a package may import only lower rows", from, row, to, up)
			}
		}
	}
}

func TestLayersOfTheCommandLineHoldNoDatabase(t *testing.T) {
	for _, command := range []struct{ path, os, arch string }{{"./cmd/lqs", "linux", "amd64"}, {"./cmd/lqswasm", "js", "wasm"}} {
		cmd := exec.Command("go", "list", "-deps", command.path)
		cmd.Env = append(cmd.Environ(), "GOOS="+command.os, "GOARCH="+command.arch)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", command.path, err)
		}
		for _, dep := range strings.Fields(string(out)) {
			for _, heavy := range []string{"jackc/pgx", "riverqueue/", "tus/tusd", "gocloud.dev"} {
				if strings.Contains(dep, heavy) {
					t.Errorf("%s depends on %s: the audit's programs hold no server parts", command.path, dep)
				}
			}
		}
	}
}

func list(t *testing.T, pattern string) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Imports", pattern).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
	return all
}

// rowOf returns the row of a package, the most precise pattern first; -1 if no
// pattern names it.
func rowOf(path string) int {
	for i, row := range rows {
		if slices.Contains(row, path) {
			return i
		}
	}
	for i, row := range rows {
		for _, pattern := range row {
			if folder, wide := strings.CutSuffix(pattern, "/..."); wide && (path == folder || strings.HasPrefix(path, folder+"/")) {
				return i
			}
		}
	}
	return -1
}

func shareFolder(a, b string) bool {
	for _, folder := range sameRow {
		if strings.HasPrefix(a+"/", folder+"/") && strings.HasPrefix(b+"/", folder+"/") {
			return true
		}
	}
	return false
}

func closedFor(from, imported string) string {
	for _, c := range closed {
		inside := from == c.from || strings.HasPrefix(from, c.from+"/")
		if inside && (imported == c.to || strings.HasPrefix(imported, c.to+"/") && c.to != "os") {
			return c.why
		}
	}
	return ""
}
