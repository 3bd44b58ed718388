package account

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// SignInAttempt is a try to sign in.
type SignInAttempt struct {
	Email, Password string
	// Device is the value of the device cookie, if the browser sent one.
	Device string
	// Browser is what the browser calls itself, from a list: "Firefox on Linux".
	Browser string
}

// SignedIn is a try that succeeded.
type SignedIn struct {
	User id.User
	// NeedsSecondStep is true if the password was right and the user has a
	// second factor: nobody is signed in until SignInByCode or SignInByPasskey.
	NeedsSecondStep bool
	// Factor is what was shown besides the password.
	Factor Factor
	// Since is when the password was found to hold, by the database's clock. A
	// session of it does not begin once another password was set. Zero without a
	// password.
	Since time.Time
	// Device is the value for the device cookie. It signs nobody in: tries
	// that bear it are counted apart, so that a stranger who uses up the tries
	// of an address does not lock its owner out of a known browser.
	Device string
}

// SignIn checks an address and a password. A wrong pair is errs.Invalid with
// one sentence, whether or not the address has an account, and takes equally
// long. Ten tries in 15 minutes are refused further ones (IsTooManyTries).
// The right password of an address that waits to be confirmed is
// errs.Forbidden (its owner knows already that the account exists). Who has a
// second factor is not signed in by it: see SignedIn.NeedsSecondStep.
func (s *Service) SignIn(ctx context.Context, try SignInAttempt) (SignedIn, error) {
	email := NormalizeEmail(try.Email)
	subject := email
	if s.isDeviceOf(try.Device, email) {
		subject = try.Device
	}
	if err := s.throttle(ctx, signInTries, subject); err != nil {
		return SignedIn{}, err
	}
	known, err := s.findUser(ctx, email)
	isKnown := err == nil
	if errs.KindOf(err) == errs.NotFound {
		known.ID = id.New[id.User]() // the same steps, with a user who has no password
	} else if err != nil {
		return SignedIn{}, err
	}
	since, ok, err := s.passwordMatches(ctx, known.ID, try.Password)
	if err != nil {
		return SignedIn{}, err
	}
	if !isKnown || !ok || known.IsDisabled {
		return SignedIn{}, errs.New(errs.Invalid, "This e-mail address and password do not belong together. Check both, or reset your password.")
	}
	if !known.IsConfirmed {
		return SignedIn{}, errs.New(errs.Forbidden, "This address is not confirmed yet. Follow the link in the mail we sent, or ask for another.")
	}
	if err := s.forgive(ctx, signInTries, subject); err != nil {
		return SignedIn{}, err
	}
	in := SignedIn{User: known.ID, Since: since}
	err = s.db.InTx(ctx, postgres.Actor{User: known.ID}, func(tx pgx.Tx) error {
		in.NeedsSecondStep, err = hasFactor(ctx, tx, known.ID)
		if err != nil || in.NeedsSecondStep {
			return err
		}
		in.Device = s.newDevice(email)
		return s.enter(ctx, tx, entry{known.ID, email, NoFactor, "", try.Device, try.Browser})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// The lock makes a change of the password that is under way end first.
const passwordQuery = `
SELECT hash, clock_timestamp()
FROM   password
WHERE  user_id = @user
FOR    SHARE`

// passwordMatches compares a password with the user's own, read in the user's
// own transaction, and returns when it was read. A user without one never
// matches.
func (s *Service) passwordMatches(ctx context.Context, user id.User, password string) (since time.Time, ok bool, err error) {
	var hash string
	err = s.db.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, passwordQuery, pgx.NamedArgs{"user": user}).Scan(&hash, &since)
		if err == pgx.ErrNoRows {
			return nil
		}
		return err
	})
	if err != nil {
		return since, false, fmt.Errorf("password: %w", err)
	}
	ok, err = s.hasher.matches(ctx, password, hash)
	return since, ok, err
}

// checkOwnPassword returns when the password held, or errs.Invalid for the field
// if it is not the user's.
func (s *Service) checkOwnPassword(ctx context.Context, user id.User, password, field string) (since time.Time, err error) {
	since, ok, err := s.passwordMatches(ctx, user, password)
	if err == nil && !ok {
		err = &errs.Error{Kind: errs.Invalid, Field: field, Message: "This is not the password of the account."}
	}
	return since, err
}

// VerifyPassword asks a signed-in user for the password again, before a change
// to how the account is entered. A wrong one is errs.Invalid for the field
// "password", ten of them in 15 minutes are refused further ones
// (IsTooManyTries). It is no proof for who has a second factor, since the
// password alone does not sign in either: errs.Invalid.
//
// Source: OWASP ASVS 5.0 7.5.1.
func (s *Service) VerifyPassword(ctx context.Context, a postgres.Actor, password string) error {
	var has bool
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) (err error) {
		has, err = hasFactor(ctx, tx, a.User)
		return err
	})
	if err != nil {
		return err
	}
	if has {
		return errs.New(errs.Invalid, "Your account has a second factor, so a password alone is not enough. Use a passkey, a code of your app or a recovery code.")
	}
	if err := s.throttle(ctx, signInTries, "again "+string(a.User)); err != nil {
		return err
	}
	if _, err := s.checkOwnPassword(ctx, a.User, password, "password"); err != nil {
		return err
	}
	return s.forgive(ctx, signInTries, "again "+string(a.User))
}

// newDevice signs a random value for an address.
func (s *Service) newDevice(email string) string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	nonce := base64.RawURLEncoding.EncodeToString(b[:])
	return nonce + "." + s.signDevice(nonce, email)
}

func (s *Service) signDevice(nonce, email string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("device " + nonce + " " + email))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Service) isDeviceOf(device, email string) bool {
	nonce, signature, ok := strings.Cut(device, ".")
	return ok && len(device) < 200 && hmac.Equal([]byte(signature), []byte(s.signDevice(nonce, email)))
}

// DeviceLifetime is how long a browser stays known.
const DeviceLifetime = 180 * 24 * time.Hour
