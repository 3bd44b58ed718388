package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// formValues reads a form as a browser without script would send it.
func formValues(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("input[name],textarea[name]").Each(func(_ int, in *goquery.Selection) {
		name, _ := in.Attr("name")
		kind, _ := in.Attr("type")
		_, checked := in.Attr("checked")
		switch {
		case goquery.NodeName(in) == "textarea":
			values.Add(name, strings.TrimPrefix(in.Text(), "\n"))
		case (kind == "checkbox" || kind == "radio") && !checked:
		default:
			value, _ := in.Attr("value")
			values.Add(name, value)
		}
	})
	form.Find("select[name]").Each(func(_ int, in *goquery.Selection) {
		name, _ := in.Attr("name")
		value, _ := in.Find("option[selected]").First().Attr("value")
		values.Add(name, value)
	})
	return values
}

// press sends the step's form of a page with changes, by the button name=value.
func (p *person) press(path, button, value string, changes url.Values) answer {
	p.t.Helper()
	page := p.get(path)
	form := page.Page.Find("form#step")
	if page.Status != http.StatusOK || form.Length() != 1 {
		p.t.Fatalf("%s: status %d, %d forms", path, page.Status, form.Length())
	}
	values := formValues(form)
	for name, list := range changes {
		values[name] = list
	}
	values.Set(button, value)
	action, _ := form.Attr("action")
	return p.send(action, values)
}

// seller is a person who owns an organization, signed in.
func seller(t *testing.T, s site) (*person, postgres.Actor) {
	t.Helper()
	owner := s.owner(t, "seller@example.org", "Northfield Imaging Institute")
	p := s.person(t)
	p.signIn("seller@example.org")
	return p, owner
}

func TestSellerDescribesADataSetStepByStep(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	claims := listingtest.Claims()

	if a := p.get("/seller"); a.Status != http.StatusOK || a.Page.Find(`[data-testid=empty] a[href="/seller/listings/new"]`).Length() != 1 {
		t.Errorf("an empty desk offers no next step: status %d", a.Status)
	}
	a := p.press("/seller/listings/new", "do", "continue", claims.Form(listing.StepBasics))
	if a.Status != http.StatusSeeOther || !strings.HasSuffix(a.Location, "/license") {
		t.Fatalf("the first step leads to %d %q", a.Status, a.Location)
	}
	path := strings.TrimSuffix(a.Location, "license")
	for _, step := range listing.Steps[1:] {
		changes := claims.Form(step.Value)
		if next, ok := step.Value.Next(); ok {
			wantStatus(t, string(step.Value), p.press(path+string(step.Value), "do", "continue", changes), http.StatusSeeOther, path+string(next))
		} else {
			wantStatus(t, string(step.Value), p.press(path+string(step.Value), "do", "continue", changes), http.StatusSeeOther, path+"check")
		}
	}

	l, _ := id.Parse[id.Listing](strings.Trim(strings.TrimPrefix(path, "/seller/listings/"), "/"))
	d, err := listingtest.Service(s.DB).Draft(t.Context(), owner, l)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range listing.Steps {
		if got, want := d.Revision.Claims.Form(step.Value).Encode(), claims.Form(step.Value).Encode(); got != want {
			t.Errorf("step %s was kept as\n%s, want\n%s", step.Value, got, want)
		}
		if by := d.Revision.Claims.AssertedAt(step.Value); by.User != owner.User || by.By != listing.BySeller {
			t.Errorf("step %s is asserted by %+v", step.Value, by)
		}
	}

	check := p.get(path + "check")
	if next := words(check.Page.Find("[data-testid=next-step]")); !strings.Contains(next, "Send files") {
		t.Errorf("next step of a complete description: %q", next)
	}
	if n := check.Page.Find("[data-testid=missing],[data-testid=clashes]").Length(); n != 0 {
		t.Errorf("a complete description misses %d lists of answers", n)
	}
	text := words(check.Page.Find("main"))
	for _, want := range []string{"HIPAA Expert Determination", "Dr. Ada Example", "American Board of Radiology", "0.83", "US-NY"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary does not show %q", want)
		}
	}
	preview := p.get(path + "preview")
	if preview.Status != http.StatusOK || preview.Page.Find("[data-testid=rights] tbody tr").Length() != 11 {
		t.Errorf("preview: status %d, %d rows of rights", preview.Status, preview.Page.Find("[data-testid=rights] tbody tr").Length())
	}
	if desk := words(p.get("/seller").Page.Find("[data-testid=to-do]")); !strings.Contains(desk, claims.Basics.Title) {
		t.Errorf("the desk's to-dos: %q", desk)
	}
}

