package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay/internal/account"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/promise"
	"assay/internal/review"
	"assay/web/page"
	"assay/web/ui"
)

// licensingView is the review of the commercial terms on the reviewer's page.
func licensingView(it review.Item, tries reviewTries, csrf string) page.LicensingView {
	v := page.LicensingView{State: "Nobody has reviewed the commercial terms. Going live does not need it.", StateKind: "info"}
	for i := len(it.Licensing) - 1; i >= 0; i-- {
		x := it.Licensing[i]
		switch {
		case x.Outcome == "":
			due := promise.Of(promise.ReviewOfTerms).Due(x.RequestedAt)
			left, _ := dueWords(due, time.Now())
			v.State, v.StateKind = "The seller asked for this review on "+ui.Date(x.RequestedAt)+": "+left+", on "+ui.DateTime(due)+".", "warn"
		case x.Outcome == "granted" && x.Holds:
			v.State, v.StateKind = "The badge is granted for the license and consent claims as they stand here.", "ok"
		case x.Over != "":
			v.State, v.StateKind = "A badge was granted before and has ended: "+x.Over.Words()+".", "warn"
		case x.Outcome == "granted":
			v.State, v.StateKind = "A badge was granted before, for other license or consent claims.", "warn"
		default:
			v.State, v.StateKind = "The badge was refused.", "warn"
		}
	}
	for _, x := range it.Licensing {
		if x.Outcome != "" {
			v.History = append(v.History, licensingLine(x, true))
		}
	}
	if !it.Own && it.Claims.SubmittedAt != nil {
		v.Form = licensingForm(it, tries, csrf)
	}
	return v
}

func licensingForm(it review.Item, tries reviewTries, csrf string) *page.LicensingForm {
	form, mistakes := tries.of("licensing")
	f := &page.LicensingForm{
		Action: reviewURL(it.Dossier.Version.ID) + "/licensing", CSRF: csrf, ClaimsDigest: it.Claims.Digest, Errors: mistakes,
		Consent: lowerFirst(listing.CommercialConsents.Label(it.Claims.Claims.Consent.Commercial)),
		Open:    len(mistakes) > 0 || len(it.Licensing) > 0 && it.Licensing[0].Outcome == "",
		Value: page.LicensingValues{
			Outcome: form.Get("outcome"), Clause: form.Get("clause"), Document: form.Get("document"), Signer: form.Get("signer"),
			Reason: form.Get("licensing_reason"), Rights: form.Get("rights_hold") == "1",
			Consent: form.Get("consent_holds") == "1", Authority: form.Get("authority_holds") == "1",
		},
	}
	for _, use := range []license.Use{license.TrainCommercialModel, license.ShipModelInProduct} {
		d := it.Entry.Decide(use, license.Context{})
		f.Clauses = append(f.Clauses, ui.Pair{Term: use.Label(), Value: strings.Trim(d.Verdict.Label()+", clause "+d.Clause, ", ")})
	}
	for _, x := range it.Documents {
		if x.InForce && !slices.ContainsFunc(f.Documents, func(o ui.Option) bool { return o.Value == x.SHA256 }) {
			f.Documents = append(f.Documents, ui.Option{Value: x.SHA256, Label: review.DocumentKinds[x.Kind] + ": " + x.Name})
		}
	}
	for _, p := range it.Signers {
		f.Signers = append(f.Signers, ui.Option{Value: string(p.ID), Label: p.Name + ", " + p.Title + ", until " + ui.Date(p.ValidUntil)})
	}
	return f
}

// licensingLine says what a review found. For reviewers it names who signs and
// who reviewed.
func licensingLine(x review.Licensing, forReviewers bool) page.LicensingLine {
	l := page.LicensingLine{Word: "refused", Kind: "warn", SHA256: x.DocumentSHA256}
	if x.Outcome == "granted" {
		l.Word, l.Kind = "granted", "ok"
		if !x.Holds {
			l.Word, l.Kind = "granted, over by now", ""
		}
	}
	if x.Over != "" {
		l.Lines = append(l.Lines, ui.Pair{Term: "Ended", Value: endedWords(x)})
	}
	if x.DecidedAt != nil {
		l.When = ui.DateTime(*x.DecidedAt)
	}
	if forReviewers {
		l.Who = x.ReviewerName
	} else {
		l.Who = "a reviewer"
	}
	signer := x.SignerRole
	if x.Signer != "" {
		signer = x.Signer + ", " + x.SignerRole
	}
	for _, p := range []ui.Pair{{Term: "Commercial rights", Value: withEvidence(x.Rights, x.Clause)}, {Term: "Consent or waiver", Value: withEvidence(x.Consent, x.DocumentKind)},
		{Term: "Authority of the signer", Value: withEvidence(x.Authority, signer)}, {Term: "Comment", Value: x.Reason}} {
		if p.Value != "" {
			l.Lines = append(l.Lines, p)
		}
	}
	return l
}

// endedWords say when and why a badge ended.
func endedWords(x review.Licensing) string {
	if x.EndedAt == nil { // the next sweep writes the day down
		return upperFirst(x.Over.Words()) + "."
	}
	return ui.Date(*x.EndedAt) + ": " + x.Over.Words() + "."
}

func withEvidence(verdict, evidence string) string {
	return strings.Trim(upperFirst(verdict)+": "+strings.Trim(evidence, ", "), ": ")
}

