package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/ui"
)

// reader is whose inbox it is: of a session that an organization's own sign-in
// began, what concerns that organization; of any other, nothing of those that it
// does not reach.
func (s *Server) reader(r *http.Request) notice.Reader {
	v := s.visitor(r)
	return notice.Reader{Actor: s.actor(r), Within: v.Within, Without: v.ClosedIDs()}
}

func (s *Server) showInbox(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	before, unread := query.Get("before"), query.Get("show") == "unread"
	items, next, err := s.Notices.Inbox(r.Context(), s.reader(r), before, unread)
	if err != nil {
		return err
	}
	view := page.InboxView{
		Shell: s.formShell(r, "Inbox", "account"), Unread: unreadWords(s.visitor(r)), OnlyUnread: unread,
		IsFirst: before == "", Back: inboxURL(before, unread),
	}
	if next != "" {
		view.Older = inboxURL(next, unread)
	}
	for _, i := range items {
		one := page.InboxItem{ID: i.ID, Subject: i.Subject, Lines: i.Lines, At: ui.DateTime(i.CreatedAt),
			ISO: i.CreatedAt.UTC().Format("2006-01-02T15:04:05Z"), IsRead: i.IsRead}
		if i.Path != "" {
			one.Action = i.Action
			if one.Action == "" {
				one.Action = "See it"
			}
		}
		view.Items = append(view.Items, one)
	}
	if len(items) > 0 {
		view.Newest = items[0].ID
	}
	return s.render(w, r, http.StatusOK, page.Inbox(view))
}

// unreadWords is how many notices wait, "99+" for many, empty for none.
func unreadWords(v account.Visitor) string {
	switch {
	case v.Unread == 0:
		return ""
	case v.Unread >= account.UnreadMost:
		return fmt.Sprintf("%d+", account.UnreadMost-1)
	}
	return strconv.Itoa(v.Unread)
}

func inboxURL(before string, unread bool) string {
	q := url.Values{}
	if unread {
		q.Set("show", "unread")
	}
	if before != "" {
		q.Set("before", before)
	}
	if len(q) == 0 {
		return "/inbox"
	}
	return "/inbox?" + q.Encode()
}

// backToInbox is the page of the inbox that a form came from.
func backToInbox(r *http.Request) string {
	if back := localPath(r.PostForm.Get("back")); back == "/inbox" || strings.HasPrefix(back, "/inbox?") {
		return back
	}
	return "/inbox"
}

// openNotice marks a notice as read and leads to its page, working for the
// organization that the page belongs to.
func (s *Server) openNotice(w http.ResponseWriter, r *http.Request) error {
	item, err := s.Notices.Mark(r.Context(), s.reader(r), chi.URLParam(r, "notice"), true)
	if err != nil {
		return err
	}
	v := s.visitor(r)
	for _, m := range v.Memberships {
		if m.Organization != item.Organization || m.Organization == v.Organization {
			continue
		}
		if err := s.workFor(r, m.Organization); err != nil {
			return err
		}
		s.flash(r, "You now work for "+m.Name+", whom this page belongs to.")
	}
	if item.Path == "" {
		redirect(w, r, "/inbox")
		return nil
	}
	redirect(w, r, item.Path)
	return nil
}

func (s *Server) markNotice(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Notices.Mark(r.Context(), s.reader(r), chi.URLParam(r, "notice"), r.PostForm.Get("as") != "unread"); err != nil {
		return err
	}
	redirect(w, r, backToInbox(r))
	return nil
}

func (s *Server) markNoticesRead(w http.ResponseWriter, r *http.Request) error {
	n, err := s.Notices.MarkAllRead(r.Context(), s.reader(r), r.PostForm.Get("newest"))
	if err != nil {
		return err
	}
	s.flash(r, ui.Plural(n, "notice is", "notices are")+" marked as read.")
	redirect(w, r, backToInbox(r))
	return nil
}

// groups are the parts of the page of preferences, in its order.
var groups = []struct {
	group       notice.Group
	title, help string
}{
	{notice.Security, "Your account", ""},
	{notice.Selling, "Selling", "What becomes of your organization’s data sets and papers."},
	{notice.Flags, "Reports of yours", "What you reported about somebody else’s data set."},
	{notice.Desk, "The desk of reviewers", ""},
	{notice.Platform, "The platform", ""},
}

