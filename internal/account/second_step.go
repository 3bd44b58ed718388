package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// SecondStep is the answer of somebody whose password was right.
type SecondStep struct {
	User id.User
	// Code is of the authenticator app, or a recovery code.
	Code string
	// Within is the organization whose own sign-in was the first step; empty for
	// a password.
	Within id.Organization
	// Device and Browser as in SignInAttempt.
	Device, Browser string
}

// SignInByCode ends a sign-in that waits for its second step. A wrong code, one
// that was used and one for a user who has none are errs.Invalid for the field
// "code" with one sentence. Ten tries in 15 minutes are refused further ones
// (IsTooManyTries); those from a known browser are counted apart. A closed
// account is errs.Unauthenticated.
func (s *Service) SignInByCode(ctx context.Context, try SecondStep) (SignedIn, error) {
	email, err := s.openEmail(ctx, try.User)
	if err != nil {
		return SignedIn{}, err
	}
	subject := string(try.User)
	if s.isDeviceOf(try.Device, email) {
		subject = try.Device
	}
	if err := s.throttle(ctx, codeTries, subject); err != nil {
		return SignedIn{}, err
	}
	in := SignedIn{User: try.User, Device: s.newDevice(email)}
	err = s.db.InTx(ctx, postgres.Actor{User: try.User}, func(tx pgx.Tx) error {
		if in.Factor, err = s.useCode(ctx, tx, try.User, try.Code); err != nil {
			return err
		}
		return s.enter(ctx, tx, entry{try.User, email, in.Factor, try.Within, try.Device, try.Browser})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, s.forgive(ctx, codeTries, subject)
}

const openEmailQuery = `
SELECT email
FROM   app_user
WHERE  id = @user
AND    disabled_at IS NULL`

// openEmail is the address of an account that is not closed; a closed one is
// errs.Unauthenticated.
func (s *Service) openEmail(ctx context.Context, user id.User) (email string, err error) {
	err = s.db.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, openEmailQuery, pgx.NamedArgs{"user": user}).Scan(&email)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", errs.New(errs.Unauthenticated, "Please sign in.")
	}
	return email, err
}

// useCode spends a code of the app or a recovery code.
func (s *Service) useCode(ctx context.Context, tx pgx.Tx, user id.User, code string) (Factor, error) {
	code = plainCode(code)
	if ok, err := s.useApp(ctx, tx, user, code); err != nil || ok {
		return ByApp, err
	}
	if ok, err := s.useRecovery(ctx, tx, user, code); err != nil || ok {
		return ByRecovery, err
	}
	return NoFactor, errWrongCode()
}

func errWrongCode() error {
	return &errs.Error{Kind: errs.Invalid, Field: "code", Message: "This code is not right, or it was used already. Wait for the next one and enter it."}
}

// VerifyCode asks a signed-in user for a code of the app, or a recovery code,
// before an act that matters. Refusals are those of SignInByCode.
func (s *Service) VerifyCode(ctx context.Context, a postgres.Actor, code string) error {
	if err := s.throttle(ctx, codeTries, "again "+string(a.User)); err != nil {
		return err
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		_, err := s.useCode(ctx, tx, a.User, code)
		return err
	})
	if err != nil {
		return err
	}
	return s.forgive(ctx, codeTries, "again "+string(a.User))
}

// AskPasskey begins a sign-in by passkey: as the second step of a user, or
// with no user as the only step, for which the passkey must verify the person
// by a PIN, a finger or a face.
func (s *Service) AskPasskey(ctx context.Context, user id.User) (Ceremony, error) {
	if err := s.needPasskeys(); err != nil {
		return Ceremony{}, err
	}
	if user == "" {
		options, state, err := s.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
		if err != nil {
			return Ceremony{}, fmt.Errorf("passkey: %w", err)
		}
		return newCeremony(options.Response, state, nil)
	}
	owner, err := s.passkeyOwner(ctx, user)
	if err != nil {
		return Ceremony{}, err
	}
	if len(owner.credentials) == 0 {
		return Ceremony{}, errs.New(errs.Conflict, "This account has no passkey. Use a code instead.")
	}
	options, state, err := s.passkeys.BeginLogin(owner)
	if err != nil {
		return Ceremony{}, fmt.Errorf("passkey: %w", err)
	}
	return newCeremony(options.Response, state, nil)
}

