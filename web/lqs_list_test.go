package web_test

import (
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/quality"
	"assay/internal/audit/synth"
	"assay/internal/catalog"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/web/webtest"
)

const fromQuality = "/seller/listings/from-quality"

// countedFacts are what a form sends of a report of 120 images.
func countedFacts() map[string]any {
	type object = map[string]any
	return object{
		"schema": quality.Schema,
		"input":  object{"files": 124, "images": 120, "labels": 340, "formats": []object{{"name": "coco-keypoints"}, {"name": "chexpert-csv"}, {"name": "a format of tomorrow"}}},
		"classes": []object{
			{"name": "Nodule", "labels": 90}, {"name": "Pleural Effusion", "labels": 240}, {"name": "Mass", "labels": 0},
			{"name": "AAAAA^AAAAA", "masked": true, "labels": 500}, {"name": "<b>bold</b>", "labels": 9}, {"name": "two\nlines", "labels": 1},
			{"name": strings.Repeat("x", 61), "labels": 8},
		},
		"metrics": object{
			"completeness": object{"boxes": 12},
			"splits":       []object{{"split": "train", "images": 80, "patients": 30}, {"split": "test", "images": 40, "patients": 12}, {"split": "TEST", "images": 1}, {"split": "a\u0000b", "images": 2}},
			"leakage":      object{"sets": []object{{"splits": []string{"train"}, "patients": 28}, {"splits": []string{"test"}, "patients": 10}, {"splits": []string{"train", "test"}, "patients": 2}}},
		},
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// drafted reads the claims of the draft that an answer leads to.
func drafted(t *testing.T, s site, a answer, p accounttest.Org) listing.Claims {
	t.Helper()
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/seller/listings/") || !strings.HasSuffix(a.Location, "/basics") {
		t.Fatalf("status %d, leads to %q: %s", a.Status, a.Location, words(a.Page.Find("main")))
	}
	d, err := s.Listings.Draft(t.Context(), p.Owner, id.Listing(path.Base(path.Dir(a.Location))))
	if err != nil {
		t.Fatal(err)
	}
	return d.Revision.Claims
}

// Who may sell starts a draft with what a report counted; they are claims of
// the seller, and names that were masked or are no text stay out.
func TestAReportStartsADraft(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	c := drafted(t, s, p.fill("/seller", fromQuality, "lqs_facts", asText(t, countedFacts())), accounttest.Org{Owner: owner})
	want := listing.Claims{
		Basics: listing.Basics{Title: "Data set of 120 images (title to be written)",
			Summary: "120 images with 340 labels in 124 files. Classes: Pleural Effusion (240), Nodule (90), <b>bold</b> (9). To be described further."},
		Labels:       listing.Labels{AnnotationTypes: []listing.AnnotationType{"image_label", "bounding_box", "keypoint"}},
		Demographics: listing.Demographics{Patients: 40},
		Splits:       listing.Splits{Provided: listing.Yes, List: []listing.Split{{Name: "train", N: 80}, {Name: "test", N: 40}}},
	}
	if c.Labels.Asserted.By != listing.BySeller || c.Labels.Asserted.User != owner.User || c.Splits.Asserted.By != listing.BySeller {
		t.Errorf("the figures are not the seller's claims: %+v", c.Labels.Asserted)
	}
	c.Basics.Asserted, c.Labels.Asserted, c.Demographics.Asserted, c.Splits.Asserted = listing.Assertion{}, listing.Assertion{}, listing.Assertion{}, listing.Assertion{}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	list, err := s.Listings.List(t.Context(), owner)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d drafts, %v", len(list), err)
	}
	basics := p.get("/seller/listings/" + string(list[0].Listing.ID) + "/basics")
	if basics.Page.Find("main b:contains(bold)").Length() > 0 || !strings.Contains(basics.Page.Find("textarea[name=summary]").Text(), "<b>bold</b>") {
		t.Error("the name of a class became markup")
	}
	if !strings.Contains(words(basics.Page.Find("body")), "The draft holds what the quality report counted.") {
		t.Error("the page does not say where its answers come from")
	}
}

// What is no report of ours is refused with a sentence and leaves no draft.
func TestWhatIsNoReportStartsNoDraft(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	with := func(change func(f, input, metrics map[string]any)) string {
		f := countedFacts()
		change(f, f["input"].(map[string]any), f["metrics"].(map[string]any))
		return asText(t, f)
	}
	many := make([]map[string]any, 61)
	for i := range many {
		many[i] = map[string]any{"name": "class " + strconv.Itoa(i), "labels": 1}
	}
	for _, tt := range []struct {
		name, facts string
		status      int
	}{
		{"nothing", "", 422},
		{"no JSON", "{", 422},
		{"a list", "[]", 422},
		{"null", "null", 422},
		{"an empty object", "{}", 422},
		{"another schema", with(func(f, _, _ map[string]any) { f["schema"] = "assay-report/1" }), 422},
		{"no files", with(func(_, in, _ map[string]any) { in["files"] = 0 }), 422},
		{"fewer than no images", with(func(_, in, _ map[string]any) { in["images"] = -1 }), 422},
		{"more images than there can be", with(func(_, in, _ map[string]any) { in["images"] = 1 << 40 }), 422},
		{"a number that no integer holds", `{"schema":"lqs-report/1","input":{"files":1e400}}`, 422},
		{"text for a number", with(func(_, in, _ map[string]any) { in["labels"] = "many" }), 422},
		{"fewer than no patients", with(func(_, _, m map[string]any) {
			m["leakage"] = map[string]any{"sets": []map[string]any{{"patients": -5}}}
		}), 422},
		{"more classes than a form sends", with(func(f, _, _ map[string]any) { f["classes"] = many }), 422},
		{"JSON as deep as it gets", strings.Repeat("[", 200_000), 422},
		{"a name of half a megabyte", with(func(f, _, _ map[string]any) {
			f["schema"] = strings.Repeat("x", 500_000)
		}), 422},
		{"more than a form may hold", strings.Repeat("x", 1<<20), 413},
	} {
		a := p.fill("/seller", fromQuality, "lqs_facts", tt.facts)
		if a.Status != tt.status || len(words(a.Page.Find("main p"))) < 40 {
			t.Errorf("%s: status %d, want %d with a sentence: %q", tt.name, a.Status, tt.status, words(a.Page.Find("main")))
		}
	}
	if list, err := s.Listings.List(t.Context(), owner); err != nil || len(list) != 0 {
		t.Errorf("%d drafts are left (%v), want none", len(list), err)
	}
}

