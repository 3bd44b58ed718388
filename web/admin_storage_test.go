package web_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/storage"
	"assay/internal/vault"
	"assay/internal/vault/vaulttest"
	"assay/web/webtest"
)

// old writes an object that was last written so many days ago.
func (s site) old(t *testing.T, key, content string, days int) {
	t.Helper()
	if _, err := s.Blobs.Put(t.Context(), key, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	at := time.Now().AddDate(0, 0, -days)
	if err := os.Chtimes(filepath.Join(s.folder, filepath.FromSlash(key)), at, at); err != nil {
		t.Fatal(err)
	}
}

// works carries out what is in the queue of storage, as workers do.
func (s site) works(t *testing.T) {
	t.Helper()
	kept := storage.New(s.DB, s.Blobs, time.Now)
	var cleanups []id.Cleanup
	err := s.DB.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT id FROM storage_cleanup WHERE finished_at IS NULL`)
		if err != nil {
			return err
		}
		if cleanups, err = pgx.CollectRows(rows, pgx.RowTo[id.Cleanup]); err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), `DELETE FROM river_job WHERE kind IN ('measure_storage', 'delete_orphans')`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cleanups {
		if err := kept.DeleteOrphans(t.Context(), job.DeleteOrphans{Cleanup: c}); err != nil {
			t.Fatal(err)
		}
	}
	if err := kept.Measure(t.Context(), job.MeasureStorage{}); err != nil {
		t.Fatal(err)
	}
}

// keeps gives the store what a platform keeps after some days, and what does
// not fit.
func (s site) keeps(t *testing.T) (orphan string) {
	t.Helper()
	papers := vault.New(s.DB, s.Blobs, []vault.Key{vaulttest.Key(t, 1)}, time.Now)
	for i, name := range []string{"North Imaging Institute", "Radiologie am Fluss", "=2+5 <b>Imaging</b>"} {
		ada := s.owner(t, string(rune('a'+i))+"@example.org", name)
		paper := vault.Incoming{Kind: "other", Name: "register.pdf", Content: strings.NewReader(vaulttest.PDF)}
		if _, err := papers.Put(t.Context(), ada, paper, func(context.Context, pgx.Tx) error { return nil }, nil); err != nil {
			t.Fatal(err)
		}
	}
	s.lostReport(t, accounttest.Seller(t, s.DB))
	orphan = "report/" + string(id.New[id.Report]()) + ".json"
	s.old(t, orphan, "{}", 40)
	s.old(t, "upload/"+string(id.New[id.Upload]()), strings.Repeat("x", 2_000_000), 3)
	s.old(t, "activity/heads/000000000999.json", "{}", 3)
	s.old(t, "elsewhere/scan.dcm", "not ours", 3)
	return orphan
}

// lostReport is the row of a report whose object is not in the store.
func (s site) lostReport(t *testing.T, seller accounttest.Org) {
	t.Helper()
	listingtest.Version(t, s.DB, seller, listing.Passed)
}

// measuredDaily is a history of so many days before today.
func (s site) measuredDaily(t *testing.T, days int) {
	t.Helper()
	err := s.DB.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `
			WITH m AS (
			    INSERT INTO storage_measurement (id, begun_at, finished_at)
			    SELECT gen_random_uuid(), now() - d * interval '1 day', now() - d * interval '1 day' FROM generate_series(1, $1::int) d
			    RETURNING id, finished_at
			)
			INSERT INTO storage_part (measurement_id, kind, objects, bytes, waiting, orphans, orphan_bytes, missing)
			SELECT id, 'submission', 10, greatest(0, 2100000 - extract(day FROM now() - finished_at)::bigint * 57000), 0, 0, 0, 0 FROM m`, days)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAdminDeletesOrphansAfterLookingAtThem(t *testing.T) {
	t.Parallel()
	s := newSite(t, false)
	user := s.admin(t, "root@example.org")
	root := s.person(t)
	root.signIn("root@example.org")
	const path, orphans = "/admin/storage", "/admin/storage/orphans"
	if a := root.get(path); a.Status != http.StatusOK || !strings.Contains(a.Body, "No figures yet") {
		t.Errorf("before the first measurement: status %d", a.Status)
	}
	wantStatus(t, "measure", root.fill(path, path+"/measure"), http.StatusSeeOther, path)
	if a := root.get(path); !strings.Contains(a.Body, "a measurement waits or runs") {
		t.Error("a measurement that waits is not told")
	}
	orphan := s.keeps(t)
	s.works(t)
	if a := root.get(orphans + "?age=90"); a.Status != http.StatusOK || !strings.Contains(a.Body, "found no object of that age") {
		t.Errorf("nothing older than 90 days: status %d", a.Status)
	}
	wantStatus(t, "no such age", root.get(orphans+"?age=0.01"), http.StatusUnprocessableEntity, "")
	confirm := root.get(orphans + "?age=30")
	if !strings.Contains(confirm.Body, "Delete 1 object for good") || !strings.Contains(confirm.Body, orphan) || strings.Contains(confirm.Body, "elsewhere/") {
		t.Errorf("the confirmation does not show what would go: status %d", confirm.Status)
	}
	remove := func(name, value string) answer {
		fields := url.Values{}
		root.get(orphans + "?age=30").Page.Find("#delete-orphans input[type=hidden]").Each(func(_ int, in *goquery.Selection) {
			fields.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
		})
		if name != "" {
			fields.Set(name, value)
		}
		return root.send(orphans, fields)
	}
	for name, status := range map[string]int{"before": http.StatusUnprocessableEntity, "objects": http.StatusUnprocessableEntity, "measurement": http.StatusConflict, "csrf": http.StatusForbidden} {
		wantStatus(t, "with a wrong "+name, remove(name, "x"), status, "")
	}
	wantStatus(t, "another number", remove("objects", "2"), http.StatusConflict, "")
	s.age(t, user, time.Hour)
	wantStatus(t, "long after the sign-in", remove("", ""), http.StatusSeeOther, "/account/security/again")
	wantStatus(t, "the proof", root.fill("/account/security/again", "/account/security/again", "code", accounttest.Code(t, s.DB, s.Accounts, "root@example.org")), http.StatusSeeOther, orphans+"?age=30")
	wantStatus(t, "delete", remove("", ""), http.StatusSeeOther, path)
	s.works(t)
	if _, err := s.Blobs.Size(t.Context(), orphan); err == nil {
		t.Error("the orphan is there still")
	}
	after := root.get(path)
	if after.Page.Find("[data-testid=deletions] tbody tr").Length() != 1 || !strings.Contains(after.Body, "Older than 24 hours: 1 object") {
		t.Error("the page does not tell of the deletion, or of what is left")
	}
	var verbs []string
	err := s.DB.InTx(t.Context(), postgres.Actor{Platform: postgres.Admin}, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT verb || ' ' || coalesce(detail ->> 'objects', '') FROM activity WHERE object LIKE 'storage%' ORDER BY at, id`)
		if err == nil {
			verbs, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		return err
	})
	if got := strings.Join(verbs, ", "); err != nil || got != "storage.measure , storage.delete_orphans 1, storage.orphans_deleted 1" {
		t.Errorf("the record holds %q, %v", got, err)
	}
	for _, row := range table(t, root.get(path+".csv").Body) {
		if strings.HasPrefix(row["name"], "=") {
			t.Errorf("a name begins a formula: %q", row["name"])
		}
	}
}

func TestStorageInABrowser(t *testing.T) {
	s := newSite(t, false)
	s.admin(t, "root@example.org")
	b := webtest.Start(t)
	p, q := b.Visitor(t, s.URL), b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, p, "root@example.org")
	p.Go("/admin/storage")
	p.CheckViews("admin-storage-empty")
	s.keeps(t)
	s.works(t)
	s.measuredDaily(t, 29)
	s.signInPage(t, q, "root@example.org")
	q.Go("/admin/storage")
	q.Submit("#measure")
	q.WantText("[data-testid=flash]", "A measurement is asked for")
	s.works(t)
	p.Go("/admin/storage")
	p.CheckViews("admin-storage")
	q.Go("/admin/storage")
	q.Submit("#choose-orphans")
	q.WantText("h1", "Delete objects without a row")
	p.Go("/admin/storage/orphans?age=1")
	p.CheckViews("admin-orphans")
	q.Submit("#delete-orphans")
	q.WantText("[data-testid=flash]", "The deletion has begun")
	s.works(t)
	q.Reload()
	q.WantText("[data-testid=deletions]", "done")
	p.Go("/admin/storage")
	p.CheckViews("admin-storage-cleaned")
	p.Go("/admin")
	p.CheckViews("admin-stored")
}