func (s *Server) noticesView(r *http.Request, p notice.Preferences) page.NoticesView {
	v := s.visitor(r)
	view := page.NoticesView{Shell: s.formShell(r, "Notices", "account"), Email: v.Email, NoDigest: p.NoDigest, Paused: p.Paused}
	for h := range 24 {
		view.Hours = append(view.Hours, ui.Option{Value: strconv.Itoa(h), Label: fmt.Sprintf("%02d:00", h), Selected: h == p.DigestHour})
	}
	for _, zone := range notice.Zones() {
		view.Zones = append(view.Zones, ui.Option{Value: zone, Label: strings.ReplaceAll(zone, "_", " "), Selected: zone == p.TimeZone})
	}
	for _, g := range groups {
		if g.group == notice.Desk && v.Platform == postgres.None {
			continue
		}
		part := page.NoticeGroup{Key: string(g.group), Title: g.title, Help: g.help}
		for _, a := range notice.All() {
			if a.Group == g.group {
				part.Kinds = append(part.Kinds, page.NoticeKind{Name: string(a.Kind), Label: a.Label, Must: a.Must, Ways: ways(p.Ways[a.Kind])})
			}
		}
		if len(part.Kinds) > 0 {
			view.Groups = append(view.Groups, part)
		}
	}
	return view
}

func ways(chosen notice.Way) []ui.Option {
	return []ui.Option{
		{Value: string(notice.AtOnce), Label: "Mail at once", Selected: chosen == notice.AtOnce},
		{Value: string(notice.InDigest), Label: "In the mail of the day", Selected: chosen == notice.InDigest},
		{Value: string(notice.OnlyInApp), Label: "Only in the inbox", Selected: chosen == notice.OnlyInApp},
	}
}

func (s *Server) showNotices(w http.ResponseWriter, r *http.Request) error {
	p, err := s.Notices.Preferences(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Notices(s.noticesView(r, p)))
}

func (s *Server) saveNotices(w http.ResponseWriter, r *http.Request) error {
	p := notice.Preferences{Ways: map[notice.Kind]notice.Way{}, TimeZone: r.PostForm.Get("zone"), NoDigest: r.PostForm.Get("no_digest") != "", Paused: r.PostForm.Get("paused") != ""}
	var err error
	if p.DigestHour, err = strconv.Atoi(r.PostForm.Get("hour")); err != nil {
		p.DigestHour = -1
	}
	for _, a := range notice.All() {
		if way := r.PostForm.Get(string(a.Kind)); way != "" {
			p.Ways[a.Kind] = notice.Way(way)
		}
	}
	if err := s.Notices.SavePreferences(r.Context(), s.actor(r), p); err != nil {
		view := s.noticesView(r, p)
		view.Errors = mistakes(err)
		return s.renderTry(w, r, err, page.Notices(view))
	}
	s.flash(r, "Your choices are saved.")
	redirect(w, r, "/account/notices")
	return nil
}

func (s *Server) resetNotices(w http.ResponseWriter, r *http.Request) error {
	if err := s.Notices.ResetPreferences(r.Context(), s.actor(r)); err != nil {
		return err
	}
	s.flash(r, "Everything is as it was at first.")
	redirect(w, r, "/account/notices")
	return nil
}

// showUnsubscribe is the page behind the link in a mail. The signature in its
// address stands for signing in; opening it changes nothing.
func (s *Server) showUnsubscribe(w http.ResponseWriter, r *http.Request) error {
	link := chi.URLParam(r, "link")
	sub, err := s.Notices.Subscription(link)
	if err != nil {
		return err
	}
	view := page.UnsubscribeView{Shell: s.formShell(r, "Stop these mails", "account"), Link: link, Label: sub.Label(),
		IsDigest: sub.Kind == notice.Digest, HasAccount: sub.User != ""}
	view.Shell.Path = "/account/notices" // signing in from here leads there, and no link repeats the address
	if view.KindIsOff, view.AllIsOff, err = s.Notices.Stopped(r.Context(), sub); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Unsubscribe(view))
}

func (s *Server) stopMail(w http.ResponseWriter, r *http.Request) error {
	return s.changeMail(w, r, s.Notices.Stop)
}

func (s *Server) resumeMail(w http.ResponseWriter, r *http.Request) error {
	return s.changeMail(w, r, s.Notices.Resume)
}

// mailChange stops mail or takes that back.
type mailChange func(ctx context.Context, sub notice.Subscription, all bool) error

func (s *Server) changeMail(w http.ResponseWriter, r *http.Request, change mailChange) error {
	link := chi.URLParam(r, "link")
	sub, err := s.Notices.Subscription(link)
	if err != nil {
		return err
	}
	if err := change(r.Context(), sub, r.PostForm.Get("all") != ""); err != nil {
		return err
	}
	redirect(w, r, "/unsubscribe/"+link)
	return nil
}

// stopMailAtOnce answers the button that mail programs show: a POST from their
// servers, without cookies and without a form of ours. It answers 200 and
// leads nowhere.
//
// Source: RFC 8058 sections 3.1 and 3.2.
func (s *Server) stopMailAtOnce(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	sub, err := s.Notices.Subscription(chi.URLParam(r, "link"))
	if err != nil {
		return err
	}
	if r.FormValue("List-Unsubscribe") != "One-Click" {
		return errs.New(errs.Invalid, "Open this address in a browser.")
	}
	if err := s.Notices.Stop(r.Context(), sub, false); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "You get no more of these mails.")
	return nil
}
