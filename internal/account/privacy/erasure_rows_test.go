package privacy_test

import (
	"testing"

	"assay/internal/account"
)

// Row security hides a row that no policy lets a statement reach, without an
// error: each table that an erasure empties is filled first.
func TestErasureReachesEveryTableThatItEmpties(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	const email = "ada@example.org"
	a := r.person(email)
	user := a.User
	if _, err := r.accounts.CreateOrganization(t.Context(), user, account.NewOrganization{Name: "Byron Imaging"}); err != nil {
		t.Fatal(err)
	}
	tables := []struct{ fill, count string }{
		{`INSERT INTO passkey (id, user_id, credential_id, public_key, sign_count, backup_eligible, backed_up, transports, name)
		  VALUES (gen_random_uuid(), $1, 'c', 'k', 0, false, false, '{}', 'Laptop of Ada')`, `passkey WHERE user_id = $1`},
		{`INSERT INTO second_factor (user_id, secret) VALUES ($1, repeat('s', 40)::bytea)`, `second_factor WHERE user_id = $1`},
		{`INSERT INTO recovery_code (user_id, code_hash) VALUES ($1, repeat('a', 64))`, `recovery_code WHERE user_id = $1`},
		{`INSERT INTO session (token, user_id, data, address, expires_at) VALUES ('t', $1, '', '192.0.2.7', now() + interval '1 day')`, `session WHERE user_id = $1`},
		{`INSERT INTO api_token (id, organization_id, user_id, name, prefix, secret_hash, scopes, expires_at)
		  SELECT gen_random_uuid(), organization_id, user_id, 'script', 'assay_abc', repeat('b', 64), '{read:listings}', now() + interval '1 day' FROM membership WHERE user_id = $1`,
			`api_token WHERE user_id = $1`},
		{`INSERT INTO inbox_notice (id, user_id, event_id, kind, subject, lines, action, path) VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'k', 's', '{}', '', '')`,
			`inbox_notice WHERE user_id = $1`},
		{`INSERT INTO notice_choice (user_id, kind, way) VALUES ($1, 'k', 'app')`, `notice_choice WHERE user_id = $1`},
		{`INSERT INTO notice_setting (user_id) VALUES ($1)`, `notice_setting WHERE user_id = $1`},
		{`INSERT INTO notice_event (id, kind, users, roles, platform, address, subject, lines, action, path)
		  SELECT gen_random_uuid(), 'k', '{}', '{}', '', email, 's', '{}', '', '' FROM app_user WHERE id = $1`,
			`notice_event WHERE address = '` + email + `' AND $1::uuid IS NOT NULL`},
		{`INSERT INTO mail_outbox (id, recipient, subject, body_text) SELECT gen_random_uuid(), email, 's', 't' FROM app_user WHERE id = $1`,
			`mail_outbox WHERE recipient = '` + email + `' AND $1::uuid IS NOT NULL`},
		{`INSERT INTO account_export (id, user_id, ready_at, expires_at, blob_key, size_bytes, sha256) VALUES (gen_random_uuid(), $1, now(), now() + interval '7 days', 'export/1', 1, repeat('c', 64))`,
			`account_export WHERE user_id = $1 AND expires_at > now()`},
		{`INSERT INTO account_export (id, user_id) VALUES (gen_random_uuid(), $1)`,
			`account_export WHERE user_id = $1 AND ready_at IS NULL AND failed_at IS NULL`},
	}
	for _, x := range tables {
		r.super(x.fill, string(user))
		if r.count(`SELECT count(*) FROM `+x.count, string(user)) == 0 {
			t.Fatalf("no row before the erasure: %s", x.count)
		}
	}
	if err := r.privacy.AskErasure(t.Context(), a, email); err != nil {
		t.Fatal(err)
	}
	r.comes(user)
	if err := r.privacy.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, x := range tables {
		if n := r.count(`SELECT count(*) FROM `+x.count, string(user)); n != 0 {
			t.Errorf("%d rows are left: %s", n, x.count)
		}
	}
}