// A viewer and somebody without an organization have no such form, and may not
// send it.
func TestOnlyEditorsStartADraftFromAReport(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield Imaging Institute")
	for _, role := range []account.Role{account.Viewer, account.Editor} {
		addMember(t, s, owner, s.user(t, string(role)+"@example.org"), role)
	}
	s.user(t, "nobody@example.org")
	for who, want := range map[string]struct {
		status int
		says   string
	}{
		"":                   {http.StatusUnauthorized, "sign in"},
		"nobody@example.org": {http.StatusForbidden, "an organization in which you are an editor"},
		"viewer@example.org": {http.StatusForbidden, "an organization in which you are an editor"},
		"editor@example.org": {http.StatusSeeOther, "Figures and names of classes go into a draft"},
	} {
		p, page := s.person(t), "/login"
		if who != "" {
			p.signIn(who)
			page = "/account"
		}
		if a := p.fill(page, fromQuality, "lqs_facts", asText(t, countedFacts())); a.Status != want.status {
			t.Errorf("%q sends facts: status %d, want %d", who, a.Status, want.status)
		}
		lqs := p.get("/lqs").Page
		if got := words(lqs.Find("#lqs-saving")); lqs.Find("#lqs-saving").Length() > 0 && !strings.Contains(got, want.says) {
			t.Errorf("the page of %q says %q, want %q", who, got, want.says)
		}
	}
	if list, err := s.Listings.List(t.Context(), owner); err != nil || len(list) != 1 {
		t.Errorf("%d drafts, %v; want that of the editor", len(list), err)
	}
}

// The button beside a report in the browser sends figures and names, and
// nothing of a file.
func TestListingFromTheBrowserSendsFiguresAlone(t *testing.T) {
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield Imaging Institute")
	p := webtest.Start(t).Visitor(t, s.URL)
	p.Go("/login")
	p.Fill("email", "seller@example.org")
	p.Fill("password", goodPassword)
	p.Submit("form[action^='/login']")
	ready(t, p)
	choose(p, writeSeries(t, synth.Spec{Modality: synth.CT, Seed: 5, Slices: 12})...)
	p.WaitFor("the report", `!document.getElementById("lqs-saving").hidden`, time.Minute)
	var sent map[string]any
	if err := json.Unmarshal([]byte(p.EvalText(`document.querySelector("input[name=lqs_facts]").value`)), &sent); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 4 || strings.Contains(asText(t, sent), ".dcm") || strings.Contains(asText(t, sent), "findings") {
		t.Errorf("the form holds %v, want schema, input, classes and metrics without files", sent)
	}
	p.Submit("#list-facts")
	if !strings.HasSuffix(p.Path(), "/basics") {
		t.Errorf("the button leads to %s, want the draft", p.Path())
	}
	list, err := s.Listings.List(t.Context(), owner)
	if err != nil || len(list) != 1 || list[0].Revision.Claims.Basics.Title != "Data set of 1 image (title to be written)" {
		t.Errorf("drafts %+v, %v", list, err)
	}
	p.Check()
}

// Figures of a draft are claims: they are never shown as measured, and what the
// files then say takes their place.
func TestWhatIsMeasuredTakesThePlaceOfADraftsFigures(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	c := drafted(t, s, p.fill("/seller", fromQuality, "lqs_facts", asText(t, countedFacts())), accounttest.Org{Owner: owner})
	e := catalog.Publication{Claims: c, PublishedAt: time.Now()}.Entry()
	if e.Images != nil || e.Detail.Quality != nil || len(e.Detail.Measured) > 0 || *e.Patients != 40 {
		t.Errorf("a draft's figures are shown as measured: images %v, LQS %v, measures %v", e.Images, e.Detail.Quality, e.Detail.Measured)
	}
	patients := int64(37)
	scored := &catalog.Quality{Grade: "C", Images: 99, Classes: []string{"nodule"}}
	e = catalog.Publication{Claims: c, PublishedAt: time.Now(), Patients: &patients, Quality: scored}.Entry()
	if *e.Patients != 37 || e.Detail.Quality.Images != 99 {
		t.Errorf("%d patients and %d images, want the 37 and 99 that were measured", *e.Patients, e.Detail.Quality.Images)
	}
	measured := map[string]catalog.Outcome{}
	for _, m := range catalog.Measures(c, audit.Report{Measured: audit.Measured{Patients: 37}}) {
		measured[m.Fact] = m.Outcome
	}
	if measured["Patients"] != catalog.Contradicted {
		t.Errorf("40 patients of the draft beside 37 in the files: %s, want contradicted", measured["Patients"])
	}
}
