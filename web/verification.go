package web

import (
	"fmt"
	"net/http"

	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/verification"
	"assay/web/page"
	"assay/web/ui"
)

const verificationPath = "/seller/verification"

// showVerification is where an organization stands as a seller.
func (s *Server) showVerification(w http.ResponseWriter, r *http.Request) error {
	return s.verificationPage(w, r, nil)
}

func (s *Server) verificationPage(w http.ResponseWriter, r *http.Request, failure error) error {
	v := s.visitor(r)
	standing, err := s.Verification.Standing(r.Context(), v.Actor())
	if err != nil {
		return err
	}
	view := page.VerificationView{
		Shell: s.formShell(r, "Verification as a seller", "sell"), Organization: v.OrganizationName,
		Level: string(standing.Level), LevelHelp: standing.Level.Help(), Until: untilOf(standing),
		MayManage: v.Role.CanManage(), History: levelEvents(standing),
		StateText: "You have made no request yet. It asks who the organization is, for papers, and for your word.",
	}
	if standing.RightsLapsed() {
		view.LevelHelp = "A paper on your right to license data has ended. Put a newer version into the vault and ask again; what is live stays live."
	}
	if view.MayManage {
		if err := s.addRequest(r, &view); err != nil {
			return err
		}
	}
	if failure == nil {
		return s.render(w, r, http.StatusOK, page.Verification(view))
	}
	view.Errors = mistakes(failure)
	if len(view.Missing) > 0 { // the page lists what is missing already
		view.Errors = nil
		return s.render(w, r, http.StatusUnprocessableEntity, page.Verification(view))
	}
	return s.renderTry(w, r, failure, page.Verification(view))
}

func untilOf(standing verification.Standing) string {
	if len(standing.Changes) == 0 || standing.Changes[0].ExpiresAt == nil {
		return ""
	}
	return ui.Date(*standing.Changes[0].ExpiresAt)
}

func levelEvents(standing verification.Standing) []ui.Event {
	var list []ui.Event
	for _, c := range standing.Changes {
		e := ui.Event{When: ui.Date(c.At), Who: c.By, Text: c.Level.Label(), Note: c.Reason, Kind: "ok"}
		if c.ExpiresAt != nil {
			e.Text += ", until " + ui.Date(*c.ExpiresAt)
		}
		if c.RightsUntil != nil {
			e.Text += " (rights papers until " + ui.Date(*c.RightsUntil) + ")"
		}
		if c.Level == verification.Suspended {
			e.Kind = "bad"
		}
		if e.Who == "" {
			e.Who = "a reviewer of the platform"
		}
		list = append(list, e)
	}
	return list
}

