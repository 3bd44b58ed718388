package web

import (
	"fmt"
	"net/url"
	"time"

	"assay/internal/catalog"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

func listingView(e catalog.Entry) page.ListingView {
	view := page.ListingView{
		Crumbs: []ui.Crumb{{Label: "Data sets", URL: "/datasets"}, {Label: e.Title}},
		Title:  e.Title, By: ownerOf(e), ByNote: noteOf(e), Tags: tagsOf(e),
	}
	if len(e.Modalities) > 0 {
		q := catalog.Query{Filters: map[catalog.Field][]string{catalog.FieldModality: {e.Modalities[0]}}}
		view.Crumbs = []ui.Crumb{view.Crumbs[0], {Label: catalog.FieldModality.ValueLabel(e.Modalities[0]), URL: datasetsURL(q)}, view.Crumbs[1]}
	}
	if e.State != catalog.Live {
		view.Tombstone, view.Versions = tombstoneOf(e), versionLines(buried(e))
		return view
	}
	if e.SamplesHiddenAt != nil {
		view.SamplesHidden = ui.Date(*e.SamplesHiddenAt)
	}
	d := e.Detail
	view.Summary, view.Facts = e.Summary, factsOf(e, false)
	view.Commercial, view.CommercialNote = e.CommercialUse(), rightNote(e)
	view.Rights, view.Reading = rightsRows(e), readingOf(e)
	view.Terms, view.Restrictions = termsLines(e), upperAll(d.Restrictions)
	view.Checks = rightsChecks(e)
	view.Statements, view.Route, view.Caveats = statementsOf(e), d.Route, upperAll(d.Caveats)
	if e.SourcesDisagree() {
		view.Disagree = d.Conflict
		if view.Disagree == "" {
			view.Disagree = "Sources say different things about commercial use. Ask the owner before you rely on one of them."
		}
	}
	view.Figures, view.Claims = figuresOf(e), claimGroups(d.Claims)
	view.Readers = readerLines(e, time.Now())
	view.Measured, view.Audit, view.Versions = claimRows(d.Measured), auditBox(d.Audit), versionLines(d.Versions)
	view.Quality, view.Licensed = qualityBox(e), commercialBox(d.CommercialReview)
	if view.Audit != nil && d.Certificate != "" {
		view.Audit.CertificateURL = "/datasets/" + e.Slug + "/certificate"
	}
	if e.Kind == catalog.External {
		view.Owner = ownerBox(e)
	} else {
		view.Seller = sellerLevelBox(e)
	}
	return view
}

// sellerLevelBox says how far the seller is verified, what that means and since when.
func sellerLevelBox(e catalog.Entry) *page.SellerLevelBox {
	box := &page.SellerLevelBox{Name: e.OrganizationName, Kind: e.SellerLevel.Kind(), Tag: e.SellerLevel.Tag(), Meaning: e.SellerLevel.Meaning()}
	if e.SellerSince != nil {
		box.Since = "Since " + ui.Date(*e.SellerSince) + "."
	}
	return box
}

func rightsRows(e catalog.Entry) []ui.RightsRow {
	var rows []ui.RightsRow
	for _, u := range license.AllUses() {
		rows = append(rows, ui.RightsRow{Use: u, Decision: e.Decide(u, license.Context{}), Exceptions: exceptionsOf(e, u)})
	}
	return rows
}

// readingOf says whose reading the table is, and of when.
func readingOf(e catalog.Entry) string {
	d := e.Detail
	if e.Kind == catalog.Hosted {
		return "Stated by the seller, cell by cell. Not legal advice: the signed agreement decides."
	}
	text := "Our reading, not legal advice. " + catalog.Bases.Label(d.Basis)
	if day := dayInWords(d.CheckedOn); day != "" {
		text += ", checked on " + day
	}
	return text + "."
}

func termsLines(e catalog.Entry) []page.TermsLine {
	var lines []page.TermsLine
	for _, p := range e.Detail.Rights {
		line := page.TermsLine{Files: partName(p), License: p.Terms.Name, Commercial: license.CommercialUseOf(p.Terms).Label()}
		if p.Files != "" {
			line.Files += " (" + p.Files + ")"
		}
		if _, ok := license.KnownBySPDX(p.Terms.SPDX); ok {
			line.LicenseURL = "/licenses/" + p.Terms.SPDX
		}
		lines = append(lines, line)
	}
	return lines
}

func statementsOf(e catalog.Entry) []page.Statement {
	var list []page.Statement
	for _, a := range e.Detail.Assertions {
		st := page.Statement{
			Who: listing.AssertedBys.Label(a.By), When: dayInWords(a.CheckedOn), Source: a.Source, URL: a.SourceURL, Text: a.Statement,
			Differs: a.CommercialUse != "" && a.CommercialUse != e.CommercialUse(),
		}
		if st.When == "" {
			st.When = "not re-checked"
		}
		if a.CommercialUse != "" {
			st.Use = lowerFirst(a.CommercialUse.Label())
		}
		list = append(list, st)
	}
	return list
}

// rightsChecks are the readings of sources, the newest first.
func rightsChecks(e catalog.Entry) []page.RightsCheck {
	var list []page.RightsCheck
	for _, c := range e.Detail.Checks {
		line := page.RightsCheck{When: dayInWords(c.On), Who: listing.AssertedBys.Label(c.By), Source: c.Source, URL: c.SourceURL, Text: c.Statement}
		if c.TierAfter != "" {
			line.Changed = termsChange(c.LicenseBefore, c.LicenseAfter, c.TierBefore, c.TierAfter) + "."
		}
		list = append(list, line)
	}
	return list
}

func figuresOf(e catalog.Entry) []ui.Pair {
	var list []ui.Pair
	for _, f := range e.Detail.Facts {
		list = append(list, ui.Pair{Term: f.Label, Value: upperFirst(f.Value)})
	}
	return append(list,
		ui.Pair{Term: "Access", Value: e.Access.Label()},
		ui.Pair{Term: "License tier", Value: e.Tier.Label(), URL: datasetsURL(catalog.Query{
			Filters: map[catalog.Field][]string{catalog.FieldTier: {string(e.Tier)}}})},
	)
}

func claimGroups(claims []catalog.Claim) []page.ClaimGroup {
	var groups []page.ClaimGroup
	for _, c := range claims {
		who := listing.AssertedBys.Label(c.By)
		if day := dayInWords(c.On); day != "" {
			who += ", " + day
		} else {
			who += ", not re-checked"
		}
		last := len(groups) - 1
		if last < 0 || groups[last].Subject != c.Subject || groups[last].Who != who {
			groups = append(groups, page.ClaimGroup{Subject: c.Subject, Who: who})
			last++
		}
		groups[last].Lines = append(groups[last].Lines, ui.Pair{Term: c.Term, Value: upperFirst(c.Value)})
	}
	return groups
}

func claimRows(list []catalog.Measure) []ui.ClaimRow {
	var rows []ui.ClaimRow
	for _, m := range list {
		rows = append(rows, ui.ClaimRow{Fact: m.Fact, Claim: m.Claimed, Measured: m.Measured, State: ui.ClaimState(m.Outcome)})
	}
	return rows
}

func auditBox(a *catalog.Audit) *page.AuditBox {
	if a == nil {
		return nil
	}
	kind, verdict := auditWords(*a)
	return &page.AuditBox{
		Kind: kind, Verdict: verdict, Digest: a.RootDigest, ReportURL: a.ReportURL, NotChecked: a.NotChecked,
		Lines: []ui.Pair{
			{Term: "Audited", Value: dayInWords(a.On)},
			{Term: "Blockers", Value: ui.Number(a.Blockers)},
			{Term: "Warnings", Value: ui.Number(a.Warnings)},
			{Term: "Warnings answered", Value: ui.Number(a.Answered)},
			{Term: "Remarks", Value: ui.Number(a.Infos)},
			{Term: "Rules", Value: a.Rules},
		},
	}
}

// mostClassLinks is how many classes a listing shows beside its score.
const mostClassLinks = 12

func qualityBox(e catalog.Entry) *page.QualityBox {
	q := e.Detail.Quality
	if q == nil {
		return nil
	}
	box := &page.QualityBox{Kind: gradeKind(q.Grade), Grade: "Grade " + q.Grade, URL: qualityURL(e.Slug), Lines: []ui.Pair{
		{Term: "Score", Value: fmt.Sprintf("%.1f of 100", q.Score)},
		{Term: "Measured", Value: fmt.Sprintf("%.0f of 100 points", q.Measured)},
		{Term: "Images", Value: ui.Number(q.Images)},
		{Term: "Labels", Value: ui.Number(q.Labels)},
		{Term: "Rules", Value: q.Schema},
	}}
	if q.Grade == "" {
		box.Grade = "No grade: too little could be measured"
	}
	if q.Measured == 0 {
		box.Lines = box.Lines[1:] // nothing was scored
	}
	for _, c := range q.Classes[:min(len(q.Classes), mostClassLinks)] {
		search := url.Values{string(catalog.FieldClass): {c}}
		box.Classes = append(box.Classes, ui.Pair{Term: c, URL: "/datasets?" + search.Encode()})
	}
	return box
}

// gradeKind is the color of a grade's tag.
func gradeKind(grade string) string {
	switch grade {
	case "A", "B":
		return "ok"
	case "C", "D":
		return "warn"
	case "F":
		return "bad"
	}
	return "info"
}

func versionLines(list []catalog.Version) []page.VersionLine {
	var lines []page.VersionLine
	for _, v := range list {
		lines = append(lines, page.VersionLine{
			Number: fmt.Sprint(v.Number), When: dayInWords(v.On), State: listing.States.Label(listing.State(v.State)), Note: v.Note})
	}
	return lines
}

func ownerBox(e catalog.Entry) *page.OwnerBox {
	d := e.Detail
	box := &page.OwnerBox{Name: d.Owner, URL: d.OwnerURL, Hint: d.OwnerHint, NotRechecked: d.Basis == "not_rechecked"}
	checked := dayInWords(d.CheckedOn)
	if checked == "" {
		checked = "not re-checked"
	}
	box.Lines = []ui.Pair{
		{Term: "License", Value: d.LicenseName},
		{Term: "Checked on", Value: checked},
		{Term: "Basis", Value: catalog.Bases.Label(d.Basis)},
		{Term: "Our confidence", Value: d.Confidence},
	}
	return box
}
