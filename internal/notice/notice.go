package notice

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
)

// Notice is one event and whom it concerns.
type Notice struct {
	Kind    Kind
	To      To
	Subject string   // one line, without a dot at its end
	Lines   []string // paragraphs in plain words
	Action  string   // what the link does: "Read what to change"; empty for no link
	Path    string   // of the page behind the link, "/seller/versions/…"
	// Of is the organization whose page Path is, so that opening it works for
	// somebody who belongs to several; To.Organization if empty.
	Of id.Organization
}

// To names receivers; several of its fields add up. Who caused the event is
// told like anybody else.
type To struct {
	Users        []id.User
	Organization id.Organization   // its people with one of Roles; empty for none
	Roles        []string          // "owner", "admin", "editor", "viewer"; empty for owner and admin
	Platform     postgres.Platform // all reviewers, or all admins, of the platform
	Address      string            // of somebody without an account; gets mail only
	Everyone     bool              // who has an account with a confirmed address
}

const insertNotice = `
INSERT INTO notice_event (id, kind, users, organization_id, roles, platform, address, everyone, of_organization_id, subject, lines, action, path)
VALUES (@id, @kind, @users, nullif(@organization, '')::uuid, @roles, @platform, @address, @everyone, nullif(@of, '')::uuid, @subject, @lines, @action, @path)`

// Send writes an event and asks a job to tell the people whom it concerns, in
// the transaction of the act. A long subject is cut, lines that hold line ends
// become several. A kind that is not in kinds.go, an empty subject or one of
// several lines, and a path that leaves the site are errs.Internal.
func Send(ctx context.Context, tx pgx.Tx, n Notice) error {
	if err := n.check(); err != nil {
		return err
	}
	n.tidy()
	if len(n.To.Roles) == 0 {
		n.To.Roles = []string{"owner", "admin"}
	}
	if n.To.Users == nil {
		n.To.Users = []id.User{}
	}
	key := id.New[id.Notice]()
	_, err := tx.Exec(ctx, insertNotice, pgx.NamedArgs{
		"id": key, "kind": string(n.Kind), "users": n.To.Users, "organization": string(n.To.Organization), "roles": n.To.Roles,
		"platform": string(n.To.Platform), "address": normalize(n.To.Address), "everyone": n.To.Everyone, "of": string(cmp.Or(n.Of, n.To.Organization)),
		"subject": n.Subject, "lines": n.Lines, "action": n.Action, "path": n.Path,
	})
	if err != nil {
		return fmt.Errorf("notice %s: %w", n.Kind, err)
	}
	return job.Insert(ctx, tx, job.DeliverNotice{Notice: key})
}

func (n Notice) check() error {
	_, known := Find(n.Kind)
	switch {
	case !known:
		return errs.Newf(errs.Internal, "notice: %q is no kind of event", n.Kind)
	case plain(n.Subject) == "" || strings.ContainsAny(n.Subject, "\r\n"):
		return errs.Newf(errs.Internal, "notice %s: the subject is one line", n.Kind)
	case n.Path != "" && (!strings.HasPrefix(n.Path, "/") || strings.HasPrefix(n.Path, "//")):
		return errs.Newf(errs.Internal, "notice %s: the path stays within the site", n.Kind)
	}
	return nil
}

// subjectLength is how many characters a subject has at most: mailboxes and
// the inbox show one line.
const subjectLength = 120

// tidy makes the texts fit for a header and for plain text: one line each,
// without characters that steer a terminal or turn the reading direction.
func (n *Notice) tidy() {
	n.Subject = plain(n.Subject)
	if r := []rune(n.Subject); len(r) > subjectLength {
		n.Subject = strings.TrimRight(string(r[:subjectLength-1]), " ") + "…"
	}
	n.Action = plain(n.Action)
	lines := []string{}
	for _, l := range n.Lines {
		for part := range strings.Lines(l) {
			if part = plain(part); part != "" {
				lines = append(lines, part)
			}
		}
	}
	n.Lines = lines
}

// plain returns s as one line of text.
func plain(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	}), " ")
}
