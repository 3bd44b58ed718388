package web

import (
	"net/http"
	"strconv"

	"assay/internal/admindesk"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/ui"
)

const adminAccessPath = "/admin/access"

var accessPlaces = []ui.Option{{Value: "platform", Label: "On the platform"}}

func accessURL(path, where string, after admindesk.AccessCursor) string {
	return withQuery(path, "where", where, "after", string(after.User), "in", string(after.Organization))
}

// showAccess is the review of access: who has which role where, since when,
// and when it was used last.
//
// Source: AICPA Trust Services Criteria CC6.2, CC6.3.
func (s *Server) showAccess(w http.ResponseWriter, r *http.Request) error {
	where := pickedOf(r, "where", accessPlaces)
	after := admindesk.AccessCursor{User: afterOf[id.User](r)}
	after.Organization, _ = id.Parse[id.Organization](r.URL.Query().Get("in"))
	view := page.AdminListView{
		Shell: s.adminShell(r, "Access"), URL: adminAccessPath, Heading: "Access",
		Lead:       "Who has which role where, since when, and when it was used last. The table for an auditor has every row, with ids and tokens.",
		Selects:    []ui.SelectProps{{Name: "where", Label: "Where", Options: accessPlaces, Value: where, Blank: "Everywhere"}},
		IsNarrowed: where != "", CSVURL: accessURL(adminAccessPath+".csv", where, admindesk.AccessCursor{}),
		Table:      page.AdminTable{Caption: "Roles", TestID: "access", Heads: []string{"Person", "Where", "Role", "Since", "Used there", "Second factor"}},
		EmptyTitle: "No roles", EmptyText: "Nobody holds a role here.",
	}
	list, err := s.Admin.Access(r.Context(), s.actor(r), where != "", after, adminRows+1)
	if err != nil {
		return err
	}
	if len(list) > adminRows {
		list = list[:adminRows]
		last := list[adminRows-1]
		view.Pager.NextURL = accessURL(adminAccessPath, where, admindesk.AccessCursor{User: last.User, Organization: last.Organization})
	}
	if after.User != "" {
		view.Pager.FirstURL = accessURL(adminAccessPath, where, admindesk.AccessCursor{})
	}
	for _, h := range list {
		view.Table.Rows = append(view.Table.Rows, accessRow(h))
	}
	return s.render(w, r, http.StatusOK, page.AdminList(view))
}

func accessRow(h admindesk.Access) []page.AdminCell {
	person := page.AdminCell{Text: h.Name, URL: adminUserURL(h.User), Small: h.Email}
	if h.IsClosed {
		person.Small += ", account closed"
	}
	where, role := page.AdminCell{Text: h.OrganizationName, URL: adminOrganizationURL(h.Organization)}, cell(roleLabel(h.Role))
	if h.Organization == "" {
		where, role = cell("The platform"), cell(platformLabel(postgres.Platform(h.Role)))
		if h.GivenBy != "" {
			role.Small = "given by " + h.GivenBy
		}
	} else {
		role.Small = rightsWords(h)
	}
	return []page.AdminCell{person, where, role, cell(ui.Date(h.Since)), {Text: orNever(h.UsedThere), Small: "anywhere: " + orNever(h.LastUse)},
		factorCell(h.HasFactor, h.Organization == "")}
}

func rightsWords(h admindesk.Access) string {
	switch {
	case h.MaySubmit && h.MayPublish:
		return "submits and publishes"
	case h.MaySubmit:
		return "submits"
	case h.MayPublish:
		return "publishes"
	}
	return ""
}

func (s *Server) sendAccess(w http.ResponseWriter, r *http.Request) error {
	where := pickedOf(r, "where", accessPlaces)
	heads := []string{"user", "name", "email", "account", "second_factor", "where", "organization", "role", "may_submit", "may_publish",
		"since", "given_by", "used_there", "last_use", "tokens"}
	return s.sendTable(w, r, "access.csv", heads, func(row func(...string) error) error {
		for after := (admindesk.AccessCursor{}); ; {
			list, err := s.Admin.Access(r.Context(), s.actor(r), where != "", after, adminExport)
			if err != nil {
				return err
			}
			for _, h := range list {
				account, place := "open", h.OrganizationName
				if h.IsClosed {
					account = "closed"
				}
				if h.Organization == "" {
					place = "platform"
				}
				err := row(string(h.User), h.Name, h.Email, account, yesNo(h.HasFactor), place, string(h.Organization), h.Role, yesNo(h.MaySubmit),
					yesNo(h.MayPublish), stamp(&h.Since), h.GivenBy, stamp(h.UsedThere), stamp(h.LastUse), strconv.Itoa(h.Tokens))
				if err != nil {
					return err
				}
				after = admindesk.AccessCursor{User: h.User, Organization: h.Organization}
			}
			if len(list) < adminExport {
				return nil
			}
		}
	})
}
