package verification_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
	"assay/internal/verification"
)

func TestLevelsNeedTheirPapersAndChecks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	change := func(item string, state verification.CheckState, note string) func(*verification.Decision) {
		return func(n *verification.Decision) {
			for i := range n.Checks {
				if n.Checks[i].Item == item {
					n.Checks[i].State, n.Checks[i].Note = state, note
				}
			}
		}
	}
	tests := []struct {
		name     string
		level    verification.Level
		accepted []vault.Kind
		change   func(*verification.Decision)
		field    string
	}{
		{"verified without any paper", verification.Verified, nil, nil, "level"},
		{"verified without rights papers", verification.Verified, []vault.Kind{org}, nil, "level"},
		{"verified without organization papers", verification.Verified, []vault.Kind{rights}, nil, "level"},
		{"rights papers that were not accepted", verification.RightsDocuments, []vault.Kind{org}, nil, "level"},
		{"organization papers that were not accepted", verification.OrgDocuments, nil, nil, "level"},
		{"suspended is no answer to a request", verification.Suspended, []vault.Kind{org, rights}, nil, "level"},
		{"expired is never given", verification.Expired, []vault.Kind{org, rights}, nil, "level"},
		{"an open question", verification.Verified, []vault.Kind{org, rights}, change("ethics", "", ""), "check-ethics"},
		{"a no", verification.Verified, []vault.Kind{org, rights}, change("ethics", verification.NotMet, "None."), "check-ethics"},
		{"a no to a question of the level", verification.RightsDocuments, []vault.Kind{org, rights}, change("consent", verification.NotMet, "None."), "check-consent"},
		{"does not apply, without a note", verification.Verified, []vault.Kind{org, rights}, change("baa", verification.NotApplicable, " "), "note-baa"},
		{"an answer that is none", verification.Verified, []vault.Kind{org, rights}, change("baa", "perhaps", "x"), "check-baa"},
		{"a signer whom nobody named", verification.Verified, []vault.Kind{org, rights}, change("signer", verification.Met, ""), "check-signer"},
	}
	for _, tt := range tests {
		n := grant(c, tt.level, tt.accepted...)
		if tt.change != nil {
			tt.change(&n)
		}
		err := d.s.Decide(t.Context(), d.reviewer, n)
		var fields []string
		for _, f := range errs.FieldsOf(err) {
			fields = append(fields, f.Field)
		}
		if !slices.Contains(fields, tt.field) {
			t.Errorf("%s: mistakes in %v (%v), want %s among them", tt.name, fields, err, tt.field)
		}
	}
	if got := d.level(t); got != verification.Unverified {
		t.Errorf("level = %q, want unverified", got)
	}
	lower := grant(c, verification.OrgDocuments, org)
	change("ethics", verification.NotMet, "Missing.")(&lower)
	if err := d.s.Decide(t.Context(), d.reviewer, lower); err != nil {
		t.Fatalf("a lower level that does not stand for the ethics: %v", err)
	}
	again, err := d.s.Case(t.Context(), d.reviewer, c.ID)
	if err != nil || len(again.Checks) != len(verification.Checklist()) || again.Checks[0].By == "" || again.Checks[0].At.IsZero() {
		t.Errorf("checklist kept = %+v, %v, want each answer with who and when", again.Checks, err)
	}
}

func TestDomainIsMetOnlyIfSomethingShowsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t) // accounttest's users are of example.org, and so is the website
	c := d.submitted(t)
	if len(c.DomainMembers) != 1 || !strings.HasSuffix(c.DomainMembers[0], "@example.org") {
		t.Errorf("DomainMembers = %v, want the owner", c.DomainMembers)
	}
	if err := d.s.Decide(t.Context(), d.reviewer, grant(c, verification.EmailDomain)); err != nil {
		t.Errorf("Decide: %v", err)
	}
	other := identity
	other.Website = "https://notexample.org"
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, other); err != nil {
		t.Fatal(err)
	}
	d.attach(t, org)
	d.attach(t, rights)
	c = d.submit(t)
	if len(c.DomainMembers) != 0 {
		t.Errorf("DomainMembers = %v, want none", c.DomainMembers)
	}
	n := grant(c, verification.EmailDomain)
	for i := range n.Checks {
		n.Checks[i].State = verification.Met
	}
	wantKind(t, "a domain that nothing shows", d.s.Decide(t.Context(), d.reviewer, n), errs.Invalid)
}

