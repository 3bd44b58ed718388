package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/job"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// River's own pages run under a policy that lets them style elements and
// nothing else from elsewhere.
func TestRiversPagesWorkForAdminsAlone(t *testing.T) {
	r := startServer(t)
	admin := r.join(t, "admin@example.org", "", postgres.Admin)
	reviewer := r.join(t, "reviewer@example.org", "", postgres.Reviewer)
	seller := r.join(t, "seller@example.org", "North Imaging", "")
	var number int64
	err := r.db.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		if err := job.Insert(t.Context(), tx, job.SendMail{Outbox: "none"}); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), `SELECT max(id) FROM river_job WHERE kind = 'send_mail'`).Scan(&number)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.settled(t)

	paths := []string{"/admin/river/", "/admin/river/jobs", "/admin/river/queues", fmt.Sprintf("/admin/river/jobs/%d", number), "/admin/river/api/states", "/admin/river/api/jobs?limit=20&state=completed"}
	for i, c := range []*caller{r.signedIn(t, "admin", 11, "admin@example.org", admin), r.signedIn(t, "reviewer", 12, "reviewer@example.org", reviewer),
		r.signedIn(t, "seller", 13, "seller@example.org", seller)} {
		for _, path := range paths {
			a, err := c.try(t.Context(), http.MethodGet, path, nil, nil)
			want := http.StatusNotFound
			if i == 0 {
				want = http.StatusOK
			}
			if err != nil || a.status != want {
				t.Errorf("%s as %s: status %d, %v, want %d", path, c.name, a.status, err, want)
			}
		}
		if a, err := c.try(t.Context(), http.MethodPost, fmt.Sprintf("/admin/river/api/jobs/cancel?ids=%d", number), nil, nil); err == nil && a.status < 400 {
			t.Errorf("a job is canceled there as %s: status %d", c.name, a.status)
		}
	}

	b := webtest.Start(t)
	p := visitor{Page: b.Visitor(t, r.url), t: t, scripts: true}
	p.signInStaff(r, "admin@example.org")
	for _, at := range []struct{ path, shows string }{
		{"/admin/river/jobs?state=completed", "publish_activity"}, {fmt.Sprintf("/admin/river/jobs/%d", number), "send_mail"}, {"/admin/river/queues", "free_audit"},
	} {
		p.Go(at.path)
		p.WaitFor(at.shows+" on "+at.path, fmt.Sprintf("document.body.innerText.includes(%q)", at.shows), time.Minute)
		p.Screenshot("river-" + strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(strings.TrimPrefix(at.path, "/admin/river")), "-"))
		p.CheckRecord()
	}
	for _, act := range []struct{ button, confirm, verb string }{{"Retry", "", "job.retry"}, {"Delete", "Delete job", "job.delete"}} {
		at := fmt.Sprintf("/admin/river/jobs/%d", r.discarded(t))
		p.Go(at)
		press := func(button string) {
			t.Helper()
			find := fmt.Sprintf(`[...document.querySelectorAll("button")].find(b => b.textContent.trim() === %q && !b.disabled)`, button)
			p.WaitFor(button+" on "+at, find, time.Minute)
			p.Eval("(" + find + ".click(), true)")
		}
		press(act.button)
		if act.confirm != "" {
			press(act.confirm)
		}
		r.wantAct(t, act.verb, at[strings.LastIndex(at, "/")+1:])
		p.CheckRecord()
	}
	p.Go("/admin/jobs")
	p.Follow("a[href='/admin/river/']")
	p.WaitFor("the queue's first page", `document.title.length > 0 && document.body.innerText.includes("Jobs")`, time.Minute)
	p.CheckRecord()
}

// discarded puts a job into the queue that was given up and that ends well when
// it is tried again.
func (r *running) discarded(t *testing.T) (number int64) {
	t.Helper()
	err := r.super(t).QueryRow(t.Context(), `
INSERT INTO river_job (kind, args, max_attempts, state, finalized_at, attempt, queue)
VALUES ('check_domain', jsonb_build_object('organization', gen_random_uuid()), 3, 'discarded', now(), 3, 'default')
RETURNING id`).Scan(&number)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// wantAct waits until the record names an act on a job.
func (r *running) wantAct(t *testing.T, verb, job string) {
	t.Helper()
	c := r.super(t)
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		var found bool
		if err := c.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM activity WHERE verb = $1 AND object_id = $2)`, verb, job).Scan(&found); err != nil {
			t.Fatal(err)
		}
		if found {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("no %s of job %s in the record after a minute", verb, job)
		}
	}
}
