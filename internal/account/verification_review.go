package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// QueuedRequest is a request as a list shows it.
type QueuedRequest struct {
	ID               id.Verification `db:"id"`
	OrganizationName string          `db:"organization_name"`
	Level            Level           `db:"level"` // that holds now
	State            RequestState    `db:"state"`
	At               time.Time       `db:"at"` // submitted, or decided
	DocumentCount    int             `db:"document_count"`
}

const waitingRequests = `
SELECT   r.id, o.name AS organization_name, organization_verification(r.organization_id) AS level, r.state, r.submitted_at AS at,
         (SELECT count(*) FROM verification_document d WHERE d.request_id = r.id) AS document_count
FROM     verification_request r
JOIN     organization o ON o.id = r.organization_id
WHERE    r.state = 'submitted'
ORDER BY r.submitted_at, r.id
LIMIT    200`

const decidedRequests = `
SELECT   r.id, o.name AS organization_name, organization_verification(r.organization_id) AS level, r.state, r.decided_at AS at,
         (SELECT count(*) FROM verification_document d WHERE d.request_id = r.id) AS document_count
FROM     verification_request r
JOIN     organization o ON o.id = r.organization_id
WHERE    r.state IN ('granted', 'returned', 'refused')
ORDER BY r.decided_at DESC, r.id DESC
LIMIT    50`

// VerificationQueue returns the requests that wait, the oldest first.
func (s *Service) VerificationQueue(ctx context.Context, a postgres.Actor) ([]QueuedRequest, error) {
	return s.requests(ctx, a, waitingRequests)
}

// DecidedVerifications returns the requests decided last, the newest first.
func (s *Service) DecidedVerifications(ctx context.Context, a postgres.Actor) ([]QueuedRequest, error) {
	return s.requests(ctx, a, decidedRequests)
}

func (s *Service) requests(ctx context.Context, a postgres.Actor, sql string) (list []QueuedRequest, err error) {
	if err := requireReviewer(a); err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql)
		if err != nil {
			return fmt.Errorf("verification queue: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[QueuedRequest])
		return err
	})
	return list, err
}

func requireReviewer(a postgres.Actor) error {
	if a.User == "" || (a.Platform != postgres.Reviewer && a.Platform != postgres.Admin) {
		return errs.New(errs.NotFound, "There is no such request for verification.")
	}
	return nil
}

// Case is a request with what is known about its organization.
type Case struct {
	Request
	Standing Standing
	Members  []Member
	// DomainMembers are owners and admins whose confirmed address is of the
	// website's domain.
	DomainMembers []string
}

const requestByID = requestColumns + `
WHERE r.id = @id`

// VerificationCase returns a request as a reviewer needs it.
func (s *Service) VerificationCase(ctx context.Context, a postgres.Actor, request id.Verification) (c Case, err error) {
	if err := requireReviewer(a); err != nil {
		return c, err
	}
	if _, ok := id.Parse[id.Verification](string(request)); !ok {
		return c, errs.New(errs.NotFound, "There is no such request for verification.")
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err = readCase(ctx, tx, request)
		return err
	})
	return c, err
}

func readCase(ctx context.Context, tx pgx.Tx, request id.Verification) (c Case, err error) {
	if c.Request, err = readRequest(ctx, tx, requestByID, pgx.NamedArgs{"id": request}); err != nil {
		return c, err
	}
	if c.Standing, err = readStanding(ctx, tx, c.Organization); err != nil {
		return c, err
	}
	rows, err := tx.Query(ctx, listMembers, pgx.NamedArgs{"organization": c.Organization})
	if err != nil {
		return c, fmt.Errorf("members: %w", err)
	}
	if c.Members, err = pgx.CollectRows(rows, pgx.RowToStructByName[Member]); err != nil {
		return c, err
	}
	domain := websiteDomain(c.Website)
	for _, m := range c.Members {
		_, at, _ := strings.Cut(m.Email, "@")
		if domain != "" && m.Role.CanManage() && (at == domain || strings.HasSuffix(at, "."+domain)) {
			c.DomainMembers = append(c.DomainMembers, m.Email)
		}
	}
	return c, nil
}

