package account

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Lifetimes of mailed links.
const (
	confirmLifetime = 48 * time.Hour
	resetLifetime   = time.Hour
)

// Registration is what a new user states.
type Registration struct {
	Name, Email, Password string
	// Invitation is the token of an invitation to the same address, if the
	// user came by one: it proves the address, so no other mail is needed.
	Invitation string
}

// Register makes an account that waits for its address to be confirmed. For an
// address that has one, it mails its owner instead; the caller cannot tell
// which happened. Mistakes in the form are errs.Invalid by field.
func (s *Service) Register(ctx context.Context, r Registration) error {
	r.Name, r.Email = strings.TrimSpace(r.Name), NormalizeEmail(r.Email)
	if err := r.check(); err != nil {
		return err
	}
	if err := s.throttle(ctx, mailTries, r.Email); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, r.Password)
	if err != nil {
		return err
	}
	invited, err := s.isInvited(ctx, r.Email, r.Invitation)
	if err != nil {
		return err
	}
	err = s.register(ctx, r, hash, invited)
	if postgres.IsUnique(err, "app_user_email_unique") { // two at once: the second finds the first
		err = s.register(ctx, r, hash, invited)
	}
	return err
}

func (s *Service) register(ctx context.Context, r Registration, hash string, invited bool) error {
	known, err := s.findUser(ctx, r.Email)
	if errs.KindOf(err) == errs.NotFound {
		return s.addUser(ctx, id.New[id.User](), r, hash, invited)
	}
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, postgres.Actor{User: known.ID}, func(tx pgx.Tx) error {
		if known.IsConfirmed {
			a := postgres.Actor{User: known.ID}
			if err := record(ctx, tx, a, "", "user.register_again", "user", string(known.ID), nil); err != nil {
				return err
			}
			return enqueue(ctx, tx, s.haveAccountLetter(r.Email))
		}
		// Nobody has shown yet that the address is theirs: the newest
		// registration counts, and its link asks for its password.
		if _, err := tx.Exec(ctx, updateName, pgx.NamedArgs{"user": known.ID, "name": r.Name}); err != nil {
			return fmt.Errorf("register: %w", err)
		}
		if err := setPassword(ctx, tx, known.ID, hash); err != nil {
			return err
		}
		if invited {
			return confirm(ctx, tx, known.ID)
		}
		return s.mailConfirmation(ctx, tx, known.ID, r.Email)
	})
}

// check names the mistakes of a registration by field.
func (r Registration) check() error {
	var form errs.Fields
	checkName(&form, "name", r.Name)
	checkEmail(&form, r.Email)
	if refusal := checkPassword(r.Password, r.Email); refusal != "" {
		form.Add("password", refusal)
	}
	return form.Err()
}

const insertUser = `
INSERT INTO app_user (id, email, name)
VALUES (@user, @email, @name)`

const updateName = `
UPDATE app_user
SET    name = @name
WHERE  id = @user`

func (s *Service) addUser(ctx context.Context, user id.User, r Registration, hash string, invited bool) error {
	a := postgres.Actor{User: user}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insertUser, pgx.NamedArgs{"user": user, "email": r.Email, "name": r.Name})
		if err != nil {
			return fmt.Errorf("register: %w", err)
		}
		if err := setPassword(ctx, tx, user, hash); err != nil {
			return err
		}
		if err := record(ctx, tx, a, "", "user.register", "user", string(user), nil); err != nil {
			return err
		}
		if invited {
			return confirm(ctx, tx, user)
		}
		return s.mailConfirmation(ctx, tx, user, r.Email)
	})
}

// mailConfirmation sends a link that confirms the address; earlier ones end.
func (s *Service) mailConfirmation(ctx context.Context, tx pgx.Tx, user id.User, email string) error {
	token, err := issueToken(ctx, tx, user, confirmEmail, confirmLifetime)
	if err != nil {
		return err
	}
	return enqueue(ctx, tx, s.confirmLetter(email, token))
}

// ResendConfirmation mails a new link to an address that waits to be
// confirmed, and nothing to any other; the caller cannot tell which.
func (s *Service) ResendConfirmation(ctx context.Context, email string) error {
	email = NormalizeEmail(email)
	var form errs.Fields
	checkEmail(&form, email)
	if err := form.Err(); err != nil {
		return err
	}
	if err := s.throttle(ctx, mailTries, email); err != nil {
		return err
	}
	known, err := s.findUser(ctx, email)
	if errs.KindOf(err) == errs.NotFound || known.IsConfirmed {
		return nil
	}
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, postgres.Actor{User: known.ID}, func(tx pgx.Tx) error {
		return s.mailConfirmation(ctx, tx, known.ID, email)
	})
}

