package notice_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"assay/internal/id"
	"assay/internal/mail"
	"assay/internal/notice"
)

// Every kind of event, with texts as bad as callers may hand over, becomes a
// row of the inbox and a letter that can be read anywhere.
func TestEachKindOfEventCanBeReadAnywhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	reader := h.reader(t)
	long := strings.Repeat("Ein sehr langer Titel mit Umläuten ", 8)
	for _, a := range notice.All() {
		h.exec(t, `DELETE FROM inbox_notice`)
		h.exec(t, `DELETE FROM mail_outbox`)
		if !a.Must { // so that each is mailed
			p := notice.Preferences{Ways: map[notice.Kind]notice.Way{a.Kind: notice.AtOnce}, TimeZone: "UTC"}
			if err := h.SavePreferences(t.Context(), actor(reader), p); err != nil {
				t.Fatal(err)
			}
		}
		h.deliver(t, notice.Notice{Kind: a.Kind, To: notice.To{Users: []id.User{reader}},
			Subject: a.Label + ": \u202e<b>" + long + "</b>\x07", Action: "Read\x1b[31m why",
			Lines: []string{"First line\r\nof two.", "\x00\x1b[2J", long + long, "<script>alert(1)</script> & more"}, Path: "/seller/versions/0190-x?show=all"})
		items, mails := h.inbox(t, reader), h.mails(t)
		if len(items) != 1 || len(mails) != 1 {
			t.Errorf("%s: %d notices and %d mails, want 1 and 1", a.Kind, len(items), len(mails))
			continue
		}
		i := items[0]
		for _, text := range append([]string{i.Subject, i.Action, mails[0].Subject}, i.Lines...) {
			checkLine(t, a.Kind, text)
		}
		if len(i.Lines) != 5 {
			t.Errorf("%s: %d paragraphs, want the 5 that hold text", a.Kind, len(i.Lines))
		}
		if i.Path != "/seller/versions/0190-x?show=all" {
			t.Errorf("%s: the inbox leads to %q", a.Kind, i.Path)
		}
		for _, s := range []string{i.Subject, mails[0].Subject} {
			if n := utf8.RuneCountInString(s); n > 120 {
				t.Errorf("%s: a subject of %d characters, want 120 at most", a.Kind, n)
			}
		}
		var body string
		h.query(t, `SELECT body_html FROM mail_outbox`, &body)
		checkText(t, a, mails[0])
		checkHTML(t, a, body)
	}
}

// checkLine fails for anything that is not one line of plain text.
func checkLine(t *testing.T, kind notice.Kind, line string) {
	t.Helper()
	if line == "" || strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
		t.Errorf("%s: %q is not one line of plain text", kind, line)
	}
}

const page = site + "/seller/versions/0190-x?show=all"

// checkText holds the plain text to one action, why it came, and short lines.
func checkText(t *testing.T, a notice.About, m mail.Waiting) {
	t.Helper()
	for line := range strings.Lines(m.Text) {
		line = strings.TrimRight(line, "\n")
		if n := utf8.RuneCountInString(line); n > 78 && !strings.HasPrefix(line, "https://") {
			t.Errorf("%s: a line of %d characters: %q", a.Kind, n, line)
		}
		if line != "" {
			checkLine(t, a.Kind, line)
		}
	}
	if n := strings.Count(m.Text, page); n != 1 {
		t.Errorf("%s: the text names its page %d times, want once", a.Kind, n)
	}
	if !strings.Contains(m.Text, "You get this because ") {
		t.Errorf("%s: the text does not say why it came", a.Kind)
	}
	if got := strings.Contains(m.Text, site+"/unsubscribe/"); got == a.Must {
		t.Errorf("%s: offers to stop it = %v, must be told = %v", a.Kind, got, a.Must)
	}
}

// checkHTML holds the HTML to the same: tags that end, one action, links that
// are absolute, no script, nothing fetched.
func checkHTML(t *testing.T, a notice.About, body string) {
	t.Helper()
	links := map[string]int{}
	buttons := 0
	var open []string
	z := html.NewTokenizer(strings.NewReader(body))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		switch token.Type {
		case html.StartTagToken:
			switch token.Data {
			case "meta", "br":
			case "script", "img", "link", "iframe", "form", "b":
				t.Errorf("%s: the HTML has a %s", a.Kind, token.Data)
			default:
				open = append(open, token.Data)
			}
			for _, attr := range token.Attr {
				if attr.Key == "href" {
					links[attr.Val]++
				}
				if attr.Key == "style" && strings.Contains(attr.Val, "inline-block") {
					buttons++
				}
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("%s: </%s> ends %v", a.Kind, token.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 || buttons != 1 || links[page] != 2 { // the button, and the address in words
		t.Errorf("%s: open tags %v, %d buttons, %d links to the page; want none, 1, 2", a.Kind, open, buttons, links[page])
	}
	for link := range links {
		if u, err := url.Parse(link); err != nil || u.Scheme != "https" || u.Host != "assay.test" {
			t.Errorf("%s: the link %q is not one of the site", a.Kind, link)
		}
	}
}

// Each kind belongs to a group of the page of preferences, and is named once.
func TestKindsAreNamedOnceAndHaveAPlace(t *testing.T) {
	seen := map[string]notice.Kind{}
	for _, a := range notice.All() {
		for _, text := range []string{string(a.Kind), a.Label} {
			if other, twice := seen[text]; twice {
				t.Errorf("%s and %s share %q", a.Kind, other, text)
			}
			seen[text] = a.Kind
		}
		switch a.Group {
		case notice.Security, notice.Selling, notice.Flags, notice.Desk, notice.Platform:
		default:
			t.Errorf("%s is in the group %q, which no page shows", a.Kind, a.Group)
		}
		if a.Must && a.Default() != notice.AtOnce {
			t.Errorf("%s must be told and comes %s without a wish", a.Kind, a.Default())
		}
	}
}