// Decision is a reviewer's answer to a request.
type Decision struct {
	Request id.Verification
	// SubmittedAt is the submission that the reviewer saw: a request that came
	// in anew meanwhile is not decided by it.
	SubmittedAt time.Time
	Outcome     RequestState // granted, returned or refused
	Level       Level        // if granted
	ValidMonths int          // if granted: 1 to 24
	Reason      string       // the organization reads it
	Accepted    []id.Document
	Rejected    []id.Document
}

// MaxValidMonths is how long a level lasts at most.
const MaxValidMonths = 24

func (d Decision) check() error {
	var form errs.Fields
	switch d.Outcome {
	case RequestGranted:
		if !slices.Contains(GrantableLevels(), d.Level) {
			form.Add("level", "Choose the level that is reached.")
		}
		if d.ValidMonths < 1 || d.ValidMonths > MaxValidMonths {
			form.Addf("months", "Choose 1 to %d months.", MaxValidMonths)
		}
	case RequestReturned, RequestRefused:
	default:
		form.Add("outcome", "Choose a decision.")
	}
	if d.Reason == "" {
		form.Add("reason", "Say why. The organization reads it.")
	} else if len([]rune(d.Reason)) > 4000 {
		form.Add("reason", "Use at most 4,000 characters.")
	}
	return form.Err()
}

const decideRequest = `
UPDATE verification_request
SET    state = @state, decided_by = @user, decided_at = now(), reason = @reason
WHERE  id = @id
AND    state = 'submitted'
AND    submitted_at = @submitted_at`

const judgeDocument = `
UPDATE verification_document
SET    verdict = @verdict
WHERE  id = ANY (@ids)
AND    request_id = @request`

const insertLevel = `
INSERT INTO verification (id, organization_id, request_id, level, reason, expires_at, decided_by)
VALUES (@id, @organization, @request, @level, @reason, @expires_at, @user)`

// DecideVerification answers a request: it grants a level until a date,
// returns the request for changes, or refuses it. A level needs its papers
// accepted in the same decision. The answer is mailed to the organization's
// owners and admins. A request that was decided or changed meanwhile is
// errs.Conflict; a member of the organization never decides (errs.Forbidden).
func (s *Service) DecideVerification(ctx context.Context, a postgres.Actor, d Decision) error {
	if err := requireReviewer(a); err != nil {
		return err
	}
	d.Reason = strings.TrimSpace(d.Reason)
	if err := d.check(); err != nil {
		return err
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err := readCase(ctx, tx, d.Request)
		if err != nil {
			return err
		}
		if c.hasMember(a.User) {
			return errs.New(errs.Forbidden, "You belong to this organization. Another reviewer decides.")
		}
		if err := c.supports(d); err != nil {
			return err
		}
		return s.decide(ctx, tx, a, c, d)
	})
}

func (c Case) hasMember(user id.User) bool {
	return slices.ContainsFunc(c.Members, func(m Member) bool { return m.User == user })
}

// supports checks that a granted level has what it stands for.
func (c Case) supports(d Decision) error {
	if d.Outcome != RequestGranted {
		return nil
	}
	accepted := func(kind Paper) bool {
		return slices.ContainsFunc(c.Documents, func(doc Document) bool { return doc.Kind == kind && slices.Contains(d.Accepted, doc.ID) })
	}
	var form errs.Fields
	reached := slices.Index(GrantableLevels(), d.Level)
	if d.Level == EmailDomain && len(c.DomainMembers) == 0 {
		form.Add("level", "No owner’s or admin’s address is of the website’s domain.")
	}
	if reached >= slices.Index(GrantableLevels(), OrgDocuments) && !accepted(PaperOrganization) {
		form.Add("level", "This level needs an accepted document that shows who the organization is.")
	}
	if reached >= slices.Index(GrantableLevels(), RightsDocuments) && !accepted(PaperRights) {
		form.Add("level", "This level needs an accepted document that shows its right to license data.")
	}
	return form.Err()
}

