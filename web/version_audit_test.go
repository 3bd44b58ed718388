package web_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/audit/finding"
	"assay/internal/audit/synth"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/web/ui"
)

// planted are problems whose values must never be seen again.
var planted = []synth.Problem{synth.PatientName, synth.BirthDate, synth.PatientID, synth.StaffName, synth.Institution,
	synth.DeviceSerial, synth.PrivateElements, synth.FreeText, synth.NestedName, synth.NameInPath}

// auditSynth audits made series with planted problems, in this process.
func auditSynth(t *testing.T, m synth.Modality, person synth.Person, problems ...synth.Problem) *audit.Report {
	t.Helper()
	files, err := synth.Series(synth.Spec{Seed: 7, Modality: m, Slices: 3, Problems: problems, Person: &person})
	if err != nil {
		t.Fatal(err)
	}
	set := fstest.MapFS{}
	for _, f := range files {
		set[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	r, err := audit.Run(t.Context(), set, audit.Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// keep stores a report of the audit as that of a new version.
func keep(t *testing.T, s site, owner postgres.Actor, d listing.Description, r *audit.Report) listing.Version {
	t.Helper()
	ctx := t.Context()
	v := listingtest.Begin(t, s.DB, owner, d)
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	result := listing.AuditResult{Verdict: string(r.Verdict), Blockers: r.Count(finding.Blocker), Report: body, RulesVersion: r.Tool.RulesVersion}
	for _, f := range r.Findings {
		if f.Severity == finding.Warning {
			result.WarningKeys = append(result.WarningKeys, f.Key())
		}
	}
	for i, f := range r.Manifest {
		result.Manifest = append(result.Manifest, listing.File{Path: "file-" + string(rune('a'+i)), SizeBytes: f.SizeBytes, SHA256: f.SHA256})
	}
	for _, step := range []struct {
		a  postgres.Actor
		fn func(tx pgx.Tx) error
	}{
		{owner, func(tx pgx.Tx) error { return s.Listings.Queue(ctx, tx, owner, v.ID) }},
		{listingtest.Worker, func(tx pgx.Tx) error {
			_, _, err := s.Listings.StartAudit(ctx, tx, listingtest.Worker, v.ID)
			return err
		}},
		{listingtest.Worker, func(tx pgx.Tx) error {
			_, err := s.Listings.FinishAudit(ctx, tx, listingtest.Worker, v.ID, result)
			return err
		}},
	} {
		if err := s.DB.InTx(ctx, step.a, step.fn); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// What the audit finds in real DICOM stands on the page, every finding of it,
// and no planted value does: not on the page, in the download or in a letter.
func TestReportOfRealDICOMShowsEveryFindingAndNoValue(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	d := listingtest.Complete(t, s.DB, owner)
	p := s.person(t)
	p.signIn("seller@example.org")
	person := synth.NewPerson(4711)
	family, given, _ := strings.Cut(person.Name, "^")
	shown := 0
	for _, m := range []synth.Modality{synth.CT, synth.MR, synth.US} {
		r := auditSynth(t, m, person, planted...)
		if r.Verdict != audit.Failed {
			t.Errorf("%s with planted identifiers: verdict %s", m, r.Verdict)
		}
		v := keep(t, s, owner, d, r)
		url := "/seller/versions/" + string(v.ID)
		a, download := p.get(url), p.get(url+"/report.json")
		for _, f := range r.Findings {
			if a.Page.Find("#"+ui.FindingID(f)).Length() != 1 {
				t.Errorf("%s: finding %s at %s is not on the page", m, f.Rule, f.Path)
			}
			shown++
		}
		for what, value := range map[string]string{"family name": family, "given name": given, "record number": person.ID,
			"birth date": person.BirthDate, "physician": strings.Split(person.Physician, "^")[0]} {
			for where, text := range map[string]string{"page": a.Body, "download": download.Body, "letter": s.mailTo(t, "seller@example.org").Text} {
				if strings.Contains(strings.ToLower(text), strings.ToLower(value)) {
					t.Errorf("%s: the %s of the patient stands in the %s", m, what, where)
				}
			}
		}
	}
	t.Logf("%d findings looked for", shown)
}

// The page says the verdict and what was measured, as the report does.
func TestReportOfRealDICOMShowsWhatWasMeasured(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield")
	r := auditSynth(t, synth.CT, synth.NewPerson(1))
	v := keep(t, s, owner, listingtest.Complete(t, s.DB, owner), r)
	p := s.person(t)
	p.signIn("seller@example.org")
	page := p.get("/seller/versions/" + string(v.ID)).Page
	if verdict, _ := page.Find("[data-testid=report-verdict]").Attr("data-verdict"); verdict != string(r.Verdict) {
		t.Errorf("verdict %q, want %s", verdict, r.Verdict)
	}
	got := map[string]string{}
	page.Find("[data-testid=measured] > .pairs > div").Each(func(_ int, pair *goquery.Selection) {
		got[words(pair.Find("dt"))] = words(pair.Find("dd"))
	})
	for term, want := range map[string]string{"Patients": "1", "Studies": "1", "Series": "1", "Instances": "3"} {
		if got[term] != want {
			t.Errorf("%s: %q, want %s", term, got[term], want)
		}
	}
}
