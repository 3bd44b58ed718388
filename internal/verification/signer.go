package verification

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
)

// Signer is somebody who may sign agreements for an organization.
type Signer struct {
	ID            id.Signer   `db:"id"`
	User          id.User     `db:"user_id"`
	Name          string      `db:"name"`
	Email         string      `db:"email"`
	Title         string      `db:"title"` // "Managing director"
	Document      id.Document `db:"document_id"`
	Number        int         `db:"number"` // of the version that shows the authority
	DocumentTitle string      `db:"document_title"`
	ValidUntil    time.Time   `db:"valid_until"` // the last day
	State         string      `db:"state"`       // open, accepted, refused
	IsMember      bool        `db:"is_member"`   // still
	DecidedAt     *time.Time  `db:"decided_at"`
}

// Ref names the document that shows the authority.
func (s Signer) Ref() vault.Ref { return vault.Ref{Document: s.Document, Number: s.Number} }

// MaySign reports whether a reviewer accepted the signer and the day is not
// over.
func (s Signer) MaySign(now time.Time) bool { return s.State == "accepted" && s.lasts(now) }

// lasts reports whether the signer still belongs to the organization and the
// last day is not over.
func (s Signer) lasts(now time.Time) bool {
	return s.IsMember && now.Before(s.ValidUntil.AddDate(0, 0, 1))
}

const signerColumns = `
SELECT    s.id, s.user_id, coalesce(u.name, '') AS name, coalesce(u.email, '') AS email, s.title, s.document_id, s.number, d.title AS document_title,
          s.valid_until, s.state, m.user_id IS NOT NULL AS is_member, s.decided_at
FROM      signer s
JOIN      vault_document d ON d.id = s.document_id
LEFT JOIN app_user u ON u.id = s.user_id
LEFT JOIN membership m ON m.organization_id = s.organization_id AND m.user_id = s.user_id
WHERE     s.organization_id = @organization`

const listSigners = signerColumns + `
AND      s.state <> 'removed'
ORDER BY s.named_at, s.id`

func readSigners(ctx context.Context, q postgres.Querier, org id.Organization) ([]Signer, error) {
	rows, err := q.Query(ctx, listSigners, pgx.NamedArgs{"organization": org})
	if err != nil {
		return nil, fmt.Errorf("signers: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Signer])
}

// Signers returns who may sign for an organization and who was named for it, as
// far as the transaction's actor may see them.
func Signers(ctx context.Context, q postgres.Querier, org id.Organization) ([]Signer, error) {
	return readSigners(ctx, q, org)
}

// RequireSigner lets the actor pass if a reviewer accepted that the actor signs
// for the actor's organization today, else errs.Forbidden.
func RequireSigner(ctx context.Context, tx pgx.Tx, a postgres.Actor, now time.Time) error {
	list, err := readSigners(ctx, tx, a.Organization)
	if err != nil {
		return err
	}
	for _, s := range list {
		if s.User == a.User && s.MaySign(now) {
			return nil
		}
	}
	return errs.New(errs.Forbidden, "You may not sign for this organization. Somebody whom a reviewer accepted as a signer does.")
}

// Signers returns the people of the actor's organization who sign or are named
// for it, for its owners and admins.
func (s *Service) Signers(ctx context.Context, a postgres.Actor) (list []Signer, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		list, err = readSigners(ctx, tx, a.Organization)
		return err
	})
	return list, err
}

// NewSigner names somebody who signs.
type NewSigner struct {
	User       id.User
	Title      string
	Document   id.Document // that shows the authority; its newest version counts
	ValidUntil *time.Time  // the last day; at most that of the document
}

const insertSigner = `
INSERT INTO signer (id, organization_id, user_id, title, document_id, number, valid_until, named_by)
VALUES (@id, @organization, @user, @title, @document, @number, @valid_until, @by)`

// NameSigner says that a member signs for the actor's organization. A reviewer
// accepts it with the next request. Mistakes are errs.Invalid by field.
func (s *Service) NameSigner(ctx context.Context, a postgres.Actor, n NewSigner) error {
	n.Title = strings.TrimSpace(n.Title)
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		paper, err := s.checkSigner(ctx, tx, a, n)
		if err != nil {
			return err
		}
		key := id.New[id.Signer]()
		_, err = tx.Exec(ctx, insertSigner, pgx.NamedArgs{
			"id": key, "organization": a.Organization, "user": n.User, "title": n.Title, "document": paper.Document,
			"number": paper.Number, "valid_until": n.ValidUntil, "by": a.User,
		})
		if postgres.IsUnique(err, "signer_one") {
			return &errs.Error{Kind: errs.Invalid, Field: "user", Message: "This person is named already. Remove the entry first."}
		}
		if err != nil {
			return fmt.Errorf("signer: %w", err)
		}
		return record(ctx, tx, a, a.Organization, "signer.name", "signer", string(key), nil)
	})
}

