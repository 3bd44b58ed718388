package mail

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"
	"unicode/utf8"
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
	// Choices leads to what a person may choose to be mailed, Unsubscribe to
	// where such mails are stopped; both are empty for what must arrive.
	Choices, Unsubscribe string
}

// Message returns the letter as text and as HTML.
func (l Letter) Message() Message {
	return Message{To: l.To, Subject: l.Subject, Text: l.text(), HTML: l.html(), Unsubscribe: l.Unsubscribe}
}

func (l Letter) text() string {
	var b strings.Builder
	for _, p := range l.Paragraphs {
		b.WriteString(wrap(p) + "\n\n")
	}
	if l.URL != "" {
		b.WriteString(l.Action + ":\n" + l.URL + "\n\n")
	}
	b.WriteString("-- \n" + wrap("Assay. "+l.Reason) + "\n")
	if l.Choices != "" {
		b.WriteString("\nChoose what you are mailed:\n" + l.Choices + "\n")
	}
	if l.Unsubscribe != "" {
		b.WriteString("\nNo more mails of this kind:\n" + l.Unsubscribe + "\n")
	}
	return b.String()
}

// lineLength is how many characters a line of text has at most, unless one
// word is longer. Source: RFC 5322 section 2.1.1 asks for 78 at most.
const lineLength = 72

// wrap breaks a paragraph into lines at its spaces.
func wrap(paragraph string) string {
	var b strings.Builder
	length := 0
	for _, word := range strings.Fields(paragraph) {
		n := utf8.RuneCountInString(word)
		switch {
		case length == 0:
		case length+1+n > lineLength:
			b.WriteByte('\n')
			length = 0
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += n
	}
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
