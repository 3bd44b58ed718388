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
	p.Go("/admin/jobs")
	p.Follow("a[href='/admin/river/']")
	p.WaitFor("the queue's first page", `document.title.length > 0 && document.body.innerText.includes("Jobs")`, time.Minute)
	p.CheckRecord()
}
