package ui

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"sync"

	"github.com/a-h/templ"

	"assay/internal/audit/quality"
	"assay/web/style"
)

// copyScript lets the pointers of a report that is one file be copied. Without
// scripts a click marks one whole.
const copyScript = `for(const e of navigator.clipboard?document.querySelectorAll("[data-copy]"):[]){` +
	`const b=document.createElement("button");b.type="button";b.className="copy";b.textContent="Copy";` +
	`b.setAttribute("aria-label","Copy "+(e.dataset.copyName||e.dataset.copy.slice(0,8)));` +
	`b.addEventListener("click",async()=>{await navigator.clipboard.writeText(e.dataset.copy);b.textContent="Copied";setTimeout(()=>b.textContent="Copy",2000)});` +
	`e.append(b)}`

// documentStyle is the style sheet of a report that is one file.
var documentStyle = sync.OnceValue(style.Inline)

// documentPolicy allows that style and that script, and no request at all.
var documentPolicy = sync.OnceValue(func() string {
	return "default-src 'none'; base-uri 'none'; form-action 'none'; style-src '" + digestOf(documentStyle()) + "'; script-src '" + digestOf(copyScript) + "'"
})

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// inlineElement writes an element whose content stands as it is. Content is a
// constant of this program.
func inlineElement(name, content string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := fmt.Fprintf(w, "<%s>%s</%s>", name, content, name)
		return err
	})
}

// documentTitle names a report that is one file.
func documentTitle(r *quality.Report) string {
	if r == nil || nothingRead(r) {
		return "Quality report · Assay"
	}
	title := "LQS " + points(r.Score.Value)
	if r.Score.Grade != "" {
		title += ", grade " + r.Score.Grade
	}
	return title + " · Assay"
}

func manifestOf(r *quality.Report) string {
	if r == nil {
		return ""
	}
	return r.Input.ManifestSHA256
}
