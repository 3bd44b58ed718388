package account_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// desk is an organization that asks for verification and a reviewer.
type desk struct {
	db       postgrestest.Database
	s        *account.Service
	blobs    *blob.Store
	org      accounttest.Org
	reviewer postgres.Actor
}

func newDesk(t *testing.T) desk {
	t.Helper()
	db := postgrestest.NewDatabase(t)
	blobs, err := blob.Open(t.Context(), "file://"+t.TempDir()+"/blob")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	s := account.New(db.DB, account.Options{PublicURL: "https://assay.test", SecretKey: []byte(strings.Repeat("k", 32)), Documents: blobs})
	return desk{db, s, blobs, accounttest.Organization(t, db.DB), accounttest.Reviewer(t, db.DB)}
}

var identity = account.Identity{
	LegalName: "Universitätsklinikum Beispielstadt AöR", Country: "DE", Registry: "Handelsregister Beispielstadt", RegistryNumber: "HRA 12345",
	PostalAddress: "Klinikstraße 1\n12345 Beispielstadt", Website: "https://www.example.org", ContactName: "Ada Lovelace",
	ContactRole: "Head of data", RightsBasis: "The hospital made the images itself.",
}

const pdf = "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

func (d desk) attach(t *testing.T, kind account.Paper) id.Document {
	t.Helper()
	doc, err := d.s.Attach(t.Context(), d.org.Owner, kind, "paper.pdf", strings.NewReader(pdf))
	if err != nil {
		t.Fatalf("Attach: %v", err)
	}
	return doc
}

// submitted brings a whole request to the reviewers.
func (d desk) submitted(t *testing.T) account.Case {
	t.Helper()
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, identity); err != nil {
		t.Fatalf("SaveIdentity: %v", err)
	}
	d.attach(t, account.PaperOrganization)
	d.attach(t, account.PaperRights)
	if err := d.s.SubmitRequest(t.Context(), d.org.Owner); err != nil {
		t.Fatalf("SubmitRequest: %v", err)
	}
	queue, err := d.s.VerificationQueue(t.Context(), d.reviewer)
	if err != nil || len(queue) != 1 {
		t.Fatalf("VerificationQueue = %d, %v, want the one request", len(queue), err)
	}
	c, err := d.s.VerificationCase(t.Context(), d.reviewer, queue[0].ID)
	if err != nil {
		t.Fatalf("VerificationCase: %v", err)
	}
	return c
}

func grant(c account.Case, level account.Level, accepted ...account.Paper) account.Decision {
	d := account.Decision{Request: c.ID, SubmittedAt: *c.SubmittedAt, Outcome: account.RequestGranted, Level: level, ValidMonths: 12, Reason: "The papers are in order."}
	for _, doc := range c.Documents {
		if slices.Contains(accepted, doc.Kind) {
			d.Accepted = append(d.Accepted, doc.ID)
		} else {
			d.Rejected = append(d.Rejected, doc.ID)
		}
	}
	return d
}

func (d desk) level(t *testing.T) account.Level {
	t.Helper()
	standing, err := d.s.Standing(t.Context(), d.org.Owner)
	if err != nil {
		t.Fatal(err)
	}
	return standing.Level
}

func TestOrganizationIsVerifiedByAReviewer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if got := d.level(t); got != account.Unverified {
		t.Errorf("level before = %q, want unverified", got)
	}
	c := d.submitted(t)
	wantKind(t, "changing a request that waits", d.s.SaveIdentity(t.Context(), d.org.Owner, identity), errs.Conflict)
	wantKind(t, "removing a document of a request that waits", d.s.RemoveDocument(t.Context(), d.org.Owner, c.Documents[0].ID), errs.NotFound)
	if err := d.s.DecideVerification(t.Context(), d.reviewer, grant(c, account.Verified, account.PaperOrganization, account.PaperRights)); err != nil {
		t.Fatalf("DecideVerification: %v", err)
	}
	if got := d.level(t); got != account.Verified {
		t.Errorf("level after = %q, want verified", got)
	}
	if m := lastMail(t, d.db.DB, emailOf(t, d.s, d.org.Owner.User)); !strings.Contains(m.Text, "The papers are in order.") {
		t.Errorf("mail to the owner lacks the reason: %s", m.Text)
	}
	asSuper(t, d.db.SuperURL, `UPDATE verification SET expires_at = now() - interval '1 second'`)
	if got := d.level(t); got != account.Expired {
		t.Errorf("level past its date = %q, want expired", got)
	}
}

