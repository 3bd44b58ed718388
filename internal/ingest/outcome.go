package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/promise"
)

// outcome is what an audit by new rules means for a live version.
type outcome string

const (
	same        outcome = "same"        // noted
	better      outcome = "better"      // noted
	warnings    outcome = "warnings"    // reviewers look, the seller is told
	blockers    outcome = "blockers"    // likewise; it stays on offer
	identifiers outcome = "identifiers" // suspended at once
)

// subject is what a finding is about, whatever its words and how often.
func subject(f finding.Finding) string { return f.Rule + "\n" + string(f.Severity) + "\n" + f.Path }

// judge compares a report with what is known of the files. It returns the rules
// that found something new, sorted: none if no data could be read any more,
// which is as grave as a blocker.
func judge(known []audit.Report, now *audit.Report) (o outcome, rules []string) {
	before, after := map[string]bool{}, map[string]bool{}
	unread := false
	for _, r := range known {
		unread = unread || r.Verdict == audit.Unrecognized
		for _, f := range r.Findings {
			before[subject(f)] = f.Severity != finding.Info
		}
	}
	o = same
	if now.Verdict == audit.Unrecognized && !unread {
		o = blockers
	}
	for _, f := range now.Findings {
		if f.Severity == finding.Info {
			continue
		}
		after[subject(f)] = true
		if before[subject(f)] {
			continue
		}
		rules = append(rules, f.Rule)
		switch {
		case isDirect(f):
			o = identifiers
		case f.Severity == finding.Blocker && o != identifiers:
			o = blockers
		case o == same:
			o = warnings
		}
	}
	if o == same && len(after) < count(before) {
		o = better
	}
	slices.Sort(rules)
	return o, slices.Compact(rules)
}

func count(set map[string]bool) (n int) {
	for _, counts := range set {
		if counts {
			n++
		}
	}
	return n
}

// places are rules that say where identifiers may stand, not that one does.
var places = []string{"phi-encapsulated-doc", "pix-burnedin-yes", "sidecar-columns"}

// isDirect reports whether a finding is a blocker about what names or numbers
// one person: any letter of HIPAA's list but places (B), dates (C) and other
// unique codes (R).
//
// Source: 45 CFR 164.514(b)(2)(i).
func isDirect(f finding.Finding) bool {
	return f.Severity == finding.Blocker && !slices.Contains(places, f.Rule) &&
		slices.ContainsFunc(f.HIPAA, func(letter string) bool { return !strings.Contains("BCR", letter) })
}

// selectKnown are the reports that somebody has weighed, or that wait for it:
// all but those that took a version down.
const selectKnown = `
SELECT r.report
FROM   audit_report r
WHERE  r.version_id = @version
AND    r.organization_id = @organization
AND    assay_platform() = 'worker'
AND    NOT EXISTS (SELECT FROM reaudit x WHERE x.report_id = r.id AND x.outcome = 'identifiers')`

const selectManifest = `
SELECT path, size_bytes, sha256
FROM   version_file
WHERE  version_id = @version
AND    organization_id = @organization`

const finishReaudit = `
UPDATE reaudit
SET    state = @state, outcome = @outcome, rules = @rules, report_id = @report, audited_at = clock_timestamp(), lease = NULL
WHERE  id = @reaudit
AND    organization_id = @organization
AND    lease = @lease
AND    state = 'queued'`

// storeReaudit keeps the report and does what its outcome asks for, in one
// transaction.
func (r *run) storeReaudit(ctx context.Context, full *audit.Report) error {
	var kept id.Report
	err := r.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		if err := renewReaudit(ctx, tx, r); err != nil {
			return err
		}
		args := pgx.NamedArgs{"version": r.version, "organization": r.organization}
		known, err := knownReports(ctx, tx, args)
		if err != nil {
			return err
		}
		result, err := r.reauditResult(ctx, tx, full, args)
		if err != nil {
			return err
		}
		report, err := r.versions.AddReport(ctx, tx, worker, r.version, r.claimsDigest, result)
		if err != nil {
			return err
		}
		kept = report.ID
		if err := r.keepReport(ctx, kept, full); err != nil {
			return err
		}
		o, rules := judge(known, full)
		return r.finishReaudit(ctx, tx, kept, o, rules)
	})
	if err != nil && kept != "" {
		return errors.Join(err, r.blobs.Delete(context.WithoutCancel(ctx), ReportKey(kept)))
	}
	return err
}

