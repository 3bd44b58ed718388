package verification

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/promise"
)

// QueuedRequest is a request as a list shows it.
type QueuedRequest struct {
	ID               id.Verification `db:"id"`
	OrganizationName string          `db:"organization_name"`
	Level            Level           `db:"level"` // that holds now
	State            RequestState    `db:"state"`
	At               time.Time       `db:"at"` // submitted, or decided
	DocumentCount    int             `db:"document_count"`
	BegunBy          string          `db:"begun_by"` // names of reviewers who saved answers; empty for none
}

// Due returns by when a reviewer is to have decided on a request that waits.
func (q QueuedRequest) Due() time.Time { return promise.Of(promise.ReviewOfSeller).Due(q.At) }

const waitingRequests = `
SELECT   r.id, o.name AS organization_name, organization_verification(r.organization_id) AS level, r.state, r.submitted_at AS at,
         (SELECT count(*) FROM verification_document d WHERE d.request_id = r.id) AS document_count,
         coalesce((SELECT string_agg(DISTINCT u.name, ', ')
                   FROM   verification_answer v
                   JOIN   app_user u ON u.id = v.saved_by
                   WHERE  v.request_id = r.id
                   AND    v.submitted_at = r.submitted_at), '') AS begun_by
FROM     verification_request r
JOIN     organization o ON o.id = r.organization_id
WHERE    r.state = 'submitted'
ORDER BY r.submitted_at, r.id
LIMIT    200`

const decidedRequests = `
SELECT   r.id, o.name AS organization_name, organization_verification(r.organization_id) AS level, r.state, r.decided_at AS at,
         (SELECT count(*) FROM verification_document d WHERE d.request_id = r.id) AS document_count, '' AS begun_by
FROM     verification_request r
JOIN     organization o ON o.id = r.organization_id
WHERE    r.state IN ('granted', 'returned', 'refused')
ORDER BY r.decided_at DESC, r.id DESC
LIMIT    50`

// Queue returns the requests that wait, the oldest first.
func (s *Service) Queue(ctx context.Context, a postgres.Actor) ([]QueuedRequest, error) {
	return s.requests(ctx, a, waitingRequests)
}

// Decided returns the requests decided last, the newest first.
func (s *Service) Decided(ctx context.Context, a postgres.Actor) ([]QueuedRequest, error) {
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

// Case is a request with what is known about its organization.
type Case struct {
	Request
	Standing Standing
	Members  []account.Member
	// DomainMembers are owners and admins whose confirmed address is of the
	// website's domain; none if FreeMail, where anybody gets an address.
	DomainMembers []string
	FreeMail      bool
	Domain        DomainProof // the zero value if none was begun
	Signers       []Signer    // who was named to sign and not taken back
	Checks        []Check     // of the latest decision
	Saved         Answers     // of the next one, by reviewers who go on later
}

// DomainHolds reports whether something shows that the website's domain is the
// organization's.
func (c Case) DomainHolds() bool {
	return len(c.DomainMembers) > 0 || c.Domain.Holds() && c.Domain.Domain == websiteDomain(c.Website)
}

const requestByID = requestColumns + `
WHERE r.id = @id`

// Case returns a request as a reviewer needs it.
func (s *Service) Case(ctx context.Context, a postgres.Actor, request id.Verification) (c Case, err error) {
	if err := requireReviewer(a); err != nil {
		return c, err
	}
	if _, ok := id.Parse[id.Verification](string(request)); !ok {
		return c, errs.New(errs.NotFound, noSuchRequest)
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
	if c.Members, err = account.MembersOf(ctx, tx, c.Organization); err != nil {
		return c, err
	}
	if c.Signers, err = readSigners(ctx, tx, c.Organization); err != nil {
		return c, err
	}
	if c.Checks, err = readChecks(ctx, tx, request); err != nil {
		return c, err
	}
	if c.Saved, err = readAnswers(ctx, tx, c.Request); err != nil {
		return c, err
	}
	if c.Domain, err = readDomain(ctx, tx, c.Organization); err != nil && errs.KindOf(err) != errs.NotFound {
		return c, err
	}
	domain := websiteDomain(c.Website)
	c.FreeMail = isFreeMail(domain)
	for _, m := range c.Members {
		_, at, _ := strings.Cut(m.Email, "@")
		if domain != "" && !c.FreeMail && m.Role.CanManage() && (at == domain || strings.HasSuffix(at, "."+domain)) {
			c.DomainMembers = append(c.DomainMembers, m.Email)
		}
	}
	return c, nil
}

func (c Case) hasMember(user id.User) bool {
	return slices.ContainsFunc(c.Members, func(m account.Member) bool { return m.User == user })
}
