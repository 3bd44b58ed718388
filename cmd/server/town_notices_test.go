package main

import (
	"regexp"
	"testing"
	"time"

	"assay/internal/id"
	"assay/internal/mail"
	"assay/internal/postgres"
)

// told waits until every event so far is delivered, so that no worker writes
// while a test compares tables.
func (r *running) told(t *testing.T) {
	t.Helper()
	c := r.super(t)
	for range 300 {
		var waiting int
		if err := c.QueryRow(t.Context(), `SELECT count(*) FROM notice_event WHERE delivered_at IS NULL`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		if waiting == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("events wait for half a minute")
}

// notice puts a notice into somebody's inbox.
func (r *running) notice(t *testing.T, a postgres.Actor) string {
	t.Helper()
	key := id.New[string]()
	_, err := r.super(t).Exec(t.Context(), `
INSERT INTO inbox_notice (id, user_id, event_id, kind, subject, lines, action, path)
VALUES ($1, $2, $3, 'version_live', 'Live: version 1', '{}', 'See it', '/seller')`, key, a.User, id.New[string]())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var stopLink = regexp.MustCompile(`/unsubscribe/(\S+)`)

// stopLink is the secret part of a link that stops mail, from the newest mail
// with one.
func (r *running) stopLink(t *testing.T) string {
	t.Helper()
	list, err := mail.List(t.Context(), r.db, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if found := stopLink.FindStringSubmatch(m.Text); found != nil {
			return found[1]
		}
	}
	t.Fatal("no mail that may be stopped")
	return ""
}