// addRequest adds the organization's latest request to the page, with the state
// of each part.
func (s *Server) addRequest(r *http.Request, view *page.VerificationView) error {
	request, err := s.Verification.Request(r.Context(), s.actor(r))
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	proof, err := s.Verification.Domain(r.Context(), s.actor(r))
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	signers, err := s.Verification.Signers(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	next := request // what the next submission would hold
	if request.ID != "" && !request.State.IsOpen() && request.State != verification.RequestSubmitted {
		next = verification.Request{Identity: request.Identity, Documents: accepted(request.Documents)}
	}
	view.Parts = verificationParts(next, proof, signers)
	view.Progress = progressOf(view.Parts)
	if request.State != verification.RequestSubmitted {
		view.Missing = gapsOf(next)
		view.MaySubmit = true
	}
	if request.ID == "" {
		return nil
	}
	view.State, view.Reason, view.StateText = string(request.State), request.Reason, requestText(request)
	view.Withdraw = "Withdraw the request"
	if request.State == verification.RequestDraft {
		view.Withdraw = "Drop the draft"
	}
	view.CanWithdraw = request.State.IsOpen() || request.State == verification.RequestSubmitted
	view.Gaps = returnedGaps(request)
	if request.State != verification.RequestWithdrawn {
		view.Identity, view.Documents = identityPairs(request.Identity), documentViews(request.Documents)
	} else {
		view.Reason = ""
	}
	return nil
}

// accepted are the papers that a new request takes over.
func accepted(list []verification.Document) (kept []verification.Document) {
	for _, d := range list {
		if d.Verdict != "rejected" {
			kept = append(kept, d)
		}
	}
	return kept
}

func requestText(r verification.Request) string {
	switch r.State {
	case verification.RequestDraft:
		return "Not submitted yet."
	case verification.RequestSubmitted:
		return "Submitted on " + ui.Date(*r.SubmittedAt) + ". A reviewer decides, usually within three working days."
	case verification.RequestReturned:
		return "A reviewer asks for changes. Make them and submit again."
	case verification.RequestGranted:
		return "Decided on " + ui.Date(*r.DecidedAt) + ". Make a new request to renew it or to reach a higher level; your answers and papers are kept."
	case verification.RequestRefused:
		return "Refused on " + ui.Date(*r.DecidedAt) + ". You may make a new request; your answers are kept."
	}
	return "You withdrew the last request. You may make a new one; your answers are kept."
}

// verificationParts are the parts of a request with what is done and what is
// next.
func verificationParts(r verification.Request, proof verification.DomainProof, signers []verification.Signer) []page.VerificationPart {
	var identity, papers bool
	for _, m := range errs.FieldsOf(r.Missing()) {
		papers = papers || m.Field == "file"
		identity = identity || m.Field != "file"
	}
	parts := []page.VerificationPart{
		{Title: "The organization", URL: verificationPath + "/organization", Kind: "ok", State: "complete", Text: "Legal name, country, register, address, and why you may license data."},
		{Title: "The domain", URL: verificationPath + "/domain", State: "not proved", Text: "A TXT record or a file shows that the domain is yours. An owner’s e-mail address of it helps, too."},
		{Title: "Documents", URL: verificationPath + "/documents", Kind: "ok", State: "complete", Text: "Who you are, the authorization to license, and what ethics board and consent say."},
		{Title: "Who may sign", URL: verificationPath + "/signers", State: "nobody named", Text: "People whose authority a document shows. Agreements with buyers need one."},
	}
	if identity {
		parts[0].Kind, parts[0].State = "warn", "incomplete"
	}
	if papers {
		parts[2].Kind, parts[2].State = "warn", "incomplete"
	}
	switch {
	case proof.Holds():
		parts[1].Kind, parts[1].State = "ok", "proved"
	case proof.IsAsked():
		parts[1].Kind, parts[1].State = "info", "being looked at"
	case proof.MissingSince != nil:
		parts[1].Kind, parts[1].State = "warn", "no longer found"
	}
	for _, p := range signers {
		if p.State == "accepted" {
			parts[3].Kind, parts[3].State = "ok", "accepted"
			break
		}
		parts[3].Kind, parts[3].State = "info", "named"
	}
	return parts
}

// progressOf says how many parts are done, and which have to be.
func progressOf(parts []page.VerificationPart) string {
	done := 0
	for _, p := range parts {
		if p.Kind == "ok" || p.State == "named" {
			done++
		}
	}
	return fmt.Sprintf("%d of %d parts are done. The organization and the documents have to be before you submit; each of the others brings you nearer to “verified”.", done, len(parts))
}

// gapsOf says what a request still lacks and where to say it.
func gapsOf(r verification.Request) []page.VerificationGap {
	var list []page.VerificationGap
	for _, m := range errs.FieldsOf(r.Missing()) {
		list = append(list, page.VerificationGap{Text: m.Message, URL: gapURL(m.Field)})
	}
	return list
}

// returnedGaps are the reasons for which a request was returned, each with its
// place.
func returnedGaps(r verification.Request) []page.VerificationGap {
	var list []page.VerificationGap
	for _, g := range r.Gaps {
		gap := page.VerificationGap{Text: g.Label(), URL: gapURL(g.Place)}
		for _, d := range r.Documents {
			if string(d.Document) == g.Place {
				gap.Text, gap.URL = d.Title+": "+g.Label(), vaultURL(d.Ref())
			}
		}
		list = append(list, gap)
	}
	return list
}

func gapURL(place string) string {
	switch place {
	case "file", "documents":
		return verificationPath + "/documents"
	case "domain", "signers":
		return verificationPath + "/" + place
	}
	return verificationPath + "/organization#f-" + place
}

func identityPairs(in verification.Identity) []ui.Pair {
	country := ""
	if in.Country != "" {
		country = listing.CountryName(in.Country)
	}
	return []ui.Pair{
		{Term: "Legal name", Value: in.LegalName}, {Term: "Country", Value: country},
		{Term: "Register", Value: in.Registry}, {Term: "Number", Value: in.RegistryNumber},
		{Term: "Postal address", Value: in.PostalAddress}, {Term: "Web address", Value: in.Website},
		{Term: "Answers for it", Value: in.ContactName}, {Term: "Position", Value: in.ContactRole},
		{Term: "Why it may license medical data", Value: in.RightsBasis},
	}
}

func documentViews(list []verification.Document) []page.VaultVersionView {
	var views []page.VaultVersionView
	for _, d := range list {
		view := versionView(d.Version)
		view.Verdict = d.Verdict
		views = append(views, view)
	}
	return views
}

func (s *Server) submitVerification(w http.ResponseWriter, r *http.Request) error {
	if err := s.Verification.SubmitRequest(r.Context(), s.actor(r)); err != nil {
		return s.verificationPage(w, r, err)
	}
	s.flash(r, "Your request is submitted.")
	redirect(w, r, verificationPath)
	return nil
}

func (s *Server) withdrawVerification(w http.ResponseWriter, r *http.Request) error {
	if err := s.Verification.WithdrawRequest(r.Context(), s.actor(r)); err != nil {
		return s.verificationPage(w, r, err)
	}
	s.flash(r, "Your request is withdrawn.")
	redirect(w, r, verificationPath)
	return nil
}
