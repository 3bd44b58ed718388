package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/audit"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// MaxSamples is how many pictures an audit offers a seller at most.
const MaxSamples = 12

// Sample is a picture that the audit offers: private until the seller clears
// it, and shown to buyers then as long as the version is live and no reviewer
// has refused it.
type Sample struct {
	Number        int        `db:"number"` // from 1
	Path          string     `db:"path"`   // of the file, as the report names it
	Frame         int        `db:"frame"`  // from 1
	Modality      string     `db:"modality"`
	Plane         string     `db:"plane"`
	Width         int        `db:"width"` // pixels
	Height        int        `db:"height"`
	ClearedAt     *time.Time `db:"cleared_at"`
	RefusedAt     *time.Time `db:"refused_at"`
	RefusedReason string     `db:"refused_reason"`
}

// SampleSet is what an audit offers of a version, and why it does not offer
// the other files.
type SampleSet struct {
	Sought bool // the audit looked for samples; audits of before did not
	List   []Sample
	Left   []LeftOut
}

// LeftOut says why so many files are no samples.
type LeftOut struct {
	Why   string `json:"why"`
	Count int    `json:"count"`
}

const insertSampleSet = `
INSERT INTO audit_sample_set (report_id, organization_id, version_id, left_out)
VALUES (@report, @organization, @version, @left)`

const insertSample = `
INSERT INTO audit_sample (report_id, organization_id, version_id, number, path, frame, modality, plane, width, height, image)
VALUES (@report, @organization, @version, @number, @path, @frame, @modality, @plane, @width, @height, @image)`

// keepSamples stores the samples of a report, which is in the same transaction.
func keepSamples(ctx context.Context, q postgres.Querier, r *run, report id.Report, found audit.Samples) error {
	left := []LeftOut{}
	for _, n := range found.Left {
		left = append(left, LeftOut{n.Why, n.Count})
	}
	body, err := json.Marshal(left)
	if err != nil {
		return err
	}
	args := pgx.NamedArgs{"report": report, "organization": r.organization, "version": r.version, "left": body}
	if _, err := q.Exec(ctx, insertSampleSet, args); err != nil {
		return fmt.Errorf("keep samples: %w", err)
	}
	for n, s := range found.List[:min(len(found.List), MaxSamples)] {
		_, err := q.Exec(ctx, insertSample, pgx.NamedArgs{
			"report": report, "organization": r.organization, "version": r.version, "number": n + 1,
			"path": s.Path, "frame": s.Frame, "modality": s.Modality, "plane": s.Plane, "width": s.Width, "height": s.Height, "image": s.PNG,
		})
		if err != nil {
			return fmt.Errorf("keep a sample: %w", err)
		}
	}
	return nil
}

const selectSampleSet = `
SELECT report_id, left_out
FROM   audit_sample_set
WHERE  report_id = sample_report(@version)
AND    (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin'))`

const selectSamples = `
SELECT   number, path, frame, modality, plane, width, height, cleared_at, refused_at, refused_reason
FROM     audit_sample
WHERE    report_id = @report
AND      (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin'))
ORDER BY number`

// Samples returns what the audit offers of a version, for those who may read
// its report; for others there is nothing.
func (s *Service) Samples(ctx context.Context, a postgres.Actor, v id.Version) (set SampleSet, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		var report id.Report
		var left []byte
		rows, err := tx.Query(ctx, selectSampleSet, pgx.NamedArgs{"version": v})
		if err != nil {
			return err
		}
		if _, err := pgx.ForEachRow(rows, []any{&report, &left}, func() error { set.Sought = true; return nil }); err != nil || !set.Sought {
			return err
		}
		if err := json.Unmarshal(left, &set.Left); err != nil {
			return err
		}
		set.List, err = postgres.Many[Sample](ctx, tx, selectSamples, pgx.NamedArgs{"report": report})
		return err
	})
	if err != nil {
		return SampleSet{}, fmt.Errorf("version %s: samples: %w", v, err)
	}
	return set, nil
}

const selectOwnSampleImage = `
SELECT image
FROM   audit_sample
WHERE  report_id = sample_report(@version)
AND    number = @number
AND    (organization_id = assay_organization() OR assay_platform() IN ('reviewer', 'admin'))`

