package agreement_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/agreement"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

const text = "The buyer may train models.\n\nThe buyer never tries to identify a person.\n"

func write(t *testing.T, s *agreement.Service, a postgres.Actor, body string) agreement.Template {
	t.Helper()
	key, err := s.Write(t.Context(), a, agreement.Template{Name: "commercial-license", Title: "Commercial license", Body: body})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := s.Template(t.Context(), a, key)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestPublishedTextsFollowEachOtherAndNeverChange(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, admin := agreement.New(db), accounttest.Admin(t, db)
	first := write(t, s, admin, text)
	if err := s.Rewrite(t.Context(), admin, agreement.Template{ID: first.ID, Title: "Commercial license", Body: text + "\nIt ends after two years.\n"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(t.Context(), admin, first.ID, first.SHA256); errs.KindOf(err) != errs.Conflict {
		t.Errorf("publishing another text than was seen: %v, want Conflict", err)
	}
	first, _, _ = s.Template(t.Context(), admin, first.ID)
	if err := s.Publish(t.Context(), admin, first.ID, first.SHA256); err != nil {
		t.Fatal(err)
	}
	second := write(t, s, admin, text)
	if err := s.Publish(t.Context(), admin, second.ID, second.SHA256); err != nil {
		t.Fatal(err)
	}
	list, err := s.Templates(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range list {
		got = append(got, string(one.State))
	}
	if diff := cmp.Diff([]string{"published", "retired"}, got); diff != "" {
		t.Errorf("states, the newest first (-want +got):\n%s", diff)
	}
	for what, act := range map[string]func() error{
		"rewrite a published text": func() error {
			return s.Rewrite(t.Context(), admin, agreement.Template{ID: second.ID, Title: "Other", Body: text})
		},
		"discard a published text":   func() error { return s.Discard(t.Context(), admin, second.ID) },
		"publish a retired text":     func() error { return s.Publish(t.Context(), admin, first.ID, first.SHA256) },
		"retire what is retired":     func() error { return s.Retire(t.Context(), admin, first.ID) },
		"change a text by SQL alone": func() error { return change(t, db, admin, `UPDATE agreement_template SET body = body || 'x'`) },
		"delete a text by SQL alone": func() error { return change(t, db, admin, `DELETE FROM agreement_template`) },
	} {
		if err := act(); errs.KindOf(err) != errs.Conflict && !postgres.IsRefused(err) {
			t.Errorf("%s: %v, want a refusal", what, err)
		}
	}
}

func change(t *testing.T, db *postgres.DB, a postgres.Actor, sql string) error {
	return db.InTx(t.Context(), a, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql)
		return err
	})
}

func TestOneDraftOfANameAtATime(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, admin := agreement.New(db), accounttest.Admin(t, db)
	var all sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		all.Go(func() {
			_, results[i] = s.Write(t.Context(), admin, agreement.Template{Name: "dua", Title: "Data use agreement", Body: text})
		})
	}
	all.Wait()
	written := 0
	for _, err := range results {
		switch errs.KindOf(err) {
		case errs.Conflict:
		default:
			if err != nil {
				t.Errorf("a draft: %v", err)
			}
			written++
		}
	}
	if written != 1 {
		t.Errorf("%d of 8 drafts at once were written, want 1", written)
	}
	list, _ := s.Templates(t.Context(), admin)
	if err := s.Discard(t.Context(), admin, list[0].ID); err != nil {
		t.Error(err)
	}
	if list, _ = s.Templates(t.Context(), admin); len(list) != 0 {
		t.Errorf("%d texts after the draft was thrown away", len(list))
	}
}

func TestTextsAreWrittenByAdminsAlone(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, admin := agreement.New(db), accounttest.Admin(t, db)
	draft := write(t, s, admin, text)
	for who, a := range map[string]postgres.Actor{"a reviewer": accounttest.Reviewer(t, db), "a seller": accounttest.Organization(t, db).Owner, "the public": {}} {
		if _, err := s.Write(t.Context(), a, draft); errs.KindOf(err) != errs.NotFound {
			t.Errorf("%s writes: %v", who, err)
		}
		if err := s.Publish(t.Context(), a, draft.ID, draft.SHA256); errs.KindOf(err) != errs.NotFound {
			t.Errorf("%s publishes: %v", who, err)
		}
		var seen int
		err := db.InTx(t.Context(), a, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT count(*) FROM agreement_template`).Scan(&seen)
		})
		if err != nil || seen != 0 {
			t.Errorf("%s sees %d drafts, %v", who, seen, err)
		}
	}
	if _, _, err := s.Template(t.Context(), admin, id.Agreement("not-an-id")); errs.KindOf(err) != errs.NotFound {
		t.Errorf("an id in no form: %v", err)
	}
}

func TestCompareShowsChangedLinesWithTheirNeighbors(t *testing.T) {
	before := "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n"
	got := agreement.Compare(before, "one\ntwo\nthree\nfour\nfive\nsix\n7\neight\n")
	want := []agreement.Line{{"same", "four"}, {"same", "five"}, {"same", "six"}, {"removed", "seven"}, {"added", "7"}, {"same", "eight"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Compare (-want +got):\n%s", diff)
	}
	if got := agreement.Compare(before, before); got != nil {
		t.Errorf("equal texts differ in %v", got)
	}
}
