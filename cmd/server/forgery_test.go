package main

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"assay/internal/id"
)

// forge sends every state-changing route, allowed or not, as another site or
// without the form could: each is refused.
func (w *town) forge(t *testing.T, c *member, routes []string, count *tally) {
	other := w.people[0]
	if c == other {
		other = w.people[1]
	}
	for _, pattern := range routes {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			if _, ok := gates[method+" "+pattern]; !ok || method+" "+pattern == oneClick || method+" "+pattern == hiding {
				continue
			}
			for _, s := range w.things {
				path, ok := s.fill(pattern)
				if !ok || s.owner != c.actor.Organization && s.name != w.things[0].name {
					continue
				}
				for name, forged := range map[string]struct {
					token  string
					header map[string]string
				}{
					"without a token":       {"", nil},
					"with another's token":  {other.token, nil},
					"from another origin":   {c.token, map[string]string{"Origin": "https://evil.example"}},
					"from a null origin":    {c.token, map[string]string{"Origin": "null"}},
					"from another site":     {c.token, map[string]string{"Sec-Fetch-Site": "cross-site"}},
					"from a sibling domain": {c.token, map[string]string{"Sec-Fetch-Site": "same-site"}},
				} {
					body, header := w.form(forged.token, pattern, s)
					maps.Copy(header, forged.header)
					count.add(&count.forgeries)
					count.add(&count.sent)
					got, err := c.try(t.Context(), method, path, body, header)
					if err != nil {
						t.Errorf("%s %s: %v", method, path, err)
					}
					if gates[method+" "+pattern] == program { // reads no cookie
						if got.status != http.StatusUnauthorized {
							t.Errorf("%s %s as %s %s: status %d, want 401", method, pattern, c.name, name, got.status)
						}
						continue
					}
					// A streamed form is refused for its token by its handler,
					// which those without the right do not reach.
					isStream := strings.HasSuffix(pattern, "/files") && forged.header == nil && !gates[method+" "+pattern].may(c, s, true)
					if got.status != http.StatusForbidden && !(isStream && got.status >= 400) {
						t.Errorf("%s %s as %s %s: status %d, want 403", method, pattern, c.name, name, got.status)
					}
				}
			}
		}
	}
}

// namedInForms sends what names things of others in a form rather than in the
// path.
func (w *town) namedInForms(t *testing.T, count *tally) {
	for _, c := range w.people[1:] {
		for path, fields := range map[string]url.Values{
			"/account/organization": {"organization": {string(w.things[0].owner)}},
			"/account/sessions/end": {"session": {w.session}},
			"/invitation":           {"token": {"x"}},
		} {
			if path == "/account/organization" && c.actor.Organization == w.things[0].owner || path == "/account/sessions/end" && c.name == "seller A" {
				continue
			}
			count.add(&count.sent)
			count.add(&count.sent)
			got, reference := c.post(t, path, fields), c.post(t, path, absent(fields))
			count.add(&count.compared)
			if got.status < 400 && path != "/account/sessions/end" || w.neutral(got) != w.neutral(reference) {
				count.add(&count.unequal)
				t.Errorf("POST %s as %s with another's id: status %d, with none's %d\n%s", path, c.name, got.status, reference.status,
					firstDifference(w.neutral(reference), w.neutral(got)))
			}
		}
	}
}

func absent(fields url.Values) url.Values {
	out := url.Values{}
	for name := range fields {
		out.Set(name, id.New[string]())
	}
	return out
}
