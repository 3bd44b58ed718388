package web

import (
	"net/http"
	"strconv"
	"strings"

	"assay/internal/account"
	"assay/internal/admindesk"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/ui"
)

const adminUsersPath = "/admin/users"

// Choices of the list of people.
var (
	userStates    = []ui.Option{{Value: "open", Label: "Open"}, {Value: "unconfirmed", Label: "Address not confirmed"}, {Value: "closed", Label: "Closed"}}
	userPlatforms = []ui.Option{{Value: "any", Label: "Reviewers and admins"}, {Value: "reviewer", Label: "Reviewers"}, {Value: "admin", Label: "Admins"}}
	userFactors   = []ui.Option{{Value: "yes", Label: "Has one"}, {Value: "no", Label: "Has none"}}
)

func readPeopleFilter(r *http.Request) admindesk.PeopleFilter {
	return admindesk.PeopleFilter{Text: clipped(r, "q"), State: pickedOf(r, "state", userStates),
		Platform: pickedOf(r, "platform", userPlatforms), Factor: pickedOf(r, "factor", userFactors)}
}

func peopleURL(path string, f admindesk.PeopleFilter, after id.User) string {
	return withQuery(path, "q", f.Text, "state", f.State, "platform", f.Platform, "factor", f.Factor, "after", string(after))
}

// showAdminUsers lists people with their roles and last use.
func (s *Server) showAdminUsers(w http.ResponseWriter, r *http.Request) error {
	f, after := readPeopleFilter(r), afterOf[id.User](r)
	view := page.AdminListView{
		Shell: s.adminShell(r, "Users"), URL: adminUsersPath, Heading: "Users", Lead: "Everybody with an account, the newest first.",
		Text: f.Text, TextLabel: "Name or address", IsNarrowed: f != admindesk.PeopleFilter{},
		Selects: []ui.SelectProps{
			{Name: "state", Label: "Account", Options: userStates, Value: f.State, Blank: "Any"},
			{Name: "platform", Label: "Role on the platform", Options: userPlatforms, Value: f.Platform, Blank: "Any or none"},
			{Name: "factor", Label: "Second factor", Options: userFactors, Value: f.Factor, Blank: "Either"},
		},
		CSVURL:     peopleURL(adminUsersPath+".csv", f, ""),
		Table:      page.AdminTable{Caption: "Users", TestID: "users", Heads: []string{"Person", "Account", "Role on the platform", "Organizations", "Second factor", "Last use"}},
		EmptyTitle: "Nobody found", EmptyText: "Nobody fits what you look for.",
	}
	list, err := s.Admin.People(r.Context(), s.actor(r), f, after, adminRows+1)
	if err != nil {
		return err
	}
	if len(list) > adminRows {
		list = list[:adminRows]
		view.Pager.NextURL = peopleURL(adminUsersPath, f, list[adminRows-1].ID)
	}
	if after != "" {
		view.Pager.FirstURL = peopleURL(adminUsersPath, f, "")
	}
	for _, p := range list {
		view.Table.Rows = append(view.Table.Rows, []page.AdminCell{
			{Text: p.Name, URL: adminUserURL(p.ID), Small: p.Email}, personState(p), cell(platformLabel(p.Platform)),
			cell(rolesOf(p)), factorCell(p.HasFactor, p.Platform != postgres.None), cell(orNever(p.LastUse)),
		})
	}
	return s.render(w, r, http.StatusOK, page.AdminList(view))
}

func personState(p admindesk.Person) page.AdminCell {
	switch {
	case p.IsErased:
		return page.AdminCell{Text: "erased", Tag: "bad"}
	case p.DisabledAt != nil:
		return page.AdminCell{Text: "closed", Tag: "bad"}
	case p.ConfirmedAt == nil:
		return page.AdminCell{Text: "address not confirmed", Tag: "warn"}
	}
	return page.AdminCell{Text: "open", Tag: "ok"}
}

// factorCell warns of a person who needs a second factor and has none.
func factorCell(has, needs bool) page.AdminCell {
	if needs && !has {
		return page.AdminCell{Text: "none", Tag: "warn", Small: "the role does not count"}
	}
	return cell(yesNo(has))
}

