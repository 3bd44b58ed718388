package credential_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/credential"
	"assay/internal/credential/credentialtest"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

func TestReviewerChecksACredentialOnceAndItStaysAsItWas(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	person, key := r.submitted("Reader 1")

	r.decide(key, credential.Verified)

	a, err := r.Annotator(t.Context(), r.org.Owner, person)
	ok(t, err)
	if !a.Holds(time.Now()) || !a.IsFixed() {
		t.Errorf("after the check: holds %v, fixed %v, want both", a.Holds(time.Now()), a.IsFixed())
	}
	if c := a.Credentials[0]; !strings.HasPrefix(c.DecidedBy, "User ") || c.VerifiedOn == nil || c.Number != "EBR-4711" {
		t.Errorf("the organization reads by %q, on %v, number %q", c.DecidedBy, c.VerifiedOn, c.Number)
	}
	if diff := cmp.Diff([]id.Annotator{person}, r.told.of); diff != "" {
		t.Errorf("the catalog was told of (-want +got):\n%s", diff)
	}
	wantKind(t, "a second decision", r.Decide(t.Context(), r.reviewer, credential.Decision{Credential: key, Outcome: credential.Refused, Reason: "No."}), errs.Conflict)
	wantKind(t, "a correction", r.Correct(t.Context(), r.org.Owner, key, credentialtest.Facts(nil), nil), errs.Conflict)
	wantKind(t, "a withdrawal", r.Withdraw(t.Context(), r.org.Owner, key), errs.Conflict)
	wantKind(t, "a removal", r.Drop(t.Context(), r.org.Owner, key), errs.Conflict)
	for _, sql := range []string{
		`UPDATE credential SET body = 'Another board' WHERE id = $1`,
		`UPDATE credential SET expires_on = NULL WHERE id = $1`,
		`UPDATE credential SET number_sealed = '' WHERE id = $1`,
		`UPDATE credential SET state = 'draft' WHERE id = $1`,
		`UPDATE credential SET state = 'expired' WHERE id = $1`,
	} {
		for _, actor := range []postgres.Actor{r.org.Owner, r.reviewer, {Platform: postgres.Worker}} {
			if n, err := r.as(actor, sql, key); err == nil && n > 0 {
				t.Errorf("%s as %+v changed a checked credential", sql, actor)
			}
		}
	}
	if n, err := r.as(r.org.Owner, `UPDATE annotator SET role = 'pathologist' WHERE id = $1`, person); err == nil && n > 0 {
		t.Error("the profession of a checked person was changed")
	}
}

// A check that turns out to be wrong is taken back, with a reason, once, by a
// reviewer outside the organization.
func TestACheckIsRevokedAndCountsNowhere(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	person, key := r.submitted("Reader 1")
	wantKind(t, "revoking what waits", r.Revoke(t.Context(), r.reviewer, key, "The board knows no such number."), errs.Conflict)
	r.decide(key, credential.Verified)
	r.told.of = nil

	wantKind(t, "without a reason", r.Revoke(t.Context(), r.reviewer, key, " "), errs.Invalid)
	wantKind(t, "by the organization", r.Revoke(t.Context(), r.org.Owner, key, "We do not want it."), errs.NotFound)
	own := postgres.Actor{User: r.org.Owner.User, Platform: postgres.Reviewer}
	wantKind(t, "by a reviewer of its own", r.Revoke(t.Context(), own, key, "Forged."), errs.Forbidden)
	ok(t, r.Revoke(t.Context(), r.reviewer, key, "The board says that it never gave it."))

	a, err := r.Annotator(t.Context(), r.org.Owner, person)
	ok(t, err)
	if c := a.Credentials[0]; a.Holds(time.Now()) || c.State != credential.Revoked || c.VerifiedOn == nil || !strings.Contains(c.Reason, "never gave it") {
		t.Errorf("after the revocation: holds %v, %+v", a.Holds(time.Now()), c)
	}
	if !a.IsFixed() {
		t.Error("a person whose check was revoked may be renamed")
	}
	if diff := cmp.Diff([]id.Annotator{person}, r.told.of); diff != "" {
		t.Errorf("the catalog was told of (-want +got):\n%s", diff)
	}
	wantKind(t, "a second revocation", r.Revoke(t.Context(), r.reviewer, key, "Again."), errs.Conflict)
	for _, sql := range []string{
		`UPDATE credential SET state = 'verified' WHERE id = $1`,
		`UPDATE credential SET reason = 'Something else' WHERE id = $1`,
	} {
		for _, actor := range []postgres.Actor{r.org.Owner, r.reviewer, {Platform: postgres.Worker}} {
			if n, err := r.as(actor, sql, key); err == nil && n > 0 {
				t.Errorf("%s as %+v changed a revoked credential", sql, actor)
			}
		}
	}
}

