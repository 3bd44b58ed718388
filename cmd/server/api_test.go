package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/audit/synth"
	"assay/internal/postgres"
	"assay/internal/upload"
)

// Parts of the answers of the API that these tests read.
type (
	apiListing struct {
		ID     string
		Basics struct {
			Title      string
			Modalities []string
		}
		Revision int `json:"claims_revision"`
	}
	apiVersion struct {
		ID, State, URL string
		Audit          *struct{ Verdict string }
	}
	apiUpload struct {
		ID, URL, Version, State string
		ReceivedBytes           int64 `json:"received_bytes"`
	}
	apiList[T any] struct {
		Items      []T
		NextCursor string `json:"next_cursor"`
	}
)

func path(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/api/v1")
}

func TestAProgramBringsADataSetFromNothingToItsReport(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	owner := r.join(t, "robot@example.org", "Robots", postgres.None)
	p := r.robot(t, 60, owner, account.AllScopes()...)

	var me struct {
		User         struct{ ID string }
		Organization struct{ ID, Name string }
		Role         string
	}
	p.want(t, 200, &me, "GET", "/me", nil)
	if me.User.ID != string(owner.User) || me.Organization.Name != "Robots" || me.Role != "owner" {
		t.Errorf("me = %+v", me)
	}
	var organizations apiList[struct{ ID string }]
	p.want(t, 200, &organizations, "GET", "/organizations", nil)
	p.want(t, 200, nil, "GET", "/organizations/"+organizations.Items[0].ID, nil)

	var l apiListing
	made := p.want(t, 201, &l, "POST", "/listings", map[string]any{"title": "Chest CT made by a program", "modalities": []string{"CT"}})
	at := path(t, made.location())
	if at != "/listings/"+l.ID {
		t.Errorf("Location = %s", made.location())
	}
	etag := p.want(t, 200, &l, "GET", at, nil).header.Get("ETag")
	if got := p.ask(t, "GET", at, nil, "If-None-Match", etag); got.status != 304 || got.body != "" {
		t.Errorf("the same again: status %d, body %q; want 304 without one", got.status, got.body)
	}
	change := map[string]any{"summary": "Made series of a phantom, for a test of the program's way in."}
	p.refused(t, 428, "precondition", "PATCH", at, change)
	p.refused(t, 412, "precondition", "PATCH", at, change, "If-Match", `"other"`)
	p.want(t, 200, &l, "PATCH", at, change, "If-Match", etag)
	p.refused(t, 412, "precondition", "PATCH", at, change, "If-Match", etag)
	if l.Basics.Title != "Chest CT made by a program" || len(l.Basics.Modalities) != 1 {
		t.Errorf("a change of the summary touched the rest: %+v", l.Basics)
	}
	p.answerClaims(t, at)

	files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: 5, Slices: 4})
	if err != nil {
		t.Fatal(err)
	}
	pack, err := synth.Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	v := p.sendPack(t, at, pack)
	p.want(t, 200, nil, "GET", "/versions/"+v.ID+"/report", nil)
	var versions apiList[apiVersion]
	p.want(t, 200, &versions, "GET", at+"/versions", nil)
	if len(versions.Items) != 1 || versions.Items[0].ID != v.ID {
		t.Errorf("versions = %+v", versions)
	}
	// Its description has gaps: that is said, and nothing moves.
	if got := p.ask(t, "POST", "/versions/"+v.ID+"/submit", nil); got.status != 422 && got.status != 409 {
		t.Errorf("submit with gaps: status %d: %.300s", got.status, got.body)
	}
}

// answerClaims reads the claims and puts a part of them.
func (p *robot) answerClaims(t *testing.T, listing string) {
	t.Helper()
	var claims struct {
		Gaps   []struct{ Step, Message string }
		Claims map[string]map[string]any
	}
	etag := p.want(t, 200, &claims, "GET", listing+"/claims", nil).header.Get("ETag")
	before := len(claims.Gaps)
	if before == 0 {
		t.Error("a new data set lacks nothing")
	}
	body := map[string]any{"license": map[string]any{"tier": "open_attribution", "spdx": "CC-BY-4.0", "access": "open"}}
	p.refused(t, 428, "precondition", "PUT", listing+"/claims/license", body)
	p.want(t, 200, &claims, "PUT", listing+"/claims/license", body, "If-Match", etag)
	if claims.Claims["license"]["spdx"] != "CC-BY-4.0" || len(claims.Gaps) >= before {
		t.Errorf("license = %v, %d gaps of %d", claims.Claims["license"], len(claims.Gaps), before)
	}
	p.want(t, 422, nil, "PUT", listing+"/claims/license", map[string]any{"license": map[string]any{"tier": "none such"}}, "If-Match", "*")
}

