package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/deid"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/text"
	"assay/internal/errs"
	"assay/internal/ingest"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// Bounds of the page of texts.
const (
	textsAPage     = 100
	longestSought  = 200 // bytes
	mostAttributes = 200 // to choose from
)

// textsURL is the page of texts of a version.
func textsURL(d listing.Dossier) string { return versionURL(d.Version.ID) + "/texts" }

// textsFilter narrows the list of texts. All of it stands in the address.
type textsFilter struct {
	path      string
	sought    string
	attribute string
	page      int // from 1
}

func readTextsFilter(u *url.URL) textsFilter {
	q := u.Query()
	f := textsFilter{path: u.Path, sought: strings.TrimSpace(q.Get("q")), attribute: q.Get("attribute")}
	f.sought = strings.ToValidUTF8(f.sought[:min(len(f.sought), longestSought)], "")
	f.attribute = f.attribute[:min(len(f.attribute), longestSought)]
	f.page, _ = strconv.Atoi(q.Get("page"))
	f.page = max(f.page, 1)
	return f
}

func (f textsFilter) url(path string) string {
	q := url.Values{}
	if f.sought != "" {
		q.Set("q", f.sought)
	}
	if f.attribute != "" {
		q.Set("attribute", f.attribute)
	}
	if f.page > 1 {
		q.Set("page", strconv.Itoa(f.page))
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// matching are the texts that hold what is sought, in any case.
func (f textsFilter) matching(list []audit.ResidualText) []audit.ResidualText {
	sought := strings.ToLower(f.sought)
	return slices.DeleteFunc(slices.Clone(list), func(t audit.ResidualText) bool {
		return f.attribute != "" && t.Attribute != f.attribute || !strings.Contains(strings.ToLower(t.Text), sought)
	})
}

// showTexts shows an editor of the owning organization the texts of a version
// that a person should read.
func (s *Server) showTexts(w http.ResponseWriter, r *http.Request) error {
	keepPrivate(w)
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	view := s.textsView(r, d)
	list, err := s.texts(r, d)
	switch errs.KindOf(err) {
	case errs.NotFound:
		if d.Report == nil {
			view.State = "waiting"
		}
	case errs.Conflict:
		s.log.Warn("a list of texts cannot be opened", "version", d.Version.ID, "error", err)
		view.State = "shut"
	default:
		if err != nil {
			return err
		}
		view.State = "open"
		fillTexts(&view, readTextsFilter(r.URL), list)
	}
	return s.render(w, r, http.StatusOK, page.Texts(view))
}

// sendTexts sends the texts as a table.
func (s *Server) sendTexts(w http.ResponseWriter, r *http.Request) error {
	keepPrivate(w)
	d, err := s.ownVersion(r)
	if err != nil {
		return err
	}
	list, err := s.texts(r, d)
	if err != nil {
		return err
	}
	attach(w, "text/csv; charset=utf-8", fmt.Sprintf("texts-%s-version-%d.csv", d.Listing.Slug, d.Version.Number))
	s.sent(r, writeTable(w, []string{"attribute", "text", "count"}, func(row func(...string) error) error {
		for _, t := range readTextsFilter(r.URL).matching(list.Texts) {
			if err := row(t.Attribute, t.Text, strconv.Itoa(t.Count)); err != nil {
				return err
			}
		}
		return nil
	}))
	return nil
}

// texts opens the list. KindOf tells one that is absent (NotFound) from one
// that cannot be opened (Conflict).
func (s *Server) texts(r *http.Request, d listing.Dossier) (ingest.TextList, error) {
	if s.Audits == nil {
		return ingest.TextList{}, errs.New(errs.NotFound, "This version has no list of texts.")
	}
	return s.Audits.Texts(r.Context(), s.seller(r), d.Version.ID)
}

func (s *Server) textsView(r *http.Request, d listing.Dossier) page.TextsView {
	title, version := d.Claims.Claims.Basics.Title, fmt.Sprintf("Version %d", d.Version.Number)
	shell := s.shell(r, "Texts to read in version "+strconv.Itoa(d.Version.Number)+" of "+title, "sell")
	shell.NoIndex, shell.Styles = true, reportStyles()
	return page.TextsView{
		Shell: shell, Title: title + ", " + version, Owner: s.visitor(r).OrganizationName, Rule: text.ResidualRule(),
		URL: textsURL(d), ReportURL: versionURL(d.Version.ID),
		Crumbs: []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: title, URL: listingURL(d.Listing.ID, "check")},
			{Label: version, URL: versionURL(d.Version.ID)}, {Label: "Texts to read"}},
	}
}

