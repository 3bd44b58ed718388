package admindesk_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/admindesk"
	"assay/internal/errs"
	"assay/internal/job"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func TestOnlyAdminsReadTheDesk(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := admindesk.New(db, time.Now)
	org := accounttest.Organization(t, db)
	reads := map[string]func(a postgres.Actor) error{
		"People": func(a postgres.Actor) error {
			_, err := s.People(t.Context(), a, admindesk.PeopleFilter{}, "", 10)
			return err
		},
		"Person": func(a postgres.Actor) error { _, err := s.Person(t.Context(), a, org.Owner.User); return err },
		"ActsOf": func(a postgres.Actor) error { _, err := s.ActsOf(t.Context(), a, org.Owner.User, 0, 10); return err },
		"Access": func(a postgres.Actor) error {
			_, err := s.Access(t.Context(), a, false, admindesk.AccessCursor{}, 10)
			return err
		},
		"Overview": func(a postgres.Actor) error { _, err := s.Overview(t.Context(), a); return err },
		"Jobs":     func(a postgres.Actor) error { _, err := s.Jobs(t.Context(), a); return err },
		"Traffic":  func(a postgres.Actor) error { _, err := s.Traffic(t.Context(), a); return err },
		"Organizations": func(a postgres.Actor) error {
			_, err := s.Organizations(t.Context(), a, admindesk.OrganizationFilter{}, "", 10)
			return err
		},
		"Organization": func(a postgres.Actor) error { _, err := s.Organization(t.Context(), a, org.ID); return err },
	}
	admin := accounttest.Admin(t, db)
	for name, read := range reads {
		for _, a := range []postgres.Actor{{}, org.Owner, accounttest.Reviewer(t, db), {Platform: postgres.Worker}} {
			if err := read(a); errs.KindOf(err) != errs.NotFound {
				t.Errorf("%s by %q: %v, want NotFound", name, a.Platform, err)
			}
		}
		if err := read(admin); err != nil {
			t.Errorf("%s by an admin: %v", name, err)
		}
	}
}

func TestAnswersOfAllProcessesAddUp(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	for i := range 2 {
		c := admindesk.NewAnswers(db, slog.New(slog.DiscardHandler), time.Now)
		for range 3 {
			c.Count("", "GET", "/datasets", 200)
		}
		c.Count("", "GET", "/datasets", 404)
		c.Count([]string{"00000000000000aa", "00000000000000bb"}[i], "POST", "/seller/listings", 500)
		if err := c.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := admindesk.New(db, time.Now).Traffic(t.Context(), accounttest.Admin(t, db))
	if err != nil {
		t.Fatal(err)
	}
	want := []admindesk.Count{{What: "2xx", N: 6}, {What: "4xx", N: 2}, {What: "5xx", N: 2}}
	if diff := cmp.Diff(want, got.Classes); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]admindesk.FailedRoute{{Route: "/seller/listings", N: 2, Of: 2}}, got.Routes); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if len(got.Errors) != 2 || got.Errors[0].Status != 500 || len(got.Hours) != 24 {
		t.Errorf("%d errors in %d hours: %v", len(got.Errors), len(got.Hours), got.Errors)
	}
	errors, all := 0, 0
	for _, h := range got.Hours {
		errors, all = errors+h.N, all+h.Of
	}
	if errors != 2 || all != 10 {
		t.Errorf("the hours hold %d errors of %d answers, want 2 of 10", errors, all)
	}
}

func TestJobsAreCanceledAndTriedAgain(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s, admin := admindesk.New(db, time.Now), accounttest.Admin(t, db)
	var number int64
	err := db.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		if err := job.Insert(t.Context(), tx, job.SendMail{Outbox: "none"}); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), `SELECT max(id) FROM river_job`).Scan(&number)
	})
	if err != nil {
		t.Fatal(err)
	}
	state := func() (state string) {
		if err := db.Pool().QueryRow(t.Context(), `SELECT state::text FROM river_job WHERE id = $1`, number).Scan(&state); err != nil {
			t.Fatal(err)
		}
		return state
	}
	if err := s.CancelJob(t.Context(), admin, number); err != nil || state() != "cancelled" {
		t.Errorf("canceled: %s, %v", state(), err)
	}
	if err := s.RetryJob(t.Context(), admin, number); err != nil || state() != "available" {
		t.Errorf("tried again: %s, %v", state(), err)
	}
	if err := s.RetryJob(t.Context(), admin, number+1000); errs.KindOf(err) != errs.NotFound {
		t.Errorf("no such job: %v", err)
	}
	if err := s.RetryJob(t.Context(), accounttest.Reviewer(t, db), number); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a reviewer: %v", err)
	}
}