// sendPack sends an archive in two pieces and waits for the audit.
func (p *robot) sendPack(t *testing.T, listing string, pack []byte) apiVersion {
	t.Helper()
	begin := map[string]any{"size_bytes": len(pack), "fingerprint": "abc"}
	p.refused(t, 409, "conflict", "POST", listing+"/uploads", begin)
	var text struct{ SHA256, Text string }
	p.want(t, 200, &text, "GET", "/upload-agreement", nil)
	if text.SHA256 != upload.CurrentAgreement().SHA256 || text.Text == "" {
		t.Errorf("agreement = %+v", text)
	}
	begin["agreement"] = map[string]string{"name": "Nora Field", "sha256": strings.Repeat("0", 64)}
	p.refused(t, 409, "conflict", "POST", listing+"/uploads", begin)
	begin["agreement"] = map[string]string{"name": "Nora Field", "sha256": text.SHA256}
	var u apiUpload
	p.want(t, 201, &u, "POST", listing+"/uploads", begin)
	var under apiList[apiUpload]
	p.want(t, 200, &under, "GET", listing+"/uploads", nil)
	if len(under.Items) != 1 || under.Items[0].URL != u.URL {
		t.Errorf("under way: %+v, want %s", under, u.URL)
	}
	at := path(t, u.URL)
	half := len(pack) / 2
	piece := func(offset int, bytes []byte) reply {
		return p.ask(t, "PATCH", at, bytes, "Tus-Resumable", "1.0.0", "Upload-Offset", fmt.Sprint(offset), "Content-Type", "application/offset+octet-stream")
	}
	if got := piece(0, pack[:half]); got.status != 204 {
		t.Fatalf("first piece: status %d: %s", got.status, got.body)
	}
	p.refused(t, 409, "conflict", "PATCH", at, pack[:half], "Tus-Resumable", "1.0.0", "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
	p.refused(t, 400, "invalid", "PATCH", at, pack[:half], "Tus-Resumable", "1.0.0", "Upload-Offset", "half", "Content-Type", "application/offset+octet-stream")
	p.refused(t, 415, "invalid", "PATCH", at, pack[half:], "Tus-Resumable", "1.0.0", "Upload-Offset", fmt.Sprint(half), "Content-Type", "application/zip")
	for _, version := range []string{"0.2.2", ""} {
		got := p.ask(t, "PATCH", at, pack[half:], "Tus-Resumable", version, "Upload-Offset", fmt.Sprint(half), "Content-Type", "application/offset+octet-stream")
		if got.status != 412 || got.header.Get("Tus-Version") != "1.0.0" || got.header.Get("Tus-Resumable") != "1.0.0" {
			t.Errorf("version %q of the protocol: status %d, Tus-Version %q", version, got.status, got.header.Get("Tus-Version"))
		}
	}
	p.refused(t, 404, "not_found", "PATCH", "/uploads/0193d2b4-3333-7444-8555-666677778888", pack, "Tus-Resumable", "1.0.0", "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
	head := p.ask(t, "HEAD", at, nil, "Tus-Resumable", "1.0.0")
	if head.status != 200 || head.header.Get("Upload-Offset") != fmt.Sprint(half) {
		t.Errorf("HEAD: status %d, offset %s; want %d", head.status, head.header.Get("Upload-Offset"), half)
	}
	if got := piece(half, pack[half:]); got.status != 204 {
		t.Fatalf("second piece: status %d: %s", got.status, got.body)
	}
	p.want(t, 200, &u, "GET", at, nil)
	if u.State != "finished" {
		t.Errorf("the upload is %s", u.State)
	}
	return p.waitAudited(t, u.Version)
}

func (p *robot) waitAudited(t *testing.T, version string) (v apiVersion) {
	t.Helper()
	for range 600 {
		if p.want(t, 200, &v, "GET", "/versions/"+version, nil); v.Audit != nil {
			return v
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("version %s is still %s", version, v.State)
	return v
}

func TestAHundredRequestsWithOneKeyHaveOneEffect(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	owner := r.join(t, "once@example.org", "Once", postgres.None)
	p := r.robot(t, 61, owner, account.ReadListings, account.WriteListings)
	body := `{"title": "A data set that is made once"}`
	var all sync.WaitGroup
	answers := make([]reply, 100)
	for i := range answers {
		all.Go(func() { answers[i] = p.ask(t, "POST", "/listings", body, "Idempotency-Key", "key-1") })
	}
	all.Wait()
	replayed := 0
	for _, a := range answers {
		if a.status != 201 || a.body != answers[0].body || a.location() != answers[0].location() {
			t.Fatalf("an answer has status %d and body %.200s; the first 201 and %.200s", a.status, a.body, answers[0].body)
		}
		if a.header.Get("Idempotency-Replayed") == "true" {
			replayed++
		}
	}
	var list apiList[apiListing]
	p.want(t, 200, &list, "GET", "/listings", nil)
	if len(list.Items) != 1 || replayed != 99 {
		t.Errorf("%d data sets and %d repeated answers after 100 requests with one key; want 1 and 99", len(list.Items), replayed)
	}

	p.refused(t, 422, "invalid", "POST", "/listings", `{"title": "Another data set"}`, "Idempotency-Key", "key-1")
	p.refused(t, 422, "invalid", "POST", "/listings", `{"title": "x"}`, "Idempotency-Key", "key-2")
	p.want(t, 201, nil, "POST", "/listings", `{"title": "A mended data set"}`, "Idempotency-Key", "key-2") // nothing was saved for the refused one
	p.refused(t, 422, "invalid", "POST", "/listings", body, "Idempotency-Key", strings.Repeat("k", 256))
	p.want(t, 201, nil, "POST", "/listings", body) // without a key each has its effect

	// The key belongs to the token: another's is another.
	other := r.robot(t, 62, owner, account.WriteListings)
	if got := other.ask(t, "POST", "/listings", body, "Idempotency-Key", "key-1"); got.status != 201 || got.body == answers[0].body {
		t.Errorf("another token with the same key: status %d, the same answer: %v", got.status, got.body == answers[0].body)
	}
}

func TestListsComeInPages(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	p := r.robot(t, 63, r.join(t, "pages@example.org", "Pages", postgres.None), account.ReadListings, account.WriteListings)
	for i := range 5 {
		p.want(t, 201, nil, "POST", "/listings", fmt.Sprintf(`{"title": "Data set number %d"}`, i))
	}
	seen, next := map[string]bool{}, "/listings?limit=2"
	for pages := 1; next != ""; pages++ {
		var list apiList[apiListing]
		got := p.want(t, 200, &list, "GET", next, nil)
		for _, l := range list.Items {
			if seen[l.ID] {
				t.Errorf("%s stands on two pages", l.ID)
			}
			seen[l.ID] = true
		}
		next = ""
		if link := got.header.Get("Link"); link != "" {
			u, err := url.Parse(strings.TrimPrefix(strings.TrimSuffix(link, `>; rel="next"`), "<"))
			if err != nil {
				t.Fatal(err)
			}
			next = strings.TrimPrefix(u.Path, "/api/v1") + "?" + u.RawQuery
		} else if list.NextCursor != "" || pages != 3 {
			t.Errorf("the list ends after %d pages with the cursor %q", pages, list.NextCursor)
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d of 5 data sets were on the pages", len(seen))
	}
	for _, query := range []string{"limit=0", "limit=201", "limit=x", "cursor=x", "cursor=eA", "cursor=%00"} {
		p.refused(t, 422, "invalid", "GET", "/listings?"+query, nil)
	}
}

func TestATokenDoesNoMoreThanItsScopes(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	owner := r.join(t, "scopes@example.org", "Scopes", postgres.None)
	l := "/listings/" + string(r.draft(t, owner))
	for i, tt := range []struct {
		scope              account.Scope
		method, path, body string
	}{
		{account.ReadListings, "GET", l, ""},
		{account.WriteListings, "POST", "/listings", `{"title": "Made with a scope"}`},
		{account.WriteUploads, "GET", l + "/uploads", ""},
		{account.ReadOrganization, "GET", "/organizations", ""},
	} {
		for _, has := range account.AllScopes() {
			p := r.robot(t, 70+i, owner, has)
			var body any
			if tt.body != "" {
				body = tt.body
			}
			got := p.ask(t, tt.method, tt.path, body)
			if allowed := got.status < 300; allowed != (has == tt.scope) || !allowed && (got.status != 403 || !strings.Contains(got.header.Get("WWW-Authenticate"), string(tt.scope))) {
				t.Errorf("%s %s with %s: status %d", tt.method, tt.path, has, got.status)
			}
		}
	}
	viewer := r.colleague(t, "viewer@example.org", owner, account.Editor)
	p := r.robot(t, 79, viewer, account.WriteListings)
	if err := r.accounts.SetRole(t.Context(), owner, viewer.User, account.Viewer); err != nil {
		t.Fatal(err)
	}
	p.refused(t, 403, "forbidden", "POST", "/listings", `{"title": "Made by a viewer"}`)
}

func TestWithoutAGoodTokenNothingAnswers(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	owner := r.join(t, "nobody@example.org", "Nobody", postgres.None)
	c := r.signedIn(t, "a browser", 64, "nobody@example.org", owner)
	_, secret := r.apiToken(t, owner)
	for name, header := range map[string]map[string]string{
		"no token": nil, "a cookie alone": {"Cookie": "assay=x"}, "another scheme": {"Authorization": "Basic " + secret}, "no scheme": {"Authorization": secret},
		"a wrong token": {"Authorization": "Bearer assay_" + strings.Repeat("x", 49)}, "an empty token": {"Authorization": "Bearer "},
	} {
		got := c.send(t, "GET", "/api/v1/me", nil, header)
		if got.status != 401 || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") || len(got.header.Values("Set-Cookie")) != 0 {
			t.Errorf("%s: status %d, WWW-Authenticate %q", name, got.status, got.header.Get("WWW-Authenticate"))
		}
	}
	if got := c.send(t, "GET", "/api/v1/me?token="+secret+"&access_token="+secret, nil, nil); got.status != 401 {
		t.Errorf("a token in the address: status %d, want 401", got.status)
	}
	if got := c.send(t, "GET", "/api/v1/me", nil, map[string]string{"Authorization": "Bearer " + secret}); got.status != 200 {
		t.Errorf("the good token: status %d, want 200", got.status)
	}
	if strings.Contains(r.log.String(), secret) || strings.Contains(r.log.String(), secret[12:]) {
		t.Error("the log holds a token")
	}
}

// Three organizations try each other's ids: whatever they send, what belongs to
// another answers as what does not exist.
func TestProgramsReachNothingOfOtherOrganizations(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	w := buildTown(t, r)
	before := r.rows(t)
	sent := 0
	for i, who := range []string{"seller A", "seller B", "buyer A"} {
		var c *member
		for _, one := range w.people {
			if one.name == who {
				c = one
			}
		}
		p := r.robot(t, 80+i, c.actor, account.AllScopes()...)
		for key, g := range gates {
			method, pattern, _ := strings.Cut(key, " ")
			if g != program || !strings.Contains(pattern, "{") {
				continue
			}
			want := w.neutral(p.harm(t, w, w.none, method, pattern))
			for _, s := range w.things {
				if _, ok := s.fill(pattern); !ok || s.owner == c.actor.Organization {
					continue
				}
				got := p.harm(t, w, s, method, pattern)
				sent++
				if got.status != http.StatusNotFound || w.neutral(got) != want {
					t.Errorf("%s as %s on %s: status %d\n%s", key, who, s.name, got.status, firstDifference(want, w.neutral(got)))
				}
			}
		}
	}
	for table, sum := range r.rows(t) {
		if before[table] != sum && table != "api_token" && table != "activity" && !strings.Contains(table, "notice") && table != "mail_outbox" { // a token is told of
			t.Errorf("rows of %s changed", table)
		}
	}
	t.Logf("%d requests for what belongs to others", sent)
}

// harm sends a request that would change something if it were let in.
func (p *robot) harm(t *testing.T, w *town, s things, method, pattern string) reply {
	t.Helper()
	at, _ := s.fill(pattern)
	at = strings.TrimPrefix(at, "/api/v1")
	switch {
	case strings.Contains(pattern, "/uploads/") && method == "PATCH":
		return p.ask(t, method, at, []byte("bytes"), "Tus-Resumable", "1.0.0", "Upload-Offset", "10", "Content-Type", "application/offset+octet-stream")
	case strings.HasSuffix(pattern, "/uploads") && method == "POST":
		return p.ask(t, method, at, map[string]any{"size_bytes": 5, "agreement": map[string]string{"name": "Mallory Example", "sha256": w.agreement}})
	case method == "POST":
		return p.ask(t, method, at, nil)
	case method == "PATCH":
		return p.ask(t, method, at, `{"title": "Taken over by others"}`, "If-Match", "*")
	case method == "PUT":
		return p.ask(t, method, at, `{"license": {"tier": "open_attribution"}}`, "If-Match", "*")
	}
	return p.ask(t, method, at, nil, "Tus-Resumable", "1.0.0")
}

// Wrong methods, bodies, ids and headers at every operation are refused, never a
// fault of ours.
func TestNonsenseIsNeverAFaultOfOurs(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	owner := r.join(t, "fuzz@example.org", "Nonsense", postgres.None)
	p := r.robot(t, 65, owner, account.AllScopes()...)
	l := string(r.draft(t, owner))
	sent := 0
	for key, g := range gates {
		if g != program {
			continue
		}
		_, pattern, _ := strings.Cut(key, " ")
		for _, id := range []string{l, "0", "%00", "..%2f..", strings.Repeat("9", 2000), "0193d2b2-1111-7222-8333-444455556666", "'%22%3E", "%ff%fe"} {
			at := strings.TrimPrefix(parameter.ReplaceAllString(pattern, id), "/api/v1")
			for _, method := range append(methods, "TRACE") {
				for _, body := range nonsense {
					header := []string{"If-Match", "*", "Idempotency-Key", fmt.Sprint(sent), "Tus-Resumable", "1.0.0", "Upload-Offset", "-1"}
					if body.kind != "" {
						header = append(header, "Content-Type", body.kind)
					}
					got, err := p.try(t.Context(), method, "/api/v1"+at, bytes.NewReader([]byte(body.text)), p.header(header))
					sent++
					switch {
					case err != nil:
						t.Errorf("%s %s: %v", method, at, err)
					case got.status >= 500:
						t.Errorf("%s %.80s with %.40q as %s: status %d: %.300s", method, at, body.text, body.kind, got.status, got.body)
					case strings.Contains(got.body, "SQLSTATE"), strings.Contains(got.body, "goroutine"):
						t.Errorf("%s %.80s: the answer shows the inside: %.300s", method, at, got.body)
					default:
						asDescribed(t, method, at, got)
					}
				}
			}
		}
	}
	if sent < 5000 {
		t.Errorf("%d requests", sent)
	}
	t.Logf("%d requests of nonsense", sent)
}

var nonsense = []struct{ kind, text string }{
	{"", ""}, {"application/json", ""}, {"application/json", "{"}, {"application/json", "null"}, {"application/json", "[]"}, {"application/json", `"x"`},
	{"application/json", `{"title": 5, "modalities": {"a": 1}}`}, {"application/json", `{"title": "\u0000\u202e a title of nothing", "size_bytes": 1e400}`},
	{"application/json", `{"size_bytes": -1, "agreement": {}}`}, {"application/json", strings.Repeat(`{"license":`, 20000)},
	{"text/plain", "title"}, {"application/cbor", "\xff\xff"}, {"application/offset+octet-stream", "x"}, {"multipart/form-data; boundary=", "--"},
}

// header makes headers of pairs, with the token.
func (p *robot) header(pairs []string) map[string]string {
	h := map[string]string{"Authorization": "Bearer " + p.secret}
	for i := 0; i < len(pairs); i += 2 {
		h[pairs[i]] = pairs[i+1]
	}
	return h
}
