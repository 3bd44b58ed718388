package account

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const (
	// ceremonyTime is how long a browser has to answer a challenge.
	ceremonyTime = 5 * time.Minute
	// maxPasskeys bounds the passkeys of a user.
	maxPasskeys = 20
	// maxPasskeyName is the longest name in characters.
	maxPasskeyName = 100
)

// newPasskeys returns the relying party of the public address; nil if the
// address is a number, for which browsers make no passkeys.
//
// Source: W3C Web Authentication Level 3, section 4, "RP ID".
func newPasskeys(address string) *webauthn.WebAuthn {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil {
		return nil
	}
	limit := webauthn.TimeoutConfig{Enforce: true, Timeout: ceremonyTime, TimeoutUVD: ceremonyTime}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Assay", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: limit, Registration: limit},
	})
	if err != nil {
		return nil
	}
	return w
}

// PasskeyHost returns the host for which passkeys are made, or "" where the
// public address allows none.
func (s *Service) PasskeyHost() string {
	if s.passkeys == nil {
		return ""
	}
	return s.passkeys.Config.RPID
}

// Passkey is a key that a device or a password manager holds.
type Passkey struct {
	ID        id.Passkey `db:"id"`
	Name      string     `db:"name"`
	CreatedAt time.Time  `db:"created_at"`
	UsedAt    *time.Time `db:"used_at"` // nil if never
	BackedUp  bool       `db:"backed_up"`
}

const listPasskeysQuery = `
SELECT   id, name, created_at, used_at, backed_up
FROM     passkey
WHERE    user_id = @user
ORDER BY created_at, id`

func listPasskeys(ctx context.Context, tx pgx.Tx, user id.User) ([]Passkey, error) {
	return postgres.Many[Passkey](ctx, tx, listPasskeysQuery, pgx.NamedArgs{"user": user})
}

const renamePasskey = `
UPDATE passkey
SET    name = @name
WHERE  id = @id
AND    user_id = @user`

// RenamePasskey gives one of the user's passkeys another name; another's is
// errs.NotFound.
func (s *Service) RenamePasskey(ctx context.Context, a postgres.Actor, passkey id.Passkey, name string) error {
	name, err := checkPasskeyName(name)
	if err != nil {
		return err
	}
	return s.onPasskey(ctx, a, passkey, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, renamePasskey, pgx.NamedArgs{"id": passkey, "user": a.User, "name": name})
		if err != nil {
			return fmt.Errorf("passkey: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errNoPasskey()
		}
		return record(ctx, tx, a, "", "passkey.rename", "passkey", string(passkey), nil)
	})
}

func checkPasskeyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	var form errs.Fields
	checkName(&form, "name", name)
	if len([]rune(name)) > maxPasskeyName {
		form.Add("name", fmt.Sprintf("Use at most %d characters.", maxPasskeyName))
	}
	return name, form.Err()
}

const dropPasskey = `
DELETE FROM passkey
WHERE id = @id
AND   user_id = @user`

// RemovePasskey forgets one of the user's passkeys and ends other sessions
// than keep. Another's is errs.NotFound; the last factor of somebody with a
// role on the platform is errs.Conflict.
func (s *Service) RemovePasskey(ctx context.Context, a postgres.Actor, passkey id.Passkey, keep string) error {
	return s.onPasskey(ctx, a, passkey, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, dropPasskey, pgx.NamedArgs{"id": passkey, "user": a.User})
		if err != nil {
			return keepsOne(err)
		}
		if tag.RowsAffected() == 0 {
			return errNoPasskey()
		}
		if err := dropUnused(ctx, tx, a.User); err != nil {
			return err
		}
		return noteFactors(ctx, tx, a, factorAct{"user.remove_passkey", "A passkey was removed from your account.", keep})
	})
}

func (s *Service) onPasskey(ctx context.Context, a postgres.Actor, passkey id.Passkey, change func(pgx.Tx) error) error {
	if _, ok := id.Parse[id.Passkey](string(passkey)); !ok {
		return errNoPasskey()
	}
	return s.db.InTx(ctx, a, change)
}