// fillTexts puts one page of the list into the view.
func fillTexts(v *page.TextsView, f textsFilter, list ingest.TextList) {
	found := f.matching(list.Texts)
	v.Total, v.Matching, v.Beyond = len(list.Texts), len(found), list.Beyond
	v.Sought, v.Chosen, v.Attributes = f.sought, f.attribute, f.choices(list.Texts)
	last := max(1, (len(found)+textsAPage-1)/textsAPage)
	f.page = min(f.page, last)
	from, to := (f.page-1)*textsAPage, min(f.page*textsAPage, len(found))
	at := func(number int) string { f := f; f.page = number; return f.url(f.path) }
	if f.page > 1 {
		v.Pager.FirstURL, v.Pager.PrevURL = at(1), at(f.page-1)
	}
	if f.page < last {
		v.Pager.NextURL = at(f.page + 1)
	}
	v.Pager.Text = fmt.Sprintf("%s to %s of %s", ui.Number(from+1), ui.Number(to), ui.Number(len(found)))
	all := f
	all.page = 1
	v.CSVURL = all.url(v.URL + ".csv")
	for _, t := range found[from:to] {
		if n := len(v.Groups); n == 0 || v.Groups[n-1].Attribute != t.Attribute {
			v.Groups = append(v.Groups, textGroup(t.Attribute))
		}
		g := &v.Groups[len(v.Groups)-1]
		g.Rows = append(g.Rows, page.TextRow{Text: t.Text, Count: t.Count})
	}
}

// choices are the attributes of the list with how many texts each would leave.
func (f textsFilter) choices(list []audit.ResidualText) []page.TextsChoice {
	all := f
	all.attribute = ""
	counts, order := map[string]int{}, []string{}
	for _, t := range all.matching(list) {
		if counts[t.Attribute]++; counts[t.Attribute] == 1 {
			order = append(order, t.Attribute)
		}
	}
	var choices []page.TextsChoice
	for _, name := range order[:min(len(order), mostAttributes)] {
		to, on := textsFilter{sought: f.sought, attribute: name}, name == f.attribute
		if on {
			to.attribute = ""
		}
		choices = append(choices, page.TextsChoice{Label: name, URL: to.url(f.path), Count: counts[name], On: on})
	}
	return choices
}

// textGroup says of an attribute what the profile asks for.
//
// Source: DICOM PS3.15 Table E.1-1 and Section E.3.5.
func textGroup(attribute string) page.TextGroup {
	g := page.TextGroup{Attribute: attribute, Help: "Remove what names a person or a place, or replace the whole text."}
	e, isKnown := dict.ByKeyword(attribute)
	switch {
	case isKnown:
		g.Tag = e.Tag.String()
		if a := deid.ActionFor(e.Tag, 0); a != deid.Keep {
			g.Action = string(a)
			g.Help = "The basic profile does not keep " + attribute + ". Apply its action, or clean the text of names and places and declare the Clean Descriptors Option."
		}
	case strings.HasPrefix(attribute, "text of "):
		g.Help = "Lines and cells of documents beside the images. Remove what names a person or a place."
	case strings.HasPrefix(attribute, "("):
		g.Help = "An attribute that the standard does not name. Remove it unless its maker says that it holds no identifier."
	}
	return g
}