// At a mail service that gives anybody an address, an address shows nothing of
// whose the domain is.
func TestAddressesOfFreeMailServicesNeverMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		website, email string
		matches        bool
	}{
		{"https://www.gmail.com", "ada@gmail.com", false},
		{"https://gmx.de", "ada@gmx.de", false},
		{"https://mailbox.org", "ada@mailbox.org", false},
		{"https://ada.proton.me", "owner@ada.proton.me", false},
		{"https://northfield-imaging.example", "ada@northfield-imaging.example", true},
		{"https://notgmail.example", "ada@notgmail.example", true},
		{"https://hospital.net.ua", "ada@hospital.net.ua", true}, // under a public suffix that the list holds
	} {
		t.Run(tt.website, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.super(t, `UPDATE app_user SET email = $2 WHERE id = $1`, string(d.org.Owner.User), tt.email)
			at := identity
			at.Website = tt.website
			if err := d.s.SaveIdentity(t.Context(), d.org.Owner, at); err != nil {
				t.Fatal(err)
			}
			d.attach(t, org)
			d.attach(t, rights)
			c := d.submit(t)
			if got := c.DomainHolds(); got != tt.matches || (len(c.DomainMembers) == 1) != tt.matches || c.FreeMail == tt.matches {
				t.Errorf("the domain holds: %v by %v, free mail %v; want %v", got, c.DomainMembers, c.FreeMail, tt.matches)
			}
		})
	}
}

func TestReturnedRequestSaysWhatToMendAndWhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stale := d.submitted(t)
	paper := stale.Documents[0].Document
	wantKind(t, "a return without a reason from the list", d.s.Decide(t.Context(), d.reviewer, verification.Decision{
		Request: stale.ID, SubmittedAt: *stale.SubmittedAt, Outcome: verification.RequestReturned, Reason: "No."}), errs.Invalid)
	for _, gap := range []verification.Gap{
		{Code: "invented", Place: "website"}, {Code: "outdated", Place: "website"}, {Code: "name_differs", Place: string(paper)},
		{Code: "outdated", Place: string(id.New[id.Document]())},
	} {
		wantKind(t, "a reason that is not on the list", d.s.Decide(t.Context(), d.reviewer, returned(stale, gap)), errs.Invalid)
	}
	back := returned(stale, verification.Gap{Code: "outdated", Place: string(paper)}, verification.Gap{Code: "name_differs", Place: "legal_name"})
	back.Rejected = []id.Document{paper}
	if err := d.s.Decide(t.Context(), d.reviewer, back); err != nil {
		t.Fatal(err)
	}
	r, err := d.s.Request(t.Context(), d.org.Owner)
	if err != nil || r.State != verification.RequestReturned || len(r.Gaps) != 2 || r.Gaps[0].Label() == "" {
		t.Errorf("the returned request = %s with %+v, %v", r.State, r.Gaps, err)
	}
	if told := d.told(t); len(told) != 1 || !strings.Contains(told[0], "too old") || !strings.Contains(told[0], "The extract is of 2019.") {
		t.Errorf("notices = %q, want one with the reasons", told)
	}
	if err := d.s.Replace(t.Context(), d.org.Owner, paper, verification.Paper{Name: "new.pdf", Content: strings.NewReader(pdf + "new")}); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	c := d.submit(t)
	i := slices.IndexFunc(c.Documents, func(doc verification.Document) bool { return doc.Document == paper })
	if i < 0 || c.Documents[i].Number != 2 || len(c.Gaps) != 0 {
		t.Errorf("submitted again: %+v, reasons %v, want the second version and none", c.Documents, c.Gaps)
	}
	_, _, err = d.s.OpenDocument(t.Context(), d.reviewer, vault.Ref{Document: paper, Number: 2})
	if err != nil {
		t.Errorf("the reviewer opens the second version: %v", err)
	}
	err = d.s.Decide(t.Context(), d.reviewer, verification.Decision{
		Request: stale.ID, SubmittedAt: *stale.SubmittedAt, Outcome: verification.RequestRefused, Reason: "As seen on the old page."})
	wantKind(t, "a decision on the submission before", err, errs.Conflict)
}