func (s *Service) decide(ctx context.Context, tx pgx.Tx, a postgres.Actor, c Case, d Decision) error {
	for verdict, ids := range map[string][]id.Document{"accepted": d.Accepted, "rejected": d.Rejected} {
		if _, err := tx.Exec(ctx, judgeDocument, pgx.NamedArgs{"verdict": verdict, "ids": ids, "request": d.Request}); err != nil {
			return fmt.Errorf("judge documents: %w", err)
		}
	}
	tag, err := tx.Exec(ctx, decideRequest, pgx.NamedArgs{
		"id": d.Request, "state": d.Outcome, "user": a.User, "reason": d.Reason, "submitted_at": d.SubmittedAt,
	})
	if err != nil {
		return fmt.Errorf("decide: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errs.New(errs.Conflict, "This request was decided, withdrawn or submitted anew meanwhile. Reload the page.")
	}
	detail := map[string]string{"outcome": string(d.Outcome)}
	if d.Outcome == RequestGranted {
		detail["level"] = string(d.Level)
		expires := time.Now().AddDate(0, d.ValidMonths, 0)
		if err := giveLevel(ctx, tx, a, c.Organization, d.Request, LevelChange{Level: d.Level, Reason: d.Reason, ExpiresAt: &expires}); err != nil {
			return err
		}
	}
	if err := record(ctx, tx, a, c.Organization, "verification.decide", "verification_request", string(d.Request), detail); err != nil {
		return err
	}
	return s.tellManagers(ctx, tx, c, s.decisionLetter(c.OrganizationName, d))
}

func giveLevel(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, request id.Verification, l LevelChange) error {
	key := id.New[id.Verification]()
	_, err := tx.Exec(ctx, insertLevel, pgx.NamedArgs{
		"id": key, "organization": org, "request": orNull(request), "level": l.Level,
		"reason": l.Reason, "expires_at": l.ExpiresAt, "user": a.User,
	})
	if err != nil {
		return fmt.Errorf("level: %w", err)
	}
	return record(ctx, tx, a, org, "verification.level", "organization", string(org), map[string]string{"level": string(l.Level)})
}

// SuspendVerification takes an organization's verification away until
// RestoreVerification gives back the level it had. Live data sets stay live;
// nothing new is published.
func (s *Service) SuspendVerification(ctx context.Context, a postgres.Actor, org id.Organization, reason string) error {
	return s.changeLevel(ctx, a, org, reason, func(standing Standing) (LevelChange, error) {
		if standing.Level == Suspended {
			return LevelChange{}, errs.New(errs.Conflict, "The verification is suspended already.")
		}
		return LevelChange{Level: Suspended}, nil
	})
}

// RestoreVerification ends a suspension: the level before it holds again,
// until the date it had.
func (s *Service) RestoreVerification(ctx context.Context, a postgres.Actor, org id.Organization, reason string) error {
	return s.changeLevel(ctx, a, org, reason, func(standing Standing) (LevelChange, error) {
		if standing.Level != Suspended {
			return LevelChange{}, errs.New(errs.Conflict, "The verification is not suspended.")
		}
		for _, c := range standing.Changes {
			if c.Level != Suspended {
				return LevelChange{Level: c.Level, ExpiresAt: c.ExpiresAt}, nil
			}
		}
		return LevelChange{Level: Unverified}, nil
	})
}

const organizationName = `
SELECT name
FROM   organization
WHERE  id = @organization`

func (s *Service) changeLevel(ctx context.Context, a postgres.Actor, org id.Organization, reason string, next func(Standing) (LevelChange, error)) error {
	if err := requireReviewer(a); err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return &errs.Error{Kind: errs.Invalid, Field: "reason", Message: "Say why. The organization reads it."}
	}
	if _, ok := id.Parse[id.Organization](string(org)); !ok {
		return errs.New(errs.NotFound, "No such organization.")
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c := Case{Request: Request{Organization: org}}
		err := tx.QueryRow(ctx, organizationName, pgx.NamedArgs{"organization": org}).Scan(&c.OrganizationName)
		if err != nil {
			return postgres.NotFound(err, "No such organization.")
		}
		if c.Standing, err = readStanding(ctx, tx, org); err != nil {
			return err
		}
		change, err := next(c.Standing)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, listMembers, pgx.NamedArgs{"organization": org})
		if err != nil {
			return fmt.Errorf("members: %w", err)
		}
		if c.Members, err = pgx.CollectRows(rows, pgx.RowToStructByName[Member]); err != nil {
			return err
		}
		if c.hasMember(a.User) {
			return errs.New(errs.Forbidden, "You belong to this organization. Another reviewer decides.")
		}
		change.Reason = reason
		if err := giveLevel(ctx, tx, a, org, "", change); err != nil {
			return err
		}
		return s.tellManagers(ctx, tx, c, s.levelLetter(c.OrganizationName, change))
	})
}
