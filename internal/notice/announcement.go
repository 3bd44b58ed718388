package notice

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Spoken is an announcement: a sentence that the platform shows on every page
// for a time.
type Spoken struct {
	ID       id.Announcement `db:"id"`
	Level    string          `db:"level"`    // "info" or "warn"
	Audience string          `db:"audience"` // "everybody" or "signed_in"
	Body     string          `db:"body"`
	StartsAt time.Time       `db:"starts_at"`
	EndsAt   time.Time       `db:"ends_at"`
	IsSent   bool            `db:"is_sent"` // to everyone's inbox, too
	EndedAt  *time.Time      `db:"ended_at"`
}

// IsOn reports whether it is shown at a moment.
func (s Spoken) IsOn(at time.Time) bool {
	return s.EndedAt == nil && !at.Before(s.StartsAt) && at.Before(s.EndsAt)
}

func (s *Spoken) check(now time.Time) error {
	var form errs.Fields
	s.Body = strings.Join(strings.Fields(s.Body), " ")
	if n := utf8.RuneCountInString(s.Body); n < 10 || n > 500 {
		form.Add("body", "Say it in 10 to 500 characters.")
	}
	if s.Level != "info" && s.Level != "warn" {
		form.Add("level", "Choose how loud it is.")
	}
	if s.Audience != "everybody" && s.Audience != "signed_in" {
		form.Add("audience", "Choose who sees it.")
	}
	switch {
	case s.StartsAt.IsZero():
		form.Add("from", "Enter the moment in UTC, like 2026-12-01T20:00.")
	case s.EndsAt.IsZero():
		form.Add("until", "Enter the moment in UTC, like 2026-12-01T22:00.")
	case !s.EndsAt.After(s.StartsAt) || !s.EndsAt.After(now):
		form.Add("until", "Choose a moment after the first, that is still to come.")
	case s.EndsAt.Sub(s.StartsAt) > 92*24*time.Hour:
		form.Add("until", "An announcement is shown for at most 92 days.")
	}
	return form.Err()
}

const insertAnnouncement = `
INSERT INTO announcement (id, level, audience, body, starts_at, ends_at, is_sent, made_by)
VALUES (@id, @level, @audience, @body, @starts, @ends, @sent, @by)`

// Announce shows a sentence on every page for a time and, if asked to, tells
// everyone with an account. Only an admin of the platform may.
func (s *Service) Announce(ctx context.Context, a postgres.Actor, n Spoken) error {
	if a.Platform != postgres.Admin {
		return errs.New(errs.Forbidden, "Only an admin of the platform announces.")
	}
	if err := n.check(s.now()); err != nil {
		return err
	}
	n.ID = id.New[id.Announcement]()
	defer s.board.forget()
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insertAnnouncement, pgx.NamedArgs{"id": n.ID, "level": n.Level, "audience": n.Audience, "body": n.Body,
			"starts": n.StartsAt, "ends": n.EndsAt, "sent": n.IsSent, "by": a.User})
		if err != nil {
			return fmt.Errorf("announce: %w", err)
		}
		err = activity.Record(ctx, tx, activity.Entry{Actor: a, Verb: "announcement.make", Object: "announcement", ObjectID: string(n.ID),
			Detail: map[string]string{"audience": n.Audience, "sent": fmt.Sprint(n.IsSent)}})
		if err != nil || !n.IsSent {
			return err
		}
		return Send(ctx, tx, Notice{Kind: Announcement, To: To{Everyone: true}, Subject: "An announcement of the platform", Lines: []string{n.Body}})
	})
}

const endAnnouncement = `
UPDATE announcement
SET    ended_at = now()
WHERE  id = @id
AND    ended_at IS NULL
AND    ends_at > now()`

// EndAnnouncement takes an announcement down before its time.
func (s *Service) EndAnnouncement(ctx context.Context, a postgres.Actor, announcement id.Announcement) error {
	if a.Platform != postgres.Admin {
		return errs.New(errs.Forbidden, "Only an admin of the platform announces.")
	}
	if _, ok := id.Parse[id.Announcement](string(announcement)); !ok {
		return errs.New(errs.NotFound, "There is no such announcement.")
	}
	defer s.board.forget()
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, endAnnouncement, pgx.NamedArgs{"id": announcement})
		if err != nil {
			return fmt.Errorf("end an announcement: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "There is no such announcement.")
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Verb: "announcement.end", Object: "announcement", ObjectID: string(announcement)})
	})
}

const announcementColumns = `
SELECT   id, level, audience, body, starts_at, ends_at, is_sent, ended_at
FROM     announcement`

const listAnnouncements = announcementColumns + `
ORDER BY ends_at DESC, id DESC
LIMIT    100`

const dueAnnouncements = announcementColumns + `
WHERE    ended_at IS NULL
AND      ends_at > now()
ORDER BY starts_at, id
LIMIT    20`

// Announcements returns all of them, the last to end first.
func (s *Service) Announcements(ctx context.Context, a postgres.Actor) ([]Spoken, error) {
	return s.announcements(ctx, a, listAnnouncements)
}

func (s *Service) announcements(ctx context.Context, a postgres.Actor, query string) (list []Spoken, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		list, err = postgres.Many[Spoken](ctx, tx, query)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("announcements: %w", err)
	}
	return list, nil
}

// boardFor is how long a process shows what it has read: so late may an
// announcement appear or go.
const boardFor = 15 * time.Second

// board keeps the announcements that are on or to come, so that pages do not
// ask the database for them.
type board struct {
	mu   sync.Mutex
	list []Spoken
	read time.Time
}

func (b *board) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read = time.Time{}
}

// Board returns what is announced now. If the database does not answer, what
// was read last is shown on.
func (s *Service) Board(ctx context.Context) (on []Spoken, err error) {
	b, now := &s.board, s.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.read) > boardFor {
		b.read = now // also after a failure: others need not wait for it
		if list, readErr := s.announcements(ctx, postgres.Actor{}, dueAnnouncements); readErr == nil {
			b.list = list
		} else {
			err = readErr
		}
	}
	for _, n := range b.list {
		if n.IsOn(now) {
			on = append(on, n)
		}
	}
	return on, err
}
