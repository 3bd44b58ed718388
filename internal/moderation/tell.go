package moderation

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// Notices name a data set, a reason of the list and a state; never what a
// reporter wrote.

// callReviewers tells reviewers of the first open report of a kind, and pages
// them when pictures were hidden. Those that follow while it is open are seen
// in the queue, so that a flood of reports is no flood of letters.
func (s *Service) callReviewers(ctx context.Context, tx pgx.Tx, l listed, reason Reason, flag id.Flag, hides, first bool) error {
	n := notice.Notice{
		Kind: notice.FlagWaiting, To: notice.To{Platform: postgres.Reviewer}, Subject: "Reported: " + l.Title,
		Lines:  []string{fmt.Sprintf("Somebody reported “%s”: %s.", l.Title, Reasons.Label(reason))},
		Action: "Look at the report", Path: "/review/flags/" + string(flag),
	}
	if reason == PHISuspected {
		n.Kind, n.Subject = notice.IdentifiersFlagged, "Identifiers reported: "+l.Title
		n.Lines = []string{fmt.Sprintf("Somebody reports that a person can be identified in “%s”.", l.Title)}
		if hides {
			n.Lines = append(n.Lines, "Its pictures are hidden until a reviewer has looked.")
		}
	}
	if first || hides {
		if err := notice.Send(ctx, tx, n); err != nil {
			return err
		}
	}
	if !hides {
		return nil
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.FlagOnYourListing, To: notice.To{Organization: l.Organization}, Subject: "Pictures hidden: " + l.Title,
		Lines: []string{
			fmt.Sprintf("Somebody reports that a person can be identified in “%s”. Its pictures are hidden until a reviewer has looked; the data set stays on offer.", l.Title),
			"You need not do anything now. If a reviewer has a question, you will be asked.",
		},
		Action: "See the data set", Path: "/datasets/" + l.Slug,
	})
}

// tellShown tells the seller that pictures are to be seen again.
func tellShown(ctx context.Context, tx pgx.Tx, l listed) error {
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.FlagOnYourListing, To: notice.To{Organization: l.Organization}, Subject: "Pictures shown again: " + l.Title,
		Lines: []string{
			fmt.Sprintf("A reviewer looked at the pictures of “%s”. Buyers see them again.", l.Title),
			"A report about the same files hides nothing from now on.",
		},
		Action: "See the data set", Path: "/datasets/" + l.Slug,
	})
}

// tellDismissed tells the seller that a report it was asked about came to
// nothing, or one into which that was merged. One that it was not asked about it
// does not learn of.
func (s *Service) tellDismissed(ctx context.Context, tx pgx.Tx, f Flag) error {
	asked, err := askedAbout(ctx, tx, f)
	if err != nil || asked == "" {
		return err
	}
	if asked != f.ID { // the seller knows that one alone
		if f, err = readFlag(ctx, tx, asked); err != nil {
			return err
		}
	}
	return s.tellSeller(ctx, tx, f, "A report was dismissed: "+f.Title, "See your answer", "You were asked about it. A reviewer found nothing that has to change, and you need not do anything.")
}

const lettersToday = `
SELECT count(*)
FROM   flag_report
WHERE  lower(email) = @email
AND    created_at > now() - interval '1 day'`

// thank tells the reporter that a report has arrived. An address that nobody
// confirmed gets few letters a day: it may be that of somebody else. It holds
// the link, at which nothing stands of what was written.
func (s *Service) thank(ctx context.Context, tx pgx.Tx, l listed, r Report, link string) error {
	n := notice.Notice{
		Kind: notice.FlagReceived, To: notice.To{Address: r.Email}, Subject: "Your report has arrived: " + l.Title,
		Lines: []string{
			fmt.Sprintf("You reported “%s”: %s. A reviewer will look at it.", l.Title, Reasons.Label(r.Reason)),
			"The answer comes here. It also stands behind the link that you were shown.",
		},
		Action: "See what becomes of it", Path: link,
	}
	switch {
	case r.Reporter != "":
		n.To, n.Action, n.Path = notice.To{Users: []id.User{r.Reporter}}, "See the data set", "/datasets/"+l.Slug
	case r.Email == "":
		return nil
	default:
		var letters int
		if err := tx.QueryRow(ctx, lettersToday, pgx.NamedArgs{"email": r.Email}).Scan(&letters); err != nil || letters >= LettersADay {
			return err
		}
	}
	return notice.Send(ctx, tx, n)
}

// reporter is whom an answer goes to; Email and User may both be empty.
type reporter struct {
	Flag      id.Flag `db:"flag_id"` // the own one, whatever it was merged into
	TokenHash string  `db:"token_hash"`
	Email     string  `db:"email"`
	User      id.User `db:"reporter"`
}

func (r reporter) to() (notice.To, bool) {
	if r.User != "" {
		return notice.To{Users: []id.User{r.User}}, true
	}
	return notice.To{Address: r.Email}, r.Email != ""
}

// answered tells reporters what became of what they reported, each person and
// each address once. Without an account the mail leads to the own report.
func (s *Service) answered(ctx context.Context, tx pgx.Tx, l listed, list []reporter, lines ...string) error {
	told := map[string]bool{}
	for _, r := range list {
		to, ok := r.to()
		if who := string(r.User) + " " + r.Email; !ok || told[who] {
			continue
		} else {
			told[who] = true
		}
		n := notice.Notice{
			Kind: notice.FlagAnswered, To: to, Subject: "Your report was answered: " + l.Title,
			Lines: lines, Action: "See the data set", Path: "/datasets/" + l.Slug,
		}
		if link := s.linkOf(r.Flag, r.TokenHash); r.User == "" && link != "" {
			n.Action, n.Path = "See the answer", link
		}
		if err := notice.Send(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}