func TestCheckNeedsWhatItStandsFor(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, key := r.submitted("Reader 1")
	tests := []struct {
		name   string
		change func(*credential.Decision)
		field  string
	}{
		{"the name matches", func(d *credential.Decision) { d.Checks.NameMatches = false }, "name_matches"},
		{"the body exists", func(d *credential.Decision) { d.Checks.BodyExists = false }, "body_exists"},
		{"the number is in the register", func(d *credential.Decision) { d.Checks.NumberChecked = false }, "number_checked"},
		{"it is in force", func(d *credential.Decision) { d.Checks.InForce = false }, "in_force"},
		{"the register is named", func(d *credential.Decision) { d.Checks.RegisterURL = "" }, "register_url"},
		{"the register is a web address", func(d *credential.Decision) { d.Checks.RegisterURL = "javascript:alert(1)" }, "register_url"},
		{"the register was looked up on a day", func(d *credential.Decision) { d.Checks.RegisterOn = nil }, "register_on"},
		{"that day has come", func(d *credential.Decision) { d.Checks.RegisterOn = inDays(2) }, "register_on"},
		{"a refusal says why", func(d *credential.Decision) { d.Outcome = credential.Refused }, "reason"},
		{"there is an outcome", func(d *credential.Decision) { d.Outcome = credential.Draft }, "outcome"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := credentialtest.Decision(t, r.Service, r.reviewer, key, credential.Verified)
			tt.change(&d)
			fields := errs.FieldsOf(r.Decide(t.Context(), r.reviewer, d))
			if len(fields) != 1 || fields[0].Field != tt.field {
				t.Errorf("Decide: %v, want a mistake at %s", fields, tt.field)
			}
		})
	}
	if got := r.state(key); got != credential.Submitted {
		t.Errorf("after all refusals: %s", got)
	}
	n, err := r.as(r.reviewer, `UPDATE credential SET state = 'verified', decided_by = $2, decided_at = now(), verified_by = $2, verified_on = current_date WHERE id = $1`, key, r.reviewer.User)
	if err == nil {
		t.Errorf("the database took a check without its checklist (%d rows)", n)
	}
}

func TestNobodyDecidesForTheirOwnOrganization(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, key := r.submitted("Reader 1")
	_, err := r.as(postgres.Actor{User: r.reviewer.User, Organization: r.org.ID}, `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, $3)`,
		r.org.ID, r.reviewer.User, account.Viewer)
	ok(t, err)

	for _, actor := range []postgres.Actor{r.reviewer, {User: r.reviewer.User, Platform: postgres.Reviewer, Organization: r.org.ID}} {
		d := credentialtest.Decision(t, r.Service, actor, key, credential.Verified)
		wantKind(t, "a member's decision", r.Decide(t.Context(), actor, d), errs.Forbidden)
		n, err := r.as(actor, `UPDATE credential SET state = 'refused', decided_by = $2, decided_at = now(), reason = 'No.' WHERE id = $1`, key, actor.User)
		if err == nil && n > 0 {
			t.Error("the database took a member's decision")
		}
	}
	if got := r.state(key); got != credential.Submitted {
		t.Errorf("state %s, want submitted", got)
	}
}

