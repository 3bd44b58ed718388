package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/postgres"
)

// discarded puts a job into the queue that was given up, and returns its number.
func (s site) discarded(t *testing.T) (number int64) {
	t.Helper()
	err := s.DB.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `
INSERT INTO river_job (kind, args, max_attempts, state, finalized_at, attempt, queue)
VALUES ('send_mail', '{}', 12, 'discarded', now(), 12, 'default')
RETURNING id`).Scan(&number)
	})
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// What River's own pages ask for is carried out for admins alone, with the
// token of our forms and a fresh proof, and each act stands in the record.
func TestActsOnRiversPagesTakeAProofAndARecord(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	user := s.admin(t, "root@example.org")
	s.reviewer(t, "rita@example.org")
	root, rita := s.person(t), s.person(t)
	root.signIn("root@example.org")
	rita.signIn("rita@example.org")
	s.super(t, `INSERT INTO river_queue (name, updated_at) VALUES ('free_audit', now())`)
	ask := func(p *person, method, path, token, body string) answer {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/admin/river/api/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-CSRF-Token", token)
		return p.do(r)
	}
	token := root.token("/admin/jobs")
	post := func(path, body string, want int, says string) answer {
		t.Helper()
		a := ask(root, http.MethodPost, path, token, body)
		if a.Status != want || !strings.Contains(a.Body, says) || a.Header.Get("Content-Type") != "application/json" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %d %v %s, want %d that says %q", path, body, a.Status, a.Header, a.Body, want, says)
		}
		return a
	}
	ids := func(numbers ...int64) string {
		return strings.ReplaceAll(fmt.Sprintf(`{"ids":["%v"]}`, strings.Trim(fmt.Sprint(numbers), "[]")), " ", `","`)
	}
	state := func(number int64) (state string) {
		t.Helper()
		err := s.DB.Pool().QueryRow(t.Context(), `SELECT coalesce((SELECT state::text FROM river_job WHERE id = $1), 'gone')`, number).Scan(&state)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	first, second, third := s.discarded(t), s.discarded(t), s.discarded(t)

	for who, a := range map[string]answer{
		"a reviewer":              ask(rita, http.MethodPost, "jobs/retry", rita.token("/review/flags"), ids(first)),
		"an admin with no token":  ask(root, http.MethodPost, "jobs/retry", "", ids(first)),
		"an admin, another token": ask(root, http.MethodPost, "jobs/delete", "x"+token, ids(first)),
	} {
		if a.Status != http.StatusNotFound && a.Status != http.StatusForbidden || state(first) != "discarded" {
			t.Errorf("%s: %d, the job is %s", who, a.Status, state(first))
		}
	}
	post("jobs/retry", ids(first, second), http.StatusOK, `"ok"`)
	post("jobs/cancel", ids(second), http.StatusOK, `"ok"`)
	post("jobs/delete", ids(third), http.StatusOK, `"ok"`)
	if got := []string{state(first), state(second), state(third)}; !slices.Equal(got, []string{"available", "cancelled", "gone"}) {
		t.Errorf("the jobs are %v", got)
	}
	post("jobs/delete", ids(third), http.StatusNotFound, "There is no such job.")
	post("jobs/retry", `{"ids":[]}`, http.StatusUnprocessableEntity, "Choose the jobs.")
	post("jobs/retry", `{"ids":["1; DROP"]}`, http.StatusNotFound, "There is no such job.")
	post("jobs/retry", `not json`, http.StatusUnprocessableEntity, "Choose the jobs.")
	s.super(t, `UPDATE river_job SET state = 'running', attempted_at = now() WHERE id = $1`, first)
	post("jobs/delete", ids(first), http.StatusConflict, "Cancel it before you delete it.")
	for path, want := range map[string]int{"queues/free_audit/pause": http.StatusOK, "queues/none/pause": http.StatusNotFound, "queues/*/pause": http.StatusNotFound} {
		if a := ask(root, http.MethodPut, path, token, ""); a.Status != want {
			t.Errorf("%s: %d %s, want %d", path, a.Status, a.Body, want)
		}
	}
	if a := ask(root, http.MethodPut, "queues/free_audit/resume", token, ""); a.Status != http.StatusOK {
		t.Errorf("resume: %d %s", a.Status, a.Body)
	}
	var verbs []string
	err := s.DB.InTx(t.Context(), postgres.Actor{Platform: postgres.Admin}, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT verb FROM activity WHERE user_id = $1 AND (verb LIKE 'job.%' OR verb LIKE 'queue.%') ORDER BY at, id`, string(user))
		if err != nil {
			return err
		}
		verbs, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	slices.Sort(verbs)
	if want := []string{"job.cancel", "job.delete", "job.retry", "job.retry", "queue.pause", "queue.resume"}; err != nil || !slices.Equal(verbs, want) {
		t.Errorf("in the record: %v (err: %v), want %v", verbs, err, want)
	}

	s.age(t, user, time.Hour)
	if a := post("jobs/cancel", ids(first), http.StatusForbidden, "Show your second factor again"); a.Header.Get("X-Prove") != "/account/security/again" || state(first) != "running" {
		t.Errorf("long after the sign-in: %v, the job is %s", a.Header, state(first))
	}
	wantStatus(t, "the proof", root.fill("/account/security/again", "/account/security/again", "code", accounttest.Code(t, s.DB, s.Accounts, "root@example.org")), http.StatusSeeOther, "/admin/river/")
}
