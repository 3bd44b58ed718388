package catalog_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
	"assay/internal/verification"
)

// measuredReport is what an audit of 120 patients might say.
func measuredReport() audit.Report {
	return audit.Report{
		Schema: audit.Schema, Verdict: audit.Passed, Input: audit.Input{Files: 2, Bytes: 4108},
		Findings:   []finding.Finding{{Rule: "fmt-note", Severity: finding.Info, Count: 1, Message: "A remark."}},
		NotChecked: []audit.NotChecked{{What: "burned-in text", Why: "tesseract was not there", Count: 3}},
		Measured: audit.Measured{
			Instances: 900, Series: 130, Studies: 121, Patients: 120, Frames: 900, Modalities: map[string]int{"CT": 890, "SEG": 10},
			Manufacturers: map[string]int{"EXAMPLE MEDICAL": 900}, Sexes: map[string]int{"F": 55, "M": 65},
			SliceThicknessMM: &audit.Range{Min: 0.6, Max: 2.5, Count: 900},
		},
	}
}

func TestMeasuresHoldClaimsAgainstFiles(t *testing.T) {
	got := map[string]catalog.Outcome{}
	for _, m := range catalog.Measures(listingtest.Claims(), measuredReport()) {
		got[m.Fact] = m.Outcome
	}
	want := map[string]catalog.Outcome{
		"De-identification": catalog.NoContradiction, "Modality": catalog.Confirmed, "Patients": catalog.Confirmed,
		"Studies": catalog.NotClaimed, "Series": catalog.NotClaimed, "Instances": catalog.NotClaimed,
		"Sex": catalog.Confirmed, "Age": catalog.NotCheckable, "Manufacturers": catalog.Confirmed,
		"Body parts": catalog.NotCheckable, "Countries": catalog.NotCheckable,
		"Slice thickness": catalog.Contradicted, "Models": catalog.NotCheckable, "Peak kilovoltage": catalog.NotCheckable, "Consent and IRB": catalog.NotCheckable, "Labels": catalog.NotCheckable,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Measures (-want +got):\n%s", diff)
	}
}

func TestMeasuresDecideNothingWithoutReport(t *testing.T) {
	for _, m := range catalog.Measures(listingtest.Claims(), audit.Report{}) {
		if m.Outcome != catalog.NotCheckable {
			t.Errorf("%s is %s without a report, want not checkable", m.Fact, m.Outcome)
		}
	}
}

func TestMeasuresFindWhatContradicts(t *testing.T) {
	r := measuredReport()
	r.Measured.Patients, r.Measured.Modalities = 119, map[string]int{"CT": 890, "MR": 10}
	r.Findings = append(r.Findings, finding.Finding{Rule: "deid-claim-mismatch", Severity: finding.Warning, Count: 1})
	for _, m := range catalog.Measures(listingtest.Claims(), r) {
		switch m.Fact {
		case "Patients", "Modality", "De-identification":
			if m.Outcome != catalog.Contradicted {
				t.Errorf("%s: %s, want contradicted", m.Fact, m.Outcome)
			}
		}
	}
}

// Whatever a listing may say is of the vocabulary that the audit holds against
// files: no answer is lost on the way.
func TestAuditTakesEveryAnswerOfListing(t *testing.T) {
	c := listingtest.Claims()
	c.Basics.Modalities, c.Basics.BodyParts = nil, nil
	for _, term := range listing.Modalities {
		c.Basics.Modalities = append(c.Basics.Modalities, term.Value)
	}
	for _, term := range listing.BodyParts {
		c.Basics.BodyParts = append(c.Basics.BodyParts, term.Value)
	}
	for _, d := range []struct {
		of    *listing.Distribution
		words listing.Vocabulary[listing.Group]
	}{{&c.Demographics.Sex, listing.Sexes}, {&c.Demographics.Ages, listing.AgeBands}} {
		*d.of = listing.Distribution{Missing: 2}
		for _, term := range d.words {
			d.of.Counts = append(d.of.Counts, listing.Count{Group: term.Value, N: 1})
		}
	}
	for _, method := range listing.DeidMethods {
		for _, dates := range listing.DateHandlings {
			for _, faces := range listing.FaceHandlings {
				c.Deidentification.Method, c.Deidentification.Dates, c.Deidentification.Faces = method.Value, dates.Value, faces.Value
				if list := catalog.AuditClaims(c).Problems(); len(list) > 0 {
					t.Fatalf("%s, %s, %s: %v", method.Value, dates.Value, faces.Value, list)
				}
			}
		}
	}
	for _, method := range listing.ReportMethods {
		c.Reports.Method = method.Value
		if list := catalog.AuditClaims(c).Problems(); len(list) > 0 {
			t.Errorf("reports %s: %v", method.Value, list)
		}
	}
	a := catalog.AuditClaims(c)
	if len(a.Modalities) != len(listing.Modalities) || len(a.BodyParts) != len(listing.BodyParts) || len(a.AgeBands) != len(listing.AgeBands)+1 ||
		len(a.Sexes) != len(listing.Sexes)+1 || len(a.Devices) != 1 || a.Devices[0].SliceThicknessMaxMM != 1.25 || a.Patients != 120 {
		t.Errorf("answers were lost on the way to the audit: %+v", a.Contents)
	}
}

