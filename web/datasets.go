package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/license"
	"assay/web/page"
	"assay/web/ui"
)

// showDatasets answers a search; everything of it stands in the address.
func (s *Server) showDatasets(w http.ResponseWriter, r *http.Request) error {
	q, err := catalog.ParseQuery(r.URL.Query())
	if err != nil {
		if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
			return errs.New(errs.Invalid, mistakes[0].Message+" Remove it from the address, or start again from all data sets.")
		}
		return err
	}
	result, err := s.Catalog.Search(r.Context(), q)
	if err != nil {
		return err
	}
	view := datasetsView(q, result)
	view.Shell = s.shell(r, view.Heading, "datasets")
	view.Shell.NoIndex = len(q.Values()) > 0
	view.Shell.Canonical = s.config.PublicURL + "/datasets"
	return s.render(w, r, http.StatusOK, page.Datasets(view))
}

// showDataset shows one data set, or its tombstone.
func (s *Server) showDataset(w http.ResponseWriter, r *http.Request) error {
	e, err := s.Catalog.Get(r.Context(), chi.URLParam(r, "slug"))
	if err != nil {
		return err
	}
	s.countView(r, e)
	view := listingView(e)
	view.Shell = s.shell(r, e.Title, "datasets")
	view.Shell.Description = e.Summary
	view.Shell.Canonical = s.config.PublicURL + "/datasets/" + e.Slug
	view.Shell.Print = view.Shell.Canonical
	view.ReportURL, view.Versions = reportURL(e.Slug), linkedVersions(e)
	if view.Samples, err = s.publicSamples(r, e); err != nil {
		return err
	}
	if view.Samples != nil {
		view.Shell.Styles = reportStyles()
	}
	if view.Audit != nil {
		view.Audit.ReportURL = auditURL(e.Slug)
	}
	status := http.StatusOK
	if e.State != catalog.Live {
		view.Shell.NoIndex = true
		status = tombstoneStatus(e)
	}
	return s.render(w, r, status, page.Listing(view))
}

func datasetsURL(q catalog.Query) string {
	if v := q.Values().Encode(); v != "" {
		return "/datasets?" + v
	}
	return "/datasets"
}

func datasetsView(q catalog.Query, r catalog.Result) page.DatasetsView {
	clear := datasetsURL(catalog.Query{Keyword: q.Keyword})
	if q.Active() == 0 {
		clear = "/datasets"
	}
	view := page.DatasetsView{
		Heading:    ui.Plural(r.Total, "data set", "data sets"),
		Search:     ui.SearchProps{Action: "/datasets", Query: q.Keyword},
		Active:     q.Active(),
		ClearURL:   clear,
		IncludeAsk: q.IncludeAsk,
		Chips:      chips(q),
		Sort:       sortLinks(q),
		Pager:      pager(q, r),
	}
	if kept := q.Values().Get("sort"); kept != "" {
		view.Search.Kept = []ui.Pair{{Term: "sort", Value: kept}}
	}
	for _, f := range r.Facets {
		if len(f.Values) == 0 {
			continue
		}
		view.Facets = append(view.Facets, facetProps(f))
	}
	for _, e := range r.Rows {
		view.Results = append(view.Results, resultProps(e))
	}
	for _, x := range r.Relax {
		view.Relax = append(view.Relax, ui.Relaxation{Label: relaxLabel(q, x), URL: datasetsURL(x.Query), Count: x.Count})
	}
	return view
}

func chips(q catalog.Query) []ui.Chip {
	var list []ui.Chip
	if q.Keyword != "" {
		list = append(list, ui.Chip{Label: "“" + q.Keyword + "”", URL: datasetsURL(q.WithoutKeyword())})
	}
	for _, field := range catalog.AllFields() {
		for _, v := range q.Filters[field] {
			list = append(list, ui.Chip{Label: field.ValueLabel(v), URL: datasetsURL(q.Without(field, v))})
		}
	}
	if q.IncludeAsk {
		without := q.FirstPage()
		without.IncludeAsk = false
		list = append(list, ui.Chip{Label: "Also where to ask", URL: datasetsURL(without)})
	}
	return list
}

