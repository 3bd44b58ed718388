package mail

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"
)

// Letter is a mail in plain words: paragraphs, at most one link to follow, and
// the reason why it came.
type Letter struct {
	To         string
	Subject    string
	Paragraphs []string
	Action     string // what the link does: "Confirm this address"
	URL        string
	Reason     string // "You get this because …"
}

// Message returns the letter as text and as HTML.
func (l Letter) Message() Message {
	return Message{To: l.To, Subject: l.Subject, Text: l.text(), HTML: l.html()}
}

func (l Letter) text() string {
	var b strings.Builder
	for _, p := range l.Paragraphs {
		b.WriteString(p + "\n\n")
	}
	if l.URL != "" {
		b.WriteString(l.Action + ":\n" + l.URL + "\n\n")
	}
	b.WriteString("-- \nAssay. " + l.Reason + "\n")
	return b.String()
}

//go:embed letter.html
var letterHTML string

var letterTemplate = template.Must(template.New("letter").Parse(letterHTML))

func (l Letter) html() string {
	var b bytes.Buffer
	if err := letterTemplate.Execute(&b, l); err != nil {
		panic("mail: the letter's template does not fit Letter: " + err.Error())
	}
	return b.String()
}