// PasskeyAnswer is what a browser sends back to AskPasskey.
type PasskeyAnswer struct {
	User          id.User // whose second step it is; empty if the passkey is the only step
	State, Answer []byte
	Within        id.Organization // as in SecondStep
	// Device and Browser as in SignInAttempt.
	Device, Browser string
}

// errCloned is a passkey whose counter stood still or ran back.
var errCloned = errors.New("the counter of a passkey did not rise")

// SignInByPasskey checks a browser's answer and signs in. All refusals are
// errs.Invalid with one sentence. A passkey whose counter did not rise may
// have a copy elsewhere: it is refused, and its owner is told.
//
// Source: W3C Web Authentication Level 3, sections 6.1.1 and 7.2.
func (s *Service) SignInByPasskey(ctx context.Context, in PasskeyAnswer) (SignedIn, error) {
	out := SignedIn{Factor: ByPasskey}
	if in.User == "" {
		out.Factor = ByPasskeyOnly
	}
	err := s.checkPasskey(ctx, in, func(tx pgx.Tx, o passkeyOwner) error {
		out.User, out.Device = o.user, s.newDevice(o.email)
		return s.enter(ctx, tx, entry{o.user, o.email, out.Factor, in.Within, in.Device, in.Browser})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return out, nil
}

// VerifyPasskey asks a signed-in user for a passkey, before an act that
// matters. Refusals are those of SignInByPasskey.
func (s *Service) VerifyPasskey(ctx context.Context, a postgres.Actor, state, answer []byte) error {
	return s.checkPasskey(ctx, PasskeyAnswer{User: a.User, State: state, Answer: answer}, func(pgx.Tx, passkeyOwner) error { return nil })
}

// checkPasskey checks an answer and, in the same transaction, lets act do what
// it allows.
func (s *Service) checkPasskey(ctx context.Context, in PasskeyAnswer, act func(pgx.Tx, passkeyOwner) error) error {
	if err := s.needPasskeys(); err != nil {
		return err
	}
	state, err := readState(in.State)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(in.Answer)
	if err != nil {
		return errBadPasskey(err)
	}
	user := in.User
	if user == "" {
		handle, err := uuid.FromBytes(parsed.Response.UserHandle)
		if err != nil {
			return errBadPasskey(err)
		}
		user = id.User(handle.String())
	}
	cloned := false
	err = s.db.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) error {
		owner, err := loadPasskeyOwner(ctx, tx, user)
		if errs.KindOf(err) == errs.NotFound {
			return errBadPasskey(err)
		}
		if err != nil {
			return err
		}
		used, err := s.validatePasskey(owner, in.User == "", state, parsed)
		if err != nil {
			return errBadPasskey(err)
		}
		if used.Authenticator.CloneWarning {
			cloned = true
			return tellCloned(ctx, tx, user)
		}
		if err := notePasskey(ctx, tx, user, used); err != nil {
			return err
		}
		return act(tx, owner)
	})
	if err == nil && cloned {
		return errBadPasskey(errCloned)
	}
	return err
}

func (s *Service) validatePasskey(owner passkeyOwner, alone bool, state webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if !alone {
		return s.passkeys.ValidateLogin(owner, state, parsed)
	}
	_, used, err := s.passkeys.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return owner, nil }, state, parsed)
	return used, err
}

const usePasskey = `
UPDATE passkey
SET    sign_count = @count, backed_up = @backed_up, used_at = now()
WHERE  user_id = @user
AND    credential_id = @credential`