func knownReports(ctx context.Context, q postgres.Querier, args pgx.NamedArgs) ([]audit.Report, error) {
	rows, err := q.Query(ctx, selectKnown, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r audit.Report, err error) {
		var body []byte
		if err = row.Scan(&body); err == nil {
			err = json.Unmarshal(body, &r)
		}
		return r, err
	})
}

// reauditResult is what is kept of a report by new rules. Its manifest is that
// of the version: new rules may mask a name that the old ones left, but the
// files must be the same.
func (r *run) reauditResult(ctx context.Context, q postgres.Querier, full *audit.Report, args pgx.NamedArgs) (listing.AuditResult, error) {
	result, err := result(full)
	if err != nil {
		return result, err
	}
	rows, err := q.Query(ctx, selectManifest, args)
	if err != nil {
		return result, err
	}
	sealed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f listing.File, err error) {
		err = row.Scan(&f.Path, &f.SizeBytes, &f.SHA256)
		return f, err
	})
	if err != nil {
		return result, err
	}
	if !slices.Equal(contents(sealed), contents(result.Manifest)) {
		return result, errs.New(errs.Internal, "the files in the store are not those of the version")
	}
	result.Manifest, result.RulesVersion = sealed, r.rules()
	return result, nil
}

// contents are the digests of files, sorted.
func contents(m listing.Manifest) []string {
	var list []string
	for _, f := range m {
		list = append(list, f.SHA256)
	}
	slices.SortFunc(list, cmp.Compare[string])
	return list
}

func (r *run) finishReaudit(ctx context.Context, tx pgx.Tx, report id.Report, o outcome, rules []string) error {
	state := "open"
	if o == same || o == better {
		state = "noted"
	}
	if rules == nil {
		rules = []string{}
	}
	tag, err := tx.Exec(ctx, finishReaudit, pgx.NamedArgs{"state": state, "outcome": string(o), "rules": rules, "report": report,
		"reaudit": r.reaudit, "organization": r.organization, "lease": r.lease})
	if err == nil && tag.RowsAffected() == 0 {
		err = errLost
	}
	if err != nil || state == "noted" {
		return err
	}
	found := titles(rules)
	if o == identifiers {
		err := r.versions.SuspendWithin(ctx, tx, worker, r.version, suspendedReason+found+".")
		if err != nil && errs.KindOf(err) != errs.Conflict { // else it is off the catalog already
			return err
		}
	} else if err := r.tellSeller(ctx, tx, o, found); err != nil {
		return err
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.ReviewWaiting, To: notice.To{Platform: postgres.Reviewer},
		Subject: "New rules of the audit found something in a live version",
		Lines:   []string{"By rules " + r.rules() + ": " + found + "."}, Action: "See what was found", Path: "/review/reaudits",
	})
}

// suspendedReason is what the public reads, before what was found.
const suspendedReason = "Our audit checks data sets again when its rules improve. It found what may identify a person in these files, " +
	"so they are off the catalog until that is settled. Found: "

func (r *run) tellSeller(ctx context.Context, tx pgx.Tx, o outcome, found string) error {
	due := promise.OfNewRules(o == blockers).Due(time.Now())
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.ReauditFlagged, To: notice.To{Organization: r.organization}, Of: r.organization,
		Subject: "New rules of the audit found something in a live version",
		Lines: []string{"We check data sets again when the rules of our audit improve. By rules " + r.rules() + " your version shows: " + found + ".",
			"It stays on offer, and a reviewer looks at it. Please send a mended version by " + due.Format("2 January 2006") + "; the page says what to mend."},
		Action: "See the version", Path: "/seller/versions/" + string(r.version),
	})
}

// mostNamed is how many rules a letter or a public reason names: those of very
// many would not fit. The report has them all.
const mostNamed = 12

// titles names rules in words. It holds nothing from a file.
func titles(rules []string) string {
	names := map[string]string{}
	for _, r := range audit.Registry() {
		names[r.ID] = r.Title
	}
	var list []string
	for _, id := range rules[:min(len(rules), mostNamed)] {
		list = append(list, fmt.Sprintf("%s (%s)", cmp.Or(names[id], "a rule"), id))
	}
	if more := len(rules) - mostNamed; more > 0 {
		list = append(list, fmt.Sprintf("and by %d more rules", more))
	}
	return cmp.Or(strings.Join(list, ", "), "no readable data")
}
