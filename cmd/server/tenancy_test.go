package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/internal/account"
	"assay/internal/freeaudit"
	"assay/internal/id"
	"assay/internal/postgres"
)

// methods are sent to every path, whether a route takes them or not.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// things are objects of one organization, by the name of a path's parameter.
type things struct {
	name      string
	owner     id.Organization
	maker     id.User // of the token to the API among them
	submitted bool    // reviewers see them
	published bool
	params    map[string]string
}

var parameter = regexp.MustCompile(`\{(\w+)\}`)

// fill puts the objects into a pattern; ok is false if one is not among them.
func (s things) fill(pattern string) (path string, ok bool) {
	ok = true
	pattern = strings.Replace(pattern, "/guides/{slug}", "/guides/hipaa", 1)
	pattern = strings.Replace(pattern, "/samples/{name}", "/samples/boxes-coco", 1)
	pattern = strings.Replace(pattern, "{form}", "lqs.json", 1)
	pattern = strings.Replace(pattern, "{token}", strings.Repeat("A", 43), 1) // a secret that nobody has
	path = parameter.ReplaceAllStringFunc(pattern, func(p string) string {
		value, found := s.params[p[1:len(p)-1]]
		ok = ok && found
		return value
	})
	return strings.Replace(path, "*", "app.css", 1), ok
}

// may reports whether a caller may use a route on these things.
func (g gate) may(c *member, s things, isOwned bool) bool {
	role := func(least account.Role) bool {
		roles := account.AllRoles()
		return c.role != "" && slices.Index(roles, c.role) <= slices.Index(roles, least) && (!isOwned || s.owner == c.actor.Organization)
	}
	reviews := c.actor.Platform != "" && (!isOwned || s.submitted)
	switch g {
	case anyone:
		return true
	case published:
		return s.published
	case signedIn:
		return c.actor.User != ""
	case viewers:
		return role(account.Viewer)
	case editors:
		return role(account.Editor)
	case managers, publishers:
		return role(account.Admin)
	case submitters:
		return role(account.Editor)
	case owners:
		return role(account.Owner)
	case reviewers:
		return reviews
	case admins:
		return c.actor.Platform == postgres.Admin && (!isOwned || s.owner != "")
	case maker:
		return s.maker != "" && s.maker == c.actor.User
	case papers:
		return reviews || role(account.Admin)
	}
	return false
}

// gateOf is who may use a route; HEAD asks what GET would answer.
func gateOf(method, pattern string) (g gate, ok bool) {
	if g, ok = gates[method+" "+pattern]; !ok && method == http.MethodHead {
		g, ok = gates[http.MethodGet+" "+pattern]
	}
	return g, ok
}

// member is a caller with a role in its organization.
type member struct {
	*caller
	role account.Role
}

// tally counts what was sent.
type tally struct {
	mu                        sync.Mutex
	sent, allowed, refused    int
	compared, forgeries       int
	letIn                     map[string]bool // GET routes that answered somebody
	forbidden, unequal, other int
}

func (c *tally) add(n *int) { c.mu.Lock(); *n++; c.mu.Unlock() }

func TestNobodyReachesWhatIsNotTheirs(t *testing.T) {
	r := startServer(t)
	w := buildTown(t, r)
	routes := w.routes(t)
	before := r.rows(t)

	count := &tally{letIn: map[string]bool{}}
	var all sync.WaitGroup
	for _, c := range w.people {
		all.Go(func() { w.walk(t, c, routes, count) })
	}
	all.Wait()
	w.showToHolder(t, count)
	w.showHalfway(t, count)
	w.showToProgram(t, count)
	for key, g := range gates {
		if strings.HasPrefix(key, "GET ") && !count.letIn[key] && key != "GET /reset/new" { // that needs a mailed token
			t.Errorf("%s (%s) let nobody in: the test does not show that refusals are refusals", key, g)
		}
	}
	for _, c := range w.people {
		all.Go(func() { w.forge(t, c, routes, count) })
	}
	all.Wait()
	w.namedInForms(t, count)

	for table, sum := range r.rows(t) {
		if before[table] != sum {
			t.Errorf("rows of %s changed: somebody who may not, or a GET, wrote there", table)
		}
	}
	w.wantStorageWhole(t)
	t.Logf("%d patterns, %d identities: %d requests; %d let in, %d refused, %d refusals compared with those for ids that do not exist, %d forgeries; %d forbidden successes, %d unequal refusals, %d other faults",
		len(routes), len(w.people), count.sent, count.allowed, count.refused, count.compared, count.forgeries, count.forbidden, count.unequal, count.other)
	if count.sent < 5000 {
		t.Errorf("%d requests, want at least 5,000", count.sent)
	}
}

