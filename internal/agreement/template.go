package agreement

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// State is where a version of a template stands.
type State string

// States, in the order of a version's life.
const (
	Draft     State = "draft"
	Published State = "published"
	Retired   State = "retired"
)

// Template is one version of a text.
type Template struct {
	ID          id.Agreement `db:"id"`
	Name        string       `db:"name"` // "commercial-license", the same for all versions
	Version     int          `db:"version"`
	Title       string       `db:"title"`
	Body        string       `db:"body"`   // Markdown
	SHA256      string       `db:"sha256"` // of Body, in lower-case hexadecimal
	State       State        `db:"state"`
	UpdatedAt   time.Time    `db:"updated_at"`
	PublishedAt *time.Time   `db:"published_at"`
	RetiredAt   *time.Time   `db:"retired_at"`
}

// Service is the one way to write templates.
type Service struct{ db *postgres.DB }

// New returns a service over db.
func New(db *postgres.DB) *Service { return &Service{db} }

// mustAdmin hides the templates' desk from everybody else.
func mustAdmin(a postgres.Actor) error {
	if a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, "There is no page at this address.")
	}
	return nil
}

const templateColumns = `
SELECT   id, name, version, title, body, sha256, state, updated_at, published_at, retired_at
FROM     agreement_template`

const listTemplates = templateColumns + `
ORDER BY name, version DESC
LIMIT    500`

const findTemplate = templateColumns + `
WHERE    id = @id`

const templateBefore = templateColumns + `
WHERE    name = @name
AND      version < @version
ORDER BY version DESC
LIMIT    1`

// Templates returns all versions, by name and the newest first.
func (s *Service) Templates(ctx context.Context, a postgres.Actor) (list []Template, err error) {
	if err := mustAdmin(a); err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		list, err = postgres.Many[Template](ctx, tx, listTemplates)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("agreement templates: %w", err)
	}
	return list, nil
}

// Template returns one version and the one before it, nil for the first.
func (s *Service) Template(ctx context.Context, a postgres.Actor, key id.Agreement) (t Template, before *Template, err error) {
	if err := mustAdmin(a); err != nil {
		return t, nil, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if t, err = readTemplate(ctx, tx, findTemplate, pgx.NamedArgs{"id": key}); err != nil {
			return err
		}
		older, err := readTemplate(ctx, tx, templateBefore, pgx.NamedArgs{"name": t.Name, "version": t.Version})
		if errs.KindOf(err) == errs.NotFound {
			return nil
		}
		before = &older
		return err
	})
	return t, before, err
}

func readTemplate(ctx context.Context, tx pgx.Tx, sql string, args pgx.NamedArgs) (Template, error) {
	if key, ok := args["id"].(id.Agreement); ok {
		if _, ok := id.Parse[id.Agreement](string(key)); !ok {
			return Template{}, errs.New(errs.NotFound, "There is no such text.")
		}
	}
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return Template{}, fmt.Errorf("agreement template: %w", err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Template])
	return t, postgres.NotFound(err, "There is no such text.")
}

var namePattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// check tidies what was written and returns what is wrong by field.
func (t *Template) check() error {
	var form errs.Fields
	t.Name, t.Title = strings.TrimSpace(t.Name), strings.Join(strings.Fields(t.Title), " ")
	t.Body = strings.TrimSpace(strings.ReplaceAll(t.Body, "\r\n", "\n")) + "\n"
	if !namePattern.MatchString(t.Name) || len(t.Name) > 80 {
		form.Add("name", "Use lower-case letters, digits and single hyphens, at most 80, like commercial-license.")
	}
	if n := utf8.RuneCountInString(t.Title); n < 3 || n > 200 {
		form.Add("title", "Give it a title of 3 to 200 characters.")
	}
	if n := utf8.RuneCountInString(t.Body); n < 20 || n > 100_000 {
		form.Add("body", "Write the text in 20 to 100,000 characters.")
	}
	return form.Err()
}

const insertDraft = `
INSERT INTO agreement_template (id, name, version, title, body, made_by)
SELECT @id, @name, coalesce(max(version), 0) + 1, @title, @body, @user
FROM   agreement_template
WHERE  name = @name`