// checkSigner returns the version that shows the authority.
func (s *Service) checkSigner(ctx context.Context, tx pgx.Tx, a postgres.Actor, n NewSigner) (paper vault.Version, err error) {
	var form errs.Fields
	members, err := account.MembersOf(ctx, tx, a.Organization)
	if err != nil {
		return paper, err
	}
	isMember := false
	for _, m := range members {
		isMember = isMember || m.User == n.User
	}
	if !isMember {
		form.Add("user", "Choose a member of your organization.")
	}
	if n.Title == "" {
		form.Add("title", "Enter the position, as the document says it.")
	} else if len([]rune(n.Title)) > 200 || !errs.IsPlainLine(n.Title) {
		form.Add("title", "Use one line of at most 200 characters.")
	}
	if paper, err = newestPaper(ctx, tx, a.Organization, n.Document); err != nil {
		return paper, err
	}
	today := s.now().UTC().Truncate(24 * time.Hour)
	switch {
	case paper.Document == "":
		form.Add("document", "Choose the document that shows the authority. Add it under Documents first.")
	case n.ValidUntil == nil:
	case paper.ExpiresOn != nil && n.ValidUntil.After(*paper.ExpiresOn):
		form.Add("valid_until", "The document ends before this day.")
	}
	if n.ValidUntil == nil || n.ValidUntil.Before(today) || n.ValidUntil.After(today.AddDate(5, 0, 0)) {
		form.Add("valid_until", "Enter a day within the next five years.")
	}
	return paper, form.Err()
}

// newestPaper is the newest version of a document that shows authority to sign;
// the zero version if there is none.
func newestPaper(ctx context.Context, tx pgx.Tx, org id.Organization, document id.Document) (vault.Version, error) {
	list, err := vault.List(ctx, tx, org)
	for _, d := range list {
		if d.ID == document && (d.Kind == vault.SigningAuthority || d.Kind == vault.OrganizationRegister) {
			return d.Current(), nil
		}
	}
	return vault.Version{}, err
}

const removeSigner = `
UPDATE signer
SET    state = 'removed'
WHERE  id = @id
AND    organization_id = @organization
AND    state <> 'removed'`

// RemoveSigner says that somebody signs no longer, at once.
func (s *Service) RemoveSigner(ctx context.Context, a postgres.Actor, signer id.Signer) error {
	if _, ok := id.Parse[id.Signer](string(signer)); !ok {
		return errs.New(errs.NotFound, "There is no such entry.")
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, removeSigner, pgx.NamedArgs{"id": signer, "organization": a.Organization})
		if err != nil {
			return fmt.Errorf("signer: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "There is no such entry.")
		}
		return record(ctx, tx, a, a.Organization, "signer.remove", "signer", string(signer), nil)
	})
}

const submitSigners = `
UPDATE signer
SET    submitted_at = now()
WHERE  organization_id = @organization
AND    state = 'open'
AND    submitted_at IS NULL`

const decideSigner = `
UPDATE signer
SET    state = @state, decided_by = @user, decided_at = now()
WHERE  id = @id
AND    organization_id = @organization
AND    state = 'open'
AND    submitted_at IS NOT NULL`

// judgeSigners writes down what a reviewer thinks of those who were named.
func judgeSigners(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, verdicts map[id.Signer]bool) error {
	for signer, accepted := range verdicts {
		state := "refused"
		if accepted {
			state = "accepted"
		}
		tag, err := tx.Exec(ctx, decideSigner, pgx.NamedArgs{"id": signer, "organization": org, "state": state, "user": a.User})
		if err != nil {
			return fmt.Errorf("signer: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "Who signs was changed meanwhile. Reload the page.")
		}
		if err := record(ctx, tx, a, org, "signer.decide", "signer", string(signer), map[string]string{"state": state}); err != nil {
			return err
		}
	}
	return nil
}
