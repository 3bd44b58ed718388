// Package listingtest makes listings and versions for other packages' tests,
// by the same service as everywhere.
package listingtest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Worker is the actor of background work.
var Worker = postgres.Actor{Platform: postgres.Worker}

// Service returns a service that tells no catalog.
func Service(db *postgres.DB) *listing.Service { return listing.New(db, nil, time.Now) }

// Claims returns a full, valid description: every step is complete and nothing
// contradicts anything else.
func Claims() listing.Claims {
	cells := map[license.Use]license.Cell{}
	for _, use := range license.AllUses() {
		cells[use] = license.Cell{Verdict: license.YesWithConditions, Clause: "3.1", Condition: "Name the source in the model card."}
	}
	cells[license.RedistributeData] = license.Cell{Verdict: license.No, Clause: "4.1"}
	cells[license.ThirdPartyAIService] = license.Cell{Verdict: license.Ask}
	cells[license.PublishResults] = license.Cell{Verdict: license.NotStated}
	return listing.Claims{
		Basics: listing.Basics{
			Title:      "Low-dose chest CT with nodules",
			Summary:    "Screening CT studies of adults from three hospitals; every nodule of 4 mm or more is segmented.",
			Modalities: []listing.Modality{"CT"}, BodyParts: []listing.BodyPart{"chest", "lung"},
			Tasks: []listing.Task{"detection", "segmentation"}, Keywords: []string{"lung cancer screening", "nodule"},
			Contact: "data@example.org",
		},
		License: listing.License{
			Tier: license.CommercialStandard, SPDX: "LicenseRef-Example-Standard", Name: "Example standard terms",
			URL: "https://example.org/terms", Access: license.AccessContract,
			Grants: []listing.Grant{{Cells: cells}},
		},
		Deidentification: listing.Deidentification{
			Method: listing.ExpertDetermination,
			Codes:  []listing.DeidCode{listing.BasicProfile, listing.RetainModifiedDates},
			Dates:  listing.DatesShifted, Faces: listing.FacesNotApplicable,
			Expert: listing.Expert{Name: "Dr. Ada Example", Qualification: "Statistician, 12 years of disclosure control", Date: "2026-03-31"},
			Tool:   "CTP 2026.1",
		},
		Reports: listing.Reports{Included: listing.No},
		Consent: listing.Consent{
			IRB: listing.IRBApproved, Board: "Example IRB", Protocol: "2024-113",
			Basis: listing.WaiverAuthorization, Commercial: listing.WaiverCoversCommercial,
		},
		Labels: listing.Labels{
			Provenance:      []listing.Provenance{listing.MultiReaderConsensus},
			AnnotationTypes: []listing.AnnotationType{"segmentation_mask"},
			Protocol:        "Two readers outline each nodule; a third settles differences.",
		},
		Annotators: listing.Annotators{Groups: []listing.Annotator{{
			Role: "radiologist", Readers: 3, Specialty: "Diagnostic radiology", Subspecialty: "Thoracic imaging",
			BoardCertified: listing.Yes, Board: "American Board of Radiology", Years: 8, Country: "US",
			Blinded: listing.Yes, Adjudication: "senior_arbiter", Metric: "dice", Agreement: "0.83", ReadsPerCase: 2,
		}}},
		Coverage: listing.Coverage{Countries: []string{"DE", "US"}, Regions: []string{"US-NY"}, Sites: 3, Settings: []listing.Setting{"academic", "screening"}},
		Devices:  listing.Devices{List: []listing.Device{{Manufacturer: "Example Medical", Model: "Scan 64", KVP: "120", SliceThicknessMinMM: "0.6", SliceThicknessMaxMM: "1.25"}}},
		Demographics: listing.Demographics{
			Patients: 120,
			Ages:     listing.Distribution{Counts: []listing.Count{{Group: "50-59", N: 60}, {Group: "60-69", N: 40}}, Missing: 20},
			Sex:      listing.Distribution{Counts: []listing.Count{{Group: "female", N: 55}, {Group: "male", N: 65}}},
			Race:     listing.Distribution{NotStated: true},
		},
		Splits: listing.Splits{Provided: listing.Yes, List: []listing.Split{
			{Name: "train", N: 100, ByPatient: listing.Yes, Withheld: listing.No, LeakageChecked: listing.Yes},
			{Name: "test", N: 20, ByPatient: listing.Yes, Withheld: listing.Yes, LeakageChecked: listing.Yes},
		}},
		Caveats: listing.Caveats{List: []string{"One site contributes 61 % of the studies."}},
	}
}

