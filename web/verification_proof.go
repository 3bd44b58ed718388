package web

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/vault"
	"assay/internal/verification"
	"assay/web/page"
	"assay/web/static"
	"assay/web/ui"
)

// showDomain says how to prove the domain, and what the latest look found.
func (s *Server) showDomain(w http.ResponseWriter, r *http.Request) error {
	view, err := s.domainView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.VerificationDomain(view))
}

func (s *Server) domainView(r *http.Request) (page.VerificationDomainView, error) {
	view := page.VerificationDomainView{Shell: s.formShell(r, "The domain", "sell")}
	view.Shell.Styles = append(view.Shell.Styles, static.URL("desk.css"))
	p, err := s.Verification.Domain(r.Context(), s.actor(r))
	if errs.KindOf(err) == errs.NotFound {
		return view, nil
	}
	if err != nil {
		return view, err
	}
	view.Domain, view.Record, view.FileURL, view.Content = p.Domain, p.Record(), p.FileURL(), p.Content()
	view.Label, view.ZoneLine = p.Label(), p.ZoneLine()
	view.Kind, view.State, view.Facts = domainState(p)
	if !p.Holds() {
		view.Advice = p.Advice()
	}
	return view, nil
}

// domainState says how a proof stands, in words and lines.
func domainState(p verification.DomainProof) (kind, state string, facts []ui.Pair) {
	switch {
	case p.Holds():
		kind, state = "ok", "proved"
	case p.IsAsked():
		kind, state = "info", "being looked at"
	case p.MissingSince != nil:
		kind, state = "warn", "no longer found"
	default:
		kind, state = "", "not proved"
	}
	if p.ProvedAt != nil {
		how := map[string]string{"dns": "by a TXT record", "file": "by the file"}[p.Method]
		facts = append(facts, ui.Pair{Term: "Proved since", Value: ui.Date(*p.ProvedAt) + ", " + how})
	}
	if p.CheckedAt != nil {
		facts = append(facts, ui.Pair{Term: "Looked last", Value: ui.DateTime(*p.CheckedAt)})
		for _, seen := range []ui.Pair{{Term: "Seen in DNS", Value: p.DNSSeen}, {Term: "Seen at the file’s address", Value: p.FileSeen}} {
			if seen.Value != "" {
				facts = append(facts, seen)
			}
		}
	}
	return kind, state, facts
}

func (s *Server) askForDomain(w http.ResponseWriter, r *http.Request) error {
	if err := s.Verification.AskForDomain(r.Context(), s.actor(r)); err != nil {
		view, loadErr := s.domainView(r)
		if loadErr != nil {
			return loadErr
		}
		view.Errors = mistakes(err)
		return s.renderTry(w, r, err, page.VerificationDomain(view))
	}
	s.flash(r, "We look now. Load this page again in a moment.")
	redirect(w, r, verificationPath+"/domain")
	return nil
}

// showSigners lists who may sign for the organization.
func (s *Server) showSigners(w http.ResponseWriter, r *http.Request) error {
	view, err := s.signersView(r, url.Values{})
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.VerificationSigners(view))
}

func (s *Server) signersView(r *http.Request, form url.Values) (page.VerificationSignersView, error) {
	view := page.VerificationSignersView{Shell: s.formShell(r, "Who may sign", "sell"), Title: form.Get("title"), ValidUntil: form.Get("valid_until")}
	signers, err := s.Verification.Signers(r.Context(), s.actor(r))
	if err != nil {
		return view, err
	}
	for _, p := range signers {
		view.Signers = append(view.Signers, signerView(p))
	}
	members, err := s.Accounts.Members(r.Context(), s.actor(r))
	if err != nil {
		return view, err
	}
	for _, m := range members {
		view.Members = append(view.Members, ui.Option{Value: string(m.User), Label: m.Name + ", " + m.Email, Selected: form.Get("user") == string(m.User)})
	}
	documents, err := s.Verification.Documents(r.Context(), s.actor(r))
	if err != nil {
		return view, err
	}
	for _, d := range documents {
		if d.Kind == vault.SigningAuthority || d.Kind == vault.OrganizationRegister {
			view.Papers = append(view.Papers, ui.Option{Value: string(d.ID), Label: d.Title + " (" + d.Kind.Label() + ")", Selected: form.Get("document") == string(d.ID)})
		}
	}
	return view, nil
}

func signerView(p verification.Signer) page.SignerView {
	view := page.SignerView{
		ID: string(p.ID), Name: p.Name, Email: p.Email, Title: p.Title, Paper: p.DocumentTitle, PaperURL: vaultFileURL(p.Ref()),
		Until: ui.Date(p.ValidUntil), Kind: "", State: "waits for a reviewer",
	}
	switch {
	case !p.IsMember:
		view.Kind, view.State = "warn", "no longer a member"
	case p.State == "accepted":
		view.Kind, view.State = "ok", "may sign"
	case p.State == "refused":
		view.Kind, view.State = "bad", "not accepted"
	}
	return view
}

func (s *Server) nameSigner(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	until, err := formDay(form, "valid_until")
	if err == nil {
		err = s.Verification.NameSigner(r.Context(), s.actor(r), verification.NewSigner{
			User: id.User(form.Get("user")), Title: form.Get("title"), Document: id.Document(form.Get("document")), ValidUntil: until,
		})
	}
	if err != nil {
		view, loadErr := s.signersView(r, form)
		if loadErr != nil {
			return loadErr
		}
		view.Errors = mistakes(err)
		return s.renderTry(w, r, err, page.VerificationSigners(view))
	}
	s.flash(r, "The person is named. A reviewer accepts it with your next request.")
	redirect(w, r, verificationPath+"/signers")
	return nil
}

func (s *Server) removeSigner(w http.ResponseWriter, r *http.Request) error {
	if err := s.Verification.RemoveSigner(r.Context(), s.actor(r), id.Signer(chi.URLParam(r, "signer"))); err != nil {
		return err
	}
	s.flash(r, "The person signs no longer.")
	redirect(w, r, verificationPath+"/signers")
	return nil
}
