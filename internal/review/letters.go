package review

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// Letters tells the seller what others did to a version: the audit is done, a
// reviewer decided, it was taken down or is back, an embargo ended. It is the
// listing.Notifier of the server. What it says names the data set and the
// version, never a finding or anything from a file.
type Letters struct{}

var _ listing.Notifier = Letters{}

// words are what is said of an event.
type words struct {
	kind                  notice.Kind
	subject, text, action string
}

// said is what is told of an event; events that only a seller fires are not
// among them.
var said = map[listing.Event]words{
	listing.Pass:           {notice.AuditFinished, "Audit passed", "The audit found neither a blocker nor a warning. You can submit the version now.", "Read the report and submit"},
	listing.Flag:           {notice.AuditFinished, "Audit finished, with warnings", "The audit found no blocker, and warnings that need your answer before the version can be submitted.", "Answer the warnings"},
	listing.FailAudit:      {notice.AuditFailed, "Audit failed", "The audit found something that must be mended in the files. The report says what and how.", "Read the report"},
	listing.Approve:        {notice.VersionApproved, "Approved", "A reviewer approved exactly these files with these claims. You can publish the version now.", "Publish it"},
	listing.RequestChanges: {notice.VersionReturned, "Changes requested", "A reviewer asks for changes. A new version can be sent at any time.", "Read what to change"},
	listing.Reject:         {notice.VersionRejected, "Rejected", "A reviewer rejected the version.", "Read why"},
	listing.Suspend:        {notice.VersionSuspended, "Suspended", "The platform took the version off the catalog. Buyers see the reason in its place.", "Read why"},
	listing.Recall:         {notice.VersionReturned, "Back in review", "Another version of this data set was suspended, so a reviewer looks at this one again before it can go on offer. You need not do anything.", "See the version"},
	listing.Restore:        {notice.VersionRestored, "Back on offer", "The version is on offer again.", "See the version"},
	listing.Publish:        {notice.VersionLive, "Live", "As you planned, buyers find the version from now on.", "See the version"},
}

// Moved tells the seller's people if somebody else fired the event.
func (l Letters) Moved(ctx context.Context, tx pgx.Tx, v listing.Version, by listing.Event) error {
	switch by {
	case listing.Submit:
		return versionWaits(ctx, tx, v)
	case listing.Reopen: // its seller reads the ruling on the appeal
		return versionReturned(ctx, tx, v)
	case listing.Recall:
		if err := versionRecalled(ctx, tx, v); err != nil {
			return err
		}
	}
	w, ok := said[by]
	if !ok {
		return nil
	}
	if by == listing.Publish {
		var itself bool // an embargo ended, nobody pressed a button
		if err := tx.QueryRow(ctx, `SELECT assay_platform() = 'worker'`).Scan(&itself); err != nil || !itself {
			return err
		}
	}
	return l.tell(ctx, tx, v, v.ClaimsID, w)
}

// ClaimsDecided tells what became of changed claims.
func (l Letters) ClaimsDecided(ctx context.Context, tx pgx.Tx, v listing.Version, claims listing.Revision, outcome listing.Outcome, _ string) error {
	w := words{notice.ClaimsDecided, "Changed claims returned", "A reviewer did not take your changed claims over. What is live has not changed. The reason is on the page.", "See the version"}
	if outcome == listing.Approves {
		w.subject, w.text = "Changed claims approved", "A reviewer approved your changed claims. Buyers see them from now on."
	}
	return l.tell(ctx, tx, v, claims.ID, w)
}

// appealable are the events that the seller may appeal: whoever may do so is
// told, whoever sent the version in.
var appealable = map[notice.Kind]bool{notice.VersionSuspended: true, notice.VersionRejected: true}

// recipientsQuery finds who sent the version in, as long as they belong to the
// seller; without one of them its owners. Managers are owners and admins too.
const recipientsQuery = `
WITH people AS (
    SELECT u.id, coalesce(u.id IN (v.created_by, v.submitted_by), false) AS sent_it
    FROM   version v
    JOIN   membership m ON m.organization_id = v.organization_id
    JOIN   app_user u ON u.id = m.user_id
    WHERE  v.id = @version
    AND    v.organization_id = @organization
    AND    u.disabled_at IS NULL
    AND    u.email_confirmed_at IS NOT NULL
    AND    (m.role = 'owner' OR @managers AND m.role = 'admin' OR u.id IN (v.created_by, v.submitted_by))
)
SELECT   id::text
FROM     people
WHERE    sent_it
OR       @managers
OR       NOT EXISTS (SELECT FROM people WHERE sent_it)
ORDER BY id`

const titleQuery = `
SELECT coalesce(claims -> 'basics' ->> 'title', '')
FROM   listing_claims
WHERE  id = @claims
AND    organization_id = @organization`

func (l Letters) tell(ctx context.Context, tx pgx.Tx, v listing.Version, claims id.Claims, w words) error {
	args := pgx.NamedArgs{"version": v.ID, "organization": v.Organization, "claims": claims, "managers": appealable[w.kind]}
	to, err := postgres.Values[id.User](ctx, tx, recipientsQuery, args)
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	var title string
	if err := tx.QueryRow(ctx, titleQuery, args).Scan(&title); err != nil {
		return fmt.Errorf("letters: title: %w", err)
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: w.kind, To: notice.To{Users: to}, Of: v.Organization,
		Subject: fmt.Sprintf("%s: version %d of %s", w.subject, v.Number, title),
		Lines:   []string{fmt.Sprintf("“%s”, version %d.", title, v.Number), w.text},
		Action:  w.action, Path: "/seller/versions/" + string(v.ID),
	})
}
