package notice

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Digest stands for the mail of the day where a link stops one kind of mail.
const Digest Kind = "digest"

// Subscription is what the link in a mail stops: mail of one kind, or the mail
// of the day, to a user or to an address without an account.
type Subscription struct {
	User        id.User
	AddressHash string // if User is empty
	Kind        Kind
}

// Label names the kind in words.
func (s Subscription) Label() string {
	if a, ok := Find(s.Kind); ok {
		return a.Label
	}
	return "The mail of the day"
}

// stopLink is the address that stops a kind of mail.
func (s *Service) stopLink(sub Subscription) string {
	return s.url + "/unsubscribe/" + s.stopToken(sub)
}

// stopToken holds who and what, and a signature: whoever has the mail may stop
// it without signing in.
func (s *Service) stopToken(sub Subscription) string {
	who := "u~" + string(sub.User)
	if sub.User == "" {
		who = "a~" + sub.AddressHash
	}
	said := who + "~" + string(sub.Kind)
	return base64.RawURLEncoding.EncodeToString([]byte(said)) + "." + s.sign(said)
}

func (s *Service) sign(said string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte("stop " + said))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// addressHash is what is kept of an address that wants no mail.
func (s *Service) addressHash(address string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte("address " + normalize(address)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Subscription reads the token of a link; any other text is errs.NotFound.
func (s *Service) Subscription(token string) (Subscription, error) {
	notOurs := errs.New(errs.NotFound, "There is no page at this address.")
	head, signature, _ := strings.Cut(token, ".")
	said, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || len(token) > 500 || !hmac.Equal([]byte(signature), []byte(s.sign(string(said)))) {
		return Subscription{}, notOurs
	}
	parts := strings.Split(string(said), "~")
	if len(parts) != 3 {
		return Subscription{}, notOurs
	}
	sub := Subscription{Kind: Kind(parts[2])}
	if parts[0] == "u" {
		sub.User = id.User(parts[1])
	} else {
		sub.AddressHash = parts[1]
	}
	if a, ok := Find(sub.Kind); sub.Kind != Digest && (!ok || a.Must && sub.User != "") {
		return Subscription{}, notOurs // the kind is gone, or may no longer be turned off
	}
	return sub, nil
}

const (
	refuseAddress = `
INSERT INTO notice_refusal (address_hash)
VALUES (@hash)
ON CONFLICT DO NOTHING`
	welcomeAddress = `
DELETE FROM notice_refusal
WHERE  address_hash = @hash`
	isStopped = `
SELECT EXISTS (SELECT FROM notice_choice WHERE user_id = @user AND kind = @kind AND way = 'app')
OR     EXISTS (SELECT FROM notice_setting WHERE user_id = @user AND @kind = 'digest' AND digest_off_at IS NOT NULL),
       EXISTS (SELECT FROM notice_setting WHERE user_id = @user AND paused_at IS NOT NULL)`
	stopDigest = `
INSERT INTO notice_setting (user_id, digest_off_at)
VALUES (@user, now())
ON CONFLICT (user_id) DO UPDATE
SET digest_off_at = now()`
	startDigest = `
UPDATE notice_setting
SET    digest_off_at = NULL
WHERE  user_id = @user`
	pauseAll = `
INSERT INTO notice_setting (user_id, paused_at)
VALUES (@user, now())
ON CONFLICT (user_id) DO UPDATE
SET paused_at = now()`
	resumeAll = `
UPDATE notice_setting
SET    paused_at = NULL
WHERE  user_id = @user`
	dropDue = `
UPDATE inbox_notice
SET    digest_due = false
WHERE  user_id = @user
AND    digest_due`
)

// Stopped reports whether mail of the subscription's kind is stopped, and
// whether all mail is that may be.
func (s *Service) Stopped(ctx context.Context, sub Subscription) (kind, all bool, err error) {
	err = s.inTx(ctx, sub, func(tx pgx.Tx) error {
		if sub.User == "" {
			return tx.QueryRow(ctx, isRefused, pgx.NamedArgs{"hash": sub.AddressHash}).Scan(&kind)
		}
		return tx.QueryRow(ctx, isStopped, pgx.NamedArgs{"user": sub.User, "kind": string(sub.Kind)}).Scan(&kind, &all)
	})
	return kind, all, err
}

// Stop ends mail of the subscription's kind, or all that may be turned off.
// What happens stays in the inbox of who has one. Stopping twice is stopping
// once.
func (s *Service) Stop(ctx context.Context, sub Subscription, all bool) error {
	return s.change(ctx, sub, all, true)
}

// Resume takes a Stop back.
func (s *Service) Resume(ctx context.Context, sub Subscription, all bool) error {
	return s.change(ctx, sub, all, false)
}

func (s *Service) change(ctx context.Context, sub Subscription, all, stop bool) error {
	return s.inTx(ctx, sub, func(tx pgx.Tx) error {
		sql, args := sub.statement(all, stop), pgx.NamedArgs{"user": string(sub.User), "hash": sub.AddressHash, "kind": string(sub.Kind), "way": string(OnlyInApp)}
		if !stop {
			args["way"] = string(AtOnce) // as it was: the mail had come
		}
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("notice: stop mail: %w", err)
		}
		if sub.User == "" {
			return nil
		}
		if stop && (all || sub.Kind == Digest) {
			if _, err := tx.Exec(ctx, dropDue, args); err != nil {
				return fmt.Errorf("notice: stop mail: %w", err)
			}
		}
		verb, kind := "notice.stop", string(sub.Kind)
		if !stop {
			verb = "notice.resume"
		}
		if all {
			kind = "all"
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: postgres.Actor{User: sub.User}, Verb: verb,
			Object: "user", ObjectID: string(sub.User), Detail: map[string]string{"kind": kind, "by": "link"}})
	})
}

// statement is what changes a subscription.
func (sub Subscription) statement(all, stop bool) string {
	pick := func(stopping, starting string) string {
		if stop {
			return stopping
		}
		return starting
	}
	switch {
	case sub.User == "":
		return pick(refuseAddress, welcomeAddress)
	case all:
		return pick(pauseAll, resumeAll)
	case sub.Kind == Digest:
		return pick(stopDigest, startDigest)
	}
	return saveChoice
}

// inTx runs fn as the one to whom the mail came: the signed link proves it.
func (s *Service) inTx(ctx context.Context, sub Subscription, fn func(tx pgx.Tx) error) error {
	return s.db.InTx(ctx, postgres.Actor{User: sub.User}, func(tx pgx.Tx) error {
		if sub.User == "" {
			if err := postgres.LookFor(ctx, tx, sub.AddressHash); err != nil {
				return err
			}
		}
		return fn(tx)
	})
}
