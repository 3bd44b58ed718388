package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/ui"
)

// adminRows is how many rows a page of the admins' desk shows, adminExport how
// many of a download are read at once.
const (
	adminRows   = 50
	adminExport = 500
)

func (s *Server) adminShell(r *http.Request, title string) ui.Shell {
	shell := s.formShell(r, title, "admin")
	shell.Styles = reportStyles() // for the plots
	return shell
}

// clipped is a value of the query, at most 100 bytes of it.
func clipped(r *http.Request, name string) string {
	v := strings.TrimSpace(r.URL.Query().Get(name))
	return strings.ToValidUTF8(v[:min(len(v), 100)], "")
}

// pickedOf is a value of the query if it is among those known.
func pickedOf(r *http.Request, name string, known []ui.Option) string {
	v := r.URL.Query().Get(name)
	for _, o := range known {
		if o.Value == v {
			return v
		}
	}
	return ""
}

// afterOf is the row behind which a page begins.
func afterOf[T ~string](r *http.Request) T {
	after, _ := id.Parse[T](r.URL.Query().Get("after"))
	return after
}

// withQuery is path with the values that are not empty, in pairs.
func withQuery(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// stamp writes a moment for programs; empty for none.
func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// orNever says when something was used last.
func orNever(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return ui.DateTime(*t)
}

func platformLabel(p postgres.Platform) string {
	switch p {
	case postgres.Admin:
		return "Platform admin"
	case postgres.Reviewer:
		return "Platform reviewer"
	}
	return ""
}

func roleLabel(role string) string {
	parsed, ok := account.ParseRole(role)
	if !ok {
		return role
	}
	return parsed.Label()
}

// provedFor is proved for an act of the admins' desk: who has shown a factor
// again is led back to the page of the act.
func (s *Server) provedFor(back func(r *http.Request) string, h handlerFunc) http.HandlerFunc {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		if s.provedAgo(r) > account.ProofLifetime {
			s.sessions.Put(r.Context(), sessionProofNext, back(r))
			redirect(w, r, securityPath+"/again")
			return nil
		}
		return h(w, r)
	})
}

// sessionProofNext is the page that asked for a proof.
const sessionProofNext = "proof_next"

func adminUserURL(user id.User) string { return "/admin/users/" + string(user) }

func adminOrganizationURL(o id.Organization) string { return "/admin/organizations/" + string(o) }

func userOf(r *http.Request) id.User { return id.User(chi.URLParam(r, "user")) }

func cell(text string) page.AdminCell { return page.AdminCell{Text: text} }

func number[T ~int | ~int64](n T) page.AdminCell {
	return page.AdminCell{Text: ui.Number(n), IsNumber: true}
}
