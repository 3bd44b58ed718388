package ui_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"assay/internal/audit/quality"
	"assay/web/ui"
	"assay/web/ui/uitest"
	"assay/web/webtest"
)

func drawQuality(t *testing.T, p ui.QualityProps) string {
	t.Helper()
	var b strings.Builder
	if err := ui.QualityReport(p).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var qualities = map[string]func() *quality.Report{
	"rich": uitest.RichQuality, "plain": uitest.PlainQuality, "empty": uitest.EmptyQuality, "failed": uitest.FailedQuality, "wide": uitest.WideQuality,
	"zero": func() *quality.Report { return &quality.Report{} },
}

func TestQualityReportNeverShowsAMissingValueAsAWord(t *testing.T) {
	for name, report := range qualities {
		t.Run(name, func(t *testing.T) {
			html := drawQuality(t, ui.QualityProps{Report: report()})
			text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(html, " ")
			if m := regexp.MustCompile(`\b(NaN|null|nil|undefined|Inf)\b|%!`).FindString(text); m != "" {
				t.Errorf("the report says %q", m)
			}
			if m := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|<style|<script|="(NaN|\+?Inf)`).FindString(html); m != "" {
				t.Errorf("the report holds %q", m)
			}
		})
	}
}

func TestQualityReportHasUniqueIDsAndLinksThatLead(t *testing.T) {
	for name, report := range qualities {
		t.Run(name, func(t *testing.T) {
			html := drawQuality(t, ui.QualityProps{Report: report()})
			ids := map[string]bool{}
			for _, m := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(html, -1) {
				if ids[m[1]] {
					t.Errorf("id %q stands twice", m[1])
				}
				ids[m[1]] = true
			}
			for _, m := range regexp.MustCompile(`(?:href="#|url\(#)([^")]*)`).FindAllStringSubmatch(html, -1) {
				if !ids[m[1]] {
					t.Errorf("a link leads to #%s, which is not there", m[1])
				}
			}
		})
	}
}

func TestQualityReportSaysWhyPartsAreMissing(t *testing.T) {
	html := drawQuality(t, ui.QualityProps{Report: uitest.PlainQuality()})
	for _, want := range []string{
		"without a grade", "Measured: 45 of 100 points", "Less than 70 of 100 points could be measured.",
		"Splits, drift and patients per split", "Agreement of readers", "Where boxes lie", "No identifier found",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the report of a plain table does not say %q", want)
		}
	}
	if strings.Contains(html, `id="lqs-splits"`) {
		t.Error("a set without splits has a part about them")
	}
}

func TestQualityReportBoundsWhatItDraws(t *testing.T) {
	r := uitest.RichQuality()
	if got := strings.Count(drawQuality(t, ui.QualityProps{Report: r}), "no record names it"); got != 20 {
		t.Errorf("%d places of a finding are drawn, want 20", got)
	}
	wide := drawQuality(t, ui.QualityProps{Report: uitest.WideQuality()})
	if !strings.Contains(wide, "The 40 most frequent of 500 classes") || strings.Count(wide, `<tr><th scope="row">class_`)+strings.Count(wide, "class_499") == 0 {
		t.Error("of 500 classes 40 have bars and all stand in the table")
	}
	if n := len(wide); n > 900_000 {
		t.Errorf("a report of 500 classes has %d bytes", n)
	}
}

func TestServerFilterLeavesFindingsOfPillarAndLevel(t *testing.T) {
	tests := []struct {
		name          string
		pillar, level string
		want          []string
	}{
		{"neither is chosen", "", "", []string{"C-104", "D-003", "F-210", "P-201", "Q-110"}},
		{"a level", "", "W", []string{"D-003", "F-210", "P-201"}},
		{"a pillar and a level", "D", "W", []string{"D-003"}},
		{"nothing fits both", "Q", "E", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			html := drawQuality(t, ui.QualityProps{Report: uitest.RichQuality(), GuideURL: "/guides/lqs", Form: &ui.QualityFilter{Action: "/lqs/r/x", Pillar: tt.pillar, Level: tt.level}})
			var got []string
			for _, m := range regexp.MustCompile(`data-code="([^"]*)"`).FindAllStringSubmatch(html, -1) {
				got = append(got, m[1])
			}
			if strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("findings = %v, want %v", got, tt.want)
			}
			if len(got) == 0 && !strings.Contains(html, "No finding matches") {
				t.Error("nothing says that no finding matches")
			}
		})
	}
}