func errNoPasskey() error { return errs.New(errs.NotFound, "No such passkey.") }

// Ceremony is a challenge to a browser.
type Ceremony struct {
	Options []byte // JSON for the browser
	State   []byte // to be kept at the server until the answer comes, for one answer
}

func newCeremony(options any, state *webauthn.SessionData, err error) (Ceremony, error) {
	if err != nil {
		return Ceremony{}, fmt.Errorf("passkey: %w", err)
	}
	var c Ceremony
	if c.Options, err = json.Marshal(options); err != nil {
		return Ceremony{}, fmt.Errorf("passkey: %w", err)
	}
	if c.State, err = json.Marshal(state); err != nil {
		return Ceremony{}, fmt.Errorf("passkey: %w", err)
	}
	return c, nil
}

func readState(state []byte) (data webauthn.SessionData, err error) {
	if json.Unmarshal(state, &data) != nil || data.Challenge == "" {
		return data, errs.New(errs.Invalid, "This took too long. Please try again.")
	}
	return data, nil
}

// needPasskeys refuses where the address of the site allows no passkey.
func (s *Service) needPasskeys() error {
	if s.passkeys == nil {
		return errs.New(errs.Conflict, "Passkeys need an address with a name, and this site is reached by a number.")
	}
	return nil
}

// OfferPasskey begins the making of a passkey for the user.
func (s *Service) OfferPasskey(ctx context.Context, a postgres.Actor) (Ceremony, error) {
	if err := s.needPasskeys(); err != nil {
		return Ceremony{}, err
	}
	owner, err := s.passkeyOwner(ctx, a.User)
	if err != nil {
		return Ceremony{}, err
	}
	if err := fewerThanMost(len(owner.credentials)); err != nil {
		return Ceremony{}, err
	}
	options, state, err := s.passkeys.BeginRegistration(owner,
		webauthn.WithExclusions(webauthn.Credentials(owner.credentials).CredentialDescriptors()))
	if err != nil {
		return Ceremony{}, fmt.Errorf("passkey: %w", err)
	}
	return newCeremony(options.Response, state, nil)
}

const countPasskeys = `
SELECT count(*)
FROM   passkey
WHERE  user_id = @user`

// roomForPasskey is asked again when the passkey comes: several may have been
// offered at once.
func roomForPasskey(ctx context.Context, tx pgx.Tx, user id.User) error {
	args := pgx.NamedArgs{"user": user}
	if _, err := tx.Exec(ctx, lockSelf, args); err != nil {
		return fmt.Errorf("passkey: %w", err)
	}
	var n int
	if err := tx.QueryRow(ctx, countPasskeys, args).Scan(&n); err != nil {
		return fmt.Errorf("passkey: %w", err)
	}
	return fewerThanMost(n)
}

func fewerThanMost(passkeys int) error {
	if passkeys >= maxPasskeys {
		return errs.Newf(errs.Conflict, "An account has at most %d passkeys. Remove one that you no longer use.", maxPasskeys)
	}
	return nil
}

const insertPasskey = `
INSERT INTO passkey (id, user_id, credential_id, public_key, sign_count, backup_eligible, backed_up, transports, name)
VALUES (@id, @user, @credential, @key, @count, @eligible, @backed_up, @transports, @name)`

