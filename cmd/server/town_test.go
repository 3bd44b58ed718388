package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/agreement"
	"assay/internal/audit/synth"
	"assay/internal/catalog"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/upload"
	"assay/internal/vault"
	"assay/internal/verification"
)

// town is a server with organizations that own something of every kind, and
// people of every role.
type town struct {
	server *running
	people []*member // the stranger first
	things []things  // seller A's live listing first
	none   things    // ids in good form that nobody has
	// What a form may name of seller A's: a warning, digests, a session.
	warning, files, claims, agreement, session string
	receipt                                    string // of a report on it
	secret                                     string // of a token of seller A
	malformed                                  string
}

func buildTown(t *testing.T, r *running) *town {
	t.Helper()
	w := &town{server: r, malformed: "not-an-id", agreement: upload.CurrentAgreement().SHA256}
	sellerA := r.join(t, "seller-a@example.org", "Seller A", postgres.None)
	sellerB := r.join(t, "seller-b@example.org", "Seller B", postgres.None)
	buyerA := r.join(t, "buyer-a@example.org", "Buyer A", postgres.None)
	buyerB := r.join(t, "buyer-b@example.org", "Buyer B", postgres.None)
	reviewer := r.join(t, "reviewer@example.org", "", postgres.Reviewer)
	admin := r.join(t, "admin@example.org", "", postgres.Admin)
	editor, viewer := r.colleague(t, "editor-a@example.org", sellerA, account.Editor), r.colleague(t, "viewer-a@example.org", sellerA, account.Viewer)
	people := cast{"seller": {Name: "Test Seller", user: sellerA.User, org: sellerA.Organization}, "imaging": {Name: "Test Seller", user: sellerB.User, org: sellerB.Organization},
		"reviewer": {user: reviewer.User, platform: postgres.Reviewer}}

	papersA, papersB, papersC := r.papers(t, sellerA, true), r.papers(t, sellerB, true), r.papers(t, buyerA, false)
	r.verified(t, reviewer, sellerA.Organization, sellerB.Organization) // their own requests still wait, for the walk
	live := r.submitted(t, people, sellerA, chestCT(), demoVersion{series: series(synth.CT, 1, 1), goal: toLive})
	waiting := r.submitted(t, people, sellerB, brainMR(), demoVersion{series: part("BRAIN", series(synth.MR, 2, 1)), goal: toReview})
	draftA, draftB, draftC := r.draft(t, sellerA), r.draft(t, sellerB), r.draft(t, buyerA)

	w.people = []*member{{caller: newCaller(t, "stranger", r.url, 10)}}
	if err := w.people[0].readToken(t.Context(), "/login"); err != nil {
		t.Fatal(err)
	}
	for i, p := range []struct {
		name, email string
		actor       postgres.Actor
		role        account.Role
	}{
		{"seller A", "seller-a@example.org", sellerA, account.Owner}, {"editor A", "editor-a@example.org", editor, account.Editor},
		{"viewer A", "viewer-a@example.org", viewer, account.Viewer}, {"seller B", "seller-b@example.org", sellerB, account.Owner},
		{"buyer A", "buyer-a@example.org", buyerA, account.Owner}, {"buyer B", "buyer-b@example.org", buyerB, account.Owner},
		{"reviewer", "reviewer@example.org", reviewer, ""}, {"admin", "admin@example.org", admin, ""},
	} {
		w.people = append(w.people, &member{r.signedIn(t, p.name, 11+i, p.email, p.actor), p.role})
	}

	half := r.join(t, "password-alone@example.org", "", postgres.Reviewer)
	alone := newCaller(t, "a reviewer without a second factor", r.url, 29)
	if err := alone.signIn(t.Context(), "password-alone@example.org", ""); err != nil {
		t.Fatal(err)
	}
	alone.actor.User = half.User // and no role on the platform that counts
	w.people = append(w.people, &member{caller: alone})

	w.things = []things{
		{name: "A's live listing", owner: sellerA.Organization, submitted: true, published: true, params: r.params(t, sellerA, live, viewer.User, papersA)},
		{name: "B's listing in review", owner: sellerB.Organization, submitted: true, params: r.params(t, sellerB, waiting, sellerB.User, papersB)},
		{name: "A's draft", owner: sellerA.Organization, params: r.params(t, sellerA, draftA, editor.User, nil)},
		{name: "B's draft", owner: sellerB.Organization, params: r.params(t, sellerB, draftB, "", nil)},
		{name: "buyer A's draft", owner: buyerA.Organization, params: r.params(t, buyerA, draftC, buyerA.User, papersC)},
	}
	for i, s := range w.things[2:] { // drafts whose uploads are under way
		owner := slices.IndexFunc(w.people, func(c *member) bool { return c.actor.Organization == s.owner })
		path := w.people[owner].sendTusPart(t, "/seller/listings/"+s.params["listing"], 1000, make([]byte, 10))
		s.params["upload"] = path[strings.LastIndex(path, "/")+1:]
		w.things[2+i].params["version"] = r.newest(t, w.people[owner].actor, id.Listing(s.params["listing"]))
	}
	for i, a := range []postgres.Actor{sellerA, sellerB, sellerA, sellerB, buyerA} {
		r.annotate(t, a, w.things[i])
	}
	w.receipt = r.reported(t, w.things[0], sellerA, reviewer)
	w.things[1].params["seller"] = string(sellerB.Organization)
	w.none = things{name: "nobody's", params: map[string]string{}}
	malformed := things{name: "malformed ids", params: map[string]string{}}
	for _, name := range []string{"listing", "version", "upload", "invitation", "user", "document", "signer", "request", "slug", "key", "notice", "export", "organization", "reaudit", "flag", "appeal", "seller", "annotator", "credential"} {
		w.none.params[name], malformed.params[name] = id.New[string](), w.malformed
	}
	w.none.params["number"], malformed.params["number"] = "900000000", w.malformed
	for _, s := range append(w.things, w.none, malformed) {
		s.params["step"], s.params["id"], s.params["preview"], s.params["edition"] = string(listing.Steps[1].Value), "CC-BY-4.0", "1", "1"
		s.params["sample"], s.params["release"] = "1", "1"
		s.params["link"] = id.New[string]() // that stops mail: a secret that nobody has
	}
	for _, s := range w.things[:2] {
		r.givePreview(t, s)
		r.giveSample(t, s)
		s.params["reaudit"] = r.giveReaudit(t, s)
	}
	if err := r.audits.ClearSamples(t.Context(), sellerA, id.Version(w.things[0].params["version"]), []int{1}); err != nil {
		t.Fatal(err)
	}
	for i, a := range []postgres.Actor{sellerA, sellerB, editor} {
		w.things[i].maker = a.User
		w.things[i].params["key"], _ = r.apiToken(t, a)
		w.things[i].params["notice"] = r.notice(t, a)
		w.things[i].params["export"] = r.export(t, a)
	}
	_, w.secret = r.apiToken(t, sellerA)
	if _, err := r.accounts.Bearer(t.Context(), w.secret); err != nil { // its use is noted now, not during the walk
		t.Fatal(err)
	}
	for _, s := range w.things {
		s.params["organization"] = string(s.owner)
	}
	r.adminThings(t, admin, append(w.things, w.none, malformed))
	w.things = append(w.things, malformed)

	d, err := r.listings.Version(t.Context(), sellerA, id.Version(w.things[0].params["version"]))
	if err != nil {
		t.Fatal(err)
	}
	w.files, w.claims, w.warning = d.Version.RootDigest, d.Claims.Digest, "none"
	sessions, err := r.accounts.Sessions(t.Context(), sellerA)
	if err != nil || len(sessions) == 0 {
		t.Fatalf("sessions of seller A: %d, %v", len(sessions), err)
	}
	w.session = sessions[0].ID
	r.told(t)
	return w
}

