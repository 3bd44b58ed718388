package verification_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
	"assay/internal/verification"
)

func TestWhoSignsIsAcceptedByAReviewer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	member := accounttest.Member(t, d.db.DB, d.org.ID, account.Editor)
	if err := d.s.SaveIdentity(t.Context(), d.org.Owner, identity); err != nil {
		t.Fatal(err)
	}
	d.attach(t, org)
	rightsPaper := d.attach(t, rights)
	paper := d.attachUntil(t, vault.SigningAuthority, d.day(100))
	name := func(n verification.NewSigner) error { return d.s.NameSigner(t.Context(), d.org.Owner, n) }
	good := verification.NewSigner{User: member.User, Title: "Managing director", Document: paper, ValidUntil: d.day(90)}
	for what, change := range map[string]func(*verification.NewSigner){
		"a stranger":                    func(n *verification.NewSigner) { n.User = d.reviewer.User },
		"no title":                      func(n *verification.NewSigner) { n.Title = " " },
		"a title of two lines":          func(n *verification.NewSigner) { n.Title = "a\nb" },
		"no document":                   func(n *verification.NewSigner) { n.Document = "" },
		"a document of another kind":    func(n *verification.NewSigner) { n.Document = rightsPaper },
		"nobody's document":             func(n *verification.NewSigner) { n.Document = id.New[id.Document]() },
		"no day":                        func(n *verification.NewSigner) { n.ValidUntil = nil },
		"a day that is over":            func(n *verification.NewSigner) { n.ValidUntil = d.day(-1) },
		"a day after the document ends": func(n *verification.NewSigner) { n.ValidUntil = d.day(101) },
	} {
		n := good
		change(&n)
		wantKind(t, what, name(n), errs.Invalid)
	}
	wantKind(t, "named by an editor", d.s.NameSigner(t.Context(), member, good), errs.Forbidden)
	if err := name(good); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "named twice", name(good), errs.Invalid)
	wantKind(t, "removing the document", d.s.RemoveDocument(t.Context(), d.org.Owner, paper), errs.Conflict)
	actor := postgres.Actor{User: member.User, Organization: d.org.ID}
	maySign := func(at time.Time) error {
		return d.db.InTx(t.Context(), actor, func(tx pgx.Tx) error { return verification.RequireSigner(t.Context(), tx, actor, at) })
	}
	wantKind(t, "signing before a reviewer accepts", maySign(*d.now), errs.Forbidden)
	err := d.db.InTx(t.Context(), d.reviewer, func(tx pgx.Tx) error {
		list, err := verification.Signers(t.Context(), tx, d.org.ID)
		if len(list) != 0 {
			t.Errorf("a reviewer sees %d signers before submission", len(list))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c := d.submit(t)
	if len(c.Signers) != 1 || c.Signers[0].Title != "Managing director" {
		t.Fatalf("signers of the case = %+v", c.Signers)
	}
	if _, _, err := d.s.OpenDocument(t.Context(), d.reviewer, c.Signers[0].Ref()); err != nil {
		t.Errorf("the reviewer opens the authority: %v", err)
	}
	n := grant(c, verification.Verified, org, rights, vault.SigningAuthority)
	n.Signers = map[id.Signer]bool{c.Signers[0].ID: true}
	for i := range n.Checks {
		n.Checks[i].State, n.Checks[i].Note = verification.Met, ""
	}
	before := *d.now
	*d.now = before.AddDate(0, 0, 92)
	if got := errs.FieldsOf(d.s.Decide(t.Context(), d.reviewer, n)); len(got) != 1 || got[0].Field != "check-signer" {
		t.Errorf("somebody may sign, after the last day: mistakes %v, want one of the check", got)
	}
	*d.now = before
	if err := d.s.Decide(t.Context(), d.reviewer, n); err != nil {
		t.Fatal(err)
	}
	if err := maySign(*d.now); err != nil {
		t.Errorf("signing after a reviewer accepted: %v", err)
	}
	if err := maySign(d.day(90).Add(23 * time.Hour)); err != nil {
		t.Errorf("signing on the last day: %v", err)
	}
	wantKind(t, "signing after the last day", maySign(*d.day(91)), errs.Forbidden)
	wantKind(t, "taken back without a reason", d.s.TakeBackSigner(t.Context(), d.reviewer, d.org.ID, c.Signers[0].ID, " "), errs.Invalid)
	wantKind(t, "taken back by an owner", d.s.TakeBackSigner(t.Context(), d.org.Owner, d.org.ID, c.Signers[0].ID, "No."), errs.NotFound)
	other := accounttest.Organization(t, d.db.DB)
	wantKind(t, "taken back as one of another organization", d.s.TakeBackSigner(t.Context(), d.reviewer, other.ID, c.Signers[0].ID, "No."), errs.Conflict)
	stranger := other.Owner
	wantKind(t, "a stranger removes the signer", d.s.RemoveSigner(t.Context(), stranger, c.Signers[0].ID), errs.NotFound)
	if err := d.as(t, d.org.Owner, `UPDATE signer SET state = 'accepted', decided_by = user_id, decided_at = now()`); !postgres.IsRefused(err) {
		t.Errorf("an owner accepts its own signer: %v, want refused", err)
	}
	if err := d.s.RemoveSigner(t.Context(), d.org.Owner, c.Signers[0].ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "signing after it was taken back", maySign(*d.now), errs.Forbidden)
	if err := name(good); err != nil {
		t.Errorf("naming again: %v", err)
	}
	if told := d.told(t); len(told) != 1 || strings.Contains(told[0], "Managing director") {
		t.Errorf("notices = %q, want the one of the decision", told)
	}
}

func TestAnAcceptedSignerIsTakenBackByAReviewer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	paper := d.attach(t, vault.SigningAuthority)
	if err := d.s.NameSigner(t.Context(), d.org.Owner, verification.NewSigner{User: d.org.Owner.User, Title: "Director", Document: paper, ValidUntil: d.day(90)}); err != nil {
		t.Fatal(err)
	}
	c := d.submitted(t)
	n := grant(c, verification.Verified, org, rights, vault.SigningAuthority)
	n.Signers = map[id.Signer]bool{c.Signers[0].ID: true}
	if err := d.s.Decide(t.Context(), d.reviewer, n); err != nil {
		t.Fatal(err)
	}
	maySign := func() error {
		return d.db.InTx(t.Context(), d.org.Owner, func(tx pgx.Tx) error { return verification.RequireSigner(t.Context(), tx, d.org.Owner, *d.now) })
	}
	if err := maySign(); err != nil {
		t.Fatal(err)
	}
	d.told(t)
	if err := d.s.TakeBackSigner(t.Context(), d.reviewer, d.org.ID, c.Signers[0].ID, "The power of attorney was withdrawn."); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "signing after it", maySign(), errs.Forbidden)
	wantKind(t, "taken back twice", d.s.TakeBackSigner(t.Context(), d.reviewer, d.org.ID, c.Signers[0].ID, "Again."), errs.Conflict)
	if told := d.told(t); len(told) == 0 || !strings.Contains(told[len(told)-1]+told[0], "The power of attorney was withdrawn.") {
		t.Errorf("notices = %q, want the reason", told)
	}
}