func rolesOf(p admindesk.Person) string {
	var words []string
	for _, h := range p.Roles {
		words = append(words, h.Name+" ("+roleLabel(h.Role)+")")
	}
	return strings.Join(words, ", ")
}

// sendAdminUsers sends the list as a table.
func (s *Server) sendAdminUsers(w http.ResponseWriter, r *http.Request) error {
	f := readPeopleFilter(r)
	heads := []string{"user", "name", "email", "account", "platform_role", "platform_role_since", "organizations", "second_factor", "created_at", "last_use"}
	return s.sendTable(w, r, "users.csv", heads, func(row func(...string) error) error {
		for after := id.User(""); ; {
			list, err := s.Admin.People(r.Context(), s.actor(r), f, after, adminExport)
			if err != nil {
				return err
			}
			for _, p := range list {
				err := row(string(p.ID), p.Name, p.Email, personState(p).Text, string(p.Platform), stamp(p.GrantedAt), rolesOf(p),
					yesNo(p.HasFactor), stamp(&p.CreatedAt), stamp(p.LastUse))
				if err != nil {
					return err
				}
				after = p.ID
			}
			if len(list) < adminExport {
				return nil
			}
		}
	})
}

func (s *Server) showAdminUser(w http.ResponseWriter, r *http.Request) error {
	view, err := s.adminUserView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.AdminUser(view))
}

func (s *Server) adminUserView(r *http.Request) (view page.AdminUserView, err error) {
	a := s.actor(r)
	p, err := s.Admin.Person(r.Context(), a, userOf(r))
	if err != nil {
		return view, err
	}
	view = page.AdminUserView{Shell: s.adminShell(r, p.Name), URL: adminUserURL(p.ID), Name: p.Name, State: personState(p),
		IsSelf: p.ID == a.User, IsClosed: p.DisabledAt != nil, IsErased: p.IsErased, Facts: personFacts(p),
		RoleNeeds: "A role counts after a sign-in with a second factor.",
		Belongs:   page.AdminTable{Caption: "Organizations", TestID: "belongs", Heads: []string{"Organization", "Role"}}}
	if !p.HasFactor {
		view.RoleNeeds = "This person has no second factor: a role counts once there is one."
	}
	for _, role := range []postgres.Platform{postgres.None, postgres.Reviewer, postgres.Admin} {
		label := platformLabel(role)
		if role == postgres.None {
			label = "None"
		}
		view.Roles = append(view.Roles, ui.Option{Value: string(role), Label: label, Selected: role == p.Platform})
	}
	for _, why := range account.AllReasons() {
		view.Reasons = append(view.Reasons, ui.Option{Value: string(why), Label: why.Label()})
	}
	for _, h := range p.Roles {
		view.Belongs.Rows = append(view.Belongs.Rows, []page.AdminCell{{Text: h.Name, URL: adminOrganizationURL(h.Organization)}, cell(roleLabel(h.Role))})
	}
	sessions, err := s.Accounts.SessionsOf(r.Context(), a, p.ID)
	if err != nil {
		return view, err
	}
	for _, one := range sessions {
		view.Sessions = append(view.Sessions, page.SessionView{ID: one.ID, Browser: one.Agent, Address: one.Address, Since: ui.DateTime(one.CreatedAt), Seen: ui.DateTime(one.SeenAt)})
	}
	tokens, err := s.Accounts.APITokensOf(r.Context(), a, p.ID)
	if err != nil {
		return view, err
	}
	view.Tokens, _ = tokenViews(tokens)
	return view, s.fillActs(r, &view, p.ID)
}

