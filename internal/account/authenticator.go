package account

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"image/png"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Codes of an authenticator app, as every app makes them.
//
// Source: RFC 6238, defaults of section 4 and of the otpauth key URI.
const (
	codePeriod = 30 // seconds
	codeSkew   = 1  // periods that a clock may be early or late
	secretSize = 20 // bytes
)

var codeOptions = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// appLabel names what is sealed, beside whose it is.
func appLabel(user id.User) string { return "authenticator " + string(user) }

// AppOffer is a secret that waits for its first code.
type AppOffer struct {
	Secret string // in base32, as people type it
	QR     []byte // the same as a picture, PNG
	Sealed []byte // to be kept at the server until ConfirmApp
}

// sealedOffer is what AppOffer.Sealed holds.
type sealedOffer struct {
	Secret  string
	Expires time.Time
}

// qrPixels is the side of the picture.
const qrPixels = 232

// OfferApp makes a secret for an authenticator app. It counts once ConfirmApp
// has seen a code of it.
func (s *Service) OfferApp(ctx context.Context, a postgres.Actor) (AppOffer, error) {
	email, err := s.email(ctx, a.User)
	if err != nil {
		return AppOffer{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.issuer(), AccountName: email, Period: codePeriod, SecretSize: secretSize})
	if err != nil {
		return AppOffer{}, fmt.Errorf("authenticator: %w", err)
	}
	plain, err := json.Marshal(sealedOffer{key.Secret(), s.now().Add(ProofLifetime)})
	if err != nil {
		return AppOffer{}, fmt.Errorf("authenticator: %w", err)
	}
	return s.showOffer(key, s.box.Seal(plain, appLabel(a.User)))
}

// ShowApp shows an offer again; errs.NotFound if it is over.
func (s *Service) ShowApp(ctx context.Context, a postgres.Actor, sealed []byte) (AppOffer, error) {
	secret, err := s.openOffer(a.User, sealed)
	if err != nil {
		return AppOffer{}, err
	}
	email, err := s.email(ctx, a.User)
	if err != nil {
		return AppOffer{}, err
	}
	key, err := appKey(s.issuer(), email, secret)
	if err != nil {
		return AppOffer{}, err
	}
	return s.showOffer(key, sealed)
}

func (s *Service) showOffer(key *otp.Key, sealed []byte) (AppOffer, error) {
	picture, err := key.Image(qrPixels, qrPixels)
	if err != nil {
		return AppOffer{}, fmt.Errorf("authenticator: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return AppOffer{}, fmt.Errorf("authenticator: %w", err)
	}
	return AppOffer{Secret: key.Secret(), QR: b.Bytes(), Sealed: sealed}, nil
}

func (s *Service) openOffer(user id.User, sealed []byte) (string, error) {
	var offer sealedOffer
	plain, err := s.box.Open(sealed, appLabel(user))
	if err == nil {
		err = json.Unmarshal(plain, &offer)
	}
	if err != nil || s.now().After(offer.Expires) {
		return "", errs.New(errs.NotFound, "This took too long. Start again with a new key.")
	}
	return offer.Secret, nil
}

// appKey is the otpauth address of a secret.
func appKey(issuer, email, secret string) (*otp.Key, error) {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return nil, errs.New(errs.Invalid, "The secret of an authenticator app is written in base32.")
	}
	return totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: email, Period: codePeriod, Secret: raw})
}

const upsertApp = `
INSERT INTO second_factor (user_id, secret, last_step)
VALUES (@user, @secret, @step)
ON CONFLICT (user_id) DO UPDATE
SET secret = EXCLUDED.secret, last_step = EXCLUDED.last_step, confirmed_at = now(), used_at = NULL`

// ConfirmApp takes an offer that shows a code of itself, in place of an app
// that was there. Other sessions than keep end. With the first factor come
// recovery codes, shown once; later ones bring none. A wrong code is
// errs.Invalid for the field "code".
func (s *Service) ConfirmApp(ctx context.Context, a postgres.Actor, sealed []byte, code, keep string) (recovery []string, err error) {
	if err := s.throttle(ctx, codeTries, "new app "+string(a.User)); err != nil {
		return nil, err
	}
	secret, err := s.openOffer(a.User, sealed)
	if err != nil {
		return nil, err
	}
	step, ok := matchingStep(secret, plainCode(code), 0, s.now())
	if !ok {
		return nil, errWrongCode()
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockSelf, pgx.NamedArgs{"user": a.User}); err != nil {
			return fmt.Errorf("authenticator: %w", err)
		}
		if err := s.putApp(ctx, tx, a.User, secret, step); err != nil {
			return err
		}
		if recovery, err = firstCodes(ctx, tx, a.User); err != nil {
			return err
		}
		return noteFactors(ctx, tx, a, factorAct{"user.add_app", "An authenticator app was added to your account.", keep})
	})
	return recovery, err
}

