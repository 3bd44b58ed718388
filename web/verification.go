package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// showVerification is where an organization stands as a seller.
func (s *Server) showVerification(w http.ResponseWriter, r *http.Request) error {
	return s.verificationPage(w, r, nil)
}

func (s *Server) verificationPage(w http.ResponseWriter, r *http.Request, failure error) error {
	v := s.visitor(r)
	standing, err := s.Accounts.Standing(r.Context(), v.Actor())
	if err != nil {
		return err
	}
	view := page.VerificationView{
		Shell: s.formShell(r, "Verification as a seller", "sell"), Organization: v.OrganizationName,
		Level: string(standing.Level), LevelHelp: standing.Level.Help(), Until: untilOf(standing),
		MayManage: v.Role.CanManage(), History: levelEvents(standing),
		StateText: "You have made no request yet. It asks for three things: who the organization is, papers, and your word.",
		Steps:     verificationSteps(account.Request{}),
	}
	if view.MayManage {
		if err := s.addRequest(r, &view); err != nil {
			return err
		}
	}
	if failure == nil {
		return s.render(w, r, http.StatusOK, page.Verification(view))
	}
	if len(errs.FieldsOf(failure)) > 0 { // the page lists what is missing already
		return s.render(w, r, http.StatusUnprocessableEntity, page.Verification(view))
	}
	view.Errors = mistakes(failure)
	return s.renderTry(w, r, failure, page.Verification(view))
}

func untilOf(standing account.Standing) string {
	if len(standing.Changes) == 0 || standing.Changes[0].ExpiresAt == nil {
		return ""
	}
	return ui.Date(*standing.Changes[0].ExpiresAt)
}

func levelEvents(standing account.Standing) []ui.Event {
	var list []ui.Event
	for _, c := range standing.Changes {
		e := ui.Event{When: ui.Date(c.At), Who: c.By, Text: c.Level.Label(), Note: c.Reason, Kind: "ok"}
		if c.ExpiresAt != nil {
			e.Text += ", until " + ui.Date(*c.ExpiresAt)
		}
		if c.Level == account.Suspended {
			e.Kind = "bad"
		}
		if e.Who == "" {
			e.Who = "a reviewer of the platform"
		}
		list = append(list, e)
	}
	return list
}

// addRequest adds the organization's latest request to the page.
func (s *Server) addRequest(r *http.Request, view *page.VerificationView) error {
	request, err := s.Accounts.Request(r.Context(), s.actor(r))
	if errs.KindOf(err) == errs.NotFound {
		view.Missing = gapsOf(account.Request{})
		return nil
	}
	if err != nil {
		return err
	}
	view.State, view.Reason = string(request.State), request.Reason
	view.StateText = requestText(request)
	view.Identity, view.Documents = identityPairs(request.Identity), documentViews(request.Documents)
	view.CanWithdraw = request.State.IsOpen() || request.State == account.RequestSubmitted
	view.Steps = nil
	switch {
	case request.State.IsOpen():
		view.Steps, view.Missing = verificationSteps(request), gapsOf(request)
	case request.State != account.RequestSubmitted:
		view.Steps, view.Missing = verificationSteps(account.Request{}), gapsOf(account.Request{Identity: request.Identity})
	}
	if request.State == account.RequestWithdrawn {
		view.Identity, view.Documents, view.Reason = nil, nil, ""
	}
	return nil
}

func requestText(r account.Request) string {
	switch r.State {
	case account.RequestDraft:
		return "Not submitted yet."
	case account.RequestSubmitted:
		return "Submitted on " + ui.Date(*r.SubmittedAt) + ". A reviewer decides, usually within three working days."
	case account.RequestReturned:
		return "A reviewer asks for changes. Make them and submit again."
	case account.RequestGranted:
		return "Decided on " + ui.Date(*r.DecidedAt) + ". Make a new request to renew it or to reach a higher level; your answers are kept."
	case account.RequestRefused:
		return "Refused on " + ui.Date(*r.DecidedAt) + ". You may make a new request; your answers are kept."
	}
	return "You withdrew the last request. You may make a new one; your answers are kept."
}

func verificationSteps(r account.Request) []ui.Step {
	steps := []ui.Step{
		{Label: "The organization", URL: "/seller/verification/organization"},
		{Label: "Documents", URL: "/seller/verification/documents"},
		{Label: "Submit"},
	}
	var identity, papers bool
	for _, m := range errs.FieldsOf(r.Missing()) {
		papers = papers || m.Field == "file"
		identity = identity || m.Field != "file"
	}
	if !identity {
		steps[0].State = "done"
	}
	if !papers {
		steps[1].State = "done"
	}
	for i := range steps {
		if steps[i].State == "" {
			steps[i].State = "current"
			break
		}
	}
	return steps
}

// gapsOf says what a request still lacks and where to say it.
func gapsOf(r account.Request) []page.VerificationGap {
	var list []page.VerificationGap
	for _, m := range errs.FieldsOf(r.Missing()) {
		url := "/seller/verification/organization#f-" + m.Field
		if m.Field == "file" {
			url = "/seller/verification/documents"
		}
		list = append(list, page.VerificationGap{Text: m.Message, URL: url})
	}
	return list
}

