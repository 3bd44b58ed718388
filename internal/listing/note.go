package listing

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// NeedsNote reports whether a version is sent to review only with a note of what
// changed: each but the first.
func (v Version) NeedsNote() bool { return v.Number > 1 }

// saysWhatChanged returns errs.Invalid for a version that needs a note and has
// none.
func (v Version) saysWhatChanged() error {
	if v.NeedsNote() && strings.TrimSpace(v.ChangeNote) == "" {
		return missingNote(v.Number)
	}
	return nil
}

func missingNote(number int) error {
	return &errs.Error{Kind: errs.Invalid, Field: "note", Message: fmt.Sprintf(
		"Say what changed since version %d: reviewers look there first, and buyers who hold an earlier version read it in the history.", number-1)}
}

// NoteForNext returns errs.Invalid if the version that an upload would begin
// needs a note and neither note nor the version, where it is begun, says
// anything. It is for those who send a version in one go and see no form.
func (s *Service) NoteForNext(ctx context.Context, a postgres.Actor, l id.Listing, note string) error {
	if strings.TrimSpace(note) != "" {
		return nil
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := mayRead(ctx, tx, a); err != nil {
			return err
		}
		newest, err := findVersion(ctx, tx, newestVersion, a.Organization, l)
		switch {
		case err != nil || newest == nil:
			return err
		case newest.State == Draft || newest.State == Uploading:
			return newest.saysWhatChanged()
		}
		return missingNote(newest.Number + 1)
	})
	if err != nil {
		return fmt.Errorf("listing %s: note: %w", l, err)
	}
	return nil
}

const setNote = `
UPDATE version
SET    change_note = @note,
       updated_at = now()
WHERE  id = @id
AND    organization_id = @organization`

// SetChangeNote keeps what a seller says changed in a version. Once the version
// is submitted the note is final (errs.Conflict).
func (s *Service) SetChangeNote(ctx context.Context, a postgres.Actor, v id.Version, note string) error {
	note = strings.TrimSpace(clean(note))
	if len([]rune(note)) > 4000 {
		return &errs.Error{Kind: errs.Invalid, Field: "note", Message: "Use at most 4000 characters."}
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		locked, err := s.lockOwn(ctx, tx, a, v, edits)
		if err != nil || locked.ChangeNote == note {
			return err
		}
		_, err = tx.Exec(ctx, setNote, pgx.NamedArgs{"id": v, "organization": a.Organization, "note": note})
		if err != nil {
			return refusal(err)
		}
		return s.record(ctx, tx, a, a.Organization, "version.note", "version", string(v), nil)
	})
	if err != nil {
		return fmt.Errorf("version %s: note: %w", v, err)
	}
	return nil
}