func sortLinks(q catalog.Query) []ui.SortLink {
	var list []ui.SortLink
	for _, term := range catalog.Sorts {
		if term.Value == catalog.Relevance && q.Keyword == "" {
			continue
		}
		link := ui.SortLink{Label: strings.ToLower(term.Label)}
		if term.Value != q.Sort {
			other := q.FirstPage()
			other.Sort = term.Value
			link.URL = datasetsURL(other)
		}
		list = append(list, link)
	}
	return list
}

func pager(q catalog.Query, r catalog.Result) ui.PagerProps {
	p := ui.PagerProps{Text: ui.Number(len(r.Rows)) + " of " + ui.Number(r.Total) + " on this page"}
	if r.Prev != nil {
		p.FirstURL, p.PrevURL = datasetsURL(q.FirstPage()), datasetsURL(*r.Prev)
	}
	if r.Next != nil {
		p.NextURL = datasetsURL(*r.Next)
	}
	if r.Prev == nil && r.Next == nil {
		p.Text = "All " + ui.Number(r.Total) + " on this page"
	}
	return p
}

// shown is how many values of a long facet are in sight before it folds.
const shown = 6

func facetProps(f catalog.Facet) ui.FacetProps {
	p := ui.FacetProps{Name: string(f.Field), Legend: f.Field.Label(), Show: shown}
	for _, v := range f.Values {
		p.Options = append(p.Options, ui.Option{Value: v.Value, Label: f.Field.ValueLabel(v.Value), Selected: v.Chosen, Count: v.Count})
	}
	if f.Field == catalog.FieldCountry {
		slices.SortStableFunc(p.Options, func(a, b ui.Option) int { return b.Count - a.Count })
	}
	return p
}

func relaxLabel(q catalog.Query, x catalog.Relaxation) string {
	switch {
	case x.Field == "":
		return q.Keyword
	case x.Value != "":
		return x.Field.ValueLabel(x.Value)
	}
	var labels []string
	for _, v := range q.Filters[x.Field] {
		labels = append(labels, x.Field.ValueLabel(v))
	}
	return x.Field.Label() + ": " + strings.Join(labels, ", ")
}

func resultProps(e catalog.Entry) ui.ResultProps {
	return ui.ResultProps{
		Title: e.Title, URL: "/datasets/" + url.PathEscape(e.Slug),
		Owner: ownerOf(e), Note: noteOf(e), Tags: tagsOf(e), Summary: e.Summary, Facts: factsOf(e, true),
		Commercial: e.CommercialUse(), RightNote: rightNote(e),
	}
}

func ownerOf(e catalog.Entry) string {
	if e.Kind == catalog.External {
		return e.Detail.Owner
	}
	return e.OrganizationName
}

func noteOf(e catalog.Entry) string {
	if e.Kind == catalog.External {
		return "kept by its owner, described here"
	}
	return ""
}

func tagsOf(e catalog.Entry) []ui.TagProps {
	var tags []ui.TagProps
	add := func(kind, text string) { tags = append(tags, ui.TagProps{Kind: kind, Text: text}) }
	if e.Demo {
		add("", "demo")
	}
	if e.Kind == catalog.Hosted {
		add(e.SellerLevel.Kind(), e.SellerLevel.Tag())
	}
	if a := e.Detail.Audit; a != nil {
		kind, verdict := auditWords(*a)
		add(kind, "audit "+verdict)
	}
	if q := e.Detail.Quality; q != nil && q.Grade != "" {
		add(gradeKind(q.Grade), "LQS "+q.Grade)
	}
	if c := e.Detail.CommercialReview; c.HoldsOn(time.Now()) {
		add("ok", "Commercial license reviewed "+c.On)
	}
	if e.SourcesDisagree() {
		add("warn", "sources disagree")
	}
	if e.Detail.Basis == "not_rechecked" {
		add("", "license not re-checked")
	}
	return tags
}

