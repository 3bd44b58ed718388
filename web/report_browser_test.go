package web_test

import (
	"testing"

	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/synth"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/web/webtest"
)

// TestReportPagesInABrowser looks at reports of every size, the public part of
// one, the rules and an audit under way, in all views.
func TestReportPagesInABrowser(t *testing.T) {
	s := newSite(t, true)
	s.reviewer(t, "rita@example.org")
	owner := s.owner(t, "ada@example.org", "Northfield Imaging Institute of the Free and Hanseatic City")
	accounttest.Verify(t, s.DB, owner.Organization)
	public := listingtest.Complete(t, s.DB, owner)
	publish(t, s, owner, public)
	d := listingtest.Complete(t, s.DB, owner)
	failed := keep(t, s, owner, d, auditSynth(t, synth.MR, synth.NewPerson(3), planted...))
	next := auditSynth(t, synth.MR, synth.NewPerson(3), synth.FreeText, synth.DeviceSerial)
	next.Tool.RulesVersion = "2026.12"
	changed := keep(t, s, owner, d, next)
	long := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), longReport(400))
	pictures := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), ocrReport())
	givePreviews(t, s, owner, pictures)
	nothing := flaggedReport()
	nothing.Findings, nothing.NotChecked, nothing.Verdict = nil, nil, audit.Passed
	empty := sendVersion(t, s, owner, listingtest.Complete(t, s.DB, owner), nothing)
	running := listingtest.Version(t, s.DB, accounttest.Org{ID: owner.Organization, Owner: owner}, listing.Auditing)
	exec(t, s, listingtest.Worker, `INSERT INTO audit_run (version_id, organization_id, lease, stage, files_done, files_total, bytes_done, bytes_total, started_at, stage_at)
		VALUES ($1, $2, $3, 'inspecting files', 1200, 4800, 1000000, 4000000, now() - interval '50 seconds', now() - interval '40 seconds')`,
		running.Version.ID, owner.Organization, id.New[string]())

	b := webtest.Start(t)
	p := b.Visitor(t, s.URL)
	look := func(name, path string) {
		t.Helper()
		p.Go(path)
		p.CheckViews(name)
	}
	look("public-audit", "/datasets/"+public.Listing.Slug+"/audit")
	look("rules", "/guides/audit-rules")
	look("score-rules", "/guides/lqs")
	p.Go("/login")
	p.Fill("email", "ada@example.org")
	p.Fill("password", goodPassword)
	p.Submit("#sign-in")
	look("report-failed", "/seller/versions/"+string(failed.ID))
	p.Print("report-failed")
	look("report-changed", "/seller/versions/"+string(changed.ID))
	look("report-filtered", "/seller/versions/"+string(failed.ID)+"?severity=warning&hipaa=C&file=nowhere")
	look("report-long", "/seller/versions/"+string(long.ID))
	look("report-pictures", "/seller/versions/"+string(pictures.ID))
	look("report-empty", "/seller/versions/"+string(empty.ID))
	look("audit-running", "/seller/versions/"+string(running.Version.ID))
	p.Follow("[data-testid=ask-cancel]")
	p.CheckViews("audit-cancel")

	quiet := b.Visitor(t, s.URL, webtest.NoScript)
	quiet.Go("/login")
	quiet.Fill("email", "ada@example.org")
	quiet.Fill("password", goodPassword)
	quiet.Submit("#sign-in")
	quiet.Go("/seller/versions/" + string(long.ID))
	quiet.Follow("[data-testid=show-more]")
	if n := quiet.Count("[data-testid=finding]"); n != 100 {
		t.Errorf("without scripts, after one link: %d findings, want 100", n)
	}
	quiet.Set("file", "case-3")
	quiet.Submit("[data-testid=finding-filter] form")
	if n := quiet.Count("[data-testid=finding]"); n != 40 {
		t.Errorf("without scripts, of one folder: %d findings, want 40", n)
	}
}
