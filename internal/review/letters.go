package review

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/listing"
	"assay/internal/mail"
)

// Letters tells the seller by mail what others did to a version: the audit is
// done, a reviewer decided, it was taken down or is back, an embargo ended. It
// is the listing.Notifier of the server. A letter names the data set and the
// version, never a finding or anything from a file.
type Letters struct {
	URL string // the address that links begin with, without a slash at its end
}

var _ listing.Notifier = Letters{}

// said is the sentence for an event; events that only a seller fires are not
// among them.
var said = map[listing.Event]struct{ subject, text, action string }{
	listing.Pass:           {"Audit passed", "The audit found neither a blocker nor a warning. You can submit the version now.", "Read the report and submit"},
	listing.Flag:           {"Audit finished, with warnings", "The audit found no blocker, and warnings that need your answer before the version can be submitted.", "Answer the warnings"},
	listing.FailAudit:      {"Audit failed", "The audit found something that must be mended in the files. The report says what and how.", "Read the report"},
	listing.Approve:        {"Approved", "A reviewer approved exactly these files with these claims. You can publish the version now.", "Publish it"},
	listing.RequestChanges: {"Changes requested", "A reviewer asks for changes. A new version can be sent at any time.", "Read what to change"},
	listing.Reject:         {"Rejected", "A reviewer rejected the version.", "Read why"},
	listing.Suspend:        {"Suspended", "The platform took the version off the catalog. Buyers see the reason in its place.", "Read why"},
	listing.Restore:        {"Back on offer", "The version is on offer again.", "See the version"},
	listing.Publish:        {"Live", "The day that you named has come: buyers find the version from now on.", "See the version"},
}

// Moved writes to the seller's people if somebody else fired the event.
func (l Letters) Moved(ctx context.Context, tx pgx.Tx, v listing.Version, by listing.Event) error {
	words, ok := said[by]
	if !ok {
		return nil
	}
	if by == listing.Publish {
		var itself bool // an embargo ended, nobody pressed a button
		if err := tx.QueryRow(ctx, `SELECT assay_platform() = 'worker'`).Scan(&itself); err != nil || !itself {
			return err
		}
	}
	return l.write(ctx, tx, v, v.ClaimsID, words.subject, words.text, words.action)
}

// ClaimsDecided writes what became of changed claims.
func (l Letters) ClaimsDecided(ctx context.Context, tx pgx.Tx, v listing.Version, claims listing.Revision, outcome listing.Outcome, _ string) error {
	subject, text := "Changed claims returned", "A reviewer did not take your changed claims over. What is live has not changed. The reason is on the page."
	if outcome == listing.Approves {
		subject, text = "Changed claims approved", "A reviewer approved your changed claims. Buyers see them from now on."
	}
	return l.write(ctx, tx, v, claims.ID, subject, text, "See the version")
}

const recipientsQuery = `
WITH people AS (
    SELECT u.email, coalesce(u.id IN (v.created_by, v.submitted_by), false) AS sent_it
    FROM   version v
    JOIN   membership m ON m.organization_id = v.organization_id
    JOIN   app_user u ON u.id = m.user_id
    WHERE  v.id = @version
    AND    v.organization_id = @organization
    AND    u.disabled_at IS NULL
    AND    u.email_confirmed_at IS NOT NULL
    AND    (m.role = 'owner' OR u.id IN (v.created_by, v.submitted_by))
)
SELECT   email
FROM     people
WHERE    sent_it
OR       NOT EXISTS (SELECT FROM people WHERE sent_it)
ORDER BY email`

const titleQuery = `
SELECT coalesce(claims -> 'basics' ->> 'title', '')
FROM   listing_claims
WHERE  id = @claims
AND    organization_id = @organization`

func (l Letters) write(ctx context.Context, tx pgx.Tx, v listing.Version, claims any, subject, text, action string) error {
	args := pgx.NamedArgs{"version": v.ID, "organization": v.Organization, "claims": claims}
	rows, err := tx.Query(ctx, recipientsQuery, args)
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	to, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	var title string
	if err := tx.QueryRow(ctx, titleQuery, args).Scan(&title); err != nil {
		return fmt.Errorf("letters: title: %w", err)
	}
	for _, address := range to {
		err := mail.Enqueue(ctx, tx, mail.Letter{
			To: address, Subject: fmt.Sprintf("%s: version %d of %s", subject, v.Number, title),
			Paragraphs: []string{fmt.Sprintf("“%s”, version %d.", title, v.Number), text},
			Action:     action, URL: l.URL + "/seller/versions/" + string(v.ID),
			Reason: "You get this because you sent this version in, or own the organization that did.",
		}.Message())
		if err != nil {
			return fmt.Errorf("letters: %w", err)
		}
	}
	return nil
}
