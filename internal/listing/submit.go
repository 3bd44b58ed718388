package listing

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const insertAnswer = `
INSERT INTO finding_answer (id, organization_id, report_id, version_id, warning_key, answer, answered_by)
VALUES (@id, @organization, @report, @version, @key, @answer, @user)
ON CONFLICT ON CONSTRAINT finding_answer_once DO UPDATE
SET    answer = excluded.answer,
       answered_by = excluded.answered_by,
       answered_at = now()`

// AnswerFinding keeps what the seller says to one warning of the newest report
// of a flagged version. An earlier answer to it is replaced.
func (s *Service) AnswerFinding(ctx context.Context, a postgres.Actor, v id.Version, key, text string) error {
	text = clean(text)
	switch n := len([]rune(text)); {
	case n < 10:
		return &errs.Error{Kind: errs.Invalid, Field: "answer", Message: "Explain in a sentence why this is no problem."}
	case n > 4000:
		return &errs.Error{Kind: errs.Invalid, Field: "answer", Message: "Use at most 4000 characters."}
	}
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		locked, err := s.lockOwn(ctx, tx, a, v, edits)
		if err != nil {
			return err
		}
		report, err := latestReport(ctx, tx, v)
		if err != nil {
			return err
		}
		if !contains(report.WarningKeys, key) {
			return errs.New(errs.NotFound, "The report has no such warning.")
		}
		if locked.State != Flagged {
			return errs.New(errs.Conflict, "Warnings are answered before the version is submitted.")
		}
		_, err = tx.Exec(ctx, insertAnswer, pgx.NamedArgs{
			"id": id.New[string](), "organization": a.Organization, "report": report.ID, "version": v,
			"key": key, "answer": text, "user": a.User})
		if err != nil {
			return refusal(err)
		}
		return s.record(ctx, tx, a, a.Organization, "version.answer_finding", "version", string(v), nil)
	})
	if err != nil {
		return fmt.Errorf("version %s: answer: %w", v, err)
	}
	return nil
}

// need is what a member must be allowed, checked in the transaction of the act.
type need func(ctx context.Context, tx pgx.Tx, a postgres.Actor) error

// edits is the need of who describes data sets and uploads.
func edits(ctx context.Context, tx pgx.Tx, a postgres.Actor) error {
	_, err := account.Require(ctx, tx, a, account.Role.CanEdit)
	return err
}

// lockOwn is Lock for a version of the actor's own organization, by a member
// who is allowed what the act needs.
func (s *Service) lockOwn(ctx context.Context, tx pgx.Tx, a postgres.Actor, v id.Version, needed need) (Version, error) {
	if err := needed(ctx, tx, a); err != nil {
		return Version{}, err
	}
	found, err := readVersion(ctx, tx, v)
	if err != nil {
		return Version{}, err
	}
	if found.Organization != a.Organization {
		return Version{}, errs.New(errs.NotFound, noSuchVersion)
	}
	return Lock(ctx, tx, v)
}

const canSkipReview = `
SELECT latest_report_is_clear(@version, @root)
   AND NOT listing_needs_reviewer(@listing)
   AND organization_verification(@organization) = 'verified'
   AND EXISTS (SELECT 1
               FROM   verification_document d
               WHERE  d.organization_id = @organization
               AND    d.kind = 'rights'
               AND    d.verdict = 'accepted')
   AND EXISTS (SELECT 1
               FROM   decision d
               JOIN   version o ON o.id = d.version_id
               WHERE  d.organization_id = @organization
               AND    d.kind = 'review'
               AND    d.outcome = 'approve'
               AND    o.listing_id <> @listing)`

const markSubmitted = `
UPDATE listing
SET    submitted_at = coalesce(submitted_at, now()),
       updated_at = now()
WHERE  id = @id
AND    organization_id = @organization`

const pinClaims = `
UPDATE version
SET    claims_id = @claims,
       updated_at = now()
WHERE  id = @id
AND    organization_id = @organization`