// routes are the patterns of the server. One that gates does not know, or a
// gate without a route, fails the test.
func (w *town) routes(t *testing.T) []string {
	t.Helper()
	known := map[string]bool{}
	var patterns []string
	walker := w.server.web.(interface {
		Walk(func(method, pattern string) error) error
	})
	err := walker.Walk(func(method, pattern string) error {
		known[method+" "+pattern] = true
		if _, ok := gates[method+" "+pattern]; !ok && pattern != "/static/*" {
			t.Errorf("%s %s is not in the table of who may use it", method, pattern)
		}
		if !slices.Contains(patterns, pattern) {
			patterns = append(patterns, pattern)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range gates {
		if !known[key] {
			t.Errorf("%s is in the table and no route", key)
		}
	}
	return patterns
}

// walk sends every method to every path with everybody's things.
func (w *town) walk(t *testing.T, c *member, routes []string, count *tally) {
	for _, pattern := range routes {
		isOwned := parameter.MatchString(pattern) && !strings.HasPrefix(pattern, "/licenses") && !strings.HasPrefix(pattern, "/guides")
		sets := w.things
		if !isOwned {
			sets = sets[:1]
		}
		for _, method := range methods {
			key := method + " " + pattern
			var reference reply
			if g, _ := gateOf(method, pattern); isOwned && (g != anyone || isSafe(method)) {
				reference = w.request(t, c, method, pattern, w.none, count)
			}
			for _, s := range sets {
				g, routed := gateOf(method, pattern)
				may := routed && g.may(c, s, isOwned)
				if may && !isSafe(method) {
					continue // what it does is for other tests
				}
				if _, ok := s.fill(pattern); !ok {
					continue
				}
				got := w.request(t, c, method, pattern, s, count)
				w.judge(t, c, key, s, got, reference, may, isOwned && s.owner != "" && s.owner != c.actor.Organization, count)
			}
		}
	}
}

// showToHolder has somebody without an account ask for a result with its secret.
func (w *town) showToHolder(t *testing.T, count *tally) {
	free := w.server.free
	token, err := free.Receive(t.Context(), strings.NewReader("image,finding\na.png,1\n"), "labels.csv")
	if err != nil {
		t.Fatal(err)
	}
	for range 300 {
		if a, err := free.Find(t.Context(), token); err != nil || a.State == freeaudit.Done {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for key, g := range gates {
		if path, ok := strings.CutPrefix(key, "GET "); ok && g == holder {
			secret := token
			if strings.HasPrefix(path, "/report/") {
				secret = w.receipt
			}
			path = strings.NewReplacer("{token}", secret, "{form}", "lqs.json", "{link}", w.server.stopLink(t)).Replace(path)
			got := w.people[0].get(t, path)
			w.judge(t, w.people[0], key, w.none, got, got, true, true, count)
		}
	}
	if err := free.Delete(t.Context(), token); err != nil {
		t.Fatal(err)
	}
}

// showHalfway has somebody who owes the second step ask for its page.
func (w *town) showHalfway(t *testing.T, count *tally) {
	c := &member{caller: newCaller(t, "who owes the second step", w.server.url, 30)}
	if err := c.readToken(t.Context(), "/login"); err != nil {
		t.Fatal(err)
	}
	if err := c.step(t.Context(), "/login", url.Values{"email": {"reviewer@example.org"}, "password": {password}}); err != nil {
		t.Fatal(err)
	}
	got := c.get(t, "/login/second")
	w.judge(t, c, "GET /login/second", w.none, got, got, true, false, count)
	for _, path := range []string{"/account", "/account/security", "/review", "/seller"} {
		if got := c.get(t, path); !isSignIn(got) {
			count.add(&count.forbidden)
			t.Errorf("GET %s between the two steps has status %d, want the sign-in page", path, got.status)
		}
	}
}

// showToProgram has a program of seller A read what a browser with a session may
// not.
func (w *town) showToProgram(t *testing.T, count *tally) {
	for key, g := range gates {
		pattern, ok := strings.CutPrefix(key, "GET ")
		if !ok || g != program {
			continue
		}
		path, _ := w.things[0].fill(pattern)
		got := w.people[0].send(t, http.MethodGet, path, nil, map[string]string{"Authorization": "Bearer " + w.secret})
		w.judge(t, w.people[0], key, w.none, got, got, true, true, count)
	}
}

func isSafe(method string) bool { return method == "GET" || method == "HEAD" || method == "OPTIONS" }

func (w *town) judge(t *testing.T, c *member, key string, s things, got, reference reply, may, isOwned bool, count *tally) {
	where := fmt.Sprintf("%s as %s on %s: status %d", key, c.name, s.name, got.status)
	isStatic := strings.Contains(key, "/static/") || strings.Contains(key, " /badge/") || strings.HasSuffix(key, "/badge.svg") || strings.HasSuffix(key, "/samples/{name}.zip") || strings.HasSuffix(key, "/samples/{sample}.png") || strings.Contains(key, " /.well-known/") || strings.Contains(key, "/openapi.") || strings.Contains(key, " /trust/activity.json") || strings.Contains(key, " /trust/activity/heads/") || strings.HasSuffix(key, "/healthz") || strings.HasSuffix(key, "/readyz")
	if fault := headerFault(got, c.actor.User != "" && !isStatic); fault != "" {
		count.add(&count.other)
		t.Errorf("%s: %s", where, fault)
	}
	if got.status >= 500 {
		count.add(&count.other)
		t.Errorf("%s: a fault of ours", where)
	}
	if may {
		count.add(&count.allowed)
		if got.status < 400 && !isSignIn(got) {
			count.mu.Lock()
			count.letIn[key] = true
			count.mu.Unlock()
		}
		return
	}
	count.add(&count.refused)
	if got.status < 400 && !isSignIn(got) {
		count.add(&count.forbidden)
		t.Errorf("%s: a forbidden success", where)
	}
	if !isOwned {
		return
	}
	count.add(&count.compared)
	want, is := w.neutral(reference), w.neutral(got)
	if is != want {
		count.add(&count.unequal)
		t.Errorf("%s: the refusal differs from that for ids that do not exist:\n%s", where, firstDifference(want, is))
	}
}

// isSignIn reports whether an answer leads to the sign-in, or to the second
// factor that a role on the platform waits for.
func isSignIn(r reply) bool {
	return r.status == http.StatusSeeOther && (strings.HasPrefix(r.location(), "/login") || r.location() == "/account/security?for=desk")
}

// request sends a valid form of the caller's own session.
func (w *town) request(t *testing.T, c *member, method, pattern string, s things, count *tally) reply {
	path, ok := s.fill(pattern)
	if !ok {
		path, _ = w.none.fill(pattern)
	}
	body, header := w.form(c.token, pattern, s)
	header["X-CSRF-Token"] = c.token
	if isSafe(method) {
		body = nil
	}
	count.add(&count.sent)
	r, err := c.try(t.Context(), method, path, body, header)
	if err != nil {
		t.Errorf("%s: %s %s: %v", c.name, method, path, err)
	}
	return r
}

// form fills every field that some form has, with values that would do harm.
func (w *town) form(token, pattern string, s things) (io.Reader, map[string]string) {
	values := url.Values{"csrf": {token}, "name": {"Mallory Example"}, "email": {"mallory@example.org"}, "role": {"owner"},
		"organization": {string(s.owner)}, "key": {w.warning}, "answer": {"It is fine, trust me."}, "reason": {"Because I say so, at length."},
		"outcome": {"approve"}, "root_digest": {w.files}, "claims_digest": {w.claims}, "text": {w.agreement}, "until": {"2099-01-01"},
		"title": {"Taken over"}, "kind": {"rights"}, "level": {"verified"}, "level_reason": {"None"}, "do": {"approve"}, "accepted": {"yes"}}
	header := map[string]string{"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Offset": "10"}
	switch {
	case strings.HasSuffix(pattern, "/files"), strings.HasSuffix(pattern, "/documents"):
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for name, list := range values {
			if name == "csrf" {
				m.WriteField(name, list[0])
			}
		}
		part, _ := m.CreateFormFile("file", "mallory.pdf")
		part.Write([]byte("%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"))
		m.Close()
		header["Content-Type"] = m.FormDataContentType()
		return &b, header
	case strings.Contains(pattern, "/uploads/"):
		header["Content-Type"] = "application/offset+octet-stream"
		return strings.NewReader("bytes"), header
	}
	header["Content-Type"] = formKind["Content-Type"]
	return strings.NewReader(values.Encode()), header
}

var changing = regexp.MustCompile(`name="csrf" value="[^"]*"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// rowNumber is that of a row of the record of acts in an address.
var rowNumber = regexp.MustCompile(`((?:activity|heads)(?:/|%2F))\d+((?:/|%2F)proof|\.json)`)

// deskName is a job or a data set in an address of the admins' desk.
var deskName = regexp.MustCompile(`(admin(?:/|%2F)(?:jobs|references)(?:/|%2F))[\w-]+`)

// neutral is a reply without what differs between any two requests: its
// number, the token, and the id that the caller sent.
func (w *town) neutral(r reply) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.status)
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		switch name {
		case "X-Request-Id", "Date", "Content-Length", "Set-Cookie", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "Ratelimit":
		default:
			fmt.Fprintln(&b, name, r.header[name])
		}
	}
	b.WriteString(r.body)
	text := b.String()
	if number := r.header.Get("X-Request-Id"); number != "" {
		text = strings.ReplaceAll(text, number, "NUMBER")
	}
	for _, s := range append(slices.Clone(w.things), w.none) {
		for _, name := range []string{"slug"} {
			if s.params[name] != "" {
				text = strings.ReplaceAll(text, s.params[name], "ID")
			}
		}
	}
	text = rowNumber.ReplaceAllString(text, "${1}ID$2") // where signing in returns to
	text = deskName.ReplaceAllString(text, "${1}ID")
	return strings.ReplaceAll(changing.ReplaceAllString(text, "ID"), w.malformed, "ID")
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			at := 0
			for at < min(len(a[i]), len(b[i])) && a[i][at] == b[i][at] {
				at++
			}
			at = max(0, at-60)
			return fmt.Sprintf("  want …%.200s\n  got  …%.200s", a[i][at:], b[i][at:])
		}
	}
	return fmt.Sprintf("  %d lines against %d", len(a), len(b))
}

// hiding puts an announcement away: it changes a cookie of whoever asks, and
// reads neither session nor token.
const hiding = "POST /announcements/{announcement}/away"

// oneClick stops mail for whoever has its link, from anywhere and without a
// cookie: RFC 8058 asks for that.
const oneClick = "POST /unsubscribe/{link}"

// settled waits until the jobs of the clock have begun, which comes once the
// queue has a leader, and until no job is left that could still write, as a
// notice that waits to be delivered.
func (r *running) settled(t *testing.T) {
	t.Helper()
	const left = `SELECT count(*) + (NOT EXISTS (SELECT FROM river_job WHERE kind = 'measure_storage'))::int
		FROM river_job WHERE state IN ('available', 'running') OR (state IN ('scheduled', 'retryable') AND scheduled_at < now() + interval '10 seconds')`
	c := r.super(t)
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var n int
		if err := c.QueryRow(t.Context(), left).Scan(&n); err != nil {
			t.Fatal(err)
		}
		switch {
		case n == 0:
			return
		case time.Now().After(end):
			t.Fatalf("%d jobs are still at work", n)
		}
	}
}

// rows is a digest of each table that holds what people own, taken when the
// jobs begun before are done.
func (r *running) rows(t *testing.T) map[string]string {
	t.Helper()
	r.settled(t)
	sums, c := map[string]string{}, r.super(t)
	for _, table := range r.tables(t) {
		switch {
		case strings.HasPrefix(table, "river_"), slices.Contains([]string{"session", "throttle", "upload_lock", "activity_head", "activity_chain", "activity_published", "answer_count", "server_error", "schema_migrations"}, table):
			continue
		case slices.Contains([]string{"storage_measurement", "storage_part", "storage_share", "storage_finding"}, table):
			continue // measured by the clock, and again by the next leader of the queue
		}
		query := `SELECT coalesce(string_agg(t::text, E'\n' ORDER BY t::text), '') FROM ` + table + ` t`
		if table == "activity" {
			// Noted when somebody opens a document of the vault, or the texts to read.
			query += ` WHERE verb NOT IN ('document.open', 'version.read_texts')`
		}
		var text string
		if err := c.QueryRow(t.Context(), query).Scan(&text); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(text))
		sums[table] = hex.EncodeToString(sum[:])
	}
	return sums
}