func TestOneOfManyDecisionsHolds(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, key := r.submitted("Reader 1")
	const many = 20
	decisions := make([]credential.Decision, many)
	reviewers := make([]postgres.Actor, many)
	for i := range many {
		outcome := []credential.State{credential.Verified, credential.Refused, credential.Returned}[i%3]
		reviewers[i] = accounttest.Reviewer(t, r.db.DB)
		decisions[i] = credentialtest.Decision(t, r.Service, reviewers[i], key, outcome)
	}
	results := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() { results[i] = r.Decide(t.Context(), reviewers[i], decisions[i]) })
	}
	wg.Wait()

	won := -1
	for i, err := range results {
		switch {
		case err == nil && won >= 0:
			t.Errorf("decisions %d and %d both hold", won, i)
		case err == nil:
			won = i
		default:
			wantKind(t, "a late decision", err, errs.Conflict)
		}
	}
	if won < 0 || r.state(key) != decisions[won].Outcome {
		t.Fatalf("decision %d holds, the state is %s", won, r.state(key))
	}
	if n := r.text(`SELECT count(*)::text FROM activity WHERE verb = 'credential.decide'`); n != "1" {
		t.Errorf("%s decisions are recorded, want 1", n)
	}
}

func TestDecisionIsAboutTheSubmissionThatWasSeen(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, key := r.submitted("Reader 1")
	d := credentialtest.Decision(t, r.Service, r.reviewer, key, credential.Verified)

	ok(t, r.Withdraw(t.Context(), r.org.Owner, key))
	wantKind(t, "a decision on a withdrawn credential", r.Decide(t.Context(), r.reviewer, d), errs.NotFound)
	ok(t, r.Correct(t.Context(), r.org.Owner, key, credential.Facts{Kind: credential.MedicalLicense, Body: "Example Council", Number: "X 1"}, nil))
	ok(t, r.Submit(t.Context(), r.org.Owner, key))

	wantKind(t, "a decision on what was seen before", r.Decide(t.Context(), r.reviewer, d), errs.Conflict)
}

func TestReturnedCredentialIsMendedAndComesBack(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, key := r.submitted("Reader 1")

	r.decide(key, credential.Returned)
	_, _, err := r.OpenEvidence(t.Context(), r.org.Owner, key)
	ok(t, err)
	ok(t, r.Correct(t.Context(), r.org.Owner, key, credentialtest.Facts(inDays(30)), &credential.Evidence{Name: "better.pdf", Content: strings.NewReader("%PDF-1.7\nbetter\n%%EOF\n")}))
	ok(t, r.Submit(t.Context(), r.org.Owner, key))
	r.decide(key, credential.Verified)

	c, err := r.Credential(t.Context(), r.org.Owner, key)
	ok(t, err)
	if c.State != credential.Verified || c.DocumentNumber != 2 {
		t.Errorf("state %s with version %d of the evidence, want verified with 2", c.State, c.DocumentNumber)
	}
}

func TestEvidenceIsReadByItsOwnersAndByReviewersOnceItWasSubmitted(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	person, err := r.Add(t.Context(), r.org.Owner, credentialtest.Radiologist("Reader 1"), true)
	ok(t, err)
	key, err := r.Enter(t.Context(), r.org.Owner, person, credentialtest.Facts(nil), credentialtest.Evidence())
	ok(t, err)
	stranger := accounttest.Organization(t, r.db.DB)
	editor := accounttest.Member(t, r.db.DB, r.org.ID, account.Editor)

	open := func(a postgres.Actor) error { _, _, err := r.OpenEvidence(t.Context(), a, key); return err }
	ok(t, open(r.org.Owner))
	wantKind(t, "a draft's evidence for a reviewer", open(r.reviewer), errs.NotFound)
	wantKind(t, "a stranger", open(stranger.Owner), errs.NotFound)
	wantKind(t, "nobody", open(postgres.Actor{}), errs.NotFound)
	wantKind(t, "an editor", open(editor), errs.Forbidden)
	if _, err := r.Case(t.Context(), r.reviewer, key); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a reviewer sees a draft: %v", err)
	}

	ok(t, r.Submit(t.Context(), r.org.Owner, key))
	ok(t, open(r.reviewer))
	wantKind(t, "a stranger, once submitted", open(stranger.Owner), errs.NotFound)
	if n := r.text(`SELECT count(*)::text FROM activity WHERE verb = 'document.open' AND user_id = $1`, r.reviewer.User); n != "1" {
		t.Errorf("%s readings by the reviewer are recorded, want 1", n)
	}
}

func TestAnotherOrganizationReachesNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	person, key := r.submitted("Reader 1")
	r.decide(key, credential.Verified)
	stranger := accounttest.Organization(t, r.db.DB).Owner

	_, err := r.Annotator(t.Context(), stranger, person)
	wantKind(t, "Annotator", err, errs.NotFound)
	_, err = r.Credential(t.Context(), stranger, key)
	wantKind(t, "Credential", err, errs.NotFound)
	wantKind(t, "Change", r.Change(t.Context(), stranger, person, credentialtest.Radiologist("Mine")), errs.NotFound)
	wantKind(t, "Remove", r.Remove(t.Context(), stranger, person), errs.NotFound)
	wantKind(t, "Submit", r.Submit(t.Context(), stranger, key), errs.NotFound)
	_, err = r.Case(t.Context(), stranger, key)
	wantKind(t, "Case", err, errs.NotFound)
	_, _, err = r.Queue(t.Context(), stranger)
	wantKind(t, "Queue", err, errs.NotFound)
	for _, table := range []string{"annotator", "credential"} {
		for _, actor := range []postgres.Actor{stranger, {}} {
			if n, err := r.as(actor, `UPDATE `+table+` SET organization_id = organization_id WHERE true`); err == nil && n > 0 {
				t.Errorf("%s: %d rows of others within reach of %+v", table, n, actor)
			}
			if n, err := r.as(actor, `SELECT 1 FROM `+table); err != nil || n > 0 {
				t.Errorf("%s: %d rows of others read by %+v (%v)", table, n, actor, err)
			}
		}
	}
}

func TestNamesAndNumbersAreSealedAndToldNowhere(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	const name, number, paper = "Zephyrine Canaryname", "CANARY-90125", "canary-document-bytes"
	p := credentialtest.Radiologist("Reader 1")
	p.Name = name
	f := credentialtest.Facts(inDays(10))
	f.Number = number
	person, err := r.Add(t.Context(), r.org.Owner, p, true)
	ok(t, err)
	key, err := r.Enter(t.Context(), r.org.Owner, person, f, &credential.Evidence{Name: name + ".pdf", Content: strings.NewReader("%PDF-1.7\n" + paper + "\n%%EOF\n")})
	ok(t, err)
	ok(t, r.Submit(t.Context(), r.org.Owner, key))
	_, _, err = r.OpenEvidence(t.Context(), r.reviewer, key)
	ok(t, err)
	r.decide(key, credential.Verified)
	r.past(`UPDATE credential SET expires_on = current_date - 1 WHERE id = $1`, key)
	ok(t, r.Sweep(t.Context()))

	for _, table := range []string{"annotator", "credential", "activity", "notice_event", "river_job", "catalog_listing", "vault_document"} {
		rows := r.text(`SELECT coalesce(string_agg(to_jsonb(x)::text, E'\n'), '') FROM ` + table + ` x`)
		for _, secret := range []string{name, "Zephyrine", number, paper, `\x` + hexOf(name), `\x` + hexOf(number)} {
			if strings.Contains(rows, secret) {
				t.Errorf("%s holds %q", table, secret)
			}
		}
	}
	if n := r.text(`SELECT count(*)::text FROM notice_event WHERE kind IN ('credential_waiting', 'credential_decided')`); n != "3" {
		t.Errorf("%s notices, want 3: waiting, checked, ended", n)
	}
	labels, err := r.Labels(t.Context(), r.org.Owner)
	ok(t, err)
	if labels[0].Name != "" || labels[0].Credentials[0].Number != "" {
		t.Errorf("who describes data sets reads %+v", labels[0])
	}
}

