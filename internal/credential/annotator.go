package credential

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// maxAnnotators is how many annotators one organization keeps.
const maxAnnotators = 500

// Person is what an organization says of an annotator.
type Person struct {
	Label        string // what buyers read in place of a name: "Reader 1"
	Name         string // private
	Role         Role
	Specialty    string
	Subspecialty string
	Country      string // of practice, ISO 3166-1 alpha-2; empty if not stated
	Years        int    // of practice; 0 if not stated
	ShowsBody    bool   // buyers may read which body certified
	ShowsCountry bool   // buyers may read the country
}

// Annotator is a reader of an organization, with what they can show.
type Annotator struct {
	ID           id.Annotator
	Organization id.Organization
	Person
	ConsentText string
	ConsentAt   time.Time
	Credentials []Credential // the newest first
}

// IsFixed reports whether name, role and country stay as they are, because a
// reviewer sees or saw them.
func (a Annotator) IsFixed() bool {
	return slices.ContainsFunc(a.Credentials, func(c Credential) bool {
		return slices.Contains([]State{Submitted, Verified, Expired, Revoked}, c.State)
	})
}

// Holds reports whether a checked credential holds on the day of now.
func (a Annotator) Holds(now time.Time) bool {
	return slices.ContainsFunc(a.Credentials, func(c Credential) bool { return c.proves(a.Role) && c.Holds(now) })
}

// trimmed returns the person with one space between words.
func (p Person) trimmed() Person {
	for _, field := range []*string{&p.Label, &p.Name, &p.Specialty, &p.Subspecialty} {
		*field = strings.Join(strings.Fields(*field), " ")
	}
	return p
}

// check returns what is missing or not well formed, as errs.Fields.
func (p Person) check(form *errs.Fields) {
	line(form, "label", p.Label, 60, "Write what buyers read in place of a name, such as Reader 1.")
	line(form, "name", p.Name, 200, "Write the name as it stands on the documents.")
	line(form, "specialty", p.Specialty, 120, "")
	line(form, "subspecialty", p.Subspecialty, 120, "")
	if !slices.Contains(Roles(), p.Role) {
		form.Add("role", "Choose the profession.")
	}
	if p.Years < 0 || p.Years > 80 {
		form.Add("years", "Write a number of years from 0 to 80.")
	}
	if p.Label != "" && tellsName(p.Label, p.Name) {
		form.Add("label", "Buyers read this: leave the name out.")
	}
}

// tellsName reports whether a label holds a word of the name.
func tellsName(label, name string) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
	}
	return slices.ContainsFunc(words(label), func(w string) bool {
		return utf8.RuneCountInString(w) > 2 && slices.Contains(words(name), w)
	})
}

// line refuses what is no short line of plain text; missing says what to write
// where something is needed.
func line(form *errs.Fields, field, text string, most int, missing string) {
	switch {
	case text == "" && missing != "":
		form.Add(field, missing)
	case utf8.RuneCountInString(text) > most:
		form.Addf(field, "Use at most %d characters.", most)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
		form.Add(field, "Use one line of plain text.")
	}
}

const countAnnotators = `
SELECT count(*)
FROM   annotator
WHERE  organization_id = @organization
AND    removed_at IS NULL`

const insertAnnotator = `
INSERT INTO annotator (id, organization_id, label, name_sealed, role, specialty, subspecialty, country, years_practice,
            shows_body, shows_country, consent_text, consent_by)
VALUES (@id, @organization, @label, @name, @role, @specialty, @subspecialty, @country, @years,
        @shows_body, @shows_country, @consent, @user)`

// Add keeps an annotator of the actor's organization. agreed confirms
// ConsentText, which is kept with the time. What is missing is errs.Fields.
func (s *Service) Add(ctx context.Context, a postgres.Actor, p Person, agreed bool) (id.Annotator, error) {
	p = p.trimmed()
	var form errs.Fields
	p.check(&form)
	if !agreed {
		form.Add("agreed", "Ask the person first, then tick this box.")
	}
	if err := form.Err(); err != nil {
		return "", err
	}
	key := id.New[id.Annotator]()
	return key, s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := mayManage(a)(ctx, tx); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, countAnnotators, pgx.NamedArgs{"organization": a.Organization}).Scan(&n); err != nil {
			return fmt.Errorf("annotators: %w", err)
		}
		if n >= maxAnnotators {
			return errs.Newf(errs.Conflict, "An organization keeps at most %d annotators. Remove one first.", maxAnnotators)
		}
		args := s.args(a, key, p)
		args["consent"], args["user"] = ConsentText, a.User
		if _, err := tx.Exec(ctx, insertAnnotator, args); err != nil {
			return labelTaken(err)
		}
		return record(ctx, tx, a, a.Organization, "annotator.add", "annotator", string(key), map[string]string{"role": string(p.Role)})
	})
}