func TestLevelsNeedTheirPapers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	tests := []struct {
		name     string
		level    account.Level
		accepted []account.Paper
	}{
		{"verified without any", account.Verified, nil},
		{"verified without rights papers", account.Verified, []account.Paper{account.PaperOrganization}},
		{"verified without organization papers", account.Verified, []account.Paper{account.PaperRights}},
		{"rights papers that were not accepted", account.RightsDocuments, []account.Paper{account.PaperOrganization}},
		{"organization papers that were not accepted", account.OrgDocuments, nil},
		{"suspended is no answer to a request", account.Suspended, []account.Paper{account.PaperOrganization, account.PaperRights}},
		{"expired is never given", account.Expired, []account.Paper{account.PaperOrganization, account.PaperRights}},
	}
	for _, tt := range tests {
		wantKind(t, tt.name, d.s.DecideVerification(t.Context(), d.reviewer, grant(c, tt.level, tt.accepted...)), errs.Invalid)
	}
	if got := d.level(t); got != account.Unverified {
		t.Errorf("level = %q, want unverified", got)
	}
	if err := d.s.DecideVerification(t.Context(), d.reviewer, grant(c, account.OrgDocuments, account.PaperOrganization)); err != nil {
		t.Errorf("organization papers accepted: %v", err)
	}
}

func TestEmailDomainIsMeasured(t *testing.T) {
	t.Parallel()
	d := newDesk(t) // accounttest's users are of example.org, and so is the website
	c := d.submitted(t)
	if want := []string{emailOf(t, d.s, d.org.Owner.User)}; !slices.Equal(c.DomainMembers, want) {
		t.Errorf("DomainMembers = %v, want %v", c.DomainMembers, want)
	}
	if err := d.s.DecideVerification(t.Context(), d.reviewer, grant(c, account.EmailDomain)); err != nil {
		t.Errorf("DecideVerification: %v", err)
	}
	other := identity
	other.Website = "https://notexample.org"
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, other); err != nil {
		t.Fatal(err)
	}
	d.attach(t, account.PaperOrganization)
	d.attach(t, account.PaperRights)
	if err := d.s.SubmitRequest(t.Context(), d.org.Owner); err != nil {
		t.Fatal(err)
	}
	queue, _ := d.s.VerificationQueue(t.Context(), d.reviewer)
	c, err := d.s.VerificationCase(t.Context(), d.reviewer, queue[0].ID)
	if err != nil || len(c.DomainMembers) != 0 {
		t.Fatalf("DomainMembers = %v, %v, want none", c.DomainMembers, err)
	}
	wantKind(t, "a domain that nobody is of", d.s.DecideVerification(t.Context(), d.reviewer, grant(c, account.EmailDomain)), errs.Invalid)
}