func TestQualityBadgeSaysWhoScoredHowMuch(t *testing.T) {
	rich := uitest.RichQuality()
	rich.Input.Sampled = nil
	almost := uitest.RichQuality()
	almost.Input.Sampled, almost.Score.Value = nil, 89.96
	tests := []struct {
		name     string
		report   *quality.Report
		verified bool
		text     string
		color    string
	}{
		{"a score that its owner reports", rich, false, "82 · B · n = 8,000 · self-reported", ui.BadgeGreen},
		{"a score that the server repeated", rich, true, "82 · B · n = 8,000 · verified", ui.BadgeGreen},
		{"a sample shows its range", uitest.RichQuality(), false, "82 (79–86) · B · n = 8,000 · self-reported", ui.BadgeGreen},
		{"a score is never rounded into the next grade", almost, false, "89 · B · n = 8,000 · self-reported", ui.BadgeGreen},
		{"identifiers are told", uitest.FailedQuality(), false, "39 · F · n = 8,000 · identifiers found · self-reported", ui.BadgeRed},
		{"no images", uitest.PlainQuality(), false, "100 · no grade · 40 labels · self-reported", ui.BadgeGray},
		{"nothing was read", uitest.EmptyQuality(), false, "no score", ui.BadgeGray},
		{"no report", nil, true, "no score", ui.BadgeGray},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ui.QualityBadge(tt.report, tt.verified)
			if want := (ui.Badge{Label: "LQS", Text: tt.text, Color: tt.color}); got != want {
				t.Errorf("QualityBadge = %+v, want %+v", got, want)
			}
			for d := xml.NewDecoder(strings.NewReader(string(got.SVG()))); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("the badge is no XML: %v", err)
				}
			}
		})
	}
}

func TestQualityDocumentStandsAlone(t *testing.T) {
	var b strings.Builder
	if err := ui.QualityDocument(ui.QualityProps{Report: uitest.RichQuality()}).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`(?:src|href)="[^#"]|url\(["/h]|@import|@font-face`).FindString(b.String()); m != "" {
		t.Errorf("the document asks for %q", m)
	}
}

func TestFindingsAreFilteredWithoutServerOrScript(t *testing.T) {
	b := webtest.Start(t)
	p := b.Visitor(t, serveGallery(t), webtest.NoScript)
	p.Go("/quality-rich")
	shown := func(want string) {
		t.Helper()
		if got := p.EvalText(`[...document.querySelectorAll(".lqs-finding")].filter(e => e.checkVisibility()).map(e => e.dataset.code).join(" ")`); got != want {
			t.Errorf("findings shown: %q, want %q", got, want)
		}
		if got := p.Eval(`document.querySelector(".lqs-none").checkVisibility()`); got != (want == "") {
			t.Errorf("the sentence that nothing fits is shown: %t", got)
		}
	}
	shown("C-104 D-003 F-210 P-201 Q-110")
	p.Click("#lqs-level-W")
	shown("D-003 F-210 P-201")
	p.Click("#lqs-pillar-D")
	shown("D-003")
	p.Click("#lqs-level-I")
	shown("")
	p.Click("#lqs-pillar-all")
	shown("Q-110")
}

func TestQualityDocumentWorksFromAFile(t *testing.T) {
	b := webtest.Start(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := ui.QualityDocument(ui.QualityProps{Report: uitest.RichQuality()}).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	p := b.Visitor(t, s.URL)
	p.Go("/report.html")
	p.CheckViews("quality-document")
	if got, want := p.Count(".lqs-pointer .copy"), 5; got != want {
		t.Errorf("%d pointers can be copied, want %d", got, want)
	}
	if pdf := p.Print("quality-document"); len(pdf) < 1000 {
		t.Errorf("the printed report has %d bytes", len(pdf))
	}
}
