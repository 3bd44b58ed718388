package audit

import (
	"strings"

	"assay/internal/audit/deid"
	"assay/internal/audit/intern"
	"assay/internal/audit/text"
)

// Bounds of the texts of one document that are kept, as for a header.
const (
	maxDocTexts     = 512
	maxDocTextBytes = 64 << 10
)

var residualIn = intern.NewMemo(text.Residual).Of

// takeText returns a function that takes a document's text: its words, and, if
// asked for, each line that a person should read. Attribute names the text.
func (i *inspection) takeText(attribute string) func(string) {
	words := i.keepWords()
	if !i.opts.KeepTexts {
		return words
	}
	seen, bytes := map[string]bool{}, 0
	return func(s string) {
		words(s)
		for line := range strings.Lines(s) {
			line = strings.TrimSpace(line)
			if line == "" || seen[line] || !residualIn(line) {
				continue
			}
			if len(seen) >= maxDocTexts || bytes+len(line) > maxDocTextBytes {
				i.facts.TextsBeyond++
				continue
			}
			line = strings.Clone(line) // not the piece that it is of
			seen[line] = true
			bytes += len(line)
			i.facts.Texts = append(i.facts.Texts, deid.Text{Attribute: attribute, Value: line})
		}
	}
}
