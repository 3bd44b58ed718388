package moderation

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// Decision is what a reviewer finds of a flag.
type Decision struct {
	Flag    id.Flag
	Outcome State  // Upheld or Dismissed
	Act     Act    // if upheld
	Strike  bool   // if upheld
	Files   string // root digest of what was on offer as a saw it; asked if Act is Suspend
	Reason  string // if upheld the seller reads it, and buyers too if the version is suspended
	Answer  string // to the reporters; may be empty
}

func (d *Decision) check() error {
	var f errs.Fields
	d.Reason, d.Answer = clean(d.Reason), clean(d.Answer)
	switch {
	case d.Outcome != Upheld && d.Outcome != Dismissed:
		f.Add("outcome", "Choose what you found.")
	case d.Outcome == Dismissed:
		d.Act, d.Strike = "", false
	case !Acts.Has(d.Act):
		f.Add("act", "Choose what follows.")
	}
	sentence(&f, "reason", d.Reason, 10, 3000, "Say why in a sentence.")
	sentence(&f, "answer", d.Answer, 0, 3000, "")
	return f.Err()
}

const decideFlag = `
UPDATE flag
SET    state = @state, act = @act, decision = @reason, decided_by = @user, decided_at = now()
WHERE  id = @flag
AND    organization_id = @organization
AND    state = 'in_triage'`

const answerReports = `
UPDATE flag_report
SET    answer = @answer, answered_at = now()
WHERE  follows = @flag
AND    organization_id = @organization`

// Decide closes a flag that a has taken. Of any number of decisions at once
// one holds; the others are errs.Conflict, and so is a suspension if other
// files are on offer than those that a has seen. Mistakes are errs.Fields with the
// fields outcome, act, reason and answer.
func (s *Service) Decide(ctx context.Context, a postgres.Actor, d Decision) error {
	if err := d.check(); err != nil {
		return err
	}
	return s.withFlag(ctx, a, d.Flag, d.Act == Suspend, func(tx pgx.Tx, f Flag, l listed) error {
		if err := mine(f, a); err != nil {
			return err
		}
		if l.Kind != "hosted" && (d.Strike || d.Act == Suspend) {
			return &errs.Error{Kind: errs.Invalid, Field: "act", Message: "This data set lies at its owner: its description is changed or withdrawn by the platform."}
		}
		if d.Act == Suspend { // first: the database asks which suspension the flag led to
			if err := s.suspend(ctx, tx, a, f, l, d); err != nil {
				return err
			}
		}
		tag, err := tx.Exec(ctx, decideFlag, pgx.NamedArgs{"flag": f.ID, "organization": f.Organization, "state": string(d.Outcome),
			"act": string(d.Act), "reason": d.Reason, "user": a.User})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errMoved
		}
		if err := shareFate(ctx, tx, f.ID, f.Organization); err != nil {
			return err
		}
		if err := s.carryOut(ctx, tx, a, f, l, d); err != nil {
			return err
		}
		if err := s.answer(ctx, tx, f, l, d); err != nil {
			return err
		}
		org, verb := id.Organization(""), "flag.dismiss"
		if d.Outcome == Upheld {
			org, verb = f.Organization, "flag.uphold"
		}
		return record(ctx, tx, a, org, verb, "flag", string(f.ID), map[string]string{"reason": string(f.Reason), "act": string(d.Act)})
	})
}

// suspend takes the version on offer down, if it is the one that was seen.
func (s *Service) suspend(ctx context.Context, tx pgx.Tx, a postgres.Actor, f Flag, l listed, d Decision) error {
	if l.State != "live" || l.Version == "" {
		return &errs.Error{Kind: errs.Invalid, Field: "act", Message: "No version of this data set is on offer, so none can be suspended."}
	}
	if d.Files != l.RootDigest {
		return errOtherFiles
	}
	return s.listings.SuspendWithin(ctx, tx, a, id.Version(l.Version), strings.TrimSpace(grounds[f.Reason]+" "+d.Reason))
}

