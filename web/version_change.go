package web

import (
	"net/http"
	"strconv"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/sellerdesk"
	"assay/web/page"
	"assay/web/ui"
)

// changeOf says how a version differs from the one before, nil if nothing is
// before it.
func (s *Server) changeOf(r *http.Request, l id.Listing, v id.Version) (*page.ChangeView, error) {
	c, err := s.Desk.ChangeOf(r.Context(), s.seller(r), l, v)
	if errs.KindOf(err) == errs.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return changeView(c), nil
}

// changeView says how a version differs from the one before, nil if there is
// nothing to compare.
func changeView(c sellerdesk.Change) *page.ChangeView {
	if c.Files == nil {
		return nil
	}
	view := &page.ChangeView{Before: "version " + strconv.Itoa(c.Before), Names: c.Files.Names}
	f := c.Files
	for _, part := range []struct {
		n    int
		text string
	}{{f.Added, "added"}, {f.Removed, "removed"}, {f.Changed, "changed"}} {
		if part.n > 0 {
			view.Files = append(view.Files, ui.Number(part.n)+" "+part.text)
		}
	}
	if len(view.Files) == 0 {
		view.Files = []string{"the same"}
	}
	if more := f.Added + f.Removed + f.Changed - len(f.Names); more > 0 {
		view.More = ui.Plural(more, "file more differs", "files more differ")
	}
	for _, step := range c.Steps {
		view.Claims = append(view.Claims, step.Label())
	}
	if c.Audit != nil && c.Was != nil {
		view.Audit = auditChange(*c.Was, *c.Audit)
	}
	return view
}

func auditChange(was, is sellerdesk.Audited) []page.FigureChange {
	grade := func(g string) string {
		if g == "" {
			return "none"
		}
		return g
	}
	rows := []page.FigureChange{
		{Term: "Verdict", Was: verdictWord(was.Verdict), Is: verdictWord(is.Verdict)},
		{Term: "Blockers", Was: ui.Number(was.Blockers), Is: ui.Number(is.Blockers)},
		{Term: "Warnings", Was: ui.Number(was.Warnings), Is: ui.Number(is.Warnings)},
		{Term: "Files", Was: ui.Number(was.Files), Is: ui.Number(is.Files)},
		{Term: "Size", Was: ui.Bytes(was.Bytes), Is: ui.Bytes(is.Bytes)},
	}
	if was.Grade != "" || is.Grade != "" {
		rows = append(rows, page.FigureChange{Term: "LQS grade", Was: grade(was.Grade), Is: grade(is.Grade)})
	}
	return rows
}

func verdictWord(v string) string {
	if v == "" {
		return "none"
	}
	return v
}