func TestReturnedRequestIsChangedAndSubmittedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stale := d.submitted(t)
	back := account.Decision{Request: stale.ID, SubmittedAt: *stale.SubmittedAt, Outcome: account.RequestReturned, Reason: "The extract is of 2019."}
	if err := d.s.DecideVerification(t.Context(), d.reviewer, back); err != nil {
		t.Fatal(err)
	}
	if err := d.s.RemoveDocument(t.Context(), d.org.Owner, stale.Documents[0].ID); err != nil {
		t.Fatalf("RemoveDocument: %v", err)
	}
	if _, err := d.blobs.Size(t.Context(), stale.Documents[0].BlobKey); errs.KindOf(err) != errs.NotFound {
		t.Errorf("bytes of a removed document: %v, want gone", err)
	}
	d.attach(t, account.PaperOrganization)
	if err := d.s.SubmitRequest(t.Context(), d.org.Owner); err != nil {
		t.Fatal(err)
	}
	err := d.s.DecideVerification(t.Context(), d.reviewer, account.Decision{
		Request: stale.ID, SubmittedAt: *stale.SubmittedAt, Outcome: account.RequestRefused, Reason: "As seen on the old page."})
	wantKind(t, "a decision on the submission before", err, errs.Conflict)
}

func TestOneOfManyDecisionsCounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	decision := grant(c, account.Verified, account.PaperOrganization, account.PaperRights)
	var counted atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		reviewer := accounttest.Reviewer(t, d.db.DB)
		wg.Go(func() {
			if err := d.s.DecideVerification(t.Context(), reviewer, decision); err == nil {
				counted.Add(1)
			} else if errs.KindOf(err) != errs.Conflict {
				t.Errorf("a late decision: %v, want Conflict", err)
			}
		})
	}
	wg.Wait()
	standing, err := d.s.Standing(t.Context(), d.org.Owner)
	if counted.Load() != 1 || err != nil || len(standing.Changes) != 1 {
		t.Errorf("%d of 20 decisions counted, %d levels given, %v, want one of each", counted.Load(), len(standing.Changes), err)
	}
	if n := len(mails(t, d.db.DB, emailOf(t, d.s, d.org.Owner.User))); n != 1 {
		t.Errorf("%d mails tell of it, want 1", n)
	}
}