// AddPasskey checks a browser's answer to OfferPasskey and keeps the passkey.
// Other sessions than keep end. Recovery codes come as in ConfirmApp.
func (s *Service) AddPasskey(ctx context.Context, a postgres.Actor, state, answer []byte, name, keep string) (recovery []string, err error) {
	if err := s.needPasskeys(); err != nil {
		return nil, err
	}
	if name, err = checkPasskeyName(name); err != nil {
		return nil, err
	}
	data, err := readState(state)
	if err != nil {
		return nil, err
	}
	owner, err := s.passkeyOwner(ctx, a.User)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, errBadPasskey(err)
	}
	made, err := s.passkeys.CreateCredential(owner, data, parsed)
	if err != nil {
		return nil, errBadPasskey(err)
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := roomForPasskey(ctx, tx, a.User); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertPasskey, pgx.NamedArgs{
			"id": id.New[id.Passkey](), "user": a.User, "credential": made.ID, "key": made.PublicKey,
			"count": int64(made.Authenticator.SignCount), "eligible": made.Flags.BackupEligible, "backed_up": made.Flags.BackupState,
			"transports": transportTexts(made.Transport), "name": name,
		})
		if postgres.IsUnique(err, "passkey_credential_unique") {
			return errs.Wrap(errs.Conflict, "This passkey is known already.", err)
		}
		if err != nil {
			return fmt.Errorf("passkey: %w", err)
		}
		if recovery, err = firstCodes(ctx, tx, a.User); err != nil {
			return err
		}
		return noteFactors(ctx, tx, a, factorAct{"user.add_passkey", "A passkey was added to your account.", keep})
	})
	return recovery, err
}

func transportTexts(list []protocol.AuthenticatorTransport) []string {
	texts := []string{}
	for _, t := range list {
		if len(texts) < 10 && len(t) <= 32 {
			texts = append(texts, string(t))
		}
	}
	return texts
}

func errBadPasskey(cause error) error {
	return errs.Wrap(errs.Invalid, "This passkey was not accepted. Try again, or sign in another way.", cause)
}

// passkeyOwner is a user as the library of passkeys wants one.
type passkeyOwner struct {
	user        id.User
	email, name string
	credentials []webauthn.Credential
}

// WebAuthnID is the user handle: the user's id, which tells nothing else.
func (o passkeyOwner) WebAuthnID() []byte {
	u, err := uuid.Parse(string(o.user))
	if err != nil {
		return nil
	}
	return u[:]
}

// WebAuthnName is what a password manager lists.
func (o passkeyOwner) WebAuthnName() string { return o.email }

// WebAuthnDisplayName is the person's name.
func (o passkeyOwner) WebAuthnDisplayName() string { return o.name }

// WebAuthnCredentials are the user's passkeys.
func (o passkeyOwner) WebAuthnCredentials() []webauthn.Credential { return o.credentials }

func (s *Service) passkeyOwner(ctx context.Context, user id.User) (o passkeyOwner, err error) {
	err = s.db.InTx(ctx, postgres.Actor{User: user}, func(tx pgx.Tx) error {
		o, err = loadPasskeyOwner(ctx, tx, user)
		return err
	})
	return o, err
}

const ownerQuery = `
SELECT email, name
FROM   app_user
WHERE  id = @user
AND    disabled_at IS NULL
AND    email_confirmed_at IS NOT NULL`

const credentialsQuery = `
SELECT   credential_id, public_key, sign_count, backup_eligible, backed_up, transports
FROM     passkey
WHERE    user_id = @user
ORDER BY created_at, id
FOR UPDATE`

// loadPasskeyOwner locks the passkeys, so that of two answers at once the
// second sees the count of the first. A user who may not sign in is
// errs.NotFound.
func loadPasskeyOwner(ctx context.Context, tx pgx.Tx, user id.User) (passkeyOwner, error) {
	o := passkeyOwner{user: user}
	if err := tx.QueryRow(ctx, ownerQuery, pgx.NamedArgs{"user": user}).Scan(&o.email, &o.name); err != nil {
		return o, postgres.NotFound(err, "No such account.")
	}
	rows, err := tx.Query(ctx, credentialsQuery, pgx.NamedArgs{"user": user})
	if err != nil {
		return o, fmt.Errorf("passkeys: %w", err)
	}
	o.credentials, err = pgx.CollectRows(rows, scanCredential)
	if err != nil {
		return o, fmt.Errorf("passkeys: %w", err)
	}
	return o, nil
}

func scanCredential(row pgx.CollectableRow) (c webauthn.Credential, err error) {
	var count int64
	var transports []string
	err = row.Scan(&c.ID, &c.PublicKey, &count, &c.Flags.BackupEligible, &c.Flags.BackupState, &transports)
	c.Authenticator.SignCount = uint32(count)
	for _, t := range transports {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	return c, err
}