// Write begins a new version of the name as a draft. While there is a draft of
// that name it is errs.Conflict.
func (s *Service) Write(ctx context.Context, a postgres.Actor, t Template) (id.Agreement, error) {
	if err := mustAdmin(a); err != nil {
		return "", err
	}
	if err := t.check(); err != nil {
		return "", err
	}
	t.ID = id.New[id.Agreement]()
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insertDraft, pgx.NamedArgs{"id": t.ID, "name": t.Name, "title": t.Title, "body": t.Body, "user": a.User})
		if postgres.IsUnique(err, "agreement_template_one_draft") || postgres.IsUnique(err, "agreement_template_version") {
			return errs.New(errs.Conflict, "There is a draft of this text already. Go on with that one, or throw it away.")
		}
		if err != nil {
			return fmt.Errorf("write a template: %w", err)
		}
		return record(ctx, tx, a, "template.write", t.ID)
	})
	return t.ID, err
}

const rewriteDraft = `
UPDATE agreement_template
SET    title = @title, body = @body, updated_at = now()
WHERE  id = @id
AND    state = 'draft'`

// Rewrite changes title and text of a draft; anything else is errs.Conflict.
func (s *Service) Rewrite(ctx context.Context, a postgres.Actor, t Template) error {
	return s.change(ctx, a, t.ID, "template.rewrite", func(tx pgx.Tx, now Template) error {
		now.Title, now.Body = t.Title, t.Body
		if err := now.check(); err != nil {
			return err
		}
		return once(tx.Exec(ctx, rewriteDraft, pgx.NamedArgs{"id": t.ID, "title": now.Title, "body": now.Body}))
	})
}

const retireName = `
UPDATE agreement_template
SET    state = 'retired', retired_at = now(), updated_at = now()
WHERE  name = @name
AND    state = 'published'`

const publishDraft = `
UPDATE agreement_template
SET    state = 'published', published_at = now(), updated_at = now()
WHERE  id = @id
AND    state = 'draft'
AND    sha256 = @sha256`

// Publish puts a draft in force and retires the version before. It is
// errs.Conflict if the draft is no longer the text whose digest was seen.
func (s *Service) Publish(ctx context.Context, a postgres.Actor, key id.Agreement, seenSHA256 string) error {
	return s.change(ctx, a, key, "template.publish", func(tx pgx.Tx, now Template) error {
		if _, err := tx.Exec(ctx, retireName, pgx.NamedArgs{"name": now.Name}); err != nil {
			return err
		}
		return once(tx.Exec(ctx, publishDraft, pgx.NamedArgs{"id": key, "sha256": seenSHA256}))
	})
}

const retireTemplate = `
UPDATE agreement_template
SET    state = 'retired', retired_at = now(), updated_at = now()
WHERE  id = @id
AND    state = 'published'`

// Retire takes a published text out of use; it stays readable.
func (s *Service) Retire(ctx context.Context, a postgres.Actor, key id.Agreement) error {
	return s.change(ctx, a, key, "template.retire", func(tx pgx.Tx, _ Template) error {
		return once(tx.Exec(ctx, retireTemplate, pgx.NamedArgs{"id": key}))
	})
}

const deleteDraft = `
DELETE FROM agreement_template
WHERE id = @id
AND   state = 'draft'`

// Discard throws a draft away.
func (s *Service) Discard(ctx context.Context, a postgres.Actor, key id.Agreement) error {
	return s.change(ctx, a, key, "template.discard", func(tx pgx.Tx, _ Template) error {
		return once(tx.Exec(ctx, deleteDraft, pgx.NamedArgs{"id": key}))
	})
}

// change runs one act on a version and records it.
func (s *Service) change(ctx context.Context, a postgres.Actor, key id.Agreement, verb string, act func(pgx.Tx, Template) error) error {
	if err := mustAdmin(a); err != nil {
		return err
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		now, err := readTemplate(ctx, tx, findTemplate, pgx.NamedArgs{"id": key})
		if err != nil {
			return err
		}
		if err := act(tx, now); err != nil {
			return err
		}
		return record(ctx, tx, a, verb, key)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}

func record(ctx context.Context, tx pgx.Tx, a postgres.Actor, verb string, key id.Agreement) error {
	return activity.Record(ctx, tx, activity.Entry{Actor: a, Verb: verb, Object: "agreement_template", ObjectID: string(key)})
}

// once turns an act that met no row into errs.Conflict.
func once(tag pgconn.CommandTag, err error) error {
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.Conflict, "This text has moved on in the meantime. Reload the page to see where it is now.")
	}
	return nil
}