func (s *Service) args(a postgres.Actor, key id.Annotator, p Person) pgx.NamedArgs {
	return pgx.NamedArgs{
		"id": key, "organization": a.Organization, "label": p.Label, "name": s.box.Seal([]byte(p.Name), string(key)), "role": p.Role,
		"specialty": p.Specialty, "subspecialty": p.Subspecialty, "country": p.Country, "years": p.Years,
		"shows_body": p.ShowsBody, "shows_country": p.ShowsCountry,
	}
}

func labelTaken(err error) error {
	if postgres.IsUnique(err, "annotator_label") {
		return &errs.Error{Kind: errs.Invalid, Field: "label", Message: "Another annotator of yours has this label."}
	}
	return fmt.Errorf("annotator: %w", err)
}

const updateAnnotator = `
UPDATE annotator
SET    label = @label, specialty = @specialty, subspecialty = @subspecialty, years_practice = @years,
       shows_body = @shows_body, shows_country = @shows_country,
       name_sealed = CASE WHEN @fixed THEN name_sealed ELSE @name END,
       role = CASE WHEN @fixed THEN role ELSE @role END,
       country = CASE WHEN @fixed THEN country ELSE @country END
WHERE  id = @id
AND    organization_id = @organization`

// Change keeps what is said of an annotator from now on. Once a credential was
// submitted name, role and country stay (errs.Conflict).
func (s *Service) Change(ctx context.Context, a postgres.Actor, key id.Annotator, p Person) error {
	p = p.trimmed()
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := mayManage(a)(ctx, tx); err != nil {
			return err
		}
		if err := lock(ctx, tx, a.Organization); err != nil {
			return err
		}
		before, err := s.annotator(ctx, tx, a.Organization, key)
		if err != nil {
			return err
		}
		if before.IsFixed() {
			p.Name, p.Role, p.Country = before.Name, before.Role, before.Country
		}
		var form errs.Fields
		if p.check(&form); form.Err() != nil {
			return form.Err()
		}
		args := s.args(a, key, p)
		args["fixed"] = before.IsFixed()
		_, err = tx.Exec(ctx, updateAnnotator, args)
		switch {
		case refusedBy(err, "annotator_checked"):
			return errs.New(errs.Conflict, "A credential of this person was submitted meanwhile. Look at the page again.")
		case err != nil:
			return labelTaken(err)
		}
		if err := record(ctx, tx, a, a.Organization, "annotator.change", "annotator", string(key), nil); err != nil {
			return err
		}
		return s.changed(ctx, tx, a.Organization, key)
	})
}

const removeAnnotator = `
UPDATE annotator
SET    removed_at = now(), name_sealed = ''
WHERE  id = @id
AND    organization_id = @organization
AND    removed_at IS NULL`

const removeOpen = `
DELETE FROM credential
WHERE annotator_id = @id
AND   organization_id = @organization
AND   state IN ('draft', 'returned')`

const forgetNumbers = `
UPDATE credential
SET    number_sealed = ''
WHERE  annotator_id = @id
AND    organization_id = @organization`

// Remove takes an annotator out and forgets the name and the numbers. That a
// reviewer decided stays, with its evidence, which the decision names. One whom
// a live or suspended listing names, or of whom a credential waits, is
// errs.Conflict.
func (s *Service) Remove(ctx context.Context, a postgres.Actor, key id.Annotator) error {
	var papers []id.Document
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := mayManage(a)(ctx, tx); err != nil {
			return err
		}
		if err := lock(ctx, tx, a.Organization); err != nil {
			return err
		}
		before, err := s.annotator(ctx, tx, a.Organization, key)
		if err != nil {
			return err
		}
		for _, c := range before.Credentials {
			switch {
			case c.State == Submitted:
				return errs.New(errs.Conflict, "A credential of this person waits for a reviewer. Withdraw it first.")
			case c.State.IsOpen() && c.Document != "":
				papers = append(papers, c.Document)
			}
		}
		args := pgx.NamedArgs{"id": key, "organization": a.Organization}
		if _, err := tx.Exec(ctx, removeOpen, args); err != nil {
			return fmt.Errorf("annotator: %w", err)
		}
		_, err = tx.Exec(ctx, removeAnnotator, args)
		if refusedBy(err, "annotator_named") {
			return errs.New(errs.Conflict, "A live listing names this person. Take them out of its annotators and have the change approved first.")
		}
		if err == nil {
			_, err = tx.Exec(ctx, forgetNumbers, args)
		}
		if err != nil {
			return fmt.Errorf("annotator: %w", err)
		}
		return record(ctx, tx, a, a.Organization, "annotator.remove", "annotator", string(key), nil)
	})
	if err != nil {
		return err
	}
	for _, document := range papers {
		if err := s.removePaper(ctx, a, document); err != nil {
			return err
		}
	}
	return nil
}