// Draft makes a listing of which only the basics are answered.
func Draft(t testing.TB, db *postgres.DB, owner postgres.Actor) listing.Description {
	t.Helper()
	d, err := Service(db).Create(context.Background(), owner, Claims().Basics)
	check(t, err)
	return d
}

// Complete makes a listing of which every step is answered.
func Complete(t testing.TB, db *postgres.DB, owner postgres.Actor) listing.Description {
	t.Helper()
	return Save(t, db, owner, Draft(t, db, owner), Claims())
}

// Save answers every step of a listing with claims.
func Save(t testing.TB, db *postgres.DB, owner postgres.Actor, d listing.Description, claims listing.Claims) listing.Description {
	t.Helper()
	for _, step := range listing.Steps {
		var err error
		d, err = Service(db).SaveStep(context.Background(), owner, d.Listing.ID, listing.Save{
			Step: step.Value, Token: d.Revision.Token(), Claims: claims})
		check(t, err)
	}
	return d
}

// Result returns what an audit of two small files hands over. Its verdict
// follows from the keys of the warnings and the number of blockers.
func Result(blockers int, warnings ...string) listing.AuditResult {
	verdict := "passed"
	switch {
	case blockers > 0:
		verdict = "failed"
	case len(warnings) > 0:
		verdict = "flagged"
	}
	return listing.AuditResult{
		Manifest: listing.Manifest{
			{Path: "README.txt", SizeBytes: 12, SHA256: "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447"},
			{Path: "study/1.dcm", SizeBytes: 4096, SHA256: "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"},
		},
		Verdict: verdict, Blockers: blockers, WarningKeys: warnings,
		Report: json.RawMessage(`{"schema": "assay-report/1"}`), RulesVersion: "test",
	}
}

// Version makes a complete listing of org with a version in the given state.
// From approved on, org must be verified for the version to go live; Version
// sees to that.
func Version(t testing.TB, db *postgres.DB, org accounttest.Org, state listing.State) listing.Dossier {
	t.Helper()
	d := Complete(t, db, org.Owner)
	return Advance(t, db, org, d, state)
}

// Advance brings a new version of a listing to the given state.
func Advance(t testing.TB, db *postgres.DB, org accounttest.Org, d listing.Description, state listing.State) listing.Dossier {
	t.Helper()
	ctx, s := context.Background(), Service(db)
	v := Begin(t, db, org.Owner, d)
	dossier := func() listing.Dossier {
		found, err := s.Version(ctx, org.Owner, v.ID)
		check(t, err)
		if found.Version.State != state {
			t.Fatalf("listingtest: version is %s, want %s", found.Version.State, state)
		}
		return found
	}
	do := func(a postgres.Actor, fn func(tx pgx.Tx) error) {
		t.Helper()
		check(t, db.InTx(ctx, a, fn))
	}
	if state == listing.Draft {
		do(org.Owner, func(tx pgx.Tx) error { return s.CancelUpload(ctx, tx, org.Owner, v.ID) })
	}
	if state == listing.Draft || state == listing.Uploading {
		return dossier()
	}
	do(org.Owner, func(tx pgx.Tx) error { return s.Queue(ctx, tx, org.Owner, v.ID) })
	if state == listing.Queued {
		return dossier()
	}
	do(Worker, func(tx pgx.Tx) error { _, _, err := s.StartAudit(ctx, tx, Worker, v.ID); return err })
	if state == listing.Auditing {
		return dossier()
	}
	if state == listing.AuditError {
		do(Worker, func(tx pgx.Tx) error { return s.BreakAudit(ctx, tx, Worker, v.ID, "made for a test") })
		return dossier()
	}
	result := Result(0)
	switch state {
	case listing.AuditFailed:
		result = Result(1)
	case listing.Flagged:
		result = Result(0, "warning-1", "warning-2")
	}
	do(Worker, func(tx pgx.Tx) error { _, err := s.FinishAudit(ctx, tx, Worker, v.ID, result); return err })
	if state == listing.AuditFailed || state == listing.Flagged || state == listing.Passed {
		return dossier()
	}
	finish(t, db, org, v.ID, state)
	return dossier()
}

// Begin starts an upload of a new version; a second or later one says what
// changed.
func Begin(t testing.TB, db *postgres.DB, owner postgres.Actor, d listing.Description) listing.Version {
	t.Helper()
	var v listing.Version
	err := db.InTx(context.Background(), owner, func(tx pgx.Tx) (err error) {
		v, err = Service(db).StartVersion(context.Background(), tx, owner, d.Listing.ID, "")
		return err
	})
	check(t, err)
	if v.NeedsNote() && v.ChangeNote == "" {
		v.ChangeNote = "Changed for a test."
		check(t, Service(db).SetChangeNote(context.Background(), owner, v.ID, v.ChangeNote))
	}
	return v
}