func TestDevicesAreHeldAgainstHeaders(t *testing.T) {
	claims := listingtest.Claims()
	claims.Devices.List = []listing.Device{{Manufacturer: "Siemens", Model: "Aera", FieldStrengthT: "1.5"}, {Manufacturer: "Philips", FieldStrengthT: "3", KVP: "120"}}
	for _, tt := range []struct {
		name, fact string
		measured   audit.Measured
		want       catalog.Outcome
	}{
		{"the same makers", "Manufacturers", audit.Measured{Instances: 9, Manufacturers: map[string]int{"SIEMENS": 4, "Philips": 5}}, catalog.Confirmed},
		{"a maker that is not claimed", "Manufacturers", audit.Measured{Instances: 9, Manufacturers: map[string]int{"Siemens": 4, "Philips": 4, "GE": 1}}, catalog.Contradicted},
		{"a claimed maker that no file names", "Manufacturers", audit.Measured{Instances: 9, Manufacturers: map[string]int{"Siemens": 9}}, catalog.Contradicted},
		{"a claimed maker that files without a known name may have", "Manufacturers", audit.Measured{Instances: 9, Manufacturers: map[string]int{"Siemens": 4}}, catalog.NoContradiction},
		{"the same field strengths, written otherwise", "Field strength", audit.Measured{Instances: 9, FieldStrengthsT: map[string]int{"1.5": 4, "3.0": 1}}, catalog.Confirmed},
		{"another field strength", "Field strength", audit.Measured{Instances: 9, FieldStrengthsT: map[string]int{"1.5": 4, "7.0": 1}}, catalog.Contradicted},
		{"another kilovoltage", "Peak kilovoltage", audit.Measured{PeakKilovoltageKV: &audit.Range{Min: 80, Max: 120, Count: 9}}, catalog.Contradicted},
		{"the claimed kilovoltage", "Peak kilovoltage", audit.Measured{PeakKilovoltageKV: &audit.Range{Min: 120, Max: 120, Count: 9}}, catalog.Confirmed},
		{"no header tells", "Models", audit.Measured{Instances: 9}, catalog.NotCheckable},
		{"matrices that nobody claims", "Matrix sizes", audit.Measured{Matrices: map[string]int{"512×512": 9}}, catalog.NotClaimed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, m := range catalog.Measures(claims, audit.Report{Measured: tt.measured}) {
				if m.Fact == tt.fact {
					if m.Outcome != tt.want {
						t.Errorf("%s claimed %q, measured %q: %s, want %s", m.Fact, m.Claimed, m.Measured, m.Outcome, tt.want)
					}
					return
				}
			}
			t.Errorf("no row %s", tt.fact)
		})
	}
}