// The seller, later requests and approvals without a reviewer read from the
// papers themselves what was thought of them.
func TestADecisionStandsOnEachOfItsPapers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	if err := d.s.Decide(t.Context(), d.reviewer, grant(c, verification.OrgDocuments, org)); err != nil {
		t.Fatal(err)
	}
	got, err := d.s.Request(t.Context(), d.org.Owner)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[vault.Kind]string{}
	for _, doc := range got.Documents {
		verdicts[doc.Kind] = doc.Verdict
	}
	if diff := cmp.Diff(map[vault.Kind]string{org: "accepted", rights: "rejected"}, verdicts); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

func TestAPaperOfAnotherRequestIsNotJudged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	decision := grant(d.submitted(t), verification.OrgDocuments, org)
	decision.Rejected = []id.Document{id.New[id.Document]()}
	wantKind(t, "judging a paper that the request does not name", d.s.Decide(t.Context(), d.reviewer, decision), errs.Conflict)
	if got := d.level(t); got != verification.Unverified {
		t.Errorf("level = %q, want unverified", got)
	}
}

func TestDecisionsKeepWhatTheyName(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	extra := c.Documents[0].Document
	if err := d.s.Decide(t.Context(), d.reviewer, grant(c, verification.Verified, org, rights)); err != nil {
		t.Fatal(err)
	}
	for _, doc := range c.Documents {
		wantKind(t, "removing a paper that a decision names", d.s.RemoveDocument(t.Context(), d.org.Owner, doc.Document), errs.Conflict)
		wantKind(t, "taking it out of the request", d.s.Detach(t.Context(), d.org.Owner, doc.Document), errs.NotFound)
	}
	if err := d.s.Replace(t.Context(), d.org.Owner, extra, verification.Paper{Name: "new.pdf", Content: strings.NewReader(pdf + "new")}); err != nil {
		t.Fatal(err)
	}
	again, err := d.s.Request(t.Context(), d.org.Owner)
	if err != nil || again.ID != c.ID || again.Documents[0].Number != 1 || again.Documents[0].IsCurrent {
		t.Errorf("the decided request names %+v, %v, want version 1 as before", again.Documents[0], err)
	}
}

func TestDocumentsAreForManagersAndReviewersAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	ref := c.Documents[0].Ref()
	for _, a := range []postgres.Actor{d.org.Owner, accounttest.Member(t, d.db.DB, d.org.ID, account.Admin), d.reviewer} {
		v, body, err := d.s.OpenDocument(t.Context(), a, ref)
		if err != nil || string(body) != pdf+string(org) || v.MediaType != "application/pdf" {
			t.Errorf("OpenDocument for %+v = %d bytes of %s, %v", a, len(body), v.MediaType, err)
		}
	}
	_, _, err := d.s.OpenDocument(t.Context(), accounttest.Member(t, d.db.DB, d.org.ID, account.Editor), ref)
	wantKind(t, "a document for an editor", err, errs.Forbidden)
	for _, a := range []postgres.Actor{accounttest.Organization(t, d.db.DB).Owner, {}, {User: accounttest.User(t, d.db.DB), Organization: d.org.ID}} {
		_, _, err := d.s.OpenDocument(t.Context(), a, ref)
		wantKind(t, "a document for a stranger", err, errs.NotFound)
		for what, err := range map[string]error{
			"removing it": d.s.RemoveDocument(t.Context(), a, ref.Document), "detaching it": d.s.Detach(t.Context(), a, ref.Document),
			"replacing it": d.s.Replace(t.Context(), a, ref.Document, verification.Paper{Name: "x.pdf", Content: strings.NewReader(pdf)}),
		} {
			want := errs.NotFound
			if a.User == "" {
				want = errs.Unauthenticated
			}
			wantKind(t, what+" by a stranger", err, want)
		}
	}
	_, err = d.s.Attach(t.Context(), d.org.Owner, verification.Paper{Kind: "secret", Name: "a.pdf", Content: strings.NewReader(pdf)})
	wantKind(t, "an unknown kind", err, errs.Invalid)
}