// decideLicensing records what a reviewer found about the commercial terms.
func (s *Server) decideLicensing(r *http.Request, v id.Version) error {
	form := r.PostForm
	outcome := form.Get("outcome")
	if outcome != "granted" && outcome != "refused" {
		return &errs.Error{Kind: errs.Invalid, Field: "outcome", Message: "Choose what you find."}
	}
	return s.Reviews.DecideLicensing(r.Context(), s.actor(r), review.LicensingRuling{
		Version: v, ClaimsDigest: form.Get("claims_digest"), Granted: outcome == "granted",
		Rights: form.Get("rights_hold") == "1", Consent: form.Get("consent_holds") == "1", Authority: form.Get("authority_holds") == "1",
		Clause: form.Get("clause"), Document: form.Get("document"), Signer: id.Signer(form.Get("signer")),
		Reason: form.Get("licensing_reason"),
	})
}

// sellersLicensing is the review of the commercial terms on the seller's page
// of a version; nil before it was submitted.
func (s *Server) sellersLicensing(r *http.Request, d listing.Dossier) (*page.SellerLicensing, error) {
	if d.Version.SubmittedAt == nil {
		return nil, nil
	}
	list, err := s.Reviews.Licensings(r.Context(), s.seller(r), d)
	if err != nil {
		return nil, err
	}
	v := &page.SellerLicensing{Text: "A reviewer can look at explicit commercial rights, at the consent or waiver, and at who signs. Buyers see it as a badge. Going live does not need it."}
	asks := s.may(r, account.Admin) && !isOver(d.Version.State)
	for i, x := range list {
		switch {
		case x.Outcome == "":
			due := promise.Of(promise.ReviewOfTerms).Due(x.RequestedAt)
			v.Text, asks = "Asked for on "+ui.Date(x.RequestedAt)+". A reviewer answers by "+ui.DateTime(due)+".", false
		case x.Outcome == "granted" && x.Holds && i == 0:
			v.Text, asks = "Buyers see the badge for as long as license and consent claims stay as they are, and its paper and its signer last"+untilDay(x.ValidUntil)+".", false
		case x.Over != "" && i == 0:
			v.Text = "The badge ended: " + x.Over.Words() + ". Buyers read so. Renew what it rested on in your verification, then ask again."
		}
		if x.Outcome != "" {
			v.Lines = append(v.Lines, licensingLine(x, false))
		}
	}
	if asks {
		v.AskURL = versionURL(d.Version.ID) + "/licensing"
	}
	if isOver(d.Version.State) && len(v.Lines) == 0 {
		return nil, nil
	}
	return v, nil
}

func untilDay(last *time.Time) string {
	if last == nil {
		return ""
	}
	return ", until " + ui.Date(*last)
}

// isOver reports whether nothing more comes of a version.
func isOver(state listing.State) bool {
	switch state {
	case listing.ChangesRequested, listing.Rejected, listing.Withdrawn, listing.Superseded:
		return true
	}
	return false
}

// askLicensing asks for a review of the commercial terms.
func (s *Server) askLicensing(w http.ResponseWriter, r *http.Request) error {
	v, err := versionID(r)
	if err != nil {
		return err
	}
	if err := s.Reviews.AskLicensing(r.Context(), s.seller(r), v); err != nil {
		return err
	}
	s.flash(r, "Asked for. A reviewer looks at the commercial terms; you hear from us.")
	redirect(w, r, versionURL(v)+"#licensing")
	return nil
}

// commercialBox tells buyers what a reviewer has looked at, or since when and
// why that is over.
func commercialBox(c *catalog.CommercialReview) *page.CommercialBox {
	switch {
	case c == nil:
		return nil
	case c.Ended != "":
		return &page.CommercialBox{On: dayInWords(c.On), Over: "It ended on " + dayInWords(c.Ended) + ": " + c.EndedWhy.Words() + "."}
	case !c.HoldsOn(time.Now()):
		return &page.CommercialBox{On: dayInWords(c.On), Over: "It ended after " + dayInWords(c.Until) + ": " + catalog.DayOver.Words() + "."}
	}
	return &page.CommercialBox{On: dayInWords(c.On), Until: dayInWords(c.Until), SHA256: c.SHA256, Lines: []ui.Pair{
		{Term: "Commercial rights", Value: "Explicit, clause " + c.Clause},
		{Term: "Consent or waiver", Value: "Covers commercial use: " + c.Document},
		{Term: "Who signs", Value: "May bind the seller: " + c.SignerRole},
	}}
}

// groundLines are the reasons of a version's last decision, each with the way
// to what mends it.
func groundLines(d listing.Dossier) []page.GroundLine {
	if len(d.Decisions) == 0 {
		return nil
	}
	var list []page.GroundLine
	for _, g := range d.Decisions[len(d.Decisions)-1].Grounds {
		line := page.GroundLine{Reason: review.Reasons.Label(review.Reason(g.Reason)), Text: g.Text}
		switch {
		case g.Section != "":
			line.Place = ui.Pair{Value: "Claims: " + g.Section.Label(), URL: listingURL(d.Listing.ID, string(g.Section))}
		case g.Finding != "":
			line.Place = ui.Pair{Value: "A finding of the report", URL: versionURL(d.Version.ID) + answerAnchor(d, g.Finding)}
		case g.Files > 0:
			line.Place = ui.Pair{Value: fmt.Sprintf("About %s", ui.Plural(g.Files, "file", "files"))}
		}
		list = append(list, line)
	}
	return list
}
