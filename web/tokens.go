package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/web/page"
	"assay/web/ui"
)

// listTokens shows one's own tokens to the API.
func (s *Server) listTokens(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Accounts.APITokens(r.Context(), s.actor(r), s.visitor(r).Within)
	if err != nil {
		return err
	}
	view := page.TokensView{
		Shell: s.formShell(r, "Tokens", "account"), Heading: "Tokens to the API", Own: true,
		Lead:    "By a token, a program of yours reads and writes your organization’s data sets without your password.",
		Crumbs:  []ui.Crumb{{Label: "Account", URL: "/account"}, {Label: "Tokens"}},
		MayMake: s.visitor(r).Organization != "", Revoke: "/account/tokens/",
		None: "Make one for each program or machine, with as few scopes as it needs, so that you can revoke it alone.",
	}
	if !view.MayMake {
		view.None = "A token acts in an organization. Create one, or ask a colleague to invite you."
	}
	if v := s.visitor(r); v.Within != "" {
		view.Heading = "Your tokens in " + v.OrganizationName
	}
	view.InForce, view.Over = tokenViews(list)
	return s.render(w, r, http.StatusOK, page.Tokens(view))
}

// listOrganizationTokens shows the tokens of all members.
func (s *Server) listOrganizationTokens(w http.ResponseWriter, r *http.Request) error {
	v := s.visitor(r)
	list, err := s.Accounts.OrganizationAPITokens(r.Context(), v.Actor())
	if err != nil {
		return err
	}
	view := page.TokensView{
		Shell: s.formShell(r, "Tokens of "+v.OrganizationName, "account"), Heading: "Tokens of " + v.OrganizationName,
		Lead:   "Programs that act for members of the organization. A token never does more than its member may.",
		Crumbs: []ui.Crumb{{Label: "Account", URL: "/account"}, {Label: v.OrganizationName, URL: "/organization"}, {Label: "Tokens"}},
		Revoke: "/organization/tokens/",
		None:   "Members make tokens under Account, Tokens. They are listed here, so that you can revoke one that should not be.",
	}
	view.InForce, view.Over = tokenViews(list)
	return s.render(w, r, http.StatusOK, page.Tokens(view))
}

func tokenViews(list []account.APIToken) (inForce, over []page.TokenView) {
	for _, t := range list {
		view := page.TokenView{
			ID: string(t.ID), Name: t.Name, Prefix: t.Prefix, Owner: t.UserName, Organization: t.OrganizationName,
			Since: ui.Date(t.CreatedAt), Until: ui.Date(t.ExpiresAt), Used: "never used",
		}
		if t.LastUsedAt != nil {
			view.Used = "last used " + ui.DateTime(*t.LastUsedAt)
		}
		for _, scope := range t.Scopes {
			view.Scopes = append(view.Scopes, scope.Label())
		}
		switch {
		case t.RevokedAt != nil:
			view.State = "Revoked"
		case t.IsOver:
			view.State = "Expired"
		}
		if t.IsOver {
			over = append(over, view)
		} else {
			inForce = append(inForce, view)
		}
	}
	return inForce, over
}

// tokenDays are the lifetimes that are offered.
var tokenDays = []int{7, 30, 90, account.MaxTokenDays}

const newTokenPath = "/account/tokens/new"

// backToNewToken is the form with what was entered, for after the proof that it
// asks for.
func backToNewToken(r *http.Request) string {
	entered := r.URL.Query()
	if r.Method == http.MethodPost {
		entered = r.PostForm
	}
	kept := url.Values{}
	for _, field := range []string{"name", "days", "scope"} {
		for _, value := range entered[field] {
			if len(value) <= 400 && utf8.ValidString(value) && len(kept[field]) < len(account.AllScopes()) {
				kept.Add(field, value)
			}
		}
	}
	if len(kept) == 0 {
		return newTokenPath
	}
	return newTokenPath + "?" + kept.Encode()
}

