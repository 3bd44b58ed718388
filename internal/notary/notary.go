package notary

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/audit/certificate"
	"assay/internal/audit/finding"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Service issues certificates and tells of those taken back.
type Service struct {
	db     *postgres.DB
	key    ed25519.PrivateKey // nil: issues nothing
	issuer string
}

var _ listing.Certifier = (*Service)(nil)

// New returns a service that signs with key, in the name of issuer, the
// address of this Assay. Without a key it serves what others have issued.
func New(db *postgres.DB, key ed25519.PrivateKey, issuer string) *Service {
	return &Service{db, key, issuer}
}

func (s *Service) keyID() string {
	return certificate.KeyID(s.key.Public().(ed25519.PublicKey))
}

// worker is the platform's own actor.
var worker = postgres.Actor{Platform: postgres.Worker}

const filesOf = `
SELECT count(*) AS files, coalesce(sum(size_bytes), 0)::bigint AS bytes, count(*) FILTER (WHERE path ~ ' #[0-9]+$') AS numbered,
       clock_timestamp() AS at,
       EXISTS (SELECT 1 FROM certificate_key WHERE key_id = @key AND valid_until IS NULL) AS may_sign,
       EXISTS (SELECT 1 FROM audit_certificate WHERE version_id = @version AND organization_id = @organization AND revoked_at IS NULL) AS is_there
FROM   version_file
WHERE  version_id = @version
AND    organization_id = @organization`

type grounds struct {
	Files    int64     `db:"files"`
	Bytes    int64     `db:"bytes"`
	Numbered int       `db:"numbered"`
	At       time.Time `db:"at"`
	MaySign  bool      `db:"may_sign"`
	IsThere  bool      `db:"is_there"`
}

const insertCertificate = `
INSERT INTO audit_certificate (id, organization_id, version_id, report_id, root_digest, key_id, file, issued_at)
VALUES (@id, @organization, @version, @report, @root, @key, @file, @at)
ON CONFLICT (version_id) WHERE revoked_at IS NULL DO NOTHING`

// Certify issues a certificate about a version that is live from now on,
// unless it has one. A process that has no key, or one that was replaced,
// leaves it to the sweep of another.
func (s *Service) Certify(ctx context.Context, tx pgx.Tx, p listing.Published) error {
	if s.key == nil {
		return nil
	}
	args := pgx.NamedArgs{"version": p.Version.ID, "organization": p.Version.Organization, "key": s.keyID()}
	g, err := postgres.One[grounds](ctx, tx, filesOf, args)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	if g.IsThere || !g.MaySign {
		return nil
	}
	c, err := s.about(p, g)
	if err != nil {
		return err
	}
	file, err := certificate.Sign(c, s.key)
	if err != nil {
		return err
	}
	args["id"], args["report"], args["root"], args["file"], args["at"] = c.ID, p.Report.ID, c.RootDigest, string(file), c.IssuedAt
	if _, err := tx.Exec(ctx, insertCertificate, args); err != nil {
		return fmt.Errorf("certificate %s: %w", c.ID, err)
	}
	return nil
}

// about is what the certificate of a version says.
func (s *Service) about(p listing.Published, g grounds) (certificate.Certificate, error) {
	var r audit.Report
	if err := json.Unmarshal(p.Report.Body, &r); err != nil {
		return certificate.Certificate{}, fmt.Errorf("certificate: read the report: %w", err)
	}
	c := certificate.Certificate{
		ID: id.New[string](), Issuer: s.issuer, Listing: p.Listing.Slug, Title: oneLine(p.Claims.Claims.Basics.Title), Version: p.Version.Number,
		RootDigest: p.Version.RootDigest, ClaimsDigest: p.Report.ClaimsDigest, Files: g.Files, Bytes: g.Bytes,
		Verdict: audit.Verdict(p.Report.Verdict), Blockers: p.Report.Blockers, Warnings: p.Report.Warnings,
		Infos: r.Count(finding.Info), NotChecked: len(r.NotChecked), RulesVersion: p.Report.RulesVersion,
		Tables: r.Tool.Tables, AuditedAt: p.Report.CreatedAt, IssuedAt: g.At,
	}
	for _, f := range r.Findings {
		if f.Rule == ruleName { // then files that end in a number were masked
			c.MaskedNames = g.Numbered
		}
	}
	return c, nil
}

// ruleName is the rule of the audit for names of files that hold an identifier.
const ruleName = "name-in-path"

// oneLine takes out of a title what could steer a terminal.
func oneLine(title string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, title)
	return strings.Join(strings.Fields(plain), " ")
}

const liveWithout = `
SELECT   v.id
FROM     version v
WHERE    v.state = 'live'
AND      latest_report_is_clear(v.id, v.root_digest)
AND      NOT EXISTS (SELECT 1 FROM audit_certificate c
                     WHERE c.version_id = v.id AND c.organization_id = v.organization_id AND c.revoked_at IS NULL)
ORDER BY v.live_at, v.id
LIMIT    1000`

// Missing returns live versions without a certificate; none if this process
// could not issue one. While a blocker that an audit by newer rules found waits
// for a reviewer, no certificate is made anew.
func (s *Service) Missing(ctx context.Context) (list []id.Version, err error) {
	if s.key == nil {
		return nil, nil
	}
	err = s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		if current, err := s.isCurrent(ctx, tx); err != nil || !current {
			return err
		}
		list, err = postgres.Values[id.Version](ctx, tx, liveWithout)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("versions without a certificate: %w", err)
	}
	return list, nil
}

const validOf = `
SELECT file
FROM   audit_certificate
WHERE  version_id = @version
AND    organization_id = @organization
AND    revoked_at IS NULL`

// Valid returns the certificate file of a version as it is now, empty if it
// has none. It is for who acts for the organization or the platform.
func Valid(ctx context.Context, q postgres.Querier, v listing.Version) (string, error) {
	rows, err := q.Query(ctx, validOf, pgx.NamedArgs{"version": v.ID, "organization": v.Organization})
	if err != nil {
		return "", fmt.Errorf("certificate of version %s: %w", v.ID, err)
	}
	files, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(files) == 0 {
		return "", err
	}
	return files[0], nil
}
