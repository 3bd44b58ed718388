package notice

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/postgres"
)

// Preferences are how a person wishes to hear of events.
type Preferences struct {
	Ways       map[Kind]Way // every kind that may be turned off
	DigestHour int          // 0 to 23, in TimeZone
	TimeZone   string       // one of Zones
	NoDigest   bool         // what would be in the mail of the day stays in the app
	Paused     bool         // so does all mail that may be turned off
}

// defaultHour is when the mail of the day goes out without a wish.
const defaultHour = 7

// Defaults are the preferences of somebody who never chose.
func Defaults() Preferences {
	p := Preferences{Ways: map[Kind]Way{}, DigestHour: defaultHour, TimeZone: defaultZone}
	for _, a := range all {
		if !a.Must {
			p.Ways[a.Kind] = a.Default()
		}
	}
	return p
}

const (
	readChoices = `
SELECT kind, way
FROM   notice_choice
WHERE  user_id = @user`
	readSetting = `
SELECT digest_hour, time_zone, digest_off_at IS NOT NULL, paused_at IS NOT NULL
FROM   notice_setting
WHERE  user_id = @user`
	saveChoice = `
INSERT INTO notice_choice (user_id, kind, way)
VALUES (@user, @kind, @way)
ON CONFLICT (user_id, kind) DO UPDATE
SET way = EXCLUDED.way`
	dropChoices = `
DELETE FROM notice_choice
WHERE  user_id = @user`
	dropSetting = `
DELETE FROM notice_setting
WHERE  user_id = @user`
	saveSetting = `
INSERT INTO notice_setting AS s (user_id, digest_hour, time_zone, digest_off_at, paused_at)
VALUES (@user, @hour, @zone, CASE WHEN @no_digest THEN now() END, CASE WHEN @paused THEN now() END)
ON CONFLICT (user_id) DO UPDATE
SET digest_hour   = EXCLUDED.digest_hour,
    time_zone     = EXCLUDED.time_zone,
    digest_off_at = CASE WHEN @no_digest THEN coalesce(s.digest_off_at, now()) END,
    paused_at     = CASE WHEN @paused THEN coalesce(s.paused_at, now()) END`
)

// Preferences returns what the actor wishes to hear.
func (s *Service) Preferences(ctx context.Context, a postgres.Actor) (Preferences, error) {
	p := Defaults()
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"user": a.User}
		rows, err := tx.Query(ctx, readChoices, args)
		if err != nil {
			return err
		}
		var kind, way string
		if _, err := pgx.ForEachRow(rows, []any{&kind, &way}, func() error {
			if _, known := p.Ways[Kind(kind)]; known {
				p.Ways[Kind(kind)] = Way(way)
			}
			return nil
		}); err != nil {
			return err
		}
		err = tx.QueryRow(ctx, readSetting, args).Scan(&p.DigestHour, &p.TimeZone, &p.NoDigest, &p.Paused)
		if err == pgx.ErrNoRows {
			return nil
		}
		return err
	})
	if err != nil {
		return Preferences{}, fmt.Errorf("notice: preferences: %w", err)
	}
	return p, nil
}

// SavePreferences keeps what the actor wishes to hear; a kind without a way
// stays as it is. A kind that must be told cannot be chosen for, and an hour or
// a time zone that is none is errs.Invalid.
func (s *Service) SavePreferences(ctx context.Context, a postgres.Actor, p Preferences) error {
	if err := p.check(); err != nil {
		return err
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		for kind, way := range p.Ways {
			if _, err := tx.Exec(ctx, saveChoice, pgx.NamedArgs{"user": a.User, "kind": string(kind), "way": string(way)}); err != nil {
				return fmt.Errorf("notice: preferences: %w", err)
			}
		}
		args := pgx.NamedArgs{"user": a.User, "hour": p.DigestHour, "zone": p.TimeZone, "no_digest": p.NoDigest, "paused": p.Paused}
		if _, err := tx.Exec(ctx, saveSetting, args); err != nil {
			return fmt.Errorf("notice: preferences: %w", err)
		}
		if p.Paused || p.NoDigest {
			if _, err := tx.Exec(ctx, dropDue, args); err != nil {
				return fmt.Errorf("notice: preferences: %w", err)
			}
		}
		return record(ctx, tx, a, "notice.choose", nil)
	})
}

func (p Preferences) check() error {
	var form errs.Fields
	if p.DigestHour < 0 || p.DigestHour > 23 {
		form.Add("hour", "Choose an hour from the list.")
	}
	if !isZone(p.TimeZone) {
		form.Add("zone", "Choose a time zone from the list.")
	}
	for kind, way := range p.Ways {
		a, ok := Find(kind)
		if !ok || a.Must || way != AtOnce && way != InDigest && way != OnlyInApp {
			form.Add(string(kind), "Choose one of the three ways.")
		}
	}
	return form.Err()
}

// ResetPreferences makes the actor one who never chose.
func (s *Service) ResetPreferences(ctx context.Context, a postgres.Actor) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, dropChoices, pgx.NamedArgs{"user": a.User}); err != nil {
			return fmt.Errorf("notice: preferences: %w", err)
		}
		_, err := tx.Exec(ctx, saveSetting, pgx.NamedArgs{"user": a.User, "hour": defaultHour, "zone": defaultZone, "no_digest": false, "paused": false})
		if err != nil {
			return fmt.Errorf("notice: preferences: %w", err)
		}
		return record(ctx, tx, a, "notice.choose", map[string]string{"what": "defaults"})
	})
}

func record(ctx context.Context, tx pgx.Tx, a postgres.Actor, verb string, detail map[string]string) error {
	return activity.Record(ctx, tx, activity.Entry{Actor: a, Verb: verb, Object: "user", ObjectID: string(a.User), Detail: detail})
}
