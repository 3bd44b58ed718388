package account

import (
	"crypto/rand"
	"crypto/subtle"
	"hash/crc32"
	"math/big"
	"strings"
)

// The secret of a token to the API is "assay_", 43 digits that are 32 random
// bytes, and 6 digits of their CRC-32, all in base 62: a program that looks for
// leaked secrets recognizes one by [secretMark] and tells a real one from a
// look-alike without asking us.
const (
	secretMark     = "assay_"
	secretDigits   = 43
	checksumDigits = 6
	prefixLength   = len(secretMark) + 6
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// newSecret returns the secret of a token.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails: it ends the program instead
	digits := inBase62(new(big.Int).SetBytes(b[:]), secretDigits)
	return secretMark + digits + checksum(digits)
}

// isSecret reports whether a text has the form of a secret.
func isSecret(s string) bool {
	rest, ok := strings.CutPrefix(s, secretMark)
	if !ok || len(rest) != secretDigits+checksumDigits {
		return false
	}
	digits, sum := rest[:secretDigits], rest[secretDigits:]
	return subtle.ConstantTimeCompare([]byte(sum), []byte(checksum(digits))) == 1
}

func checksum(digits string) string {
	return inBase62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(digits)))), checksumDigits)
}

// inBase62 writes n with leading zeros up to a width.
func inBase62(n *big.Int, width int) string {
	digits := make([]byte, width)
	base, rest := big.NewInt(int64(len(base62))), new(big.Int)
	for i := width - 1; i >= 0; i-- {
		n, rest = new(big.Int).DivMod(n, base, rest)
		digits[i] = base62[rest.Int64()]
	}
	return string(digits)
}
