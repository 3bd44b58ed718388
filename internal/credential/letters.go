package credential

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// tellWaiting tells reviewers of a credential that came in. It names the
// organization and no person.
func tellWaiting(ctx context.Context, tx pgx.Tx, c Credential) error {
	var organization string
	if err := tx.QueryRow(ctx, organizationName, pgx.NamedArgs{"organization": c.Organization}).Scan(&organization); err != nil {
		return fmt.Errorf("credential: %w", err)
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.CredentialWaiting, To: notice.To{Platform: postgres.Reviewer}, Subject: organization + ": credentials of an annotator",
		Lines:  []string{c.Kind.Label() + " of an annotator of " + organization + " waits to be checked."},
		Action: "Check it", Path: "/review/credentials/" + string(c.ID),
	})
}

const labelQuery = `
SELECT label
FROM   annotator
WHERE  id = @annotator
AND    organization_id = @organization`

// labelOf is the public label of a credential's annotator.
func labelOf(ctx context.Context, tx pgx.Tx, c Credential) (label string, err error) {
	err = tx.QueryRow(ctx, labelQuery, pgx.NamedArgs{"annotator": c.Annotator, "organization": c.Organization}).Scan(&label)
	if err != nil {
		return "", fmt.Errorf("credential: %w", err)
	}
	return label, nil
}

// tellDecided tells the organization. It names the annotator by the public
// label; the reason stands on the page, where only owners and admins read it.
func (s *Service) tellDecided(ctx context.Context, tx pgx.Tx, c Credential, outcome State) error {
	label, err := labelOf(ctx, tx, c)
	if err != nil {
		return err
	}
	n := notice.Notice{
		Kind: notice.CredentialDecided, To: notice.To{Organization: c.Organization},
		Action: "See the credentials", Path: annotatorPath(c.Annotator),
	}
	kind := strings.ToLower(c.Kind.Label())
	switch outcome {
	case Verified:
		n.Subject = label + ": the " + kind + " is checked"
		n.Lines = []string{"A reviewer has checked it. It counts in each data set that names " + label + ", until its last day."}
	case Returned:
		n.Subject = label + ": the " + kind + " needs changes"
		n.Lines = []string{"A reviewer asks for changes. What to change stands on the page."}
	case Expired:
		n.Subject = label + ": the " + kind + " has ended"
		n.Lines = []string{"Its last day is over, so it counts in no data set any more. Add the new one and submit it."}
	case Revoked:
		n.Subject = label + ": the check of the " + kind + " was revoked"
		n.Lines = []string{"A reviewer took the check back, so it counts in no data set any more. The reason stands on the page. You may add another one."}
	default:
		n.Subject = label + ": the " + kind + " is not accepted"
		n.Lines = []string{"A reviewer has refused it. The reason stands on the page. You may add another one."}
	}
	return notice.Send(ctx, tx, n)
}

// tellEnding tells the organization of a credential that ends in some days.
func (s *Service) tellEnding(ctx context.Context, tx pgx.Tx, c Credential, left int) error {
	label, err := labelOf(ctx, tx, c)
	if err != nil {
		return err
	}
	in := "in " + strconv.Itoa(left) + " days"
	switch left {
	case 0:
		in = "today"
	case 1:
		in = "tomorrow"
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.CredentialExpiring, To: notice.To{Organization: c.Organization},
		Subject: label + ": the " + strings.ToLower(c.Kind.Label()) + " ends " + in,
		Lines: []string{"It holds until " + c.ExpiresOn.Format("2 January 2006") + ". From the day after it counts in no data set.",
			"Add the new one and submit it now, so that a reviewer checks it before."},
		Action: "Add the new one", Path: annotatorPath(c.Annotator),
	})
}

func annotatorPath(a id.Annotator) string { return "/seller/annotators/" + string(a) }
