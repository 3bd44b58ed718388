package web

import (
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/web/page"
	"assay/web/ui"
)

func (s *Server) showOrganization(w http.ResponseWriter, r *http.Request) error {
	v := s.visitor(r)
	members, err := s.Accounts.Members(r.Context(), v.Actor())
	if err != nil {
		return err
	}
	view := page.OrganizationView{Shell: s.formShell(r, v.OrganizationName, "account"), Name: v.OrganizationName, MayManage: v.Role.CanManage()}
	for _, m := range members {
		view.Members = append(view.Members, page.OrganizationMember{
			ID: string(m.User), Name: m.Name, Email: m.Email, Role: m.Role.Label(), Since: ui.Date(m.Since), IsSelf: m.User == v.User,
			Rights: rightsText(m.Rights()),
		})
	}
	view.Roles, view.Rights = roleRights(), rightsAbout(members)
	if v.Role.CanManage() {
		open, err := s.Accounts.Invitations(r.Context(), v.Actor())
		if err != nil {
			return err
		}
		for _, i := range open {
			view.Invitations = append(view.Invitations, page.OrganizationInvitation{
				ID: string(i.ID), Email: i.Email, Role: i.Role.Label(), By: i.InvitedBy, Until: ui.Date(i.ExpiresAt), IsExpired: i.IsExpired,
			})
		}
	}
	return s.render(w, r, http.StatusOK, page.Organization(view))
}

func (s *Server) leaveOrganization(w http.ResponseWriter, r *http.Request) error {
	if err := s.Accounts.RemoveMember(r.Context(), s.actor(r), s.visitor(r).User); err != nil {
		return err
	}
	if err := s.workFor(r, ""); err != nil {
		return err
	}
	s.flash(r, "You have left "+s.visitor(r).OrganizationName+".")
	redirect(w, r, "/account")
	return nil
}

func (s *Server) showOrganizationName(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, page.OrganizationName(page.OrganizationNameView{
		Shell: s.formShell(r, "Rename the organization", "account"), Name: s.visitor(r).OrganizationName,
	}))
}

func (s *Server) renameOrganization(w http.ResponseWriter, r *http.Request) error {
	name := r.PostForm.Get("name")
	if err := s.Accounts.RenameOrganization(r.Context(), s.actor(r), name); err != nil {
		return s.renderTry(w, r, err, page.OrganizationName(page.OrganizationNameView{
			Shell: s.formShell(r, "Rename the organization", "account"), Name: name, Errors: mistakes(err),
		}))
	}
	s.flash(r, "The organization is renamed.")
	redirect(w, r, "/organization")
	return nil
}

func (s *Server) memberOf(r *http.Request) (account.Member, error) {
	members, err := s.Accounts.Members(r.Context(), s.actor(r))
	if err != nil {
		return account.Member{}, err
	}
	for _, m := range members {
		if string(m.User) == chi.URLParam(r, "user") {
			return m, nil
		}
	}
	return account.Member{}, errs.New(errs.NotFound, "No such member.")
}

func (s *Server) showMember(w http.ResponseWriter, r *http.Request) error {
	m, err := s.memberOf(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Member(s.memberView(r, m, m.Role, nil)))
}

func (s *Server) memberView(r *http.Request, m account.Member, chosen account.Role, failure error) page.MemberView {
	view := page.MemberView{
		Shell: s.formShell(r, m.Name, "account"), ID: string(m.User), Name: m.Name, Email: m.Email,
		Organization: s.visitor(r).OrganizationName, IsSelf: m.User == s.visitor(r).User,
		MayChange: m.Role != account.Owner || s.visitor(r).Role.CanOwn(),
		Roles:     s.roleOptions(r, chosen),
	}
	if s.visitor(r).Role.CanOwn() && m.Role != account.Owner {
		for _, right := range account.AllRights() {
			view.Rights = append(view.Rights, ui.Option{Value: string(right), Label: right.Label(), Help: right.Help(), Selected: m.Rights().Has(right)})
		}
	}
	if failure != nil {
		view.Errors = mistakes(failure)
	}
	return view
}

// roleOptions are the roles that the visitor may give.
func (s *Server) roleOptions(r *http.Request, chosen account.Role) []ui.Option {
	var list []ui.Option
	for _, role := range account.AllRoles() {
		if role == account.Owner && !s.visitor(r).Role.CanOwn() && chosen != account.Owner {
			continue
		}
		if role != chosen && slices.ContainsFunc(account.AllRights(), func(right account.Right) bool {
			return right.ByDefault(role) && !s.visitor(r).Rights.Has(right)
		}) {
			continue // nobody gives a right that they do not hold
		}
		list = append(list, ui.Option{Value: string(role), Label: role.Label(), Help: role.Help(), Selected: role == chosen})
	}
	return list
}