// Submit sends the newest version of a listing, passed or flagged, to review
// with the newest claims, which are final from then on. A passed version of a
// seller who has earned it is approved at once. What is missing or
// contradicts itself is errs.Invalid; an unanswered warning, or a
// de-identification claim that the audit has not seen, errs.Conflict.
func (s *Service) Submit(ctx context.Context, a postgres.Actor, v id.Version) (Version, error) {
	var locked Version
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		var err error
		if locked, err = s.lockOwn(ctx, tx, a, v, account.Submits.Require); err != nil {
			return err
		}
		claims, err := s.readyToSubmit(ctx, tx, locked)
		if err != nil {
			return err
		}
		if err := freeze(ctx, tx, claims, true, ""); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, markSubmitted, pgx.NamedArgs{"id": locked.Listing, "organization": a.Organization}); err != nil {
			return err
		}
		return s.submit(ctx, tx, a, &locked, claims)
	})
	if err != nil {
		return Version{}, fmt.Errorf("version %s: submit: %w", v, err)
	}
	return locked, nil
}

// submit moves a version to approved if no reviewer is needed, else to review.
func (s *Service) submit(ctx context.Context, tx pgx.Tx, a postgres.Actor, v *Version, claims Revision) error {
	skip := false
	if v.State == Passed {
		err := tx.QueryRow(ctx, canSkipReview, pgx.NamedArgs{
			"version": v.ID, "root": v.RootDigest, "organization": v.Organization, "listing": v.Listing}).Scan(&skip)
		if err != nil {
			return err
		}
	}
	c := change{claims: string(claims.ID), submitted: true}
	if !skip {
		return s.move(ctx, tx, a, v, Submit, c)
	}
	if _, err := tx.Exec(ctx, pinClaims, pgx.NamedArgs{"id": v.ID, "organization": v.Organization, "claims": claims.ID}); err != nil {
		return refusal(err)
	}
	if _, err := s.decide(ctx, tx, a, *v, claims, "automatic", Approves, ""); err != nil {
		return err
	}
	return s.move(ctx, tx, a, v, ApproveAtOnce, c)
}

// readyToSubmit returns the claims that go with the version, or says what
// keeps it back.
func (s *Service) readyToSubmit(ctx context.Context, tx pgx.Tx, v Version) (Revision, error) {
	if _, err := v.State.After(Submit); err != nil {
		return Revision{}, err
	}
	if err := v.saysWhatChanged(); err != nil {
		return Revision{}, err
	}
	newest, err := findVersion(ctx, tx, newestSent, v.Organization, v.Listing)
	if err != nil {
		return Revision{}, err
	}
	if newest.ID != v.ID && newest.State == Uploading {
		return Revision{}, errs.Newf(errs.Conflict, "Files of version %d are being sent. Cancel that upload before you submit this version.", newest.Number)
	}
	if newest.ID != v.ID {
		return Revision{}, errs.Newf(errs.Conflict, "Version %d is newer. Submit that one.", newest.Number)
	}
	claims, err := readNewest(ctx, tx, Listing{ID: v.Listing, Organization: v.Organization})
	if err != nil {
		return Revision{}, err
	}
	if gaps := claims.Claims.Gaps(s.now()); len(gaps) > 0 {
		return Revision{}, errs.Newf(errs.Invalid, "%s still needed: %s: %s", plural(len(gaps), "answer is", "answers are"), gaps[0].Step.Label(), gaps[0].Message)
	}
	audited, err := readClaims(ctx, tx, v.Organization, v.ClaimsID)
	if err != nil {
		return Revision{}, err
	}
	if !sameAudited(audited.Claims, claims.Claims) {
		return Revision{}, errs.New(errs.Conflict, "The de-identification claim changed after the audit held the files against it. Start a new version, so that the audit sees the new claim.")
	}
	return claims, s.allAnswered(ctx, tx, v)
}