func (s *Server) showNewToken(w http.ResponseWriter, r *http.Request) error {
	if s.visitor(r).Organization == "" {
		redirect(w, r, "/account/tokens") // which says why
		return nil
	}
	n := tokenOf(r.URL.Query())
	n.ID, n.Days = id.New[id.APIToken](), cmp.Or(n.Days, 90)
	return s.render(w, r, http.StatusOK, page.NewToken(s.newTokenView(r, n, nil)))
}

// tokenOf reads what was entered about a new token.
func tokenOf(entered url.Values) account.NewAPIToken {
	n := account.NewAPIToken{Name: entered.Get("name")}
	n.Days, _ = strconv.Atoi(entered.Get("days"))
	for _, scope := range entered["scope"] {
		n.Scopes = append(n.Scopes, account.Scope(scope))
	}
	return n
}

func (s *Server) newTokenView(r *http.Request, n account.NewAPIToken, mistakes []errs.FieldError) page.NewTokenView {
	v := s.visitor(r)
	view := page.NewTokenView{
		Shell: s.formShell(r, "Make a token", "account"), ID: string(n.ID), Organization: v.OrganizationName, Role: v.Role.Label(),
		Name: n.Name, Errors: mistakes,
	}
	for _, scope := range account.AllScopes() {
		if scope.AllowedTo(v.Role) {
			view.Scopes = append(view.Scopes, ui.Option{Value: string(scope), Label: scope.Label(), Help: scope.Help(), Selected: slices.Contains(n.Scopes, scope)})
		}
	}
	for _, days := range tokenDays {
		label := strconv.Itoa(days) + " days"
		if days == account.MaxTokenDays {
			label = "A year"
		}
		view.Days = append(view.Days, ui.Option{Value: strconv.Itoa(days), Label: label, Selected: days == n.Days})
	}
	return view
}

// makeToken answers with the page that shows the secret, not with a redirect:
// to carry it to another page, it would have to be kept somewhere. The same form
// sent again makes no second token.
func (s *Server) makeToken(w http.ResponseWriter, r *http.Request) error {
	n := tokenOf(r.PostForm)
	n.ID, _ = id.Parse[id.APIToken](r.PostForm.Get("id"))
	secret, err := s.Accounts.CreateAPIToken(r.Context(), s.actor(r), n)
	if err != nil {
		return s.renderTry(w, r, err, page.NewToken(s.newTokenView(r, n, mistakes(err))))
	}
	list, err := s.Accounts.APITokens(r.Context(), s.actor(r), s.visitor(r).Within)
	if err != nil {
		return err
	}
	view := page.TokenMadeView{Shell: s.formShell(r, "Copy this token now", "account"), Secret: secret, Server: strings.TrimSuffix(s.config.PublicURL, "/")}
	if i := slices.IndexFunc(list, func(t account.APIToken) bool { return t.ID == n.ID }); i >= 0 {
		view.Name, view.Until = list[i].Name, ui.Date(list[i].ExpiresAt)
	}
	return s.render(w, r, http.StatusOK, page.TokenMade(view))
}

func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if err := s.Accounts.RevokeAPIToken(r.Context(), s.actor(r), s.visitor(r).Within, id.APIToken(chi.URLParam(r, "key"))); err != nil {
		return err
	}
	s.flash(r, "The token is revoked. Programs that use it are refused from now on.")
	redirect(w, r, "/account/tokens")
	return nil
}

func (s *Server) revokeMembersToken(w http.ResponseWriter, r *http.Request) error {
	if err := s.Accounts.RevokeMembersAPIToken(r.Context(), s.actor(r), id.APIToken(chi.URLParam(r, "key"))); err != nil {
		return err
	}
	s.flash(r, "The token is revoked. Programs that use it are refused from now on.")
	redirect(w, r, "/organization/tokens")
	return nil
}