// finish brings a passed version from review to the given state.
func finish(t testing.TB, db *postgres.DB, org accounttest.Org, v id.Version, state listing.State) {
	t.Helper()
	ctx, s := context.Background(), Service(db)
	_, err := s.Submit(ctx, org.Owner, v)
	check(t, err)
	if state == listing.InReview {
		return
	}
	reviewer := accounttest.Reviewer(t, db)
	outcome := map[listing.State]listing.Outcome{
		listing.ChangesRequested: listing.AsksForChanges, listing.Rejected: listing.Rejects,
	}[state]
	if outcome == "" {
		outcome = listing.Approves
	}
	Rule(t, db, reviewer, v, outcome)
	if outcome != listing.Approves || state == listing.Approved {
		return
	}
	if state == listing.Embargoed {
		check(t, s.Embargo(ctx, org.Owner, v, time.Now().AddDate(0, 0, 30)))
		return
	}
	accounttest.Verify(t, db, org.ID)
	check(t, s.Publish(ctx, org.Owner, v))
	switch state {
	case listing.Suspended:
		check(t, s.Suspend(ctx, reviewer, v, "Suspended for a test."))
	case listing.Withdrawn:
		check(t, s.Withdraw(ctx, org.Owner, v, "Withdrawn for a test."))
	case listing.Superseded:
		d, err := s.Version(ctx, org.Owner, v)
		check(t, err)
		Advance(t, db, org, listing.Description{Listing: d.Listing}, listing.Live)
	}
}

// Rule decides on a version in review about the digests that it has.
func Rule(t testing.TB, db *postgres.DB, reviewer postgres.Actor, v id.Version, outcome listing.Outcome) {
	t.Helper()
	s := Service(db)
	d, err := s.Version(context.Background(), reviewer, v)
	check(t, err)
	claims := d.Claims
	if d.Amendment != nil {
		claims = *d.Amendment
	}
	if outcome == listing.Approves {
		Check(t, db, reviewer, v)
	}
	_, err = s.Decide(context.Background(), reviewer, listing.Ruling{
		Version: v, RootDigest: d.Version.RootDigest, ClaimsDigest: claims.Digest,
		Outcome: outcome, Reason: "Decided for a test."})
	check(t, err)
}

const checkAll = `
INSERT INTO review_check (organization_id, version_id, claims_id, item, root_digest, claims_digest, verdict, reviewer_id)
SELECT DISTINCT v.organization_id, v.id, c.id, l.item, v.root_digest, c.claims_digest, 'yes', @reviewer::uuid
FROM   version v
JOIN   listing_claims c ON c.listing_id = v.listing_id AND item_waits(v.id, c.id)
JOIN   review_checklist l ON l.kind = ANY (review_kinds(v.id, c.id))
WHERE  v.id = @version
ON CONFLICT (version_id, claims_id, item) DO UPDATE
SET    verdict = 'yes', note = '', reviewer_id = excluded.reviewer_id, checked_at = clock_timestamp()
WHERE  review_check.checked_at <= version_reopened_at(review_check.version_id)`

// Check answers yes to every item of the checklist of what waits for a
// decision on a version, as the database asks before an approval.
func Check(t testing.TB, db *postgres.DB, reviewer postgres.Actor, v id.Version) {
	t.Helper()
	check(t, db.InTx(context.Background(), reviewer, func(tx pgx.Tx) error {
		_, err := tx.Exec(context.Background(), checkAll, pgx.NamedArgs{"version": v, "reviewer": reviewer.User})
		return err
	}))
}

// Accept has two reviewers accept the answers to warnings, as those about
// identifiers need.
func Accept(t testing.TB, db *postgres.DB, v id.Version, keys ...string) {
	t.Helper()
	first, second := accounttest.Reviewer(t, db), accounttest.Reviewer(t, db)
	s := Service(db)
	ctx := context.Background()
	for _, key := range keys {
		check(t, s.ConfirmAnswer(ctx, first, v, key, true, ""))
		d, err := s.Version(ctx, first, v)
		check(t, err)
		if d.Report.IsAboutIdentifiers(key) {
			check(t, s.ConfirmAnswer(ctx, second, v, key, true, ""))
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("listingtest: %v", err)
	}
}
