package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/web/page"
	"assay/web/ui"
)

const adminAnnouncementsPath = "/admin/announcements"

const momentLayout = "2006-01-02T15:04"

func (s *Server) showAnnouncements(w http.ResponseWriter, r *http.Request) error {
	now := time.Now().UTC().Truncate(time.Hour)
	view, err := s.announcementsView(r, notice.Spoken{Level: "info", Audience: "everybody", StartsAt: now, EndsAt: now.AddDate(0, 0, 1)})
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.AdminAnnouncements(view))
}

func (s *Server) announcementsView(r *http.Request, n notice.Spoken) (page.AdminAnnouncementsView, error) {
	view := page.AdminAnnouncementsView{Shell: s.adminShell(r, "Announcements"), Body: n.Body, IsSent: n.IsSent,
		Levels: []ui.Option{{Value: "info", Label: "To know", Selected: n.Level == "info"},
			{Value: "warn", Label: "To act on, such as maintenance", Selected: n.Level == "warn"}},
		Audiences: []ui.Option{{Value: "everybody", Label: "Everybody who opens a page", Selected: n.Audience == "everybody"},
			{Value: "signed_in", Label: "Those who are signed in", Selected: n.Audience == "signed_in"}}}
	if !n.StartsAt.IsZero() {
		view.From = n.StartsAt.Format(momentLayout)
	}
	if !n.EndsAt.IsZero() {
		view.Until = n.EndsAt.Format(momentLayout)
	}
	list, err := s.Notices.Announcements(r.Context(), s.actor(r))
	for _, a := range list {
		one := page.AdminAnnouncement{ID: string(a.ID), Body: a.Body, When: ui.DateTime(a.StartsAt) + " to " + ui.DateTime(a.EndsAt), Audience: "for everybody",
			State: page.AdminCell{Text: "over"}}
		if a.Audience == "signed_in" {
			one.Audience = "for those who are signed in"
		}
		if a.IsSent {
			one.Audience += ", told to everyone"
		}
		switch now := time.Now(); {
		case a.IsOn(now):
			one.State, one.CanEnd = page.AdminCell{Text: "shown now", Tag: "ok"}, true
		case a.EndedAt != nil:
			one.State.Text = "ended early"
		case now.Before(a.StartsAt):
			one.State, one.CanEnd = page.AdminCell{Text: "to come", Tag: "info"}, true
		}
		view.List = append(view.List, one)
	}
	return view, err
}

func (s *Server) announce(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	n := notice.Spoken{Body: f.Get("body"), Level: f.Get("level"), Audience: f.Get("audience"), IsSent: f.Get("send") == "1",
		StartsAt: parseMoment(f.Get("from")), EndsAt: parseMoment(f.Get("until"))}
	if err := s.Notices.Announce(r.Context(), s.actor(r), n); err != nil {
		view, loadErr := s.announcementsView(r, n)
		if loadErr != nil {
			return loadErr
		}
		view.From, view.Until, view.Errors = f.Get("from"), f.Get("until"), mistakes(err)
		return s.renderTry(w, r, err, page.AdminAnnouncements(view))
	}
	s.flash(r, "It is announced.")
	redirect(w, r, adminAnnouncementsPath)
	return nil
}

func (s *Server) endAnnouncement(w http.ResponseWriter, r *http.Request) error {
	if err := s.Notices.EndAnnouncement(r.Context(), s.actor(r), id.Announcement(chi.URLParam(r, "announcement"))); err != nil {
		return err
	}
	s.flash(r, "The announcement is ended.")
	redirect(w, r, adminAnnouncementsPath)
	return nil
}

// seenCookie keeps which announcements this browser has put away; mostSeen are
// kept, the newest.
const (
	seenCookie = "assay-announcements"
	mostSeen   = 10
)

func seenOf(r *http.Request) []string {
	c, err := r.Cookie(seenCookie)
	if err != nil {
		return nil
	}
	list := strings.Split(c.Value, ".")
	return slices.DeleteFunc(list[:min(len(list), mostSeen)], func(one string) bool { _, ok := id.Parse[string](one); return !ok })
}

// announced are the announcements that this browser has not put away.
func (s *Server) announced(r *http.Request) (list []ui.Announcement) {
	if s.Notices == nil {
		return nil
	}
	on, err := s.Notices.Board(r.Context())
	if err != nil {
		s.log.Warn("announcements were not read", "error", err)
	}
	seen := seenOf(r)
	for _, a := range on {
		if slices.Contains(seen, string(a.ID)) || a.Audience == "signed_in" && !s.visitor(r).SignedIn() {
			continue
		}
		list = append(list, ui.Announcement{ID: string(a.ID), Body: a.Body, IsWarning: a.Level == "warn"})
	}
	return list
}

// putAway hides an announcement in this browser. It needs no session and no
// token: all that it changes is a cookie of whoever asks.
func (s *Server) putAway(w http.ResponseWriter, r *http.Request) error {
	key, ok := id.Parse[string](chi.URLParam(r, "announcement"))
	if !ok {
		return errs.New(errs.NotFound, "There is no such announcement.")
	}
	if err := parseForm(w, r); err != nil {
		return err
	}
	seen := append([]string{key}, slices.DeleteFunc(seenOf(r), func(one string) bool { return one == key })...)
	http.SetCookie(w, &http.Cookie{Name: seenCookie, Value: strings.Join(seen[:min(len(seen), mostSeen)], "."), Path: "/",
		MaxAge: 92 * 24 * 3600, HttpOnly: true, Secure: s.config.Secure(), SameSite: http.SameSiteLaxMode})
	back := localPath(r.PostForm.Get("back"))
	if back == "" {
		back = "/"
	}
	redirect(w, r, back)
	return nil
}
