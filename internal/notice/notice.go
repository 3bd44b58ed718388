package notice

import (
	"context"
	"fmt"
	"strings"

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
}

// To names receivers; several of its fields add up. Who caused the event is
// told like anybody else.
type To struct {
	Users        []id.User
	Organization id.Organization   // its people with one of Roles; empty for none
	Roles        []string          // "owner", "admin", "editor", "viewer"; empty for owner and admin
	Platform     postgres.Platform // all reviewers, or all admins, of the platform
	Address      string            // of somebody without an account; gets mail only
}

const insertNotice = `
INSERT INTO notice_event (id, kind, users, organization_id, roles, platform, address, subject, lines, action, path)
VALUES (@id, @kind, @users, nullif(@organization, '')::uuid, @roles, @platform, @address, @subject, @lines, @action, @path)`

// Send writes an event and asks a job to tell the people whom it concerns, in
// the transaction of the act. A kind that is not in kinds.go, an empty subject
// or one of several lines, and a path that leaves the site are errs.Internal.
func Send(ctx context.Context, tx pgx.Tx, n Notice) error {
	if err := n.check(); err != nil {
		return err
	}
	if len(n.To.Roles) == 0 {
		n.To.Roles = []string{"owner", "admin"}
	}
	if n.To.Users == nil {
		n.To.Users = []id.User{}
	}
	if n.Lines == nil {
		n.Lines = []string{}
	}
	key := id.New[id.Notice]()
	_, err := tx.Exec(ctx, insertNotice, pgx.NamedArgs{
		"id": key, "kind": string(n.Kind), "users": n.To.Users, "organization": string(n.To.Organization), "roles": n.To.Roles,
		"platform": string(n.To.Platform), "address": n.To.Address,
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
	case n.Subject == "" || strings.ContainsAny(n.Subject, "\r\n"):
		return errs.Newf(errs.Internal, "notice %s: the subject is one line", n.Kind)
	case n.Path != "" && (!strings.HasPrefix(n.Path, "/") || strings.HasPrefix(n.Path, "//")):
		return errs.Newf(errs.Internal, "notice %s: the path stays within the site", n.Kind)
	}
	return nil
}
