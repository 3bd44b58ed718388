package privacy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/account/privacy"
	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/postgres"
)

func TestErasureTakesAllThatIsThePersonsAndKeepsTheChain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	const email = "ada@example.org"
	a := r.person(email)
	org, err := r.accounts.CreateOrganization(t.Context(), a.User, account.NewOrganization{Name: "Byron Imaging"})
	if err != nil {
		t.Fatal(err)
	}
	other := accounttest.Organization(t, r.DB)
	r.super(`INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, 'editor')`, string(other.ID), string(a.User))
	r.super(`INSERT INTO session (token, user_id, data, address, expires_at) VALUES ('t', $1, '', '192.0.2.7', now() + interval '1 day')`, string(a.User))
	r.super(`INSERT INTO recovery_code (user_id, code_hash) VALUES ($1, repeat('a', 64))`, string(a.User))
	r.super(`INSERT INTO invitation (id, organization_id, email, role, token_hash, invited_by, expires_at) VALUES (gen_random_uuid(), $1, $2, 'viewer', 'h', $3, now())`,
		string(other.ID), email, string(other.Owner.User))
	r.super(`INSERT INTO notice_event (id, kind, users, roles, platform, address, subject, lines, action, path)
		VALUES (gen_random_uuid(), 'k', '{}', '{}', '', 'Ada@Example.org', 's', '{}', '', '')`)
	r.super(`INSERT INTO mail_outbox (id, recipient, subject, body_text) VALUES (gen_random_uuid(), 'Ada@Example.org', 's', 't')`)
	if _, err := r.accounts.SignIn(t.Context(), account.SignInAttempt{Email: email, Password: "wrong"}); err == nil {
		t.Fatal("a wrong password signs in")
	}

	if err := r.privacy.AskErasure(t.Context(), a, "ADA@example.org "); err != nil {
		t.Fatal(err)
	}
	if err := r.privacy.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.count(`SELECT count(*) FROM app_user WHERE email = $1`, email); n != 1 {
		t.Fatal("the account was erased before its day")
	}
	acts := activity.New(r.DB, r.blobs, nil, "https://assay.test")
	if err := acts.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if held := r.traces(email, "192.0.2.7", "Ada Lovelace"); len(held) < 5 {
		t.Fatalf("before the erasure only these columns hold the address, the name or the network address: %v", held)
	}
	before := r.chain()
	r.comes(a.User)
	if err := r.privacy.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}

	left := r.traces(email, "192.0.2.7", "Ada Lovelace")
	if len(left) != 0 {
		t.Errorf("after the erasure these columns still hold the address, the name or the network address: %v", left)
	}
	for column, d := range privacy.Fates {
		table, name, _ := strings.Cut(column, ".")
		if d.Fate != privacy.Goes || !strings.HasSuffix(name, "user_id") || table == "account_export" {
			continue
		}
		if n := r.count(`SELECT count(*) FROM `+table+` WHERE `+name+` = $1`, string(a.User)); n != 0 {
			t.Errorf("%s still names the person in %d rows, and is to go", column, n)
		}
	}
	after := r.chain()
	if diff := cmp.Diff(before, after[:len(before)]); diff != "" {
		t.Errorf("the chain changed (-before +after):\n%s", diff)
	}
	if c, err := acts.Verify(t.Context(), postgres.Actor{Platform: postgres.Worker}, nil); err != nil || c.Rows != int64(len(after)) {
		t.Errorf("Verify = %+v, %v; want %d rows that fit their chain and the head of before", c, err, len(after))
	}
	if n := r.count(`SELECT count(*) FROM organization WHERE id = $1`, string(org)); n != 1 {
		t.Error("the organization is gone with its only member")
	}

	again := r.person(email)
	if again.User == a.User {
		t.Error("who registers the address anew gets the erased account")
	}
	if _, err := r.accounts.Visitor(t.Context(), a.User, ""); errs.KindOf(err) != errs.Unauthenticated {
		t.Errorf("Visitor of an erased account: %v, want Unauthenticated", err)
	}
}