func auditWords(a catalog.Audit) (kind, text string) {
	switch a.Verdict {
	case "passed":
		return "ok", "passed"
	case "flagged":
		return "warn", "flagged: " + ui.Plural(a.Warnings, "warning", "warnings")
	case "failed":
		return "bad", "failed"
	}
	return "", a.Verdict
}

// factsOf are the figures under a title; short leaves out what the page of the
// listing shows elsewhere.
func factsOf(e catalog.Entry, short bool) []ui.Fact {
	var list []ui.Fact
	count := func(n *int64, one, many string) {
		switch {
		case n == nil:
		case *n == 1:
			list = append(list, ui.Fact{Value: "1", Text: one})
		default:
			list = append(list, ui.Fact{Value: ui.Number(*n), Text: many})
		}
	}
	count(e.Patients, "patient", "patients")
	count(e.Studies, "study", "studies")
	count(e.Images, "image", "images")
	if e.Bytes != nil {
		list = append(list, ui.Fact{Text: ui.Bytes(*e.Bytes)})
	}
	list = append(list, ui.Fact{Text: strings.Join(e.Modalities, ", ")})
	if short && len(e.LabelProvenance) > 0 {
		list = append(list, ui.Fact{Text: lowerFirst(catalog.FieldLabelProvenance.ValueLabel(e.LabelProvenance[0]))})
	}
	if len(e.Countries) > 0 {
		list = append(list, ui.Fact{Text: strings.Join(e.Countries, ", ")})
	}
	return list
}

// lowerFirst lowers the first letter, unless the word is an abbreviation.
func lowerFirst(s string) string {
	if len(s) < 2 || s[1] < 'a' || s[1] > 'z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// upperFirst begins a sentence.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func upperAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = upperFirst(s)
	}
	return out
}

// rightNote stands below the badge: the license, or that sources disagree.
func rightNote(e catalog.Entry) string {
	if e.SourcesDisagree() {
		return "Sources disagree: " + ui.Plural(len(e.Detail.Assertions), "statement", "statements") + ", with who and when"
	}
	if len(e.Detail.Rights) == 1 {
		if id := e.Detail.Rights[0].Terms.SPDX; id != "" && !strings.HasPrefix(id, "LicenseRef-") {
			return strings.ReplaceAll(id, "-", " ") + ", " + strings.ToLower(e.Tier.Label())
		}
	}
	if e.Detail.LicenseName != "" {
		return e.Detail.LicenseName
	}
	return e.Tier.Label()
}

// dayInWords turns 2026-11-20 into 20 November 2026.
func dayInWords(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return ui.Date(t)
}

// exceptionsOf says how parts of a data set answer a use, where they differ
// from the answer for the whole.
func exceptionsOf(e catalog.Entry, use license.Use) []string {
	if len(e.Detail.Rights) < 2 {
		return nil
	}
	whole := e.Decide(use, license.Context{})
	var list []string
	for _, p := range e.Detail.Rights {
		d := license.Decide(p.Terms, use, license.Context{})
		if d.Verdict == whole.Verdict {
			continue
		}
		text := partName(p) + ": " + lowerFirst(d.Verdict.Label())
		if d.Reason != "" && d.Verdict != license.NotStated {
			text += ", " + d.Reason
		}
		if d.Clause != "" {
			text += " (" + p.Terms.Name + ", " + d.Clause + ")"
		}
		list = append(list, text)
	}
	return list
}

func partName(p license.Part) string {
	var scopes []string
	for _, s := range p.Scopes {
		scopes = append(scopes, strings.ToLower(s.Label()))
	}
	what := strings.Join(scopes, " and ")
	switch {
	case p.Group == "" && what == "":
		return "Everything"
	case p.Group == "":
		return upperFirst(what)
	case what == "":
		return p.Group
	}
	return p.Group + ", " + what
}