func TestMemberNeverDecidesOnOwnOrganization(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	own := accounttest.Member(t, d.db.DB, d.org.ID, account.Viewer)
	own.Platform = postgres.Reviewer
	decision := grant(c, account.Verified, account.PaperOrganization, account.PaperRights)
	for _, a := range []postgres.Actor{own, {User: own.User, Platform: postgres.Reviewer}} {
		wantKind(t, "a decision by a member", d.s.DecideVerification(t.Context(), a, decision), errs.Forbidden)
		err := d.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO verification (id, organization_id, level, reason, expires_at, decided_by)
				VALUES (gen_random_uuid(), @organization, 'verified', 'x', now() + interval '1 day', @user)`,
				pgx.NamedArgs{"organization": d.org.ID, "user": a.User})
			return err
		})
		if !postgres.IsRefused(err) {
			t.Errorf("a level given by a member = %v, want refused by the database", err)
		}
	}
}

func TestOnlyReviewersDecide(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	decision := grant(c, account.Verified, account.PaperOrganization, account.PaperRights)
	for name, a := range map[string]postgres.Actor{
		"the owner": d.org.Owner, "a stranger": accounttest.Organization(t, d.db.DB).Owner, "nobody": {}, "the worker": {Platform: postgres.Worker},
	} {
		wantKind(t, "a decision by "+name, d.s.DecideVerification(t.Context(), a, decision), errs.NotFound)
		_, err := d.s.VerificationQueue(t.Context(), a)
		wantKind(t, "the queue for "+name, err, errs.NotFound)
		_, err = d.s.VerificationCase(t.Context(), a, c.ID)
		wantKind(t, "the case for "+name, err, errs.NotFound)
		wantKind(t, "a suspension by "+name, d.s.SuspendVerification(t.Context(), a, d.org.ID, "x"), errs.NotFound)
	}
	for _, role := range []account.Role{account.Editor, account.Viewer} {
		a := accounttest.Member(t, d.db.DB, d.org.ID, role)
		_, err := d.s.Request(t.Context(), a)
		wantKind(t, "the request for an "+string(role), err, errs.Forbidden)
		wantKind(t, "submitting by an "+string(role), d.s.SubmitRequest(t.Context(), a), errs.Forbidden)
	}
}

func TestReviewersSeeNothingBeforeItIsSubmitted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	doc := d.attach(t, account.PaperOrganization)
	r, err := d.s.Request(t.Context(), d.org.Owner)
	if err != nil {
		t.Fatal(err)
	}
	look := func(what string) {
		t.Helper()
		_, err := d.s.VerificationCase(t.Context(), d.reviewer, r.ID)
		wantKind(t, "the case of "+what, err, errs.NotFound)
		_, _, err = d.s.OpenDocument(t.Context(), d.reviewer, doc)
		wantKind(t, "the document of "+what, err, errs.NotFound)
	}
	look("a draft")
	if err := d.s.WithdrawRequest(t.Context(), d.org.Owner); err != nil {
		t.Fatal(err)
	}
	look("a withdrawn draft")
}

func TestDocumentsAreForManagersAndReviewersAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	doc := c.Documents[0].ID
	for _, a := range []postgres.Actor{d.org.Owner, accounttest.Member(t, d.db.DB, d.org.ID, account.Admin), d.reviewer} {
		got, r, err := d.s.OpenDocument(t.Context(), a, doc)
		if err != nil {
			t.Errorf("OpenDocument for %+v: %v", a, err)
			continue
		}
		body, err := io.ReadAll(r)
		r.Close()
		if err != nil || string(body) != pdf || got.MediaType != "application/pdf" {
			t.Errorf("OpenDocument = %d bytes of %s, %v", len(body), got.MediaType, err)
		}
	}
	_, _, err := d.s.OpenDocument(t.Context(), accounttest.Member(t, d.db.DB, d.org.ID, account.Editor), doc)
	wantKind(t, "a document for an editor", err, errs.Forbidden)
	for _, a := range []postgres.Actor{accounttest.Organization(t, d.db.DB).Owner, {}, {User: accounttest.User(t, d.db.DB), Organization: d.org.ID}} {
		_, _, err := d.s.OpenDocument(t.Context(), a, doc)
		wantKind(t, "a document for a stranger", err, errs.NotFound)
		wantKind(t, "removing it", d.s.RemoveDocument(t.Context(), a, doc), cond(a.User == "", errs.Unauthenticated, errs.NotFound))
	}
}

func cond(yes bool, a, b errs.Kind) errs.Kind {
	if yes {
		return a
	}
	return b
}

func TestAttachLooksAtTheContent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, file, content string
		kind                account.Paper
		want                errs.Kind
		ok                  bool
	}{
		{"a picture named as a PDF is a picture", "a.pdf", picture.String(), account.PaperOther, 0, true},
		{"HTML named as a PDF is refused", "a.pdf", "<!DOCTYPE html><script>alert(1)</script>", account.PaperOther, errs.Invalid, false},
		{"a program is refused", "a.png", "MZ\x90\x00" + strings.Repeat("\x00", 200), account.PaperOther, errs.Invalid, false},
		{"SVG is refused", "a.png", `<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`, account.PaperOther, errs.Invalid, false},
		{"nothing is refused", "a.pdf", "", account.PaperOther, errs.Invalid, false},
		{"20 MiB and a byte are too much", "a.pdf", pdf + strings.Repeat("%", 20<<20), account.PaperOther, errs.TooLarge, false},
		{"an unknown kind is refused", "a.pdf", pdf, "secret", errs.Invalid, false},
	}
	for _, tt := range tests {
		_, err := d.s.Attach(t.Context(), d.org.Owner, tt.kind, tt.file, strings.NewReader(tt.content))
		if tt.ok && err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if !tt.ok {
			wantKind(t, tt.name, err, tt.want)
		}
	}
	for _, name := range []string{"../../etc/passwd", `C:\Users\ada\a.pdf`, "a\r\nSet-Cookie: x.pdf", "\u202efdp.exe", strings.Repeat("long", 100) + ".pdf", "", ".", `a"b.pdf`} {
		doc, err := d.s.Attach(t.Context(), d.org.Owner, account.PaperOther, name, strings.NewReader(pdf))
		if err != nil {
			t.Errorf("Attach of %q: %v", name, err)
			continue
		}
		got, r, err := d.s.OpenDocument(t.Context(), d.org.Owner, doc)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		if strings.ContainsAny(got.Name, "/\\\"\r\n\u202e") || got.Name == "" || len(got.Name) > 200 {
			t.Errorf("name kept for %q = %q", name, got.Name)
		}
	}
}

func TestIncompleteRequestNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	err := d.s.SubmitRequest(t.Context(), d.org.Owner)
	var fields []string
	for _, f := range errs.FieldsOf(err) {
		fields = append(fields, f.Field)
	}
	want := "legal_name country registry_number postal_address website contact_name contact_role rights_basis file file"
	if got := strings.Join(fields, " "); got != want {
		t.Errorf("missing = %q, want %q", got, want)
	}
	bad := identity
	bad.Country, bad.Website, bad.LegalName = "XX", "javascript:alert(1)", "two\nlines"
	fields = nil
	for _, f := range errs.FieldsOf(d.s.SaveIdentity(t.Context(), d.org.Owner, bad)) {
		fields = append(fields, f.Field)
	}
	if got, want := strings.Join(fields, " "), "legal_name country website"; got != want {
		t.Errorf("malformed = %q, want %q", got, want)
	}
}

func TestSuspensionEndsWithTheLevelBefore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	accounttest.Verify(t, d.db.DB, d.org.ID)
	wantKind(t, "a suspension without a reason", d.s.SuspendVerification(t.Context(), d.reviewer, d.org.ID, " "), errs.Invalid)
	if err := d.s.SuspendVerification(t.Context(), d.reviewer, d.org.ID, "A complaint."); err != nil {
		t.Fatal(err)
	}
	if got := d.level(t); got != account.Suspended {
		t.Errorf("level = %q, want suspended", got)
	}
	wantKind(t, "a second suspension", d.s.SuspendVerification(t.Context(), d.reviewer, d.org.ID, "Again."), errs.Conflict)
	if err := d.s.RestoreVerification(t.Context(), d.reviewer, d.org.ID, "Settled."); err != nil {
		t.Fatal(err)
	}
	standing, err := d.s.Standing(t.Context(), d.org.Owner)
	if err != nil || standing.Level != account.Verified || len(standing.Changes) != 3 {
		t.Fatalf("standing = %+v, %v, want verified after three changes", standing, err)
	}
	if got, want := *standing.Changes[0].ExpiresAt, *standing.Changes[2].ExpiresAt; !got.Equal(want) {
		t.Errorf("the level lasts until %v, want %v as before", got, want)
	}
	wantKind(t, "restoring what is not suspended", d.s.RestoreVerification(t.Context(), d.reviewer, d.org.ID, "Again."), errs.Conflict)
}

func TestLevelsAreNeverChanged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	accounttest.Verify(t, d.db.DB, d.org.ID)
	for _, sql := range []string{`UPDATE verification SET level = 'verified'`, `DELETE FROM verification`} {
		err := d.db.InTx(t.Context(), d.reviewer, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if !postgres.IsRefused(err) {
			t.Errorf("%s = %v, want refused", sql, err)
		}
	}
}

func TestNewRequestBeginsWithTheAnswersBefore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	if err := d.s.DecideVerification(t.Context(), d.reviewer, grant(c, account.Verified, account.PaperOrganization, account.PaperRights)); err != nil {
		t.Fatal(err)
	}
	d.attach(t, account.PaperOrganization)
	r, err := d.s.Request(t.Context(), d.org.Owner)
	if err != nil || r.ID == c.ID || r.Identity != identity || r.State != account.RequestDraft || len(r.Documents) != 1 {
		t.Errorf("the new request = %+v, %v", r, err)
	}
	if d.level(t) != account.Verified {
		t.Error("a new request takes the level away")
	}
}