const noSuchSample = "The version has no such picture."

// SampleImage returns one of the pictures offered of a version as PNG, or
// errs.NotFound.
func (s *Service) SampleImage(ctx context.Context, a postgres.Actor, v id.Version, number int) (image []byte, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, selectOwnSampleImage, pgx.NamedArgs{"version": v, "number": number}).Scan(&image)
		return postgres.NotFound(err, noSuchSample)
	})
	return image, err
}

const clearSamples = `
UPDATE audit_sample
SET    cleared_at = CASE WHEN number = ANY (@numbers) THEN now() END,
       cleared_by = CASE WHEN number = ANY (@numbers) THEN assay_user() END
WHERE  report_id = sample_report(@version)
AND    organization_id = @organization
AND    (cleared_at IS NOT NULL) <> (number = ANY (@numbers))`

const countOffered = `
SELECT count(*)
FROM   audit_sample
WHERE  report_id = sample_report(@version)
AND    organization_id = @organization
AND    number = ANY (@numbers)`

// ClearSamples says which pictures of an own version buyers may see: those
// numbers and no other. On a live version it holds at once, and needs the right
// to publish; before that it needs the right to submit. A number that was not offered is errs.Invalid, and nothing changes.
func (s *Service) ClearSamples(ctx context.Context, a postgres.Actor, v id.Version, numbers []int) error {
	numbers = slices.Clone(numbers)
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	if numbers == nil {
		numbers = []int{}
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		locked, err := listing.Lock(ctx, tx, v) // publishing, taking down and clearing wait for each other
		if err != nil {
			return err
		}
		if locked.Organization != a.Organization {
			return errs.New(errs.NotFound, "There is no such version.")
		}
		args := pgx.NamedArgs{"version": v, "organization": a.Organization, "numbers": numbers}
		right := account.Submits
		if locked.State == listing.Live { // buyers see it at once
			right = account.Publishes
		}
		if err := right.Require(ctx, tx, a); err != nil {
			return err
		}
		var offered int
		if err := tx.QueryRow(ctx, countOffered, args).Scan(&offered); err != nil {
			return err
		}
		if offered != len(numbers) {
			return &errs.Error{Kind: errs.Invalid, Field: "sample", Message: "Choose among the pictures that are offered."}
		}
		tag, err := tx.Exec(ctx, clearSamples, args)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if err := catalog.ProjectSamples(ctx, tx, a.Organization, locked.Listing); err != nil {
			return err
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: a.Organization, Verb: "version.clear_samples",
			Object: "version", ObjectID: string(v), Detail: map[string]string{"shown": list(numbers)}})
	})
	if err != nil {
		return fmt.Errorf("version %s: clear samples: %w", v, err)
	}
	return nil
}

func list(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}

const refuseSample = `
UPDATE audit_sample
SET    refused_at = now(),
       refused_by = assay_user(),
       refused_reason = @reason
WHERE  report_id = sample_report(@version)
AND    number = @number
AND    refused_at IS NULL
AND    'reviewer' = ANY (acting_party(organization_id))
RETURNING organization_id`

// RefuseSample keeps a picture of a submitted version from buyers for good, at
// once if it is shown. The seller reads the reason, of 10 to 2000 characters. A
// is a reviewer outside the seller's organization.
func (s *Service) RefuseSample(ctx context.Context, a postgres.Actor, v id.Version, number int, reason string) error {
	if a.Platform != postgres.Reviewer && a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, noSuchSample)
	}
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n < 10 || n > 2000 {
		return &errs.Error{Kind: errs.Invalid, Field: "sample-reason-" + strconv.Itoa(number), Message: "Say why in 10 to 2000 characters; the seller reads it."}
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		var o id.Organization
		err := tx.QueryRow(ctx, refuseSample, pgx.NamedArgs{"version": v, "number": number, "reason": reason}).Scan(&o)
		if err != nil {
			return postgres.NotFound(err, "There is no such picture to refuse: another reviewer may have done so.")
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: o, Verb: "version.refuse_sample",
			Object: "version", ObjectID: string(v), Detail: map[string]string{"number": strconv.Itoa(number)}})
	})
	if err != nil {
		return fmt.Errorf("version %s: refuse a sample: %w", v, err)
	}
	return nil
}