const confirmUser = `
UPDATE app_user
SET    email_confirmed_at = coalesce(email_confirmed_at, now())
WHERE  id = @user`

func confirm(ctx context.Context, tx pgx.Tx, user id.User) error {
	if _, err := tx.Exec(ctx, confirmUser, pgx.NamedArgs{"user": user}); err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	return record(ctx, tx, postgres.Actor{User: user}, "", "user.confirm", "user", string(user), nil)
}

// Confirm shows that an address is the user's: the mailed token comes back
// with the password chosen at registration, so that a link to an account that
// a stranger began confirms nothing. A token that is spent, expired or unknown
// is errs.NotFound; a wrong password is errs.Invalid and leaves the token. Who
// confirms is signed in by it, or asked for the second factor.
func (s *Service) Confirm(ctx context.Context, token, password string) (SignedIn, error) {
	user, err := s.tokenUser(ctx, token, confirmEmail)
	if err != nil {
		return SignedIn{}, err
	}
	if err := s.throttle(ctx, signInTries, "confirm "+hashToken(token)); err != nil {
		return SignedIn{}, err
	}
	since, err := s.checkOwnPassword(ctx, user, password, "password")
	if err != nil {
		return SignedIn{}, err
	}
	email, err := s.email(ctx, user)
	if err != nil {
		return SignedIn{}, err
	}
	in := SignedIn{User: user, Since: since}
	err = s.db.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) error {
		if err := spendToken(ctx, tx, user, confirmEmail, token); err != nil {
			return err
		}
		if err := confirm(ctx, tx, user); err != nil {
			return err
		}
		in.NeedsSecondStep, err = hasFactor(ctx, tx, user)
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	if !in.NeedsSecondStep {
		in.Device = s.newDevice(email)
	}
	return in, nil
}

// Rename changes the name that others see.
func (s *Service) Rename(ctx context.Context, a postgres.Actor, name string) error {
	name = strings.TrimSpace(name)
	var form errs.Fields
	checkName(&form, "name", name)
	if err := form.Err(); err != nil {
		return err
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, updateName, pgx.NamedArgs{"user": a.User, "name": name}); err != nil {
			return fmt.Errorf("rename: %w", err)
		}
		return record(ctx, tx, a, "", "user.rename", "user", string(a.User), nil)
	})
}

// foundUser is the row that an address leads to.
type foundUser struct {
	ID          id.User
	IsConfirmed bool
	IsDisabled  bool
}

const findByEmail = `
SELECT id, email_confirmed_at IS NOT NULL, disabled_at IS NOT NULL
FROM   app_user
WHERE  email = @email`

func (s *Service) findUser(ctx context.Context, email string) (u foundUser, err error) {
	return userAt(ctx, s.db, email)
}

func userAt(ctx context.Context, db *postgres.DB, email string) (u foundUser, err error) {
	err = db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := postgres.LookFor(ctx, tx, email); err != nil {
			return err
		}
		return tx.QueryRow(ctx, findByEmail, pgx.NamedArgs{"email": email}).Scan(&u.ID, &u.IsConfirmed, &u.IsDisabled)
	})
	return u, postgres.NotFound(err, "No such account.")
}

// checkEmail adds a mistake if email is not one plain address of a domain.
func checkEmail(form *errs.Fields, email string) {
	a, err := mail.ParseAddress(email)
	_, domain, _ := strings.Cut(email, "@")
	if err != nil || a.Address != email || len(email) > 254 || !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".invalid") ||
		strings.ContainsFunc(email, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		form.Add("email", "Enter an e-mail address, like name@example.org.")
	}
}

// checkName adds a mistake if a person's or an organization's name is empty,
// too long, or not one line of text.
func checkName(form *errs.Fields, field, name string) {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		form.Add(field, "Enter a name.")
	case n > 200:
		form.Add(field, "Use at most 200 characters.")
	case !errs.IsPlainLine(name):
		form.Add(field, "Use one line of plain text.")
	}
}

// record writes an act into the log of activity.
func record(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, verb, object, objectID string, detail map[string]string) error {
	return activity.Record(ctx, tx, activity.Entry{
		Actor: a, Organization: org, Verb: verb, Object: object, ObjectID: objectID, Detail: detail,
	})
}