func hexOf(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

func TestRemovalForgetsNameAndNumbersAndKeepsTheDecision(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	person, key := r.submitted("Reader 1")
	wantKind(t, "removing somebody who waits", r.Remove(t.Context(), r.org.Owner, person), errs.Conflict)
	r.decide(key, credential.Verified)
	draft, err := r.Enter(t.Context(), r.org.Owner, person, credentialtest.Facts(nil), &credential.Evidence{Name: "x.pdf", Content: strings.NewReader("%PDF-1.7\nanother\n%%EOF\n")})
	ok(t, err)

	ok(t, r.Remove(t.Context(), r.org.Owner, person))

	_, err = r.Annotator(t.Context(), r.org.Owner, person)
	wantKind(t, "the removed person", err, errs.NotFound)
	_, err = r.Credential(t.Context(), r.org.Owner, draft)
	wantKind(t, "the draft", err, errs.NotFound)
	got := r.text(`SELECT length(a.name_sealed) || ' ' || length(c.number_sealed) || ' ' || c.state FROM annotator a JOIN credential c ON c.annotator_id = a.id WHERE a.id = $1`, person)
	if got != "0 0 verified" {
		t.Errorf("after the removal: %s, want 0 0 verified", got)
	}
	if n := r.text(`SELECT count(*)::text FROM vault_document`); n != "1" {
		t.Errorf("%s documents stay, want the one that was decided on", n)
	}
	if _, err := r.Add(t.Context(), r.org.Owner, credentialtest.Radiologist("Reader 1"), true); err != nil {
		t.Errorf("the label is free again: %v", err)
	}
}

func TestPersonIsDescribedAsBuyersMayRead(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, err := r.Add(t.Context(), r.org.Owner, credentialtest.Radiologist("Reader 1"), true)
	ok(t, err)
	tests := []struct {
		name   string
		change func(*credential.Person)
		agreed bool
		field  string
	}{
		{"the person agreed", func(*credential.Person) {}, false, "agreed"},
		{"a label without the name", func(p *credential.Person) { p.Label = "Dr. Testperson" }, true, "label"},
		{"a label of its own", func(p *credential.Person) { p.Label = "READER 1" }, true, "label"},
		{"a label", func(p *credential.Person) { p.Label = " " }, true, "label"},
		{"a name", func(p *credential.Person) { p.Name = "" }, true, "name"},
		{"a single person's profession", func(p *credential.Person) { p.Role = "crowd" }, true, "role"},
		{"years that fit a life", func(p *credential.Person) { p.Years = 99 }, true, "years"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := credentialtest.Radiologist("Reader 2")
			tt.change(&p)
			_, err := r.Add(t.Context(), r.org.Owner, p, tt.agreed)
			if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Field != tt.field {
				t.Errorf("Add: %v, want a mistake at %s", err, tt.field)
			}
		})
	}
}

func TestTrainingAloneMakesNoRadiologist(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	training := credential.Facts{Kind: credential.Training, Body: "Example University"}
	person, key := credentialtest.Submitted(t, r.Service, r.org.Owner, credentialtest.Radiologist("Reader 1"), training)
	resident := credentialtest.Radiologist("Reader 2")
	resident.Role = "resident"
	other, second := credentialtest.Submitted(t, r.Service, r.org.Owner, resident, training)
	r.decide(key, credential.Verified)
	r.decide(second, credential.Verified)

	for who, want := range map[id.Annotator]bool{person: false, other: true} {
		a, err := r.Annotator(t.Context(), r.org.Owner, who)
		ok(t, err)
		if a.Holds(time.Now()) != want {
			t.Errorf("%s with training counts: %v, want %v", a.Role, !want, want)
		}
	}
}