// carryOut does what else upholding entails, and tells the seller.
func (s *Service) carryOut(ctx context.Context, tx pgx.Tx, a postgres.Actor, f Flag, l listed, d Decision) error {
	if d.Outcome != Upheld {
		return s.tellDismissed(ctx, tx, f)
	}
	if d.Strike {
		if err := s.strike(ctx, tx, a, f, d.Reason); err != nil {
			return err
		}
	}
	if l.Kind != "hosted" {
		return nil
	}
	return s.tellSeller(ctx, tx, f, "A report was upheld: "+f.Title, "Read what was decided", sentenceOf(d.Act), "You can appeal within 60 days; another reviewer decides.")
}

func sentenceOf(act Act) string {
	switch act {
	case Suspend:
		return "A reviewer found the report to be right. The version on offer was suspended."
	case Changes:
		return "A reviewer found the report to be right and asks for changes. The data set stays on offer."
	}
	return "A reviewer found the report to be right. Nothing more follows."
}

// answer writes to everybody who reported it.
func (s *Service) answer(ctx context.Context, tx pgx.Tx, f Flag, l listed, d Decision) error {
	_, err := tx.Exec(ctx, answerReports, pgx.NamedArgs{"flag": f.ID, "organization": f.Organization, "answer": d.Answer})
	if err != nil {
		return fmt.Errorf("answer reporters: %w", err)
	}
	list, err := reportersOf(ctx, tx, f.ID, f.Organization)
	if err != nil {
		return fmt.Errorf("answer reporters: %w", err)
	}
	return s.answered(ctx, tx, l, list, answerLines(l, d)...)
}

// answerLines say what was decided. The reason of the flag is left out: a
// report that was merged into it may have had another.
func answerLines(l listed, d Decision) []string {
	lines := []string{fmt.Sprintf("You reported “%s”.", l.Title), reporterWords(d)}
	if d.Answer != "" {
		lines = append(lines, d.Answer)
	}
	return lines
}

func reporterWords(d Decision) string {
	switch {
	case d.Outcome == Dismissed:
		return "A reviewer looked at it and found nothing that has to change."
	case d.Act == Suspend:
		return "A reviewer found that you were right. The data set is off the catalog."
	case d.Act == Changes:
		return "A reviewer found that you were right. The seller was asked to change it."
	}
	return "A reviewer found that you were right, and noted it."
}

const giveStrike = `
INSERT INTO strike (id, organization_id, flag_id, reason, given_by)
VALUES (@id, @organization, @flag, @reason, @user)`

// strike is what an upheld flag costs the organization for twelve months.
func (s *Service) strike(ctx context.Context, tx pgx.Tx, a postgres.Actor, f Flag, reason string) error {
	key := id.New[id.Strike]()
	_, err := tx.Exec(ctx, giveStrike, pgx.NamedArgs{"id": key, "organization": f.Organization, "flag": f.ID, "reason": reason, "user": a.User})
	if err != nil {
		return fmt.Errorf("strike: %w", refusal(err))
	}
	var active int
	if err := tx.QueryRow(ctx, `SELECT active_strikes(@organization)`, pgx.NamedArgs{"organization": f.Organization}).Scan(&active); err != nil {
		return fmt.Errorf("strike: %w", err)
	}
	lines := []string{
		fmt.Sprintf("A report about “%s” was upheld, and your organization was given a strike. It ends in twelve months.", f.Title),
		fmt.Sprintf("%d of %d: with %d strikes at a time nothing can be published. What is on offer stays.", active, StrikesToBlock, StrikesToBlock),
		"You can appeal within 60 days; another reviewer decides.",
	}
	err = notice.Send(ctx, tx, notice.Notice{Kind: notice.StrikeGiven, To: notice.To{Organization: f.Organization},
		Subject: "Your organization was given a strike", Lines: lines, Action: "Read why, and how to appeal", Path: "/seller/standing"})
	if err != nil {
		return err
	}
	return record(ctx, tx, a, f.Organization, "strike.give", "strike", string(key), map[string]string{"flag": string(f.ID), "active": fmt.Sprint(active)})
}