func personFacts(p admindesk.Person) []ui.Pair {
	facts := []ui.Pair{
		{Term: "Address", Value: p.Email}, {Term: "Since", Value: ui.DateTime(p.CreatedAt)}, {Term: "Last use", Value: orNever(p.LastUse)},
		{Term: "Second factor", Value: yesNo(p.HasFactor)},
	}
	if p.GrantedAt != nil {
		facts = append(facts, ui.Pair{Term: platformLabel(p.Platform), Value: "since " + ui.DateTime(*p.GrantedAt)})
	}
	if p.DisabledAt != nil {
		facts = append(facts, ui.Pair{Term: "Closed", Value: ui.DateTime(*p.DisabledAt)}, ui.Pair{Term: "Why", Value: account.Reason(p.DisabledFor).Label()})
	}
	return append(facts, ui.Pair{Term: "Id", Value: string(p.ID)})
}

// fillActs lists what a person did, 20 acts a page.
func (s *Server) fillActs(r *http.Request, view *page.AdminUserView, user id.User) error {
	const acts = 20
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	list, err := s.Admin.ActsOf(r.Context(), s.actor(r), user, max(before, 0), acts+1)
	if err != nil {
		return err
	}
	view.Acts = page.AdminTable{Caption: "Acts", TestID: "acts", Heads: []string{"When", "What", "Organization", "Row"}}
	if len(list) > acts {
		list = list[:acts]
		view.MoreActs = view.URL + "?before=" + strconv.FormatInt(list[acts-1].Number, 10)
	}
	if before > 0 {
		view.FirstActs = view.URL
	}
	for _, a := range list {
		view.Acts.Rows = append(view.Acts.Rows, []page.AdminCell{
			cell(ui.DateTime(a.At)), {Text: verbWords(a.Verb), Small: detailWords(a.Detail)}, cell(a.OrganizationName), number(a.Number)})
	}
	return nil
}

// afterUserAct leads back to the person with a sentence, or shows the page
// with what was refused.
func (s *Server) afterUserAct(w http.ResponseWriter, r *http.Request, err error, sentence string) error {
	if err == nil {
		s.flash(r, sentence)
		redirect(w, r, adminUserURL(userOf(r)))
		return nil
	}
	if errs.KindOf(err) == errs.NotFound {
		return err
	}
	view, loadErr := s.adminUserView(r)
	if loadErr != nil {
		return loadErr
	}
	view.Errors = mistakes(err)
	return s.renderTry(w, r, err, page.AdminUser(view))
}

func (s *Server) endSessionsOf(w http.ResponseWriter, r *http.Request) error {
	if r.PostForm.Get("which") == "all" {
		return s.afterUserAct(w, r, s.Accounts.EndSessionsOf(r.Context(), s.actor(r), userOf(r)), "All sessions are ended.")
	}
	err := s.Accounts.EndSessionOf(r.Context(), s.actor(r), userOf(r), r.PostForm.Get("session"))
	return s.afterUserAct(w, r, err, "The session is ended.")
}

func (s *Server) revokeTokensOf(w http.ResponseWriter, r *http.Request) error {
	if r.PostForm.Get("which") == "all" {
		n, err := s.Accounts.RevokeAllAPITokens(r.Context(), s.actor(r), userOf(r))
		return s.afterUserAct(w, r, err, ui.Plural(n, "token is", "tokens are")+" revoked.")
	}
	err := s.Accounts.RevokeAPITokenOf(r.Context(), s.actor(r), userOf(r), id.APIToken(r.PostForm.Get("token")))
	return s.afterUserAct(w, r, err, "The token is revoked.")
}

func (s *Server) disableUser(w http.ResponseWriter, r *http.Request) error {
	err := s.Accounts.Disable(r.Context(), s.actor(r), userOf(r), account.Reason(r.PostForm.Get("reason")))
	return s.afterUserAct(w, r, err, "The account is closed and its sessions are ended.")
}

func (s *Server) enableUser(w http.ResponseWriter, r *http.Request) error {
	return s.afterUserAct(w, r, s.Accounts.Enable(r.Context(), s.actor(r), userOf(r)), "The account is open again.")
}

func (s *Server) setPlatformRole(w http.ResponseWriter, r *http.Request) error {
	err := s.Accounts.SetPlatformRole(r.Context(), s.actor(r), userOf(r), postgres.Platform(r.PostForm.Get("role")))
	return s.afterUserAct(w, r, err, "The role is changed. It counts from the next request on.")
}
