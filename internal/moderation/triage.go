package moderation

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/promise"
)

var (
	errMoved      = errs.New(errs.Conflict, sentences["flag_transition"])
	errOtherFiles = errs.New(errs.Conflict, "Other files are on offer by now than the page showed. Look at those before you decide.")
)

// withFlag runs a reviewer's step on a flag that it has locked, together with
// its listing: reports about that listing wait. What the step would
// move is locked first, the listing before its version, as everywhere.
func (s *Service) withFlag(ctx context.Context, a postgres.Actor, flag id.Flag, takesDown bool, fn func(tx pgx.Tx, f Flag, l listed) error) error {
	if err := mustReview(a); err != nil {
		return err
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if takesDown {
			if _, err := tx.Exec(ctx, lockListing, pgx.NamedArgs{"flag": flag}); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, lockOffer, pgx.NamedArgs{"flag": flag}); err != nil {
				return err
			}
		}
		l, err := listedOf(ctx, tx, flag)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT FROM flag WHERE id = @flag FOR UPDATE`, pgx.NamedArgs{"flag": flag}); err != nil {
			return err
		}
		f, err := readFlag(ctx, tx, flag)
		if err != nil {
			return err
		}
		return refusal(fn(tx, f, l))
	})
	if err != nil {
		return fmt.Errorf("flag %s: %w", flag, err)
	}
	return nil
}

const lockListing = `
SELECT FROM listing
WHERE  id = (SELECT listing_id FROM flag WHERE id = @flag)
FOR UPDATE`

const lockOffer = `
SELECT FROM version v
WHERE  v.listing_id = (SELECT listing_id FROM flag WHERE id = @flag)
AND    v.state IN ('live', 'suspended')
FOR UPDATE`

// mine asks that a has taken the flag and that nothing is decided yet.
func mine(f Flag, a postgres.Actor) error {
	switch {
	case f.State != InTriage:
		return errMoved
	case f.ClaimedBy != a.User:
		return errs.New(errs.Conflict, sentences["flag_taken"])
	}
	return nil
}

const claimFlag = `
UPDATE flag
SET    state = 'in_triage', claimed_by = @user, claimed_at = now()
WHERE  id = @flag
AND    organization_id = @organization`

// Claim takes a flag that nobody has. With over it takes one that another
// reviewer has, or one that waits for the seller.
func (s *Service) Claim(ctx context.Context, a postgres.Actor, flag id.Flag, over bool) error {
	return s.withFlag(ctx, a, flag, false, func(tx pgx.Tx, f Flag, l listed) error {
		if f.State != Open && !(over && (f.State == InTriage || f.State == NeedsSeller)) {
			return errs.New(errs.Conflict, "Another reviewer has taken this report.")
		}
		if _, err := tx.Exec(ctx, claimFlag, pgx.NamedArgs{"flag": flag, "organization": f.Organization, "user": a.User}); err != nil {
			return err
		}
		return record(ctx, tx, a, "", "flag.claim", "flag", string(flag), map[string]string{"from": string(f.State)})
	})
}

const releaseFlag = `
UPDATE flag
SET    state = 'open', claimed_by = NULL, claimed_at = NULL
WHERE  id = @flag
AND    organization_id = @organization`

// Release gives a flag back to the queue.
func (s *Service) Release(ctx context.Context, a postgres.Actor, flag id.Flag) error {
	return s.withFlag(ctx, a, flag, false, func(tx pgx.Tx, f Flag, l listed) error {
		if err := mine(f, a); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, releaseFlag, pgx.NamedArgs{"flag": flag, "organization": f.Organization}); err != nil {
			return err
		}
		return record(ctx, tx, a, "", "flag.release", "flag", string(flag), nil)
	})
}

const askSeller = `
UPDATE flag
SET    state = 'needs_seller', question = @question, asked_at = now(), reply = '', replied_by = NULL, replied_at = NULL
WHERE  id = @flag
AND    organization_id = @organization`

// Ask asks the seller, again too: what was asked and answered before is kept. The question is mailed: it must hold no identifier and
// nothing that tells who reported.
func (s *Service) Ask(ctx context.Context, a postgres.Actor, flag id.Flag, question string) error {
	var fields errs.Fields
	question = clean(question)
	sentence(&fields, "question", question, 10, 4000, "Ask in a sentence.")
	if err := fields.Err(); err != nil {
		return err
	}
	return s.withFlag(ctx, a, flag, false, func(tx pgx.Tx, f Flag, l listed) error {
		if err := mine(f, a); err != nil {
			return err
		}
		if l.Kind != "hosted" {
			return errs.New(errs.Conflict, "This data set lies at its owner, who has no account here to be asked.")
		}
		if _, err := tx.Exec(ctx, askSeller, pgx.NamedArgs{"flag": flag, "organization": f.Organization, "question": question}); err != nil {
			return err
		}
		due := promise.OfQuestion(f.Reason == PHISuspected).Due(s.now())
		by := "Please answer by " + due.Format("2 January 2006, 15:04 UTC") + ". After that the reviewer decides on what there is."
		if err := s.tellSeller(ctx, tx, f, "A reviewer asks about "+l.Title, "Answer the question", question, by); err != nil {
			return err
		}
		return record(ctx, tx, a, f.Organization, "flag.ask", "flag", string(flag), map[string]string{"reason": string(f.Reason)})
	})
}

func (s *Service) tellSeller(ctx context.Context, tx pgx.Tx, f Flag, subject, action string, lines ...string) error {
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.FlagOnYourListing, To: notice.To{Organization: f.Organization, Roles: []string{"owner", "admin", "editor"}},
		Subject: subject, Lines: append([]string{fmt.Sprintf("“%s” was reported: %s.", f.Title, Reasons.Label(f.Reason))}, lines...),
		Action: action, Path: "/seller/flags/" + string(f.ID),
	})
}

const replyToFlag = `
UPDATE flag
SET    state = 'in_triage', reply = @reply, replied_by = @user, replied_at = now()
WHERE  id = @flag
AND    organization_id = @organization
AND    state = 'needs_seller'`

// Reply is the seller's answer to a reviewer's question, once.
func (s *Service) Reply(ctx context.Context, a postgres.Actor, flag id.Flag, text string) error {
	var fields errs.Fields
	text = clean(text)
	sentence(&fields, "reply", text, 10, 4000, "Answer in a sentence.")
	if err := fields.Err(); err != nil {
		return err
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanEdit); err != nil {
			return err
		}
		f, err := ownFlag(ctx, tx, a, flag)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, replyToFlag, pgx.NamedArgs{"flag": flag, "organization": a.Organization, "reply": text, "user": a.User})
		if err != nil {
			return refusal(err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "Nobody waits for an answer any more.")
		}
		err = notice.Send(ctx, tx, notice.Notice{
			Kind: notice.FlagWaiting, To: notice.To{Users: []id.User{f.ClaimedBy}}, Subject: "The seller answered: " + f.Title,
			Lines: []string{"The seller answered your question about a report."}, Action: "Read the answer", Path: "/review/flags/" + string(flag),
		})
		if err != nil {
			return err
		}
		return record(ctx, tx, a, a.Organization, "flag.reply", "flag", string(flag), nil)
	})
	if err != nil {
		return fmt.Errorf("flag %s: reply: %w", flag, err)
	}
	return nil
}

const ownFlagQuery = flagQuery + `
WHERE  f.id = @flag
AND    f.organization_id = @organization
AND    (f.asked_at IS NOT NULL OR f.act <> '')`

func ownFlag(ctx context.Context, q postgres.Querier, a postgres.Actor, flag id.Flag) (Flag, error) {
	f, err := postgres.One[Flag](ctx, q, ownFlagQuery, pgx.NamedArgs{"flag": flag, "organization": a.Organization})
	return f, postgres.NotFound(err, noSuchFlag)
}

// OwnFlag returns a flag that the seller was asked about, or that was upheld.
func (s *Service) OwnFlag(ctx context.Context, a postgres.Actor, flag id.Flag) (f Flag, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		if f, err = ownFlag(ctx, tx, a, flag); err != nil {
			return err
		}
		return f.withEarlier(ctx, tx)
	})
	if err != nil {
		return Flag{}, fmt.Errorf("flag %s: %w", flag, err)
	}
	return f, nil
}