func TestAProofFromBeforeAnErasureStillHolds(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.person("ada@example.org")
	org, err := r.accounts.CreateOrganization(t.Context(), a.User, account.NewOrganization{Name: "Byron Imaging"})
	if err != nil {
		t.Fatal(err)
	}
	inside := postgres.Actor{User: a.User, Organization: org}
	second := accounttest.Member(t, r.DB, org, account.Owner)
	acts := activity.New(r.DB, r.blobs, nil, "https://assay.test")
	if err := acts.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	var number int64
	if err := r.conn.QueryRow(t.Context(), `SELECT c.number FROM activity_chain c JOIN activity a ON a.id = c.activity_id
		WHERE a.verb = 'organization.create' AND a.user_id = $1`, string(a.User)).Scan(&number); err != nil {
		t.Fatal(err)
	}
	check := func(when string, p activity.Proof) {
		t.Helper()
		file, err := acts.HeadFile(t.Context(), p.Head.Number)
		if err != nil {
			t.Fatal(err)
		}
		head, err := activity.ReadHead(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Check(head.Head)
		if err != nil || got.Verb != "organization.create" || got.User == nil || *got.User != string(a.User) {
			t.Errorf("%s: Check = %+v, %v; want the founding by %s", when, got, err, a.User)
		}
	}
	before, err := acts.Prove(t.Context(), inside, number)
	if err != nil {
		t.Fatal(err)
	}
	check("before the erasure", before)

	if err := r.privacy.AskErasure(t.Context(), a, "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	r.comes(a.User)
	if err := r.privacy.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.count(`SELECT count(*) FROM app_user WHERE id = $1 AND erased_at IS NOT NULL`, string(a.User)); n != 1 {
		t.Fatal("the account is not erased")
	}
	if err := acts.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("kept from before, after the erasure", before)
	after, err := acts.Prove(t.Context(), postgres.Actor{User: second.User, Organization: org}, number)
	if err != nil {
		t.Fatal(err)
	}
	check("made after the erasure", after)
}

func TestErasureIsTakenBackUntilItsDay(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.person("ada@example.org")
	if err := r.privacy.AskErasure(t.Context(), a, "bob@example.org"); errs.KindOf(err) != errs.Invalid {
		t.Errorf("AskErasure with another address: %v, want Invalid", err)
	}
	if err := r.privacy.AskErasure(t.Context(), a, "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	if err := r.privacy.TakeBack(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if err := r.privacy.TakeBack(t.Context(), a); errs.KindOf(err) != errs.NotFound {
		t.Errorf("TakeBack twice: %v, want NotFound", err)
	}
	r.comes(a.User)
	if err := r.privacy.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.accounts.Visitor(t.Context(), a.User, ""); err != nil {
		t.Errorf("Visitor after the wish was taken back: %v", err)
	}
}

func TestErasureTakenBackWhileItRunsStops(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.person("ada@example.org")
	for _, name := range []string{"Byron Imaging", "Lovelace Films"} {
		if _, err := r.accounts.CreateOrganization(t.Context(), a.User, account.NewOrganization{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.privacy.AskErasure(t.Context(), a, "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	r.comes(a.User)
	// The person takes the wish back when one of two organizations is left.
	r.super(`CREATE FUNCTION take_back() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN DELETE FROM account_erasure WHERE user_id = OLD.user_id; RETURN NULL; END $$`)
	r.super(`CREATE TRIGGER take_back AFTER DELETE ON membership FOR EACH ROW EXECUTE FUNCTION take_back()`)
	if err := r.privacy.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := r.accounts.Visitor(t.Context(), a.User, "")
	if err != nil || len(v.Memberships) != 1 {
		t.Errorf("after the wish was taken back the person belongs to %d organizations, %v; want the one that was not left yet", len(v.Memberships), err)
	}
}

func TestErasureWaitsForWhatMustBeHandedOver(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	owner := accounttest.Organization(t, r.DB)
	accounttest.Member(t, r.DB, owner.ID, account.Editor)
	reviewer := accounttest.Reviewer(t, r.DB)
	alone := accounttest.Organization(t, r.DB)
	tests := []struct {
		name  string
		actor postgres.Actor
		want  []privacy.Obstacle
	}{
		{"the only owner of an organization with others", owner.Owner, []privacy.Obstacle{{owner.Name, "owner"}}},
		{"a reviewer", reviewer, []privacy.Obstacle{{"", "staff"}}},
		{"the only member of an organization with nothing on offer", alone.Owner, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := r.privacy.Obstacles(t.Context(), tt.actor)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.Transformer("", func(l []privacy.Obstacle) []privacy.Obstacle { return append([]privacy.Obstacle{}, l...) })); diff != "" {
				t.Errorf("Obstacles (-want +got):\n%s", diff)
			}
		})
	}
	r.super(`INSERT INTO account_erasure (user_id) VALUES ($1)`, string(owner.Owner.User))
	r.comes(owner.Owner.User)
	for range 2 {
		if err := r.privacy.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	e, err := r.privacy.Erasure(t.Context(), owner.Owner)
	if err != nil || e.BlockedAt == nil {
		t.Errorf("Erasure = %+v, %v; want one that is blocked", e, err)
	}
	if n := r.count(`SELECT count(*) FROM notice_event WHERE kind = 'account_erasure'`); n != 1 {
		t.Errorf("the person was told %d times, want once", n)
	}
	if n := r.count(`SELECT count(*) FROM activity WHERE verb = 'user.put_off_erasure' AND object_id = $1`, string(owner.Owner.User)); n != 1 {
		t.Errorf("the record tells %d times that the day was put off, want once", n)
	}
}

func TestTheDatabaseRefusesAnErasureBeforeItsDay(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	a := r.person("ada@example.org")
	if err := r.privacy.AskErasure(t.Context(), a, "ada@example.org"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, sql string
		actor     postgres.Actor
	}{
		{"another address", `UPDATE app_user SET email = 'eve@example.org' WHERE id = $1`, a},
		{"erased before the day", `UPDATE app_user SET email = 'erased-' || id || '@erased.invalid', name = 'Erased person', disabled_at = now(), erased_at = now() WHERE id = $1`,
			postgres.Actor{User: a.User, Platform: postgres.Worker}},
		{"an earlier day", `UPDATE account_erasure SET due_at = now() WHERE user_id = $1`, postgres.Actor{User: a.User, Platform: postgres.Worker}},
		{"a day of one's own", `INSERT INTO account_erasure (user_id, due_at) VALUES ($1, now())`, a},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := r.InTx(t.Context(), tt.actor, execer(t.Context(), tt.sql, string(a.User)))
			if err == nil {
				t.Error("the database took it")
			}
		})
	}
}

func execer(ctx context.Context, sql string, args ...any) func(pgx.Tx) error {
	return func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	}
}

func (r *room) texts(sql string, args ...any) []string {
	r.Helper()
	rows, err := r.conn.Query(context.Background(), sql, args...)
	if err != nil {
		r.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		r.Fatal(err)
	}
	return list
}

// traces searches each column of each table for texts, and returns the columns
// that hold one.
func (r *room) traces(texts ...string) (found []string) {
	r.Helper()
	columns := r.texts(`
		SELECT c.table_name || ' ' || c.column_name
		FROM   information_schema.columns c
		JOIN   information_schema.tables t USING (table_schema, table_name)
		WHERE  c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name NOT LIKE 'river%'
		AND    c.data_type IN ('text', 'ARRAY', 'jsonb', 'character varying')`)
	for _, c := range columns {
		table, column, _ := strings.Cut(c, " ")
		for _, text := range texts {
			if n := r.count(fmt.Sprintf(`SELECT count(*) FROM %q WHERE position(lower($1) IN lower(%q::text)) > 0`, table, column), text); n > 0 {
				found = append(found, c+": "+text)
			}
		}
	}
	return found
}

func (r *room) chain() []string {
	r.Helper()
	return r.texts(`SELECT encode(hash, 'hex') FROM activity_chain ORDER BY number`)
}
