// Package style holds the style sheets of Assay's pages: App for every page,
// Report for those that show a report. The server serves them through package
// static; a report that is one file carries them inside, so this package holds
// nothing else.
package style

import (
	"embed"
	"strings"
)

// Files are the style sheets, "app.css" and "report.css".
//
//go:embed *.css
var Files embed.FS

var (
	//go:embed app.css
	app string
	//go:embed report.css
	report string
)

// Inline returns both sheets for a document of its own: without the fonts,
// which only the server has, and with nothing that could be fetched.
func Inline() string {
	var b strings.Builder
	for line := range strings.Lines(app + report) {
		if !strings.HasPrefix(line, "@font-face") {
			b.WriteString(line)
		}
	}
	return b.String()
}
