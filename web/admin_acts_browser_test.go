package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// Every act of the desk on people, organizations and jobs works without
// scripts: once refused, once done.
func TestAdminsActWithoutScripts(t *testing.T) {
	s := newSite(t, false)
	s.admin(t, "root@example.org")
	name := "=2+5 <b>" + strings.Repeat("Wide", 20)
	ada := s.owner(t, "ada@example.org", name)
	_, err := s.Accounts.CreateAPIToken(t.Context(), ada, account.NewAPIToken{ID: id.New[id.APIToken](), Name: "<i>Nightly</i> " + strings.Repeat("W", 40), Scopes: account.AllScopes()[:1], Days: 30})
	if err != nil {
		t.Fatal(err)
	}
	err = s.DB.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		if err := job.Insert(t.Context(), tx, job.SendMail{Outbox: "none"}); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `UPDATE river_job SET state = 'discarded', finalized_at = now(), attempt = 12,
			errors = ARRAY[jsonb_build_object('at', now(), 'attempt', 12, 'error', repeat('the server of mails does not answer; ', 20), 'trace', '')] WHERE args ->> 'outbox' = 'none'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b := webtest.Start(t)
	hers, q, p := b.Visitor(t, s.URL, webtest.NoScript), b.Visitor(t, s.URL, webtest.NoScript), b.Visitor(t, s.URL)
	s.signInPage(t, hers, "ada@example.org")
	s.signInPage(t, q, "root@example.org")
	s.signInPage(t, p, "root@example.org")

	q.Go("/admin/organizations")
	q.Fill("q", "=2+5 <b>")
	q.Submit("#narrow")
	q.WantText("[data-testid=organizations]", name)
	if !q.Has("a[href^='/admin/organizations.csv']") {
		t.Error("the list cannot be taken along")
	}
	p.Go(q.Path())
	p.CheckViews("admin-organizations-wide")
	q.Go("/admin/organizations/" + string(ada.Organization))
	q.Set("quota", "much")
	q.Submit("#quota")
	q.WantText("[data-testid=error-summary]", "Enter a size")
	q.Set("quota", "250")
	q.Submit("#quota")
	q.WantText("[data-testid=flash]", "The room is changed")

	person := "/admin/users/" + string(ada.User)
	p.Go(person)
	p.CheckViews("admin-user-wide")
	q.Go(person)
	q.Follow("[data-testid=token] button")
	q.WantText("[data-testid=flash]", "The token is revoked")
	q.Follow("[data-testid=session] button")
	q.WantText("[data-testid=flash]", "The session is ended")
	hers.Go("/account")
	hers.WantText("h1", "Sign in")
	q.Choose("role", "reviewer")
	q.Submit("#platform-role")
	q.WantText("[data-testid=flash]", "The role is changed")
	q.Submit("#disable")
	q.WantText("[data-testid=error-summary]", "Choose why")
	q.Set("reason", "left")
	q.Submit("#disable")
	q.WantText("[data-testid=state]", "closed")
	q.Submit("#enable")
	q.WantText("[data-testid=state]", "open")
	q.Go("/admin/access?where=platform")
	q.WantText("[data-testid=access]", "Platform reviewer")
	q.WantText("[data-testid=access]", "the role does not count")

	p.Go("/admin/jobs")
	p.CheckViews("admin-jobs-failed")
	q.Go("/admin/jobs")
	q.WantText("[data-testid=failed]", "given up")
	q.Follow("[data-testid=job] button[value=retry]")
	q.WantText("[data-testid=flash]", "The job is tried now")
	p.Go("/admin/settings")
	p.WantText("[data-testid=settings]", "ASSAY_")
	s.failed(t)
	for path, shot := range map[string]string{"/admin": "admin-busy", "/admin/errors": "admin-errors-some"} {
		p.Go(path)
		p.CheckViews(shot)
	}
}

// failed gives the last day answers and some errors.
func (s site) failed(t *testing.T) {
	t.Helper()
	err := s.DB.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `
			INSERT INTO answer_count (minute, route, class, n)
			SELECT date_trunc('minute', now() - h * interval '1 hour'), '/datasets', class, CASE class WHEN '2xx' THEN 1000 + h * 37 ELSE 1 + h % 5 END
			FROM   generate_series(0, 23) h, unnest(ARRAY['2xx', '5xx']) class
			WHERE  class = '2xx' OR h % 3 = 0`)
		if err == nil {
			_, err = tx.Exec(t.Context(), `INSERT INTO server_error (request_id, at, method, route, status)
				VALUES ('00000000000000aa', $1, 'GET', '/datasets', 500)`, time.Now())
		}
		if err == nil {
			_, err = tx.Exec(t.Context(), `
				INSERT INTO river_job (kind, args, max_attempts, state, finalized_at, attempt, queue)
				SELECT 'send_mail', '{}', 12, 'completed', now() - (n % 24) * interval '1 hour', 1, 'default' FROM generate_series(1, 300) n WHERE n % 24 <> 7`)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
