package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"assay/internal/admindesk"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/verification"
	"assay/web/page"
	"assay/web/ui"
)

const adminOrganizationsPath = "/admin/organizations"

func levelOptions() []ui.Option {
	levels := append([]verification.Level{verification.Unverified}, verification.GrantableLevels()...)
	var list []ui.Option
	for _, l := range append(levels, verification.Suspended, verification.Expired) {
		list = append(list, ui.Option{Value: string(l), Label: l.Label()})
	}
	return list
}

func organizationsURL(path string, f admindesk.OrganizationFilter, after id.Organization) string {
	return withQuery(path, "q", f.Text, "level", f.Level, "after", string(after))
}

func readOrganizationFilter(r *http.Request) admindesk.OrganizationFilter {
	return admindesk.OrganizationFilter{Text: clipped(r, "q"), Level: pickedOf(r, "level", levelOptions())}
}

// quotaOf is the room of an organization, in bytes.
func (s *Server) quotaOf(o admindesk.Organization) int64 {
	if o.Quota != nil {
		return *o.Quota
	}
	return s.config.QuotaBytes
}

func (s *Server) showAdminOrganizations(w http.ResponseWriter, r *http.Request) error {
	f, after := readOrganizationFilter(r), afterOf[id.Organization](r)
	view := page.AdminListView{
		Shell: s.adminShell(r, "Organizations"), URL: adminOrganizationsPath, Heading: "Organizations", Lead: "Every organization, the newest first.",
		Text: f.Text, TextLabel: "Name", IsNarrowed: f != admindesk.OrganizationFilter{},
		Selects: []ui.SelectProps{{Name: "level", Label: "Verification", Options: levelOptions(), Value: f.Level, Blank: "Any"}},
		CSVURL:  organizationsURL(adminOrganizationsPath+".csv", f, ""),
		Table: page.AdminTable{Caption: "Organizations", TestID: "organizations",
			Heads: []string{"Organization", "Verification", "Members", "Storage", "Listings", "Live", "Strikes", "Last use"}},
		EmptyTitle: "None found", EmptyText: "No organization fits what you look for.",
	}
	list, err := s.Admin.Organizations(r.Context(), s.actor(r), f, after, adminRows+1)
	if err != nil {
		return err
	}
	if len(list) > adminRows {
		list = list[:adminRows]
		view.Pager.NextURL = organizationsURL(adminOrganizationsPath, f, list[adminRows-1].ID)
	}
	if after != "" {
		view.Pager.FirstURL = organizationsURL(adminOrganizationsPath, f, "")
	}
	for _, o := range list {
		view.Table.Rows = append(view.Table.Rows, []page.AdminCell{
			{Text: o.Name, URL: adminOrganizationURL(o.ID), Small: demoWord(o.IsDemo)}, cell(verification.Level(o.Level).Label()), number(o.Members),
			cell(ui.Bytes(o.Stored) + " of " + ui.Bytes(s.quotaOf(o))), number(o.Listings), number(o.Live), number(o.Strikes), cell(orNever(o.LastUse)),
		})
	}
	return s.render(w, r, http.StatusOK, page.AdminList(view))
}

func demoWord(isDemo bool) string {
	if isDemo {
		return "demo"
	}
	return ""
}

func (s *Server) sendAdminOrganizations(w http.ResponseWriter, r *http.Request) error {
	f := readOrganizationFilter(r)
	heads := []string{"organization", "name", "slug", "demo", "created_at", "verification", "members", "stored_bytes", "quota_bytes", "listings", "live", "strikes", "last_use"}
	return s.sendTable(w, r, "organizations.csv", heads, func(row func(...string) error) error {
		for after := id.Organization(""); ; {
			list, err := s.Admin.Organizations(r.Context(), s.actor(r), f, after, adminExport)
			if err != nil {
				return err
			}
			for _, o := range list {
				err := row(string(o.ID), o.Name, o.Slug, yesNo(o.IsDemo), stamp(&o.CreatedAt), o.Level, strconv.Itoa(o.Members), strconv.FormatInt(o.Stored, 10),
					strconv.FormatInt(s.quotaOf(o), 10), strconv.Itoa(o.Listings), strconv.Itoa(o.Live), strconv.Itoa(o.Strikes), stamp(o.LastUse))
				if err != nil {
					return err
				}
				after = o.ID
			}
			if len(list) < adminExport {
				return nil
			}
		}
	})
}

