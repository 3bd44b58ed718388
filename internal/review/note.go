package review

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Note is what a reviewer tells the others about a data set. No seller ever
// sees it, and nobody changes or deletes it.
type Note struct {
	Author id.User   `db:"author_id"`
	Name   string    `db:"name"`
	Number int       `db:"number"` // of the version that it was written at
	Text   string    `db:"text"`
	At     time.Time `db:"created_at"`
}

const insertNote = `
INSERT INTO review_note (id, organization_id, version_id, author_id, text)
VALUES (@id, @organization, @version, @author, @text)`

// notesQuery finds the notes on every version of a listing.
const notesQuery = `
SELECT   n.author_id, u.name, v.number, n.text, n.created_at
FROM     review_note n
JOIN     version v ON v.id = n.version_id
JOIN     app_user u ON u.id = n.author_id
WHERE    v.listing_id = @listing
AND      n.organization_id = @organization
ORDER BY n.created_at DESC, n.id DESC
LIMIT    500`

// AddNote writes a note beside a version. A text that is too short or too long
// is errs.Invalid in the field note.
func (s *Service) AddNote(ctx context.Context, a postgres.Actor, v id.Version, text string) error {
	text = strings.TrimSpace(text)
	if n := len([]rune(text)); n < 2 || n > 4000 {
		return &errs.Error{Kind: errs.Invalid, Field: "internal-note", Message: "Write 2 to 4,000 characters."}
	}
	err := s.onItem(ctx, a, v, func(tx pgx.Tx, l locked) error {
		_, err := tx.Exec(ctx, insertNote, pgx.NamedArgs{
			"id": id.New[string](), "organization": l.Organization, "version": v, "author": a.User, "text": text})
		if err != nil {
			return err
		}
		return record(ctx, tx, a, "review.note", v, nil)
	})
	if err != nil {
		return fmt.Errorf("version %s: note: %w", v, err)
	}
	return nil
}
