package moderation

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// The link of a reporter is the only way to a report without an account. Its
// secret follows from the flag by a key that is not in the database, where the
// digest stands alone; so each mail about a report can hold the link.

func linkKey(secret []byte) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "assay links of reporters", sha256.Size)
	if err != nil {
		panic(fmt.Sprintf("moderation: key of links: %v", err)) // the length is fixed
	}
	return key
}

// secretOf returns the secret of a flag's link: 43 characters.
func (s *Service) secretOf(flag id.Flag) string {
	mac := hmac.New(sha256.New, s.links)
	mac.Write([]byte(flag))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// linkOf returns the path of a reporter's page; empty if the report was made
// with another key, whose links nobody can make again.
func (s *Service) linkOf(flag id.Flag, tokenHash string) string {
	secret := s.secretOf(flag)
	if subtle.ConstantTimeCompare([]byte(hashOf(secret)), []byte(tokenHash)) != 1 {
		return ""
	}
	return receiptPath(secret)
}

func receiptPath(secret string) string { return "/report/r/" + secret }

const reportersQuery = `
SELECT   flag_id, token_hash, email, coalesce(reporter_id::text, '') AS reporter
FROM     flag_report
WHERE    follows = @flag
AND      organization_id = @organization
ORDER BY created_at, flag_id`

// reportersOf returns who reported a flag or one that was merged into it.
func reportersOf(ctx context.Context, q postgres.Querier, flag id.Flag, org id.Organization) ([]reporter, error) {
	return postgres.Many[reporter](ctx, q, reportersQuery, pgx.NamedArgs{"flag": flag, "organization": org})
}
