package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit/quality"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Grade is the grade of a listing's LQS, as a search filters by it.
type Grade string

// Grades. Ungraded is a set of which too little could be measured, UnknownGrade
// one that was not scored.
const (
	Ungraded     Grade = "ungraded"
	UnknownGrade Grade = "unknown"
)

// Grades is the vocabulary of Grade.
var Grades = listing.Vocabulary[Grade]{
	{Value: "A", Label: "A: 90 and more"},
	{Value: "B", Label: "B: 80 and more"},
	{Value: "C", Label: "C: 70 and more"},
	{Value: "D", Label: "D: 55 and more"},
	{Value: "F", Label: "F: below 55"},
	{Value: Ungraded, Label: "No grade: too little could be measured"},
	{Value: UnknownGrade, Label: "Not scored"},
}

// mostClasses bounds the classes of one listing in searches.
const mostClasses = 60

// Quality is what a listing shows of its LQS beside other facts.
type Quality struct {
	Grade    string   `json:"grade"` // empty without one
	Score    float64  `json:"score"`
	Measured float64  `json:"measured"` // of 100 points
	Images   int      `json:"images"`
	Labels   int      `json:"labels"`
	Classes  []string `json:"classes,omitempty"` // with at least one label, as a search names them; none that was masked
	Schema   string   `json:"schema"`            // of the score, "LQS-M 1.0"
}

const selectQualityReport = `
SELECT body
FROM   quality_report
WHERE  report_id = @report
AND    organization_id = @organization`

// readQuality reads the LQS of the report of a version; nil if it has none.
func readQuality(ctx context.Context, q postgres.Querier, p listing.Published) (*quality.Report, error) {
	var body []byte
	err := q.QueryRow(ctx, selectQualityReport, pgx.NamedArgs{"report": p.Report.ID, "organization": p.Listing.Organization}).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) || p.Report.ID == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r quality.Report
	return &r, json.Unmarshal(body, &r)
}

// qualityOf is what the listing shows of r.
func qualityOf(r *quality.Report) *Quality {
	if r == nil {
		return nil
	}
	out := &Quality{Grade: r.Score.Grade, Score: r.Score.Value, Measured: r.Score.MeasuredPoints, Images: r.Input.Images, Labels: r.Input.Labels, Schema: r.Tool.Score}
	for _, c := range r.Classes {
		if name := ClassName(c.Name); c.Labels > 0 && !c.Masked && name != "" && !slices.Contains(out.Classes, name) && len(out.Classes) < mostClasses {
			out.Classes = append(out.Classes, name)
		}
	}
	slices.Sort(out.Classes)
	return out
}

// grade is the value of the facet.
func (q *Quality) grade() Grade {
	switch {
	case q == nil:
		return UnknownGrade
	case q.Grade == "":
		return Ungraded
	}
	return Grade(q.Grade)
}

// classes are the values of the facet.
func (q *Quality) classes() []string {
	if q == nil {
		return nil
	}
	return q.Classes
}

// maxClassRunes bounds the name of a class in searches.
const maxClassRunes = 60

// ClassName writes the name of a class as searches do: in lower case, with
// blanks for underscores; empty if it is no name.
func ClassName(name string) string {
	name = strings.Join(strings.Fields(strings.ReplaceAll(strings.ToLower(name), "_", " ")), " ")
	if n := len([]rune(name)); n == 0 || n > maxClassRunes || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	return name
}

// isClass reports whether a value may be the name of a class.
func isClass(name string) bool { return name != "" && ClassName(name) == name }

// publicQuality is the part of r that everybody may read: figures and counts,
// without files and places.
func publicQuality(r quality.Report) quality.Report {
	findings := make([]quality.Finding, len(r.Findings))
	for i, f := range r.Findings {
		f.Examples = []quality.Example{}
		findings[i] = f
	}
	r.Findings = findings
	r.Metrics.Tables = []quality.Table{} // named by files
	if d := r.Metrics.Duplicates; d != nil {
		counted := *d
		counted.Groups = []quality.DupGroup{}
		r.Metrics.Duplicates = &counted
	}
	return r
}

const upsertQuality = `
INSERT INTO catalog_quality (listing_id, organization_id, number, body)
VALUES (@listing, @organization, @number, @body)
ON CONFLICT (listing_id, number) DO UPDATE SET body = EXCLUDED.body, written_at = now()
WHERE catalog_quality.organization_id = EXCLUDED.organization_id`

// publishQuality writes the public part of the LQS of a version that goes live.
func publishQuality(ctx context.Context, tx pgx.Tx, p listing.Published) error {
	r, err := readQuality(ctx, tx, p)
	if err != nil || r == nil {
		return err
	}
	body, err := json.Marshal(publicQuality(*r))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, upsertQuality, pgx.NamedArgs{"listing": p.Listing.ID, "organization": p.Listing.Organization,
		"number": p.Version.Number, "body": body})
	return err
}

const selectQuality = `
SELECT   number, body
FROM     catalog_quality
WHERE    listing_id = @listing
AND      (number = @number OR @number = 0)
ORDER BY number DESC
LIMIT    1`

// Quality returns the public part of the LQS of a version of a listing, or of the
// live one if number is 0, and the version's number. It returns errs.NotFound for
// a version that was never public or not scored, and for a listing that is not
// live.
func (s *Store) Quality(ctx context.Context, e Entry, number int) (r quality.Report, version int, err error) {
	if e.State != Live {
		return r, 0, errs.New(errs.NotFound, "This data set is not on offer.")
	}
	err = s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		var body []byte
		err := tx.QueryRow(ctx, selectQuality, pgx.NamedArgs{"listing": e.ID, "number": cmp.Or(number, e.LiveNumber())}).Scan(&version, &body)
		if err != nil {
			return err
		}
		return json.Unmarshal(body, &r)
	})
	if err != nil {
		return r, 0, postgres.NotFound(err, fmt.Sprintf("There is no public quality report of %s.", versionWords(number)))
	}
	return r, version, nil
}