func notePasskey(ctx context.Context, tx pgx.Tx, user id.User, c *webauthn.Credential) error {
	_, err := tx.Exec(ctx, usePasskey, pgx.NamedArgs{
		"user": user, "credential": c.ID, "count": int64(c.Authenticator.SignCount), "backed_up": c.Flags.BackupState})
	if err != nil {
		return fmt.Errorf("passkey: %w", err)
	}
	return nil
}

func tellCloned(ctx context.Context, tx pgx.Tx, user id.User) error {
	a := postgres.Actor{User: user}
	if err := record(ctx, tx, a, "", "user.refuse_copied_passkey", "user", string(user), nil); err != nil {
		return err
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.SecondFactorChanged, To: notice.To{Users: []id.User{user}},
		Subject: "A passkey of your account may have a copy",
		Lines: []string{
			"A sign-in with one of your passkeys was refused: its counter did not rise, as if the key had been copied to another device.",
			"Remove the passkey and add a new one. If it was not you who tried, set a new password too.",
		},
		Action: "Look at your ways to sign in", Path: "/account/security",
	})
}

// entry is a sign-in that succeeded.
type entry struct {
	User            id.User
	Email           string
	Factor          Factor
	Within          id.Organization // whose own sign-in it was; empty for the account's own means
	Device, Browser string
}

// enter records a sign-in and tells the user of one from a browser that was
// not known, in the transaction that allowed it.
func (s *Service) enter(ctx context.Context, tx pgx.Tx, e entry) error {
	var detail map[string]string
	if e.Factor != NoFactor {
		detail = map[string]string{"factor": string(e.Factor)}
	}
	if err := record(ctx, tx, postgres.Actor{User: e.User}, "", "user.sign_in", "user", string(e.User), detail); err != nil {
		return err
	}
	if e.Factor != NoFactor && e.Within == "" {
		if err := recordWayBack(ctx, tx, e.User); err != nil {
			return err
		}
	}
	if s.isDeviceOf(e.Device, e.Email) || e.Within != "" && s.isDeviceOf(e.Device, deviceWithin(e.Email, e.Within)) {
		return nil
	}
	browser := e.Browser
	if browser == "" {
		browser = "a program"
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.NewSignIn, To: notice.To{Users: []id.User{e.User}},
		Subject: "Your account was used from a new browser",
		Lines: []string{
			"Somebody signed in to your account with " + browser + ", which was not known before.",
			"If it was not you, end that session and set a new password.",
		},
		Action: "See where you are signed in", Path: "/account",
	})
}

const ownedClosed = `
SELECT m.organization_id::text
FROM   membership m
JOIN   organization_oidc q ON q.organization_id = m.organization_id
WHERE  m.user_id = @user
AND    m.role = 'owner'
AND    q.required_at IS NOT NULL`

// RecordWayBack is for a session by password alone in which the user has just
// shown or added a factor: from then on it reaches, as an owner, what it did not.
// Without the record it should not.
func (s *Service) RecordWayBack(ctx context.Context, a postgres.Actor) error {
	return s.db.InTx(ctx, postgres.Actor{User: a.User}, func(tx pgx.Tx) error { return recordWayBack(ctx, tx, a.User) })
}

// recordWayBack records with each organization that lets its members in by its
// own sign-in alone that an owner came in past it.
func recordWayBack(ctx context.Context, tx pgx.Tx, user id.User) error {
	list, err := postgres.Values[id.Organization](ctx, tx, ownedClosed, pgx.NamedArgs{"user": user})
	if err != nil {
		return fmt.Errorf("way back: %w", err)
	}
	for _, org := range list {
		if err := record(ctx, tx, postgres.Actor{User: user}, org, "organization.pass_sign_in", "user", string(user), nil); err != nil {
			return err
		}
	}
	return nil
}