func TestALevelFallsWhenARightsPaperEnds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, identity); err != nil {
		t.Fatal(err)
	}
	d.attachUntil(t, org, d.day(10))
	d.attach(t, rights)
	d.attachUntil(t, vault.IRBApproval, d.day(40))
	d.attachUntil(t, vault.ConsentForm, d.day(20))
	c := d.submit(t)
	if err := d.s.Decide(t.Context(), d.reviewer, grant(c, verification.Verified, org, rights, vault.IRBApproval)); err != nil {
		t.Fatal(err)
	}
	standing, err := d.s.Standing(t.Context(), d.org.Owner)
	if err != nil || standing.Level != verification.Verified || !standing.Changes[0].RightsUntil.Equal(*d.day(40)) {
		t.Fatalf("standing = %+v, %v, want verified until the accepted approval ends", standing, err)
	}
	d.super(t, `UPDATE verification SET rights_until = (now() AT TIME ZONE 'UTC')::date`)
	if got := d.level(t); got != verification.Verified {
		t.Errorf("level on the paper's last day = %q, want verified", got)
	}
	d.super(t, `UPDATE verification SET rights_until = (now() AT TIME ZONE 'UTC')::date - 1`)
	standing, err = d.s.Standing(t.Context(), d.org.Owner)
	if err != nil || standing.Level != verification.OrgDocuments || !standing.RightsLapsed() {
		t.Errorf("standing after it = %+v, %v, want org_documents", standing, err)
	}
}

func TestAGrantDoesNotEndASuspension(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.submitted(t)
	if err := d.s.Suspend(t.Context(), d.reviewer, d.org.ID, "A complaint."); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "a grant while suspended", d.s.Decide(t.Context(), d.reviewer, grant(c, verification.Verified, org, rights)), errs.Conflict)
	if got := d.level(t); got != verification.Suspended {
		t.Errorf("level = %q, want suspended", got)
	}
}

func TestEndsAreToldOnceEach(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, identity); err != nil {
		t.Fatal(err)
	}
	d.attach(t, org)
	d.attachUntil(t, rights, d.day(50))
	if err := d.s.Decide(t.Context(), d.reviewer, grant(d.submit(t), verification.Verified, org, rights)); err != nil {
		t.Fatal(err)
	}
	d.super(t, `UPDATE seller_level SET expires_at = $1`, d.now.AddDate(0, 0, 30))
	sweep := func() (kinds []string) {
		t.Helper()
		d.super(t, `DELETE FROM notice_event`)
		for range 2 {
			if err := d.s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range d.told(t) {
			kind, _, _ := strings.Cut(text, ":")
			kinds = append(kinds, kind)
			if strings.Contains(text, "paper.pdf") {
				t.Errorf("a notice names a file: %s", text)
			}
		}
		slices.Sort(kinds)
		return kinds
	}
	for _, tt := range []struct {
		days int
		want []string
	}{
		{0, []string{"document_expiring", "verification_expiring"}}, // 50 and 30 days left
		{22, []string{"document_expiring"}},                         // 28 left of the document
		{3, []string{"verification_expiring"}},                      // 5 left of the level
		{18, []string{"document_expiring"}},                         // 7 left of the document
		{10, nil},                                                   // both are over
	} {
		*d.now = d.now.AddDate(0, 0, tt.days)
		if got := sweep(); !slices.Equal(got, tt.want) {
			t.Errorf("told %d days later: %v, want %v", tt.days, got, tt.want)
		}
	}
}
