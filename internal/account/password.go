package account

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"assay/internal/errs"
)

// Lengths of a password in characters. There are no rules on its composition.
const (
	minPassword = 8
	maxPassword = 256
)

// checkPassword returns the sentence that refuses a new password, or "".
//
// Source: OWASP ASVS 5.0 6.2.1, 6.2.4, 6.2.5, 6.2.9, 6.2.11, 6.2.12.
func checkPassword(password, email string) string {
	n := utf8.RuneCountInString(password)
	lower := strings.ToLower(norm.NFKC.String(password))
	name, _, _ := strings.Cut(NormalizeEmail(email), "@")
	switch {
	case n < minPassword:
		return fmt.Sprintf("Use at least %d characters. A few words in a row work well.", minPassword)
	case n > maxPassword:
		return fmt.Sprintf("Use at most %d characters.", maxPassword)
	case len(name) >= 3 && strings.Contains(lower, name):
		return "Leave your e-mail name out of the password."
	case strings.Contains(lower, "assay"):
		return "Leave the name of this site out of the password."
	case isCommonPassword(lower):
		return "This password is among those that leaked from other sites and are tried first. Choose another."
	}
	return ""
}

// hasher makes and compares argon2id hashes, a few at a time: each takes 64
// MiB, and a burst of sign-ins must not take the machine's memory.
type hasher struct {
	slots chan struct{}
	dummy string // compared with when there is no account
}

var hashParams = &argon2id.Params{Memory: 64 * 1024, Iterations: 1, Parallelism: 2, SaltLength: 16, KeyLength: 32}

const (
	hashesAtOnce = 4
	hashWait     = 20 * time.Second
)

func newHasher() *hasher {
	dummy, err := argon2id.CreateHash("no account has this password", hashParams)
	if err != nil {
		panic(err) // only without a source of randomness
	}
	return &hasher{slots: make(chan struct{}, hashesAtOnce), dummy: dummy}
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.take(ctx); err != nil {
		return "", err
	}
	defer h.give()
	return argon2id.CreateHash(norm.NFKC.String(password), hashParams)
}

// matches compares password with hash. An empty hash never matches and takes
// as long as any other.
func (h *hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	if err := h.take(ctx); err != nil {
		return false, err
	}
	defer h.give()
	real := hash != ""
	if !real {
		hash = h.dummy
	}
	ok, err := argon2id.ComparePasswordAndHash(norm.NFKC.String(password), hash)
	return ok && real, err
}

func (h *hasher) take(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errs.Wrap(errs.Unavailable, "Many people are signing in just now. Please try again in a minute.", ctx.Err())
	}
}

func (h *hasher) give() { <-h.slots }