func TestMistakesComeBackBesideTheirFieldsWithTheAnswersKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	d := listingtest.Draft(t, s.DB, owner)
	path := "/seller/listings/" + string(d.Listing.ID) + "/"
	tests := []struct {
		name, step, field string
		changes           url.Values
		kept              string // a selector that must still be there
	}{
		{"Safe Harbor with full dates", "deidentification", "code",
			url.Values{"method": {"hipaa_safe_harbor"}, "code": {"113106"}, "dates": {"full"}, "faces": {"defaced"}, "reports_included": {"no"}, "tool": {"CTP <2026>"}},
			`input[name=tool][value="CTP <2026>"]`},
		{"Expert Determination without the expert", "deidentification", "expert_name",
			url.Values{"method": {"hipaa_expert_determination"}, "dates": {"removed"}, "faces": {"defaced"}, "reports_included": {"no"}},
			`input[name=method][value=hipaa_expert_determination][checked]`},
		{"a tier that does not fit the access", "license", "access",
			url.Values{"tier": {"research_dua"}, "name": {"Our terms"}, "access": {"open"}}, `input[name=name][value="Our terms"]`},
		{"a modality that is none", "basics", "modality", url.Values{"modality": {"CT", "SEG"}}, `input[name=modality][value=CT][checked]`},
		{"a yes without a clause", "rights", "grant-0-internal_research-clause",
			url.Values{"grant-0-internal_research-verdict": {"yes"}, "grant-0-internal_research-condition": {"kept"}},
			`[name="grant-0-internal_research-condition"][value=kept]`},
		{"a country that is none", "coverage", "countries", url.Values{"countries": {"Atlantis"}, "sites": {"3"}}, `input[name=sites][value="3"]`},
		{"nothing at all", "consent", "irb", nil, `input[name=board]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := p.press(path+tt.step, "do", "continue", tt.changes)
			if a.Status != http.StatusUnprocessableEntity {
				t.Fatalf("status %d, want 422", a.Status)
			}
			if a.Page.Find(`[data-testid=error-summary] a[href="#f-`+tt.field+`"]`).Length() != 1 {
				t.Errorf("the summary has no link to %s: %s", tt.field, words(a.Page.Find("[data-testid=error-summary]")))
			}
			if a.Page.Find("[id='f-"+tt.field+"-error']").Length() != 1 || a.Page.Find("[id='f-"+tt.field+"']").Length() != 1 {
				t.Errorf("no message beside %s", tt.field)
			}
			if a.Page.Find(tt.kept).Length() != 1 {
				t.Errorf("the answer %s was not kept", tt.kept)
			}
			if title := a.Page.Find("title").Text(); !strings.HasPrefix(title, "Error: ") {
				t.Errorf("title %q does not tell of the mistake", title)
			}
		})
	}
}

func TestDraftIsKeptWithoutBeingFinished(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	d := listingtest.Draft(t, s.DB, owner)
	path := "/seller/listings/" + string(d.Listing.ID) + "/consent"
	wantStatus(t, "save for later", p.press(path, "do", "later", url.Values{"board": {"Example IRB"}}), http.StatusSeeOther, "/seller")
	if a := p.get(path); a.Page.Find(`input[name=board][value="Example IRB"]`).Length() != 1 {
		t.Error("the half-finished step was not kept")
	}
	a := p.press("/seller/listings/new", "do", "later", url.Values{})
	wantStatus(t, "a data set without a title", a, http.StatusSeeOther, "/seller")
	if desk := words(p.get("/seller").Page.Find("main")); !strings.Contains(desk, "Untitled data set") {
		t.Errorf("the desk does not show the untitled draft: %q", desk)
	}
}

func TestRowsAreAddedAndRemovedWithoutScript(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	d := listingtest.Draft(t, s.DB, owner)
	path := "/seller/listings/" + string(d.Listing.ID) + "/splits"
	a := p.press(path, "add", "split", url.Values{"split-0-name": {"train"}})
	wantStatus(t, "add", a, http.StatusSeeOther, path+"?rows=2#split-1")
	a = p.press(path+"?rows=2", "add", "split", url.Values{"split-1-name": {"validation"}})
	wantStatus(t, "add a third", a, http.StatusSeeOther, path+"?rows=3#split-2")
	wantStatus(t, "fill the third", p.press(path+"?rows=3", "do", "later", url.Values{"split-2-name": {"test"}}), http.StatusSeeOther, "/seller")
	wantStatus(t, "remove the second", p.press(path, "remove", "split-1", nil), http.StatusSeeOther, path+"#split-more")
	after, err := listingtest.Service(s.DB).Draft(t.Context(), owner, d.Listing.ID)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, split := range after.Revision.Claims.Splits.List {
		names = append(names, split.Name)
	}
	if got := strings.Join(names, " "); got != "train test" {
		t.Errorf("splits = %q, want train and test", got)
	}
}

func TestKnownLicenseFillsTheMatrix(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	d := listingtest.Draft(t, s.DB, owner)
	path := "/seller/listings/" + string(d.Listing.ID) + "/rights"
	if a := p.press(path, "do", "fill", nil); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("fill without a choice: %d, want 422", a.Status)
	}
	wantStatus(t, "fill", p.press(path, "do", "fill", url.Values{"known": {"CC-BY-4.0"}}), http.StatusSeeOther, path)
	wantStatus(t, "go on", p.press(path, "do", "continue", nil), http.StatusSeeOther, strings.TrimSuffix(path, "rights")+"deidentification")
}

func TestSomebodyElsesSaveIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	d := listingtest.Draft(t, s.DB, owner)
	path := "/seller/listings/" + string(d.Listing.ID) + "/caveats"
	mine := formValues(p.get(path).Page.Find("form#step"))
	wantStatus(t, "theirs", p.press(path, "do", "continue", url.Values{"caveats": {"Theirs"}}), http.StatusSeeOther, "")
	mine.Set("caveats", "Mine")
	mine.Set("do", "continue")
	a := p.send(path, mine)
	if a.Status != http.StatusConflict || a.Page.Find("textarea[name=caveats]").Text() != "Mine" {
		t.Errorf("an outdated form: status %d, kept %q", a.Status, a.Page.Find("textarea[name=caveats]").Text())
	}
	again := formValues(a.Page.Find("form#step"))
	again.Set("do", "continue")
	wantStatus(t, "saved again knowingly", p.send(path, again), http.StatusSeeOther, "")
}

func TestDeletedDraftComesBackFromTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	d := listingtest.Draft(t, s.DB, owner)
	path := "/seller/listings/" + string(d.Listing.ID) + "/"
	wantStatus(t, "delete", p.fill(path+"check", path+"delete"), http.StatusSeeOther, "/seller?state=deleted")
	if p.get("/seller?state=deleted").Page.Find(`form[action="`+path+`undelete"]`).Length() != 1 {
		t.Error("the desk offers no way back")
	}
	wantStatus(t, "take it back", p.fill("/seller?state=deleted", path+"undelete"), http.StatusSeeOther, path+"check")
}

func TestRolesDecideWhatAMemberMayDo(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield Imaging Institute")
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	approved := listingtest.Version(t, s.DB, org, listing.Approved)
	path := "/seller/listings/" + string(approved.Listing.ID) + "/"
	publish := "/seller/versions/" + string(approved.Version.ID) + "/publish"
	as := map[string]*person{}
	for _, role := range []account.Role{account.Viewer, account.Editor} {
		member := s.user(t, string(role)+"@example.org")
		addMember(t, s, owner, member, role)
		as[string(role)] = s.person(t)
		as[string(role)].signIn(string(role) + "@example.org")
	}
	s.owner(t, "stranger@example.org", "Hollins Cross Radiology")
	as["stranger"] = s.person(t)
	as["stranger"].signIn("stranger@example.org")

	tests := []struct {
		who, path string
		post      bool
		want      int
	}{
		{"viewer", "/seller", false, 200},
		{"viewer", path + "check", false, 200},
		{"viewer", path + "preview", false, 200},
		{"viewer", path + "basics", false, 403},
		{"viewer", "/seller/listings/new", false, 403},
		{"viewer", path + "basics", true, 403},
		{"viewer", path + "delete", true, 403},
		{"viewer", publish, true, 403},
		{"editor", path + "basics", false, 200},
		{"editor", publish, true, 403},
		{"editor", path + "claims", true, 403},
		{"editor", path + "nosuchstep", false, 404},
		{"stranger", path + "check", false, 404},
		{"stranger", path + "preview", false, 404},
		{"stranger", path + "basics", false, 404},
		{"stranger", path + "basics", true, 404},
		{"stranger", path + "delete", true, 404},
		{"stranger", publish, true, 404},
	}
	for _, tt := range tests {
		var a answer
		if tt.post {
			a = as[tt.who].fill("/seller", tt.path)
		} else {
			a = as[tt.who].get(tt.path)
		}
		if a.Status != tt.want {
			t.Errorf("%s at %s (post %v): %d, want %d", tt.who, tt.path, tt.post, a.Status, tt.want)
		}
	}
}

func TestDeskTellsTheNextStepOfEveryState(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	accounttest.Verify(t, s.DB, owner.Organization)
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	for _, state := range listing.States {
		d := listingtest.Version(t, s.DB, org, state.Value)
		a := p.get("/seller/listings/" + string(d.Listing.ID) + "/check")
		if a.Status != http.StatusOK {
			t.Errorf("summary of a version that is %s: %d", state.Value, a.Status)
			continue
		}
		next := a.Page.Find("[data-testid=next-step]")
		if next.Length() != 1 || next.Find("a,button").Length() == 0 {
			t.Errorf("%s: no next step", state.Value)
		}
		if state.Value != listing.Superseded && !strings.Contains(words(a.Page.Find("main")), state.Label) {
			t.Errorf("%s: the page does not name the state", state.Value)
		}
	}
	if a := p.get("/seller"); a.Status != http.StatusOK || a.Page.Find(".tabs a").Length() != 5 {
		t.Errorf("desk: status %d, tabs %q, want all and four groups", a.Status, words(a.Page.Find(".tabs")))
	}
}

func TestOwnerPublishesAndWithdraws(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	p, owner := seller(t, s)
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	d := listingtest.Version(t, s.DB, org, listing.Approved)
	check := "/seller/listings/" + string(d.Listing.ID) + "/check"
	act := "/seller/versions/" + string(d.Version.ID)
	if a := p.fill(check, act+"/publish"); a.Status != http.StatusConflict || !strings.Contains(words(a.Page.Find("main")), "not verified") {
		t.Errorf("publish unverified: %d", a.Status)
	}
	if a := p.fill(check, act+"/embargo", "until", "2020-01-01"); a.Status != http.StatusUnprocessableEntity || a.Page.Find("#f-until-error").Length() != 1 {
		t.Errorf("an embargo in the past: %d", a.Status)
	}
	accounttest.Verify(t, s.DB, owner.Organization)
	wantStatus(t, "embargo", p.fill(check, act+"/embargo", "until", time.Now().AddDate(0, 1, 0).Format(time.DateOnly)), http.StatusSeeOther, check)
	wantStatus(t, "publish", p.fill(check, act+"/publish"), http.StatusSeeOther, check)
	if a := p.fill(check, act+"/withdraw", "reason", "no"); a.Status != http.StatusUnprocessableEntity || a.Page.Find("#f-reason-error").Length() != 1 {
		t.Errorf("withdraw without a reason: %d", a.Status)
	}
	wantStatus(t, "withdraw", p.fill(check, act+"/withdraw", "reason", "The sites took back their consent."), http.StatusSeeOther, check)
}

func addMember(t *testing.T, s site, owner postgres.Actor, member id.User, role account.Role) {
	t.Helper()
	err := s.DB.InTx(t.Context(), owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, $3)`, owner.Organization, member, role)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSellerPagesInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	owner := s.owner(t, "seller@example.org", "Northfield Imaging Institute")
	org := accounttest.Org{ID: owner.Organization, Owner: owner}
	accounttest.Verify(t, s.DB, owner.Organization)
	for _, state := range []listing.State{listing.Live, listing.Flagged, listing.InReview, listing.Approved} {
		listingtest.Version(t, s.DB, org, state)
	}
	d := listingtest.Complete(t, s.DB, owner)
	empty := listingtest.Draft(t, s.DB, owner)

	v := webtest.Start(t).Visitor(t, s.URL)
	v.Go("/login")
	v.Fill("email", "seller@example.org")
	v.Fill("password", goodPassword)
	v.Submit("form[action^='/login']")
	look := func(path, name string) {
		t.Helper()
		v.Go(path)
		v.CheckViews(name)
	}
	look("/seller", "seller")
	look("/seller/listings/new", "seller-new")
	for _, step := range listing.Steps {
		look("/seller/listings/"+string(d.Listing.ID)+"/"+string(step.Value), "seller-"+string(step.Value))
	}
	look("/seller/listings/"+string(d.Listing.ID)+"/check", "seller-check")
	look("/seller/listings/"+string(d.Listing.ID)+"/preview", "seller-preview")
	look("/seller/listings/"+string(empty.Listing.ID)+"/check", "seller-check-empty")
	v.Go("/seller/listings/" + string(empty.Listing.ID) + "/consent")
	v.Follow(".actions button[value=continue]")
	v.CheckViews("seller-mistakes")
}