// sameAudited reports whether the audit has seen of b what it holds files
// against, if it has seen a.
func sameAudited(a, b Claims) bool {
	was, is := a.material(), b.material()
	return reflect.DeepEqual(was.Deidentification, is.Deidentification) && reflect.DeepEqual(was.Reports, is.Reports)
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func (s *Service) allAnswered(ctx context.Context, q postgres.Querier, v Version) error {
	report, err := latestReport(ctx, q, v.ID)
	if err != nil {
		return err
	}
	answers, err := postgres.Many[WarningAnswer](ctx, q, answersQuery, pgx.NamedArgs{"report": report.ID})
	if err != nil {
		return err
	}
	if open := len(report.WarningKeys) - len(answers); open > 0 {
		return errs.Newf(errs.Conflict, "%s without an answer. Answer each one on the report, or mend the files in a new version.",
			plural(open, "warning is", "warnings are"))
	}
	return nil
}

// SubmitClaims sends the edited claims of a live listing on their way. Claims
// that differ in nothing a reviewer has to see hold at once, if the seller may
// publish at that moment; others wait for a reviewer while the live ones stay.
// waits says which. A changed de-identification claim is errs.Conflict: it goes
// with a new version, whose audit sees it.
func (s *Service) SubmitClaims(ctx context.Context, a postgres.Actor, l id.Listing) (waits bool, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := account.Publishes.Require(ctx, tx, a); err != nil {
			return err
		}
		found, err := lockListing(ctx, tx, a.Organization, l)
		if err != nil {
			return err
		}
		live, err := findVersion(ctx, tx, liveVersion, a.Organization, l)
		if err != nil {
			return err
		}
		if live == nil {
			return errs.New(errs.Conflict, "This data set has no live version whose claims could change.")
		}
		waits, err = s.amend(ctx, tx, a, found, live)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("listing %s: submit claims: %w", l, err)
	}
	return waits, nil
}

func (s *Service) amend(ctx context.Context, tx pgx.Tx, a postgres.Actor, l Listing, live *Version) (waits bool, err error) {
	claims, err := readNewest(ctx, tx, l)
	if err != nil {
		return false, err
	}
	current, err := readClaims(ctx, tx, a.Organization, live.ClaimsID)
	if err != nil {
		return false, err
	}
	if claims, err = s.again(ctx, tx, a, l, claims, current); err != nil {
		return false, err
	}
	if claims.FrozenAt != nil || claims.Digest == current.Digest {
		return false, errs.New(errs.Conflict, "No answer has changed since the claims that are live or wait for a reviewer.")
	}
	if gaps := claims.Claims.Gaps(s.now()); len(gaps) > 0 {
		return false, errs.Newf(errs.Invalid, "%s still needed: %s: %s", plural(len(gaps), "answer is", "answers are"), gaps[0].Step.Label(), gaps[0].Message)
	}
	if !sameAudited(current.Claims, claims.Claims) {
		return false, errs.New(errs.Conflict, deidUnseen)
	}
	if waits = !reflect.DeepEqual(claims.Claims.material(), current.Claims.material()); waits {
		if err := freeze(ctx, tx, claims, true, live.ID); err != nil {
			return false, refusal(err)
		}
		if s.notifier != nil {
			if err := s.notifier.ClaimsWait(ctx, tx, *live, claims); err != nil {
				return false, fmt.Errorf("notify: %w", err)
			}
		}
		return true, s.record(ctx, tx, a, a.Organization, "listing.submit_claims", "listing", string(l.ID),
			map[string]string{"claims_digest": claims.Digest})
	}
	if err := freeze(ctx, tx, claims, true, ""); err != nil {
		return false, err
	}
	if _, err := s.decide(ctx, tx, a, *live, claims, "carried", Approves, ""); err != nil {
		return false, err
	}
	return false, s.applyClaims(ctx, tx, a, l, live, claims)
}

// applyClaims puts approved claims on a live version and tells the catalog.
func (s *Service) applyClaims(ctx context.Context, tx pgx.Tx, a postgres.Actor, l Listing, live *Version, claims Revision) error {
	if _, err := tx.Exec(ctx, pinClaims, pgx.NamedArgs{"id": live.ID, "organization": live.Organization, "claims": claims.ID}); err != nil {
		return refusal(err)
	}
	live.ClaimsID = claims.ID
	err := s.record(ctx, tx, a, live.Organization, "version.claims", "version", string(live.ID),
		map[string]string{"claims_digest": claims.Digest, "root_digest": live.RootDigest})
	if err != nil || live.State != Live {
		return err
	}
	return s.show(ctx, tx, l, *live, claims)
}

// show tells the catalog what buyers may see of a version.
func (s *Service) show(ctx context.Context, tx pgx.Tx, l Listing, v Version, claims Revision) error {
	report, err := latestReport(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	published := Published{l, v, claims, report}
	if s.certifier != nil {
		if err := s.certifier.Certify(ctx, tx, published); err != nil {
			return fmt.Errorf("certify: %w", err)
		}
	}
	if err := s.catalog.Published(ctx, tx, published); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	return nil
}

// today is the day of the clock in UTC.
func (s *Service) today() string { return s.now().UTC().Format(time.DateOnly) }
