package notice

import (
	"strings"

	"assay/internal/mail"
)

// letter is the mail to one person about an event.
func (s *Service) letter(e event, a About, p receiver) mail.Letter {
	l := mail.Letter{To: p.Email, Subject: e.Subject, Paragraphs: e.Lines, Action: "Open your inbox", URL: s.url + "/inbox", Reason: reason(e, a, p)}
	if e.Path != "" {
		l.Action, l.URL = e.Action, s.url+e.Path
	}
	if l.Action == "" {
		l.Action = "See it"
	}
	if !a.Must {
		l.Choices = s.url + "/account/notices"
		l.Unsubscribe = s.stopLink(Subscription{User: p.User, Kind: a.Kind})
	}
	return l
}

// letterToAddress is the mail about an event to somebody without an account,
// for whom only public pages are of use.
func (s *Service) letterToAddress(e event, a About) mail.Letter {
	l := mail.Letter{
		To: e.Address, Subject: e.Subject, Paragraphs: e.Lines,
		Reason:      "You get this because this address was given with what it is about.",
		Unsubscribe: s.stopLink(Subscription{AddressHash: s.addressHash(e.Address), Kind: a.Kind}),
	}
	if e.Path != "" {
		l.Action, l.URL = e.Action, s.url+e.Path
	}
	if l.URL != "" && l.Action == "" {
		l.Action = "See it"
	}
	return l
}

// reason says why a person gets a mail.
func reason(e event, a About, p receiver) string {
	switch {
	case a.Group == Security:
		return "You get this because it is about the safety of your account."
	case p.IsManager && e.OrganizationName != "" && onlyManagers(e.Roles):
		return "You get this because you manage " + e.OrganizationName + " at Assay."
	case p.IsManager && e.OrganizationName != "":
		return "You get this because you belong to " + e.OrganizationName + " at Assay."
	case a.Group == Desk:
		return "You get this because you work at the desk of reviewers."
	case a.Group == Flags:
		return "You get this because you reported a listing at Assay."
	case e.Everyone:
		return "You get this because you have an account at Assay."
	}
	return "You get this because it is about something that you sent in, or that belongs to your organization."
}

// onlyManagers reports whether an event is told to those alone who manage an
// organization.
func onlyManagers(roles []string) bool {
	for _, r := range roles {
		if r != "owner" && r != "admin" {
			return false
		}
	}
	return true
}

// normalize is the form in which addresses are compared.
func normalize(address string) string { return strings.ToLower(strings.TrimSpace(address)) }