func (s *Server) setRole(w http.ResponseWriter, r *http.Request) error {
	m, err := s.memberOf(r)
	if err != nil {
		return err
	}
	role := account.Role(r.PostForm.Get("role"))
	if err := s.Accounts.SetRole(r.Context(), s.actor(r), m.User, role); err != nil {
		return s.renderTry(w, r, err, page.Member(s.memberView(r, m, role, err)))
	}
	s.flash(r, "The role of "+m.Name+" is changed.")
	redirect(w, r, "/organization")
	return nil
}

// setRights gives and takes the rights that stand apart from roles.
func (s *Server) setRights(w http.ResponseWriter, r *http.Request) error {
	m, err := s.memberOf(r)
	if err != nil {
		return err
	}
	chosen := r.PostForm["right"]
	want := account.Rights{Submit: slices.Contains(chosen, string(account.Submits)), Publish: slices.Contains(chosen, string(account.Publishes))}
	if err := s.Accounts.SetRights(r.Context(), s.actor(r), m.User, want); err != nil {
		return s.renderTry(w, r, err, page.Member(s.memberView(r, m, m.Role, err)))
	}
	s.flash(r, m.Name+" "+rightsText(want)+" from now on.")
	redirect(w, r, "/organization")
	return nil
}

func rightsText(h account.Rights) string {
	switch {
	case h.Submit && h.Publish:
		return "may submit and publish"
	case h.Submit:
		return "may submit, not publish"
	case h.Publish:
		return "may publish, not submit"
	}
	return "may neither submit nor publish"
}

func roleRights() []page.RoleRights {
	var list []page.RoleRights
	for _, role := range account.AllRoles() {
		list = append(list, page.RoleRights{Role: role.Label(), Help: role.Help(),
			Submit: account.Submits.ByDefault(role), Publish: account.Publishes.ByDefault(role)})
	}
	return list
}

func rightsAbout(members []account.Member) []page.RightAbout {
	var list []page.RightAbout
	for _, right := range account.AllRights() {
		about := page.RightAbout{Right: right.Label(), Help: right.Help()}
		for _, m := range members {
			if m.Rights().Has(right) {
				about.Members = append(about.Members, m.Name)
			}
		}
		list = append(list, about)
	}
	return list
}

func (s *Server) removeMember(w http.ResponseWriter, r *http.Request) error {
	m, err := s.memberOf(r)
	if err != nil {
		return err
	}
	if err := s.Accounts.RemoveMember(r.Context(), s.actor(r), m.User); err != nil {
		return s.renderTry(w, r, err, page.Member(s.memberView(r, m, m.Role, err)))
	}
	s.flash(r, m.Name+" is no longer a member.")
	if m.User == s.visitor(r).User {
		if err := s.workFor(r, ""); err != nil {
			return err
		}
		redirect(w, r, "/account")
		return nil
	}
	redirect(w, r, "/organization")
	return nil
}

func (s *Server) showInvite(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, page.Invite(page.InviteView{
		Shell: s.formShell(r, "Invite someone", "account"), Organization: s.visitor(r).OrganizationName,
		Roles: s.roleOptions(r, account.Viewer),
	}))
}

func (s *Server) invite(w http.ResponseWriter, r *http.Request) error {
	email, role := r.PostForm.Get("email"), account.Role(r.PostForm.Get("role"))
	if _, err := s.Accounts.Invite(r.Context(), s.actor(r), email, role); err != nil {
		return s.renderTry(w, r, err, page.Invite(page.InviteView{
			Shell: s.formShell(r, "Invite someone", "account"), Organization: s.visitor(r).OrganizationName,
			Email: email, Roles: s.roleOptions(r, role), Errors: mistakes(err),
		}))
	}
	s.flash(r, "The invitation is on its way.")
	redirect(w, r, "/organization")
	return nil
}

func (s *Server) revokeInvitation(w http.ResponseWriter, r *http.Request) error {
	err := s.Accounts.RevokeInvitation(r.Context(), s.actor(r), id.Invitation(chi.URLParam(r, "invitation")))
	if err != nil {
		return err
	}
	s.flash(r, "The invitation is taken back.")
	redirect(w, r, "/organization")
	return nil
}
