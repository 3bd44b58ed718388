package account

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const (
	// recoveryCodes is how many a person gets at once.
	recoveryCodes = 10
	// recoveryBytes is how long one is: 120 bits, enough for a plain hash.
	//
	// Source: OWASP ASVS 5.0 6.5.2, at least 112 bits.
	recoveryBytes = 15
)

var recoveryText = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// newRecoveryCode returns a code as it is shown, in groups of four.
func newRecoveryCode() string {
	var b [recoveryBytes]byte
	rand.Read(b[:]) // never fails
	text := recoveryText.EncodeToString(b[:])
	var groups []string
	for ; len(text) > 4; text = text[4:] {
		groups = append(groups, text[:4])
	}
	return strings.Join(append(groups, text), "-")
}

// plainCode is a code without what people put between its parts.
func plainCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\t", "", "\u00a0", "").Replace(code))
}

const insertCode = `
INSERT INTO recovery_code (user_id, code_hash)
VALUES (@user, @hash)`

const dropCodesQuery = `
DELETE FROM recovery_code
WHERE user_id = @user`

func dropCodes(ctx context.Context, tx pgx.Tx, user id.User) error {
	if _, err := tx.Exec(ctx, dropCodesQuery, pgx.NamedArgs{"user": user}); err != nil {
		return fmt.Errorf("recovery codes: %w", err)
	}
	return nil
}

// freshCodes replaces the user's codes and returns the new ones.
func freshCodes(ctx context.Context, tx pgx.Tx, user id.User) ([]string, error) {
	if err := dropCodes(ctx, tx, user); err != nil {
		return nil, err
	}
	var list []string
	for range recoveryCodes {
		code := newRecoveryCode()
		if _, err := tx.Exec(ctx, insertCode, pgx.NamedArgs{"user": user, "hash": hashToken(plainCode(code))}); err != nil {
			return nil, fmt.Errorf("recovery codes: %w", err)
		}
		list = append(list, code)
	}
	return list, nil
}

const anyCodeQuery = `
SELECT EXISTS (SELECT FROM recovery_code WHERE user_id = @user)`

// firstCodes is freshCodes for somebody who never got any, else nothing.
func firstCodes(ctx context.Context, tx pgx.Tx, user id.User) ([]string, error) {
	var has bool
	if err := tx.QueryRow(ctx, anyCodeQuery, pgx.NamedArgs{"user": user}).Scan(&has); err != nil {
		return nil, fmt.Errorf("recovery codes: %w", err)
	}
	if has {
		return nil, nil
	}
	return freshCodes(ctx, tx, user)
}

// NewRecoveryCodes makes ten codes that end the earlier ones, and other
// sessions than keep. Nobody can read them again. Without a factor that they
// could stand in for it is errs.Conflict.
func (s *Service) NewRecoveryCodes(ctx context.Context, a postgres.Actor, keep string) (list []string, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		has, err := hasFactor(ctx, tx, a.User)
		if err != nil {
			return err
		}
		if !has {
			return errs.New(errs.Conflict, "Add an authenticator app or a passkey first: recovery codes stand in for them.")
		}
		if list, err = freshCodes(ctx, tx, a.User); err != nil {
			return err
		}
		return noteFactors(ctx, tx, a, factorAct{"user.new_recovery_codes", "New recovery codes were made for your account; the earlier ones no longer work.", keep})
	})
	return list, err
}

const spendCode = `
UPDATE recovery_code
SET    used_at = now()
WHERE  user_id = @user
AND    code_hash = @hash
AND    used_at IS NULL`

// useRecovery spends a recovery code and tells its owner.
func (s *Service) useRecovery(ctx context.Context, tx pgx.Tx, user id.User, code string) (ok bool, err error) {
	tag, err := tx.Exec(ctx, spendCode, pgx.NamedArgs{"user": user, "hash": hashToken(code)})
	if err != nil {
		return false, fmt.Errorf("recovery code: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return false, nil
	}
	return true, tellFactors(ctx, tx, postgres.Actor{User: user}, factorAct{
		Verb: "user.use_recovery_code", Says: "A recovery code was used to sign in to your account. It does not work again."})
}

// SealCodes encrypts codes for the way to the page that shows them once.
func (s *Service) SealCodes(a postgres.Actor, codes []string) []byte {
	return s.box.Seal([]byte(strings.Join(codes, "\n")), "recovery codes "+string(a.User))
}

// OpenCodes reads what SealCodes has made for the same user; anything else is
// errs.NotFound.
func (s *Service) OpenCodes(a postgres.Actor, sealed []byte) ([]string, error) {
	plain, err := s.box.Open(sealed, "recovery codes "+string(a.User))
	if err != nil {
		return nil, errs.Wrap(errs.NotFound, "Recovery codes are shown once. Make new ones if you lost them.", err)
	}
	return strings.Split(string(plain), "\n"), nil
}
