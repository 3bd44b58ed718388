package credential_test

import (
	"encoding/hex"
	"fmt"
	"testing"

	"assay/internal/credential"
	"assay/internal/credential/credentialtest"
	"assay/internal/postgres"
	"assay/internal/vault/vaulttest"
)

// under opens the room's annotators with these secrets, the newest first.
func (r *room) under(secrets ...[]byte) *credential.Service {
	r.t.Helper()
	return credential.New(r.db.DB, vaulttest.Open(r.t, r.db.DB), r.told, credential.Options{SecretKey: secrets[0], OldSecretKeys: secrets[1:]})
}

var newerSecret = []byte("another key of thirty-two bytes.")

// Twelve annotators, among them one who was handed in, one who was checked and
// one who was removed: interrupted at the sixth, then run again.
func TestNamesAndNumbersMoveToANewSecretThoughInterrupted(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for i := range 12 {
		person, key := r.submitted(fmt.Sprintf("Reader %02d", i))
		switch i {
		case 1:
			r.decide(key, credential.Verified)
		case 2:
			r.decide(key, credential.Refused)
			ok(t, r.Remove(t.Context(), r.org.Owner, person))
		}
	}
	old, both, alone := r.Service, r.under(newerSecret, credentialtest.Secret), r.under(newerSecret)
	before, err := old.List(t.Context(), r.org.Owner)
	ok(t, err)
	rows := r.text(`SELECT string_agg(to_jsonb(c)::text, '' ORDER BY id) FROM (SELECT id, state, body, decided_at, verified_on, submitted_at FROM credential) c`)

	r.past(`CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no power''; END'`)
	r.past(`CREATE TRIGGER zz_stop BEFORE UPDATE ON annotator FOR EACH ROW WHEN (NEW.label = 'Reader 06') EXECUTE FUNCTION stop()`)
	first, err := both.Reseal(t.Context())
	if err == nil || first == 0 || first >= 11+11 {
		t.Fatalf("Reseal that is interrupted: %d done, %v, want some and an error", first, err)
	}
	if list, err := both.List(t.Context(), r.org.Owner); err != nil || len(list) != 11 || list[0].Name != before[0].Name {
		t.Errorf("between the two runs, with both secrets: %d annotators, %v", len(list), err)
	}

	r.past(`DROP TRIGGER zz_stop ON annotator`)
	second, err := both.Reseal(t.Context())
	ok(t, err)
	if first+second != 11+11 {
		t.Errorf("%d and %d values sealed anew, want 22 in all", first, second)
	}
	after, err := alone.List(t.Context(), r.org.Owner)
	ok(t, err)
	for i := range after {
		if after[i].Name != before[i].Name || after[i].Credentials[0].Number != before[i].Credentials[0].Number {
			t.Errorf("%s does not read as before under the newer secret alone", after[i].Label)
		}
	}
	if _, err := old.List(t.Context(), r.org.Owner); err == nil {
		t.Error("the older secret still opens names")
	}
	if n, err := both.Reseal(t.Context()); n != 0 || err != nil {
		t.Errorf("a third run: %d, %v, want nothing left", n, err)
	}
	if got := r.text(`SELECT string_agg(to_jsonb(c)::text, '' ORDER BY id) FROM (SELECT id, state, body, decided_at, verified_on, submitted_at FROM credential) c`); got != rows {
		t.Error("decisions changed with the seals")
	}
}

func TestAValueThatOpensUnderNoSecretIsToldAndLeft(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.submitted("Reader 1")
	r.submitted("Reader 2")
	r.past(`UPDATE annotator SET name_sealed = repeat('x', 40)::bytea WHERE label = 'Reader 1'`)
	n, err := r.under(newerSecret, credentialtest.Secret).Reseal(t.Context())
	if n != 3 || err == nil {
		t.Errorf("Reseal = %d, %v, want 3 and an error that counts the fourth", n, err)
	}
}

// The row was written by the code before package seal.
func TestANameSealedBeforeOpens(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	const sealed = "358d01c3e4af575d118532ccd97f502c6f879a678e53fb8d6c9de7bea8196e49669dd26e13af0f"
	name, err := hex.DecodeString(sealed)
	ok(t, err)
	person, _ := r.submitted("Reader 1")
	r.past(`UPDATE credential SET annotator_id = '018f3a5e-0000-7000-8000-000000000002'`)
	r.past(`UPDATE annotator SET id = '018f3a5e-0000-7000-8000-000000000002', name_sealed = $1 WHERE id = $2`, name, string(person))
	s := r.under([]byte("a key of thirty-two bytes, or so"), credentialtest.Secret)
	list, err := s.List(t.Context(), r.org.Owner)
	if err != nil || list[0].Name != "Ada Example" {
		t.Errorf("List = %v, %v, want Ada Example", list, err)
	}
}

func TestTheWorkerSealsAnewAndChangesNothingElse(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, key := r.submitted("Reader 1")
	r.decide(key, credential.Verified)
	worker := postgres.Actor{Platform: postgres.Worker}
	for _, sql := range []string{
		`UPDATE annotator SET label = 'Somebody'`, `UPDATE annotator SET role = 'resident', name_sealed = 'x'`,
		`UPDATE annotator SET removed_at = now(), name_sealed = ''`, `UPDATE annotator SET name_sealed = ''`,
		`UPDATE credential SET body = 'Another board'`, `UPDATE credential SET number_sealed = 'x', expires_on = NULL`,
		`UPDATE credential SET verified_on = verified_on + 1`, `UPDATE credential SET number_sealed = ''`,
	} {
		if n, err := r.as(worker, sql); err == nil {
			t.Errorf("%s by the worker: %d rows", sql, n)
		}
	}
	if _, err := r.as(r.org.Owner, `UPDATE annotator SET name_sealed = 'another person'`); err == nil {
		t.Error("the organization exchanged the name of somebody who was checked")
	}
	if _, err := r.as(r.org.Owner, `UPDATE credential SET number_sealed = 'another number'`); err == nil {
		t.Error("the organization exchanged a number that was checked")
	}
}