func (s *Server) showAdminOrganization(w http.ResponseWriter, r *http.Request) error {
	view, err := s.adminOrganizationView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.AdminOrganization(view))
}

func (s *Server) adminOrganizationView(r *http.Request) (view page.AdminOrganizationView, err error) {
	o, err := s.Admin.Organization(r.Context(), s.actor(r), id.Organization(chi.URLParam(r, "organization")))
	if err != nil {
		return view, err
	}
	quota := s.quotaOf(o.Organization)
	view = page.AdminOrganizationView{
		Shell: s.adminShell(r, o.Name), URL: adminOrganizationURL(o.ID), Name: o.Name, Level: o.Level,
		Facts: []ui.Pair{
			{Term: "Name in addresses", Value: o.Slug}, {Term: "Since", Value: ui.DateTime(o.CreatedAt)}, {Term: "Last use", Value: orNever(o.LastUse)},
			{Term: "Listings", Value: ui.Plural(o.Listings, "was submitted", "were submitted") + ", " + ui.Number(o.Live) + " live"},
			{Term: "Strikes", Value: ui.Number(o.Strikes)}, {Term: "Id", Value: string(o.ID)},
		},
		Storage: "Keeps " + ui.Bytes(o.Stored) + " of " + ui.Bytes(quota), Default: ui.Bytes(s.config.QuotaBytes), IsOwn: o.Quota != nil,
		Members:  page.AdminTable{Caption: "Members", TestID: "members", Heads: []string{"Person", "Role", "Since", "Last use here"}},
		Versions: page.AdminTable{Caption: "Versions by state", TestID: "versions", Heads: []string{"State", "Versions"}},
	}
	if quota > 0 {
		view.Percent = int(min(100, (o.Stored*100+quota-1)/quota))
	}
	if o.Quota != nil {
		view.Quota = strconv.FormatFloat(float64(*o.Quota)/1e9, 'f', -1, 64)
	}
	for _, m := range o.People {
		view.Members.Rows = append(view.Members.Rows, []page.AdminCell{
			{Text: m.Name, URL: adminUserURL(m.User), Small: m.Email}, cell(roleLabel(m.Role)), cell(ui.Date(m.Since)), cell(orNever(m.LastUse))})
	}
	for _, c := range o.Versions {
		view.Versions.Rows = append(view.Versions.Rows, []page.AdminCell{cell(strings.ReplaceAll(string(listing.State(c.What)), "_", " ")), number(c.N)})
	}
	return view, nil
}

// Bounds of room in GB.
const (
	leastQuotaGB = 0.001
	mostQuotaGB  = 1e6
)

func (s *Server) setQuota(w http.ResponseWriter, r *http.Request) error {
	org, text := id.Organization(chi.URLParam(r, "organization")), strings.TrimSpace(r.PostForm.Get("quota"))
	var err error
	gigabytes := 0.0
	if text != "" {
		if gigabytes, err = strconv.ParseFloat(text, 64); err != nil || !(gigabytes >= leastQuotaGB && gigabytes <= mostQuotaGB) {
			err = &errs.Error{Kind: errs.Invalid, Field: "quota", Message: "Enter a size from 0.001 to 1,000,000 GB, like 250."}
		}
	}
	view, loadErr := s.adminOrganizationView(r)
	if loadErr != nil {
		return loadErr
	}
	if err == nil {
		err = s.Accounts.SetQuota(r.Context(), s.actor(r), org, int64(gigabytes*1e9))
	}
	if err != nil {
		view.Quota, view.Errors = text, mistakes(err)
		return s.renderTry(w, r, err, page.AdminOrganization(view))
	}
	s.flash(r, "The room is changed.")
	redirect(w, r, adminOrganizationURL(org))
	return nil
}