// What was measured counts in searches, whatever was claimed.
func TestFacetsFollowTheFiles(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	org := accounttest.Seller(t, db)
	d := listingtest.Complete(t, db, org.Owner)
	r := measuredReport()
	r.Measured.Patients, r.Measured.Modalities = 77, map[string]int{"MR": 890, "SEG": 10}
	v := passWith(t, db, org.Owner, d, r)
	dossier, err := listingtest.Service(db).Version(t.Context(), org.Owner, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	err = db.InTx(t.Context(), org.Owner, func(tx pgx.Tx) error {
		e, err := catalog.Preview(t.Context(), tx, listing.Published{Listing: dossier.Listing, Version: dossier.Version, Claims: dossier.Claims, Report: *dossier.Report})
		if err != nil {
			return err
		}
		if diff := cmp.Diff([]string{"MR"}, e.Modalities); diff != "" || *e.Patients != 77 {
			t.Errorf("facets: %d patients, modalities %s", *e.Patients, diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The public sees what the publishing transaction wrote, a tombstone after a
// suspension, and the row again after it is restored by a reviewer.
func TestPublisherKeepsThePublicRowInStep(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	org, reviewer := accounttest.Seller(t, db), accounttest.Reviewer(t, db)
	s := listing.New(db, catalog.Publisher{}, time.Now)
	d := listingtest.Complete(t, db, org.Owner)
	v := passWith(t, db, org.Owner, d, measuredReport())
	if _, err := s.Submit(ctx, org.Owner, v.ID); err != nil {
		t.Fatal(err)
	}
	listingtest.Rule(t, db, reviewer, v.ID, listing.Approves)
	store := catalog.NewStore(db)
	if _, err := store.Get(ctx, d.Listing.Slug); errs.KindOf(err) != errs.NotFound {
		t.Fatalf("an approved version is public before it is published: %v", err)
	}
	if err := s.Publish(ctx, org.Owner, v.ID); err != nil {
		t.Fatal(err)
	}
	e, err := store.Get(ctx, d.Listing.Slug)
	if err != nil {
		t.Fatal(err)
	}
	if e.State != catalog.Live || e.SellerLevel != verification.Verified || e.SellerSince == nil || e.OrganizationName != org.Name || *e.Images != 900 || *e.Studies != 121 || *e.Bytes != 4108 {
		t.Errorf("public row: %+v", e)
	}
	a := e.Detail.Audit
	if a == nil || a.Verdict != "passed" || a.RootDigest != listingtest.Result(0).Manifest.RootDigest() || a.Infos != 1 || len(a.NotChecked) != 1 {
		t.Errorf("audit box: %+v", a)
	}
	if len(e.Detail.Versions) != 1 || e.Detail.Versions[0].State != "live" || len(e.Detail.Measured) == 0 {
		t.Errorf("versions %+v, measured %d", e.Detail.Versions, len(e.Detail.Measured))
	}

	if err := s.Suspend(ctx, reviewer, v.ID, "A buyer reported a name in an image."); err != nil {
		t.Fatal(err)
	}
	if e, err = store.Get(ctx, d.Listing.Slug); err != nil || e.State != catalog.Suspended || e.StateReason != "A buyer reported a name in an image." {
		t.Errorf("tombstone: %s %q (err: %v)", e.State, e.StateReason, err)
	}
	if err := s.Restore(ctx, reviewer, v.ID); err != nil {
		t.Fatal(err)
	}
	if e, err = store.Get(ctx, d.Listing.Slug); err != nil || e.State != catalog.Live || e.SellerLevel != verification.Verified || e.SellerSince == nil {
		t.Errorf("restored: %s (err: %v)", e.State, err)
	}
}

// passWith brings a new version to passed with a report.
func passWith(t *testing.T, db *postgres.DB, owner postgres.Actor, d listing.Description, r audit.Report) listing.Version {
	t.Helper()
	ctx, s := t.Context(), listingtest.Service(db)
	v := listingtest.Begin(t, db, owner, d)
	result := listingtest.Result(0)
	var err error
	if result.Report, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		a  postgres.Actor
		fn func(tx pgx.Tx) error
	}{
		{owner, func(tx pgx.Tx) error { return s.Queue(ctx, tx, owner, v.ID) }},
		{listingtest.Worker, func(tx pgx.Tx) error {
			_, _, err := s.StartAudit(ctx, tx, listingtest.Worker, v.ID)
			return err
		}},
		{listingtest.Worker, func(tx pgx.Tx) error {
			_, err := s.FinishAudit(ctx, tx, listingtest.Worker, v.ID, result)
			return err
		}},
	} {
		if err := db.InTx(ctx, step.a, step.fn); err != nil {
			t.Fatal(err)
		}
	}
	return v
}