func identityPairs(in account.Identity) []ui.Pair {
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

func documentViews(list []account.Document) []page.VerificationDocument {
	var views []page.VerificationDocument
	for _, d := range list {
		views = append(views, page.VerificationDocument{
			ID: string(d.ID), URL: "/verification/documents/" + string(d.ID), Name: d.Name, Kind: d.Kind.Label(),
			Size: ui.Bytes(d.SizeBytes), At: ui.Date(d.UploadedAt), SHA256: d.SHA256, Verdict: d.Verdict,
		})
	}
	return views
}

func (s *Server) showVerificationIdentity(w http.ResponseWriter, r *http.Request) error {
	request, err := s.Accounts.Request(r.Context(), s.actor(r))
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	return s.render(w, r, http.StatusOK, page.VerificationIdentity(s.identityView(r, request.Identity, nil)))
}

func (s *Server) identityView(r *http.Request, in account.Identity, failure error) page.VerificationIdentityView {
	view := page.VerificationIdentityView{
		Shell: s.formShell(r, "The organization", "sell"), LegalName: in.LegalName, Country: in.Country, Registry: in.Registry,
		RegistryNumber: in.RegistryNumber, PostalAddress: in.PostalAddress, Website: in.Website,
		ContactName: in.ContactName, ContactRole: in.ContactRole, RightsBasis: in.RightsBasis,
	}
	for _, code := range listing.Countries() {
		view.Countries = append(view.Countries, ui.Option{Value: code, Label: listing.CountryName(code)})
	}
	if failure != nil {
		view.Errors = mistakes(failure)
	}
	return view
}

func (s *Server) saveVerificationIdentity(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	in := account.Identity{
		LegalName: form.Get("legal_name"), Country: form.Get("country"), Registry: form.Get("registry"),
		RegistryNumber: form.Get("registry_number"), PostalAddress: form.Get("postal_address"), Website: form.Get("website"),
		ContactName: form.Get("contact_name"), ContactRole: form.Get("contact_role"), RightsBasis: form.Get("rights_basis"),
	}
	if err := s.Accounts.SaveIdentity(r.Context(), s.actor(r), in); err != nil {
		return s.renderTry(w, r, err, page.VerificationIdentity(s.identityView(r, in, err)))
	}
	s.flash(r, "Your answers are saved.")
	redirect(w, r, "/seller/verification/documents")
	return nil
}

func (s *Server) showVerificationDocuments(w http.ResponseWriter, r *http.Request) error {
	view, err := s.documentsView(r, "")
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.VerificationDocuments(view))
}

func (s *Server) documentsView(r *http.Request, chosen account.Paper) (page.VerificationDocumentsView, error) {
	view := page.VerificationDocumentsView{Shell: s.formShell(r, "Documents", "sell")}
	for _, p := range account.AllPapers() {
		view.Kinds = append(view.Kinds, ui.Option{Value: string(p), Label: p.Label(), Help: p.Help(), Selected: p == chosen})
	}
	request, err := s.Accounts.Request(r.Context(), s.actor(r))
	if errs.KindOf(err) == errs.NotFound || (err == nil && !request.State.IsOpen()) {
		return view, nil
	}
	view.Documents = documentViews(request.Documents)
	return view, err
}

func (s *Server) attachDocument(w http.ResponseWriter, r *http.Request) error {
	kind := account.Paper(r.PostForm.Get("kind"))
	err := s.attach(r, kind)
	if err != nil {
		view, loadErr := s.documentsView(r, kind)
		if loadErr != nil {
			return loadErr
		}
		view.Errors = mistakes(err)
		return s.renderTry(w, r, err, page.VerificationDocuments(view))
	}
	s.flash(r, "The document is added.")
	redirect(w, r, "/seller/verification/documents")
	return nil
}

func (s *Server) attach(r *http.Request, kind account.Paper) error {
	file, header, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return &errs.Error{Kind: errs.Invalid, Field: "file", Message: "Choose a file."}
	}
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = s.Accounts.Attach(r.Context(), s.actor(r), kind, header.Filename, file)
	return err
}

func (s *Server) removeDocument(w http.ResponseWriter, r *http.Request) error {
	if err := s.Accounts.RemoveDocument(r.Context(), s.actor(r), id.Document(chi.URLParam(r, "document"))); err != nil {
		return err
	}
	s.flash(r, "The document is removed.")
	redirect(w, r, "/seller/verification/documents")
	return nil
}

func (s *Server) submitVerification(w http.ResponseWriter, r *http.Request) error {
	if err := s.Accounts.SubmitRequest(r.Context(), s.actor(r)); err != nil {
		return s.verificationPage(w, r, err)
	}
	s.flash(r, "Your request is submitted.")
	redirect(w, r, "/seller/verification")
	return nil
}

func (s *Server) withdrawVerification(w http.ResponseWriter, r *http.Request) error {
	if err := s.Accounts.WithdrawRequest(r.Context(), s.actor(r)); err != nil {
		return s.verificationPage(w, r, err)
	}
	s.flash(r, "Your request is withdrawn.")
	redirect(w, r, "/seller/verification")
	return nil
}

// sendDocument hands a paper out as a download: it is a stranger's file, which
// no browser may show as part of this site.
func (s *Server) sendDocument(w http.ResponseWriter, r *http.Request) error {
	d, content, err := s.Accounts.OpenDocument(r.Context(), s.actor(r), id.Document(chi.URLParam(r, "document")))
	if err != nil {
		return err
	}
	defer content.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Name}))
	h.Set("Content-Length", strconv.FormatInt(d.SizeBytes, 10))
	h.Set("Content-Security-Policy", policy+"; sandbox")
	if _, err := io.Copy(w, content); err != nil {
		s.log.Info("a document was not sent whole", "route", routeOf(r), "request", requestID(r), "error", err)
	}
	return nil
}
