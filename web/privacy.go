package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"assay/internal/account/privacy"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/web/page"
	"assay/web/ui"
)

const privacyPath = "/account/privacy"

func (s *Server) showPrivacy(w http.ResponseWriter, r *http.Request) error {
	view, err := s.privacyView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Privacy(view))
}

func (s *Server) privacyView(r *http.Request) (page.PrivacyView, error) {
	view := page.PrivacyView{Shell: s.formShell(r, "What is kept about you", "account"), Days: strconv.Itoa(int(privacy.Kept.Hours() / 24))}
	list, err := s.Privacy.Exports(r.Context(), s.actor(r))
	if err != nil {
		return view, err
	}
	for _, e := range list {
		v := page.ExportView{Asked: ui.DateTime(e.AskedAt), HasFailed: e.HasFailed}
		if e.ReadyAt != nil {
			v.IsReady, v.URL, v.Until = true, privacyPath+"/exports/"+string(e.ID), ui.DateTime(*e.ExpiresAt)
			v.Size, v.SHA256 = ui.Bytes(e.SizeBytes), e.SHA256
		}
		view.IsBeingMade = view.IsBeingMade || !v.IsReady && !v.HasFailed
		view.Exports = append(view.Exports, v)
	}
	wish, err := s.Privacy.Erasure(r.Context(), s.actor(r))
	if errs.KindOf(err) == errs.NotFound {
		return view, nil
	}
	view.ErasedOn, view.IsBlocked = ui.DateTime(wish.DueAt), wish.BlockedAt != nil
	return view, err
}

// backTo leads back to one page after somebody has shown who it is.
func backTo(path string) func(*http.Request) string {
	return func(*http.Request) string { return path }
}

func (s *Server) askExport(w http.ResponseWriter, r *http.Request) error {
	err := s.Privacy.Ask(r.Context(), s.actor(r))
	if errs.KindOf(err) == errs.Conflict {
		s.flash(r, "An export is being made already. It is ready within a minute.")
	} else if err != nil {
		return err
	} else {
		s.flash(r, "We gather what is kept about you. It is ready within a minute; you will find a notice in your inbox and by mail.")
	}
	redirect(w, r, privacyPath)
	return nil
}

// sendExport hands out an archive of the visitor's own.
func (s *Server) sendExport(w http.ResponseWriter, r *http.Request) error {
	key, ok := id.Parse[id.Export](chi.URLParam(r, "export"))
	if !ok {
		return errs.New(errs.NotFound, "There is no such export, or its week is over. Ask for a new one.")
	}
	archive, err := s.Privacy.Open(r.Context(), s.actor(r), key)
	if err != nil {
		return err
	}
	attach(w, "application/zip", "assay-about-you.zip")
	w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
	s.write(w, r, archive)
	return nil
}

func (s *Server) showErasure(w http.ResponseWriter, r *http.Request) error {
	view, err := s.erasureView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Erasure(view))
}

func (s *Server) erasureView(r *http.Request) (page.ErasureView, error) {
	view := page.ErasureView{
		Shell: s.formShell(r, "Erase your account", "account"), Email: s.visitor(r).Email,
		Days: strconv.Itoa(int(privacy.Grace.Hours() / 24)), Name: privacy.ErasedName,
	}
	list, err := s.Privacy.Obstacles(r.Context(), s.actor(r))
	for _, o := range list {
		view.Obstacles = append(view.Obstacles, obstacleWords(o))
	}
	return view, err
}

// obstacleWords says what to do about what stands against an erasure.
func obstacleWords(o privacy.Obstacle) string {
	switch o.Kind {
	case "staff":
		return "You have a role on the platform. Ask an admin of the platform to take it back."
	case "owner":
		return fmt.Sprintf("You are the only owner of %s, which has other members. Make one of them an owner, on the page of its members.", o.Organization)
	default:
		return fmt.Sprintf("You are the only member of %s, which has a data set on offer. Withdraw it, or invite another owner who answers for it.", o.Organization)
	}
}

func (s *Server) askErasure(w http.ResponseWriter, r *http.Request) error {
	if err := s.Privacy.AskErasure(r.Context(), s.actor(r), r.PostForm.Get("email")); err != nil {
		view, loadErr := s.erasureView(r)
		if loadErr != nil {
			return loadErr
		}
		view.Typed, view.Errors = r.PostForm.Get("email"), mistakes(err)
		return s.renderTry(w, r, err, page.Erasure(view))
	}
	s.flash(r, "Your account will be erased. Until its day you can take this back here.")
	redirect(w, r, privacyPath)
	return nil
}

func (s *Server) keepAccount(w http.ResponseWriter, r *http.Request) error {
	err := s.Privacy.TakeBack(r.Context(), s.actor(r))
	if err != nil && errs.KindOf(err) != errs.NotFound {
		return err
	}
	s.flash(r, "Your account stays. Nothing was erased.")
	redirect(w, r, privacyPath)
	return nil
}
