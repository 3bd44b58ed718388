package notice

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Item is one notice in a person's inbox.
type Item struct {
	ID           string          `db:"id"`
	Kind         Kind            `db:"kind"`
	Organization id.Organization `db:"organization"` // whom the page behind Path belongs to; empty if it does not matter
	Subject      string          `db:"subject"`
	Lines        []string        `db:"lines"`
	Action       string          `db:"action"`
	Path         string          `db:"path"` // empty without a page
	CreatedAt    time.Time       `db:"created_at"`
	IsRead       bool            `db:"is_read"`
}

// PageLength is how many notices a page of the inbox has.
const PageLength = 25

const itemColumns = `
       id::text AS id, kind, coalesce(of_organization_id::text, '') AS organization, subject, lines, action, path,
       created_at, read_at IS NOT NULL AS is_read`

const listInbox = `
SELECT` + itemColumns + `
FROM     inbox_notice
WHERE    user_id = @user
AND      (@within = '' OR of_organization_id = nullif(@within, '')::uuid)
AND      (of_organization_id IS NULL OR of_organization_id <> ALL (@without::uuid[]))
AND      (NOT @unread OR read_at IS NULL)
AND      (@before = '' OR (created_at, id) < (
             SELECT created_at, id
             FROM   inbox_notice
             WHERE  id = nullif(@before, '')::uuid
             AND    user_id = @user))
ORDER BY created_at DESC, id DESC
LIMIT    @limit`

// Reader is whose inbox is read.
type Reader struct {
	postgres.Actor
	// Within is the organization whose notices alone are read; empty for all.
	Within id.Organization
	// Without are organizations whose notices are left out.
	Without []id.Organization
}

// args are those of what the reader may see.
func (a Reader) args(more pgx.NamedArgs) pgx.NamedArgs {
	more["user"], more["within"], more["without"] = a.User, string(a.Within), append([]id.Organization{}, a.Without...)
	return more
}

// Inbox returns a page of the reader's notices, newest first, and the cursor of
// the next page, empty at the end. before is the cursor, empty for the first
// page; unread leaves out what is read.
func (s *Service) Inbox(ctx context.Context, a Reader, before string, unread bool) (list []Item, next string, err error) {
	if before != "" {
		if _, ok := id.Parse[string](before); !ok {
			return nil, "", errs.New(errs.NotFound, "There is no such page of the inbox.")
		}
	}
	err = s.db.InTx(ctx, a.Actor, func(tx pgx.Tx) error {
		list, err = postgres.Many[Item](ctx, tx, listInbox, a.args(pgx.NamedArgs{"unread": unread, "before": before, "limit": PageLength + 1}))
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("notice: inbox: %w", err)
	}
	if len(list) > PageLength {
		list = list[:PageLength]
		next = list[PageLength-1].ID
	}
	return list, next, nil
}

const markItem = `
UPDATE inbox_notice
SET    read_at = CASE WHEN @read THEN coalesce(read_at, now()) END
WHERE  id = @id
AND    user_id = @user
AND    (@within = '' OR of_organization_id = nullif(@within, '')::uuid)
AND    (of_organization_id IS NULL OR of_organization_id <> ALL (@without::uuid[]))
RETURNING` + itemColumns

// Mark marks one of the reader's notices as read or unread and returns it;
// another's is errs.NotFound.
func (s *Service) Mark(ctx context.Context, a Reader, item string, read bool) (Item, error) {
	missing := "There is no such notice in your inbox. Notices are kept for 180 days."
	if _, ok := id.Parse[string](item); !ok {
		return Item{}, errs.New(errs.NotFound, missing)
	}
	var marked Item
	err := s.db.InTx(ctx, a.Actor, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, markItem, a.args(pgx.NamedArgs{"id": item, "read": read}))
		if err != nil {
			return fmt.Errorf("notice: mark: %w", err)
		}
		marked, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Item])
		return postgres.NotFound(err, missing)
	})
	return marked, err
}

const markAll = `
UPDATE inbox_notice
SET    read_at = now()
WHERE  user_id = @user
AND    (@within = '' OR of_organization_id = nullif(@within, '')::uuid)
AND    (of_organization_id IS NULL OR of_organization_id <> ALL (@without::uuid[]))
AND    read_at IS NULL
AND    (created_at, id) <= (
           SELECT created_at, id
           FROM   inbox_notice
           WHERE  id = @newest
           AND    user_id = @user)`

// MarkAllRead marks the reader's notices up to the newest that their page
// showed: what came meanwhile stays unread. It returns how many.
func (s *Service) MarkAllRead(ctx context.Context, a Reader, newest string) (int, error) {
	if _, ok := id.Parse[string](newest); !ok {
		return 0, errs.New(errs.NotFound, "There is no such notice in your inbox.")
	}
	var n int64
	err := s.db.InTx(ctx, a.Actor, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, markAll, a.args(pgx.NamedArgs{"newest": newest}))
		n = tag.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("notice: mark all: %w", err)
	}
	return int(n), nil
}

const forget = `
DELETE FROM inbox_notice
WHERE  user_id = @user`

// Forget empties a user's inbox and drops their wishes, in a transaction of
// that user: an account that is erased keeps neither.
func Forget(ctx context.Context, tx pgx.Tx, user id.User) error {
	for _, sql := range []string{forget, dropChoices, dropSetting} {
		if _, err := tx.Exec(ctx, sql, pgx.NamedArgs{"user": user}); err != nil {
			return fmt.Errorf("notice: forget: %w", err)
		}
	}
	return nil
}