// adminThings names what an admin of the platform acts on: a job, an
// announcement, a data set at its owner.
func (r *running) adminThings(t *testing.T, admin postgres.Actor, all []things) {
	t.Helper()
	if err := catalog.SeedExternal(t.Context(), r.db, catalog.PlatformOrganization); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	err := r.notices.Announce(t.Context(), admin, notice.Spoken{Level: "info", Audience: "signed_in", Body: "Uploads rest on Sunday evening.", StartsAt: now.Add(time.Hour), EndsAt: now.Add(2 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.notices.Announcements(t.Context(), admin)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d announcements, %v", len(list), err)
	}
	var number int64
	if err := r.super(t).QueryRow(t.Context(), `SELECT max(id) FROM river_job`).Scan(&number); err != nil {
		t.Fatal(err)
	}
	text, err := r.agreements.Write(t.Context(), admin, agreement.Template{Name: "dua", Title: "Data use agreement", Body: "Nobody tries to identify a person."})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		s.params["agreement"], s.params["announcement"] = id.New[string](), id.New[string]()
		s.params["job"], s.params["reference"] = "malformed", "nobody-has-this"
		if s.owner != "" {
			s.params["agreement"] = string(text)
			s.params["job"], s.params["announcement"], s.params["reference"] = strconv.FormatInt(number, 10), string(list[0].ID), "chexpert"
		}
	}
}

// colleague makes a person with a role in somebody's organization.
func (r *running) colleague(t *testing.T, email string, boss postgres.Actor, role account.Role) postgres.Actor {
	t.Helper()
	a := r.join(t, email, "", postgres.None)
	a.Organization = boss.Organization
	_, err := r.super(t).Exec(t.Context(), `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, $3)`, a.Organization, a.User, role)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// papers makes a request for verification with documents.
func (r *running) papers(t *testing.T, a postgres.Actor, submit bool) map[string]string {
	t.Helper()
	err := r.verify.SaveIdentity(t.Context(), a, verification.Identity{LegalName: "Example Ltd", Country: "DE", Registry: "Amtsgericht", RegistryNumber: "HRB 1",
		PostalAddress: "1 Main Street, Town", Website: "https://example.org", ContactName: "Ann Example", ContactRole: "Director", RightsBasis: "We own the data."})
	if err != nil {
		t.Fatal(err)
	}
	var document id.Document
	for _, kind := range []vault.Kind{vault.AuthorizationToLicense, vault.IRBApproval, vault.OrganizationRegister} {
		document, err = r.verify.Attach(t.Context(), a, verification.Paper{Kind: kind, Name: "paper.pdf", Content: strings.NewReader("%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n")})
		if err != nil {
			t.Fatal(err)
		}
	}
	until := time.Now().AddDate(1, 0, 0)
	if err := r.verify.NameSigner(t.Context(), a, verification.NewSigner{User: a.User, Title: "Director", Document: document, ValidUntil: &until}); err != nil {
		t.Fatal(err)
	}
	signers, err := r.verify.Signers(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if submit {
		if err := r.verify.SubmitRequest(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	request, err := r.verify.Request(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"document": string(document), "signer": string(signers[0].ID), "request": string(request.ID)}
}

// submitted brings a data set through the pipeline.
func (r *running) submitted(t *testing.T, people cast, a postgres.Actor, claims listing.Claims, v demoVersion) id.Listing {
	t.Helper()
	l, err := r.describe(t.Context(), a, claims)
	if err == nil {
		err = r.submitDemo(t.Context(), people, a, l, v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// params names everything that hangs on a listing, and an invitation of its
// owner.
func (r *running) params(t *testing.T, a postgres.Actor, l id.Listing, user id.User, more map[string]string) map[string]string {
	t.Helper()
	p := map[string]string{"organization": string(a.Organization), "listing": string(l), "version": r.newest(t, a, l)}
	for name, value := range more {
		p[name] = value
	}
	if user != "" {
		p["user"] = string(user)
	}
	invitation, err := r.accounts.Invite(t.Context(), a, "guest-"+id.New[string]()+"@example.org", account.Editor)
	if err != nil {
		t.Fatal(err)
	}
	p["invitation"] = string(invitation)
	acts, err := r.acts.List(t.Context(), a, activity.Filter{}, activity.Cursor{}, 1)
	if err == nil {
		err = r.acts.Publish(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	p["number"] = strconv.FormatInt(acts[0].Number, 10)
	err = r.super(t).QueryRow(t.Context(), `
SELECT l.slug, coalesce((SELECT u.id::text FROM upload u JOIN version v ON v.id = u.version_id WHERE v.listing_id = l.id LIMIT 1), '')
FROM   listing l WHERE l.id = $1`, l).Scan(ptr(p, "slug"), ptr(p, "upload"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// apiToken makes a token with every scope and returns its id and its secret.
func (r *running) apiToken(t testing.TB, a postgres.Actor) (key, secret string) {
	t.Helper()
	n := account.NewAPIToken{ID: id.New[id.APIToken](), Name: "A script", Scopes: account.AllScopes(), Days: 30}
	secret, err := r.accounts.CreateAPIToken(t.Context(), a, n)
	if err != nil {
		t.Fatal(err)
	}
	return string(n.ID), secret
}

// givePreview puts a picture into the report of the version among things.
func (r *running) givePreview(t *testing.T, s things) {
	t.Helper()
	_, err := r.super(t).Exec(t.Context(), `
INSERT INTO audit_preview (report_id, organization_id, version_id, number, path, source, frame, severity, rules, width, height, image)
SELECT id, organization_id, version_id, 1, 'a.dcm', 'PixelData', 1, 'warning', '{pix-ocr-text}', 1, 1, 'png'
FROM   audit_report WHERE version_id = $1`, s.params["version"])
	if err != nil {
		t.Fatal(err)
	}
}

// giveSample has the audit of the version among things offer a picture, if it
// offers none.
func (r *running) giveSample(t *testing.T, s things) {
	t.Helper()
	for _, statement := range []string{`
INSERT INTO audit_sample_set (report_id, organization_id, version_id)
SELECT id, organization_id, version_id
FROM   audit_report WHERE version_id = $1 ON CONFLICT DO NOTHING`, `
INSERT INTO audit_sample (report_id, organization_id, version_id, number, path, frame, modality, plane, width, height, image)
SELECT id, organization_id, version_id, 1, 'a.dcm', 1, 'CT', 'axial', 1, 1, 'png'
FROM   audit_report WHERE version_id = $1 ON CONFLICT DO NOTHING`} {
		if _, err := r.super(t).Exec(t.Context(), statement, s.params["version"]); err != nil {
			t.Fatal(err)
		}
	}
}

// giveReaudit makes an audit by new rules that waits for a reviewer's answer.
func (r *running) giveReaudit(t *testing.T, s things) string {
	t.Helper()
	x := id.New[string]()
	_, err := r.super(t).Exec(t.Context(), `
WITH report AS (
    INSERT INTO audit_report (id, organization_id, version_id, root_digest, claims_digest, verdict, blockers, warnings, report, rules_version, is_reaudit)
    SELECT gen_random_uuid(), organization_id, version_id, root_digest, claims_digest, 'passed', 0, 0, report, '9999.1', true
    FROM   audit_report WHERE version_id = $1 LIMIT 1
    RETURNING id, organization_id, version_id)
INSERT INTO reaudit (id, organization_id, version_id, rules_version, state, outcome, rules, report_id, audited_at)
SELECT $2, organization_id, version_id, '9999.1', 'open', 'warnings', '{phi-device-serial}', id, now() FROM report`, s.params["version"], x)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// ptr scans a text into a map.
func ptr(m map[string]string, key string) *into { return &into{m, key} }

type into struct {
	m   map[string]string
	key string
}

// Scan keeps a text.
func (i *into) Scan(src any) error {
	i.m[i.key], _ = src.(string)
	return nil
}

func (r *running) newest(t *testing.T, a postgres.Actor, l id.Listing) string {
	t.Helper()
	versions, err := r.listings.Versions(t.Context(), a, l)
	if err != nil {
		t.Fatal(err)
	}
	if len(versions) == 0 {
		return ""
	}
	return string(versions[0].ID)
}

// super is a connection that sees every row.
func (r *running) super(t testing.TB) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), r.database.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// tables are all tables of the database.
func (r *running) tables(t testing.TB) []string {
	t.Helper()
	rows, err := r.super(t).Query(t.Context(), `
SELECT quote_ident(table_name) FROM information_schema.tables
WHERE  table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(list) < 20 {
		t.Fatalf("%d tables, %v", len(list), err)
	}
	return list
}
