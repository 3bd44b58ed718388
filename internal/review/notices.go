package review

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// versionWaits tells the reviewers of a version that was submitted.
func versionWaits(ctx context.Context, tx pgx.Tx, v listing.Version) error {
	return tellReviewers(ctx, tx, v, v.ClaimsID, notice.ReviewWaiting, notice.To{Platform: postgres.Reviewer},
		"Waits for review", "A seller submitted this version. The queue says by when it is due.", "Open the review")
}

// versionReturned tells the reviewers of a version that came back.
func versionReturned(ctx context.Context, tx pgx.Tx, v listing.Version) error {
	return tellReviewers(ctx, tx, v, v.ClaimsID, notice.ReviewWaiting, notice.To{Platform: postgres.Reviewer},
		"Waits for review again", "An appeal against the rejection of this version was granted. Another reviewer than the one who rejected it decides.", "Open the review")
}

// versionRecalled tells the reviewers of an approved version that came back.
func versionRecalled(ctx context.Context, tx pgx.Tx, v listing.Version) error {
	return tellReviewers(ctx, tx, v, v.ClaimsID, notice.ReviewWaiting, notice.To{Platform: postgres.Reviewer},
		"Waits for review again", "This version was approved before another one of the same data set was suspended. It goes on offer only if it is approved anew.", "Open the review")
}

// ClaimsWait tells the reviewers of changed claims of a live version.
func (l Letters) ClaimsWait(ctx context.Context, tx pgx.Tx, v listing.Version, claims listing.Revision) error {
	return tellReviewers(ctx, tx, v, claims.ID, notice.ReviewWaiting, notice.To{Platform: postgres.Reviewer},
		"Changed claims wait for review", "A seller wants to change what a live version claims. Until you decide buyers see the claims as they were.", "Open the review")
}

// SecondPersonNeeded tells the reviewers who may confirm what the first has
// accepted: all but the first and those who belong to the seller.
func (l Letters) SecondPersonNeeded(ctx context.Context, tx pgx.Tx, v listing.Version, first id.User) error {
	people, err := postgres.Many[Colleague](ctx, tx, colleaguesQuery, pgx.NamedArgs{"version": v.ID})
	if err != nil {
		return fmt.Errorf("second person: %w", err)
	}
	var to []id.User
	for _, p := range people {
		if p.ID != first {
			to = append(to, p.ID)
		}
	}
	if len(to) == 0 {
		return nil
	}
	return tellReviewers(ctx, tx, v, v.ClaimsID, notice.SecondPersonNeeded, notice.To{Users: to},
		"A second person is needed", "A reviewer accepted an answer to a warning about identifiers. It counts only if another reviewer confirms it.", "Read the warning and the answer")
}

func tellReviewers(ctx context.Context, tx pgx.Tx, v listing.Version, claims id.Claims, kind notice.Kind, to notice.To, subject, line, action string) error {
	var title string
	err := tx.QueryRow(ctx, titleQuery, pgx.NamedArgs{"claims": claims, "organization": v.Organization}).Scan(&title)
	if err != nil {
		return fmt.Errorf("notice: title: %w", err)
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: kind, To: to, Subject: fmt.Sprintf("%s: version %d of %s", subject, v.Number, oneLine(title)),
		Lines: []string{line}, Action: action, Path: itemPath(v.ID),
	})
}

// oneLine keeps a title fit for a subject.
func oneLine(title string) string { return strings.Join(strings.Fields(title), " ") }