// removePaper takes evidence that nothing names any more out of the vault.
func (s *Service) removePaper(ctx context.Context, a postgres.Actor, document id.Document) error {
	err := s.vault.Remove(ctx, a, document, mayManage(a))
	if errs.KindOf(err) == errs.Conflict || errs.KindOf(err) == errs.NotFound {
		return nil // a decision names it, or it is gone
	}
	return err
}

type annotatorRow struct {
	ID           id.Annotator    `db:"id"`
	Organization id.Organization `db:"organization_id"`
	Label        string          `db:"label"`
	NameSealed   []byte          `db:"name_sealed"`
	Role         Role            `db:"role"`
	Specialty    string          `db:"specialty"`
	Subspecialty string          `db:"subspecialty"`
	Country      string          `db:"country"`
	Years        int             `db:"years_practice"`
	ShowsBody    bool            `db:"shows_body"`
	ShowsCountry bool            `db:"shows_country"`
	ConsentText  string          `db:"consent_text"`
	ConsentAt    time.Time       `db:"consent_at"`
}

func (s *Service) open(r annotatorRow) (Annotator, error) {
	name, err := s.unseal(r.NameSealed, string(r.ID))
	return Annotator{
		ID: r.ID, Organization: r.Organization, ConsentText: r.ConsentText, ConsentAt: r.ConsentAt,
		Person: Person{r.Label, name, r.Role, r.Specialty, r.Subspecialty, r.Country, r.Years, r.ShowsBody, r.ShowsCountry},
	}, err
}

const annotatorColumns = `
SELECT a.id, a.organization_id, a.label, a.name_sealed, a.role, a.specialty, a.subspecialty, a.country, a.years_practice,
       a.shows_body, a.shows_country, a.consent_text, a.consent_at
FROM   annotator a`

const listAnnotators = annotatorColumns + `
WHERE    a.organization_id = @organization
AND      a.removed_at IS NULL
ORDER BY lower(a.label), a.id`

const oneAnnotator = annotatorColumns + `
WHERE a.id = @id
AND   a.organization_id = @organization
AND   a.removed_at IS NULL`

func (s *Service) annotators(ctx context.Context, tx pgx.Tx, sql string, args pgx.NamedArgs) ([]Annotator, error) {
	found, err := postgres.Many[annotatorRow](ctx, tx, sql, args)
	if err != nil {
		return nil, fmt.Errorf("annotators: %w", err)
	}
	list := make([]Annotator, len(found))
	for i, r := range found {
		if list[i], err = s.open(r); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// annotator returns one with its credentials, as far as the transaction's actor
// may see them.
func (s *Service) annotator(ctx context.Context, tx pgx.Tx, org id.Organization, key id.Annotator) (Annotator, error) {
	if _, ok := id.Parse[id.Annotator](string(key)); !ok {
		return Annotator{}, errs.New(errs.NotFound, noSuchAnnotator)
	}
	list, err := s.annotators(ctx, tx, oneAnnotator, pgx.NamedArgs{"id": key, "organization": org})
	if err != nil {
		return Annotator{}, err
	}
	if len(list) == 0 {
		return Annotator{}, errs.New(errs.NotFound, noSuchAnnotator)
	}
	list[0].Credentials, err = s.credentials(ctx, tx, ofAnnotator, pgx.NamedArgs{"annotator": key, "organization": org})
	return list[0], err
}

// Annotator returns one of the actor's organization, for its owners and admins.
func (s *Service) Annotator(ctx context.Context, a postgres.Actor, key id.Annotator) (found Annotator, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := mayManage(a)(ctx, tx); err != nil {
			return err
		}
		found, err = s.annotator(ctx, tx, a.Organization, key)
		return err
	})
	return found, err
}

// List returns the annotators of the actor's organization with their
// credentials, for its owners and admins.
func (s *Service) List(ctx context.Context, a postgres.Actor) (list []Annotator, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := mayManage(a)(ctx, tx); err != nil {
			return err
		}
		list, err = s.all(ctx, tx, a.Organization)
		return err
	})
	return list, err
}

// Labels returns the annotators of the actor's organization for whoever
// describes its data sets: without names and numbers.
func (s *Service) Labels(ctx context.Context, a postgres.Actor) (list []Annotator, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		list, err = s.all(ctx, tx, a.Organization)
		return err
	})
	for i := range list {
		list[i].Name = ""
		for j := range list[i].Credentials {
			list[i].Credentials[j].Number = ""
		}
	}
	return list, err
}

func (s *Service) all(ctx context.Context, tx pgx.Tx, org id.Organization) ([]Annotator, error) {
	args := pgx.NamedArgs{"organization": org}
	list, err := s.annotators(ctx, tx, listAnnotators, args)
	if err != nil {
		return nil, err
	}
	credentials, err := s.credentials(ctx, tx, ofOrganization, args)
	if err != nil {
		return nil, err
	}
	for i := range list {
		for _, c := range credentials {
			if c.Annotator == list[i].ID {
				list[i].Credentials = append(list[i].Credentials, c)
			}
		}
	}
	return list, nil
}
