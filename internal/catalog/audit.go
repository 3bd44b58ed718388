package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// PublicAuditSchema names the shape of a PublicAudit's JSON.
const PublicAuditSchema = "assay-public-audit/1"

// PublicAudit is what everybody may read of the audit of a published version.
// It has no field that could hold the name of a file, an attribute's path, a
// shape or a message: no identifier can travel in it.
type PublicAudit struct {
	Schema       string             `json:"schema"`
	Slug         string             `json:"slug"`
	Version      int                `json:"version"`
	Tool         audit.Tool         `json:"tool"`
	RootDigest   string             `json:"root_digest"`   // SHA-256 over the manifest of the files, hexadecimal
	ClaimsDigest string             `json:"claims_digest"` // SHA-256 over the claims that were approved with them
	AuditedAt    time.Time          `json:"audited_at"`
	Files        int                `json:"files"`
	Bytes        int64              `json:"bytes"`
	Verdict      string             `json:"verdict"` // passed or flagged
	Blockers     int                `json:"blockers"`
	Warnings     int                `json:"warnings"`
	Infos        int                `json:"infos"`
	Answered     int                `json:"answered"` // warnings whose answer a reviewer accepted
	Rules        []RuleCount        `json:"rules"`    // most severe first
	NotChecked   []audit.NotChecked `json:"not_checked"`
	Measured     audit.Measured     `json:"measured"`
}

// RuleCount is how often a rule found something.
type RuleCount struct {
	Rule     string           `json:"rule"`
	Severity finding.Severity `json:"severity"`
	HIPAA    []string         `json:"hipaa,omitempty"`
	Action   string           `json:"action,omitempty"`
	Findings int              `json:"findings"`
	Places   int              `json:"places"`
	Answered int              `json:"answered,omitempty"` // findings whose answer was accepted
}

// publicAudit projects a report; accepted are the keys of the warnings whose
// answers were accepted.
func publicAudit(p listing.Published, r audit.Report, accepted map[string]bool) PublicAudit {
	a := PublicAudit{
		Schema: PublicAuditSchema, Slug: p.Listing.Slug, Version: p.Version.Number, Tool: r.Tool,
		RootDigest: p.Report.RootDigest, ClaimsDigest: p.Claims.Digest, AuditedAt: p.Report.CreatedAt.UTC(),
		Files: r.Input.Files, Bytes: r.Input.Bytes, Verdict: p.Report.Verdict,
		Blockers: p.Report.Blockers, Warnings: p.Report.Warnings, Infos: r.Count(finding.Info),
		Rules: []RuleCount{}, NotChecked: r.NotChecked, Measured: r.Measured,
	}
	if a.NotChecked == nil {
		a.NotChecked = []audit.NotChecked{}
	}
	for _, f := range r.Findings { // by severity, then rule
		if n := len(a.Rules); n == 0 || a.Rules[n-1].Rule != f.Rule || a.Rules[n-1].Severity != f.Severity {
			a.Rules = append(a.Rules, RuleCount{Rule: f.Rule, Severity: f.Severity, HIPAA: f.HIPAA, Action: f.Action})
		}
		rule := &a.Rules[len(a.Rules)-1]
		rule.Findings++
		rule.Places += f.Count
		if f.Severity == finding.Warning && accepted[f.Key()] {
			rule.Answered++
			a.Answered++
		}
	}
	return a
}

const acceptedKeys = `
SELECT warning_key
FROM   finding_answer
WHERE  report_id = @report
AND    organization_id = @organization
AND    outcome = 'accepted'`

const upsertAudit = `
INSERT INTO catalog_audit (listing_id, organization_id, number, body)
VALUES (@listing, @organization, @number, @body)
ON CONFLICT (listing_id, number) DO UPDATE SET body = EXCLUDED.body, written_at = now()
WHERE catalog_audit.organization_id = EXCLUDED.organization_id`

// publishAudit writes the public part of the report of a version that goes
// live.
func publishAudit(ctx context.Context, tx pgx.Tx, p listing.Published) error {
	r, err := ParseReport(p.Report.Body)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, acceptedKeys, pgx.NamedArgs{"report": p.Report.ID, "organization": p.Listing.Organization})
	if err != nil {
		return err
	}
	accepted, key := map[string]bool{}, ""
	if _, err := pgx.ForEachRow(rows, []any{&key}, func() error { accepted[key] = true; return nil }); err != nil {
		return err
	}
	body, err := json.Marshal(publicAudit(p, r, accepted))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, upsertAudit, pgx.NamedArgs{"listing": p.Listing.ID, "organization": p.Listing.Organization,
		"number": p.Version.Number, "body": body})
	return err
}

const selectAudit = `
SELECT   body
FROM     catalog_audit
WHERE    listing_id = @listing
AND      (number = @number OR @number = 0)
ORDER BY number DESC
LIMIT    1`

// Audit returns the public part of the audit of a version of a listing, or of
// the live one if number is 0. It returns errs.NotFound for a version that was
// never public and for a listing that is not live.
func (s *Store) Audit(ctx context.Context, e Entry, number int) (PublicAudit, error) {
	var a PublicAudit
	if e.State != Live {
		return a, errs.New(errs.NotFound, "This data set is not on offer.")
	}
	err := s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		var body []byte
		err := tx.QueryRow(ctx, selectAudit, pgx.NamedArgs{"listing": e.ID, "number": cmp.Or(number, e.LiveNumber())}).Scan(&body)
		if err != nil {
			return err
		}
		return json.Unmarshal(body, &a)
	})
	if err != nil {
		return PublicAudit{}, postgres.NotFound(err, fmt.Sprintf("There is no public audit of %s.", versionWords(number)))
	}
	return a, nil
}

func versionWords(number int) string {
	if number == 0 {
		return "this data set"
	}
	return fmt.Sprintf("version %d", number)
}
