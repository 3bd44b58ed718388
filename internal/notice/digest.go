package notice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/mail"
	"assay/internal/postgres"
)

// digestLength is how many notices the mail of the day names; the others stand
// in the inbox.
const digestLength = 30

// A person's digest is due once a day: when their hour has come, by the clock of
// their time zone, since they had the last one, and something waits from before
// it.
const dueForDigest = `
SELECT DISTINCT n.user_id::text
FROM   inbox_notice n
LEFT JOIN notice_setting s ON s.user_id = n.user_id
CROSS JOIN LATERAL (
    SELECT coalesce(s.time_zone, @zone) AS zone
) z
CROSS JOIN LATERAL (
    SELECT date_trunc('day', @now::timestamptz AT TIME ZONE z.zone) + make_interval(hours => coalesce(s.digest_hour, @hour)) AS today
) d
CROSS JOIN LATERAL (
    SELECT CASE WHEN d.today AT TIME ZONE z.zone <= @now THEN d.today AT TIME ZONE z.zone
                ELSE (d.today - interval '1 day') AT TIME ZONE z.zone END AS slot
) t
WHERE  n.digest_due
AND    n.created_at < t.slot
AND    (s.digested_at IS NULL OR s.digested_at < t.slot)
AND    (@user::text = '' OR n.user_id = nullif(@user, '')::uuid)
LIMIT  1000`

// Digest carries out one job: it mails what waits for the mail of the day to
// everybody whose hour has come.
func (s *Service) Digest(ctx context.Context, _ job.SendDigests) error {
	now := s.now()
	var people []id.User
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) (err error) {
		people, err = due(ctx, tx, now, "")
		return err
	})
	failed := []error{err}
	for _, user := range people {
		failed = append(failed, s.digest(ctx, now, user))
	}
	return errors.Join(failed...)
}

func due(ctx context.Context, tx pgx.Tx, now time.Time, user id.User) ([]id.User, error) {
	list, err := postgres.Values[id.User](ctx, tx, dueForDigest, pgx.NamedArgs{"now": now, "hour": defaultHour, "zone": defaultZone, "user": string(user)})
	if err != nil {
		return nil, fmt.Errorf("notice: digest: %w", err)
	}
	return list, nil
}

const (
	// The row of settings is what two processes at once wait for.
	lockSetting = `
INSERT INTO notice_setting (user_id)
VALUES (@user)
ON CONFLICT (user_id) DO UPDATE
SET digest_hour = notice_setting.digest_hour
RETURNING paused_at IS NOT NULL OR digest_off_at IS NOT NULL`
	digestAddress = `
SELECT email
FROM   app_user
WHERE  id = @user
AND    disabled_at IS NULL
AND    email_confirmed_at IS NOT NULL`
	takeDue = `
UPDATE inbox_notice
SET    digest_due = false
WHERE  user_id = @user
AND    digest_due
RETURNING subject, read_at IS NULL AS is_unread, created_at`
	markDigested = `
UPDATE notice_setting
SET    digested_at = @now
WHERE  user_id = @user`
)

// waiting is a notice that waits for the mail of the day.
type waiting struct {
	Subject   string    `db:"subject"`
	IsUnread  bool      `db:"is_unread"`
	CreatedAt time.Time `db:"created_at"`
}

// digest mails one person what waits, and marks it in the same transaction.
// What they have read in the app meanwhile is left out.
func (s *Service) digest(ctx context.Context, now time.Time, user id.User) error {
	return s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"user": user, "now": now}
		var off bool
		if err := tx.QueryRow(ctx, lockSetting, args).Scan(&off); err != nil {
			return fmt.Errorf("notice: digest: %w", err)
		}
		if still, err := due(ctx, tx, now, user); err != nil || len(still) == 0 {
			return err // another process was faster
		}
		list, err := postgres.Many[waiting](ctx, tx, takeDue, args)
		if err != nil {
			return fmt.Errorf("notice: digest: %w", err)
		}
		var email string
		err = tx.QueryRow(ctx, digestAddress, args).Scan(&email)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("notice: digest: %w", err)
		}
		list = unread(list)
		if off || len(list) == 0 {
			return nil
		}
		if err := enqueue(ctx, tx, s.digestLetter(user, email, list)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, markDigested, args)
		return err
	})
}

// unread returns what was not read yet, oldest first.
func unread(list []waiting) []waiting {
	list = slices.DeleteFunc(list, func(w waiting) bool { return !w.IsUnread })
	slices.SortFunc(list, func(a, b waiting) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list
}

// digestLetter is the mail of the day.
func (s *Service) digestLetter(user id.User, email string, list []waiting) mail.Letter {
	l := mail.Letter{
		To: email, Subject: "1 thing happened since the last mail of the day",
		Action: "Open your inbox", URL: s.url + "/inbox?show=unread",
		Reason:  "You get this once a day, and only if something happened, because you did not turn it off.",
		Choices: s.url + "/account/notices", Unsubscribe: s.stopLink(Subscription{User: user, Kind: Digest}),
	}
	if n := len(list); n > 1 {
		l.Subject = fmt.Sprintf("%d things happened since the last mail of the day", n)
	}
	for _, w := range list[:min(len(list), digestLength)] {
		l.Paragraphs = append(l.Paragraphs, w.CreatedAt.UTC().Format("2 January, 15:04 UTC")+": "+w.Subject+".")
	}
	if more := len(list) - digestLength; more > 0 {
		l.Paragraphs = append(l.Paragraphs, fmt.Sprintf("And %d more, in your inbox.", more))
	}
	return l
}