func (s *Service) putApp(ctx context.Context, tx pgx.Tx, user id.User, secret string, step int64) error {
	_, err := tx.Exec(ctx, upsertApp, pgx.NamedArgs{"user": user, "secret": s.box.Seal([]byte(secret), appLabel(user)), "step": step})
	if err != nil {
		return fmt.Errorf("authenticator: %w", err)
	}
	return nil
}

const dropApp = `
DELETE FROM second_factor
WHERE user_id = @user`

// RemoveApp forgets the authenticator app and ends other sessions than keep.
// The last factor of somebody with a role on the platform is errs.Conflict.
func (s *Service) RemoveApp(ctx context.Context, a postgres.Actor, keep string) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, dropApp, pgx.NamedArgs{"user": a.User})
		if err != nil {
			return keepsOne(err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "There is no authenticator app to remove.")
		}
		if err := dropUnused(ctx, tx, a.User); err != nil {
			return err
		}
		return noteFactors(ctx, tx, a, factorAct{"user.remove_app", "The authenticator app was removed from your account.", keep})
	})
}

const lockApp = `
SELECT secret, last_step
FROM   second_factor
WHERE  user_id = @user
FOR UPDATE`

const spendStep = `
UPDATE second_factor
SET    last_step = @step, used_at = now()
WHERE  user_id = @user`

// useApp spends a code of the user's app: of two at once with one code, one
// succeeds.
//
// Source: OWASP ASVS 5.0 6.5.1; RFC 6238 section 5.2.
func (s *Service) useApp(ctx context.Context, tx pgx.Tx, user id.User, code string) (ok bool, err error) {
	secret, last, err := s.readApp(ctx, tx, user)
	if err == pgx.ErrNoRows {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("authenticator: %w", err)
	}
	step, ok := matchingStep(secret, code, last, s.now())
	if !ok {
		return false, nil
	}
	if _, err := tx.Exec(ctx, spendStep, pgx.NamedArgs{"user": user, "step": step}); err != nil {
		return false, fmt.Errorf("authenticator: %w", err)
	}
	return true, nil
}

func (s *Service) readApp(ctx context.Context, tx pgx.Tx, user id.User) (secret string, last int64, err error) {
	var sealed []byte
	if err := tx.QueryRow(ctx, lockApp, pgx.NamedArgs{"user": user}).Scan(&sealed, &last); err != nil {
		return "", 0, err
	}
	plain, err := s.box.Open(sealed, appLabel(user))
	return string(plain), last, err
}

// matchingStep returns the number of the period after last whose code this is.
func matchingStep(secret, code string, last int64, now time.Time) (step int64, ok bool) {
	current := now.Unix() / codePeriod
	for step := current - codeSkew; step <= current+codeSkew; step++ {
		if step <= last {
			continue
		}
		if right, err := hotp.ValidateCustom(code, uint64(step), secret, codeOptions); err == nil && right {
			return step, true
		}
	}
	return 0, false
}

// CodeOf returns the code that an authenticator app with this secret, in
// base32, shows at a time, and until when.
func CodeOf(secret string, at time.Time) (code string, until time.Time, err error) {
	step := at.Unix() / codePeriod
	code, err = hotp.GenerateCodeCustom(secret, uint64(step), codeOptions)
	if err != nil {
		return "", time.Time{}, errs.New(errs.Invalid, "The secret of an authenticator app is written in base32.")
	}
	return code, time.Unix((step+1)*codePeriod, 0), nil
}

// SetApp gives a user an authenticator app with a known secret in base32, as
// the operator of a demo does. The same secret again changes nothing, so that
// a code that was used stays used.
func (s *Service) SetApp(ctx context.Context, user id.User, secret string) error {
	if _, err := appKey(s.issuer(), "-", secret); err != nil {
		return err
	}
	a := postgres.Actor{User: user}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if now, _, err := s.readApp(ctx, tx, user); err == nil && now == secret {
			return nil
		}
		if err := s.putApp(ctx, tx, user, secret, 0); err != nil {
			return err
		}
		return record(ctx, tx, a, "", "user.add_app", "user", string(user), map[string]string{"by": "operator"})
	})
}

// issuer is what apps show above the code: the host of the site.
func (s *Service) issuer() string {
	_, host, _ := strings.Cut(s.url, "://")
	return "Assay (" + host + ")"
}
