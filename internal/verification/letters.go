package verification

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/internal/vault"
)

// ownPage is where an organization sees its verification.
const ownPage = "/seller/verification"

// callReviewers tells reviewers of a request that was handed in.
func callReviewers(ctx context.Context, tx pgx.Tx, r Request) error {
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.ReviewWaiting, To: notice.To{Platform: postgres.Reviewer}, Subject: "A seller asks to be verified",
		Lines:  []string{"An organization handed in its papers. The queue says by when they are due."},
		Action: "Open the request", Path: "/review/verifications/" + string(r.ID),
	})
}

func tellDecision(ctx context.Context, tx pgx.Tx, c Case, d Decision) error {
	n := notice.Notice{Kind: notice.VerificationDecided, To: notice.To{Organization: c.Organization}, Action: "See the decision", Path: ownPage}
	name := c.OrganizationName
	switch d.Outcome {
	case RequestGranted:
		n.Subject = name + ": " + d.Level.Label()
		n.Lines = []string{"A reviewer has decided on the verification of " + name + ". Level: " + d.Level.Label() + ". " + d.Level.Help()}
	case RequestReturned:
		n.Subject = name + ": the request for verification needs changes"
		n.Lines = []string{"A reviewer has looked at the request of " + name + " and asks for changes before it can be decided."}
		n.Action = "See what to mend"
		n.Lines = append(n.Lines, gapLabels(d.Gaps)...)
	default:
		n.Subject = name + ": the request for verification is refused"
		n.Lines = []string{"A reviewer has refused the request of " + name + ". You may make a new one."}
	}
	n.Lines = append(n.Lines, "Reason: "+d.Reason)
	return notice.Send(ctx, tx, n)
}

// gapLabels are the reasons in words, each once.
func gapLabels(gaps []Gap) (labels []string) {
	seen := map[string]bool{}
	for _, g := range gaps {
		if !seen[g.Code] {
			seen[g.Code] = true
			labels = append(labels, g.Label())
		}
	}
	return labels
}

func tellLevel(ctx context.Context, tx pgx.Tx, org id.Organization, name string, c LevelChange) error {
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.VerificationDecided, To: notice.To{Organization: org}, Subject: name + ": " + c.Level.Label(),
		Lines:  []string{"A reviewer has changed the verification of " + name + ". Level: " + c.Level.Label() + ". " + c.Level.Help(), "Reason: " + c.Reason},
		Action: "See the verification", Path: ownPage,
	})
}

// tellDocument tells of a document that ends. It names the kind and not the
// title, which its owner wrote.
func tellDocument(ctx context.Context, tx pgx.Tx, v vault.Version, left int) error {
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.DocumentExpiring, To: notice.To{Organization: v.Organization}, Subject: "A document ends " + in(left),
		Lines: []string{v.Kind.Label() + " in your vault holds until " + v.ExpiresOn.Format("2 January 2006") + ".",
			"Put a newer version into the vault and renew your verification, so that a reviewer can accept it before."},
		Action: "Open the vault", Path: "/seller/vault",
	})
}

func tellExpiring(ctx context.Context, tx pgx.Tx, org id.Organization, ends time.Time, left int) error {
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.VerificationExpiring, To: notice.To{Organization: org}, Subject: "Your verification ends " + in(left),
		Lines:  []string{"It holds until " + ends.Format("2 January 2006") + ". Renew it before: your answers and papers are kept.", "What is live stays live. Nothing new can be published after that day."},
		Action: "Renew the verification", Path: ownPage,
	})
}

func tellDomainLost(ctx context.Context, tx pgx.Tx, p DomainProof) error {
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.DomainProofLost, To: notice.To{Organization: p.Organization}, Subject: "The proof of your domain is gone",
		Lines:  []string{"We look once a month whether " + p.Domain + " still shows the token, and have not found it for a week.", "Your level stays. The next reviewer sees that the domain is not proved."},
		Action: "Prove the domain again", Path: ownPage + "/domain",
	})
}

func in(days int) string {
	switch days {
	case 0:
		return "today"
	case 1:
		return "tomorrow"
	}
	return fmt.Sprintf("in %d days", days)
}
