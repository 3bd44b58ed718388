package moderation

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/notice"
	"assay/internal/postgres"
)

// AppealKind is what kind of decision an appeal is about.
type AppealKind string

// Kinds of decisions that can be appealed.
const (
	OfSuspension AppealKind = "suspension"
	OfRejection  AppealKind = "rejection"
	OfFlag       AppealKind = "flag"
	OfStrike     AppealKind = "strike"
)

// AppealKinds is the vocabulary of AppealKind.
var AppealKinds = listing.Vocabulary[AppealKind]{
	{Value: OfSuspension, Label: "Suspension of a version", Help: "If it is granted, the version is put back on offer, as long as its files and claims are still approved and clear."},
	{Value: OfRejection, Label: "Rejection of a version", Help: "If it is granted, the version goes back to review as it is, and another reviewer than the one who rejected it decides."},
	{Value: OfFlag, Label: "Report that was upheld", Help: "If it is granted, the report is dismissed and what followed from it is taken back."},
	{Value: OfStrike, Label: "Strike", Help: "If it is granted, the strike is taken back."},
}

// Subject is a decision against an organization that it may appeal.
type Subject struct {
	Kind    AppealKind `db:"kind"`
	ID      string     `db:"subject"`
	Title   string     `db:"title"`
	Version id.Version `db:"version_id"`
	Reason  string     `db:"reason"`
	At      time.Time  `db:"at"`
	Until   time.Time  `db:"until"`
}

// decisions are those that can be appealed, whoever asks.
const decisions = `
SELECT 'suspension' AS kind, e.id::text AS subject, v.organization_id, coalesce(k.title, '') AS title, v.id::text AS version_id, v.reason, e.at
FROM   version_event e
JOIN   version v ON v.id = e.version_id
LEFT JOIN catalog_listing k ON k.id = v.listing_id
WHERE  e.event = 'suspend' AND v.state = 'suspended'
AND    NOT EXISTS (SELECT 1 FROM version_event n WHERE n.version_id = v.id AND n.id > e.id)
UNION ALL
SELECT 'rejection', d.id::text, v.organization_id, coalesce(c.claims -> 'basics' ->> 'title', ''), v.id::text, d.reason, d.created_at
FROM   decision d
JOIN   version v ON v.id = d.version_id
LEFT JOIN listing_claims c ON c.id = d.claims_id
WHERE  d.outcome = 'reject' AND d.kind = 'review' AND v.state = 'rejected'
UNION ALL
SELECT 'flag', f.id::text, f.organization_id, k.title, coalesce(f.version_id::text, ''), f.decision, f.decided_at
FROM   flag f
JOIN   catalog_listing k ON k.id = f.listing_id
WHERE  f.state = 'upheld'
UNION ALL
SELECT 'strike', s.id::text, s.organization_id, coalesce(k.title, ''), '', s.reason, s.given_at
FROM   strike s
LEFT JOIN flag f ON f.id = s.flag_id
LEFT JOIN catalog_listing k ON k.id = f.listing_id
WHERE  s.removed_at IS NULL`

const subjectColumns = `
SELECT d.kind, d.subject, d.title, d.version_id, d.reason, d.at, d.at + interval '60 days' AS until
FROM   (` + decisions + `) d
WHERE  d.organization_id = @organization
AND    d.at > now() - interval '60 days'
AND    NOT EXISTS (SELECT 1 FROM appeal a WHERE a.kind = d.kind AND a.subject = d.subject)`

const subjectsQuery = subjectColumns + `
ORDER BY d.at DESC`

const subjectQuery = subjectColumns + `
AND    d.kind = @kind
AND    d.subject = @subject`

// Subject returns a decision that the actor's organization may appeal now.
func (s *Service) Subject(ctx context.Context, a postgres.Actor, kind AppealKind, subject string) (found Subject, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		found, err = postgres.One[Subject](ctx, tx, subjectQuery, pgx.NamedArgs{"organization": a.Organization, "kind": string(kind), "subject": subject})
		return postgres.NotFound(err, "There is no such decision to appeal. Each can be appealed once, within 60 days.")
	})
	if err != nil {
		return Subject{}, fmt.Errorf("decision to appeal: %w", err)
	}
	return found, nil
}

// Appeal asks that somebody else look at a decision.
type Appeal struct {
	ID           id.Appeal       `db:"id"`
	Organization id.Organization `db:"organization_id"`
	Seller       string          `db:"seller"`
	Kind         AppealKind      `db:"kind"`
	Subject      string          `db:"subject"`
	Title        string          `db:"title"`
	Version      id.Version      `db:"version_id"` // empty if it is about none
	Decision     string          `db:"decision"`   // the reason that was given
	Against      id.User         `db:"against"`    // who decided; empty if no person did
	AgainstAt    time.Time       `db:"against_at"`
	Text         string          `db:"text"`
	MadeBy       id.User         `db:"made_by"`
	MadeAt       time.Time       `db:"made_at"`
	State        string          `db:"state"` // open, granted or denied
	Ruling       string          `db:"ruling"`
	RuledAt      *time.Time      `db:"ruled_at"`
	Remedy       string          `db:"remedy"` // what was undone
	IsOwn        bool            `db:"is_own"` // the reader belongs to the seller
}

const appealQuery = `
SELECT a.id, a.organization_id, o.name AS seller, a.kind, a.subject,
       coalesce(k.title, (SELECT c.claims -> 'basics' ->> 'title' FROM version v JOIN listing_claims c ON c.id = v.claims_id WHERE v.id = a.version_id), '') AS title,
       coalesce(a.version_id::text, '') AS version_id,
       coalesce(CASE a.kind
                WHEN 'suspension' THEN (SELECT e.reason FROM version_event e WHERE e.id::text = a.subject)
                WHEN 'rejection' THEN (SELECT d.reason FROM decision d WHERE d.id::text = a.subject)
                WHEN 'flag' THEN (SELECT f.decision FROM flag f WHERE f.id::text = a.subject)
                ELSE (SELECT s.reason FROM strike s WHERE s.id::text = a.subject) END, '') AS decision,
       coalesce(a.against::text, '') AS against, a.against_at, a.text, a.made_by, a.made_at, a.state, a.ruling, a.ruled_at, a.remedy,
       NOT 'reviewer' = ANY (acting_party(a.organization_id)) AS is_own
FROM   appeal a
JOIN   organization o ON o.id = a.organization_id
LEFT JOIN catalog_listing k ON k.id = a.listing_id`

const ownAppealsQuery = appealQuery + `
WHERE    a.organization_id = @organization
ORDER BY a.made_at DESC, a.id`

const insertAppeal = `
INSERT INTO appeal (id, organization_id, kind, subject, against_at, text, made_by)
VALUES (@id, @organization, @kind, @subject, now(), @text, @user)`

// Make appeals a decision, once and within 60 days. It needs an owner or admin
// of the organization. Who decided is found by the database itself.
func (s *Service) Make(ctx context.Context, a postgres.Actor, kind AppealKind, subject, text string) (id.Appeal, error) {
	var f errs.Fields
	text = clean(text)
	sentence(&f, "text", text, 20, 4000, "Say in a sentence or two what the decision overlooks.")
	if !AppealKinds.Has(kind) {
		f.Add("kind", "Choose a decision on the page before.")
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	key := id.New[id.Appeal]()
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanManage); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertAppeal, pgx.NamedArgs{"id": key, "organization": a.Organization, "kind": string(kind), "subject": subject, "text": text, "user": a.User})
		if postgres.IsUnique(err, "appeal_once") {
			return errs.New(errs.Conflict, sentences["appeal_once"])
		}
		if err != nil {
			return refusal(err)
		}
		err = notice.Send(ctx, tx, notice.Notice{
			Kind: notice.AppealWaiting, To: notice.To{Platform: postgres.Reviewer}, Subject: "An appeal waits: " + lower(AppealKinds.Label(kind)),
			Lines:  []string{"A seller appeals a decision. Who made it cannot rule on the appeal."},
			Action: "Read the appeal", Path: "/review/appeals/" + string(key),
		})
		if err != nil {
			return err
		}
		return record(ctx, tx, a, a.Organization, "appeal.make", "appeal", string(key), map[string]string{"kind": string(kind), "subject": subject})
	})
	if err != nil {
		return "", fmt.Errorf("appeal: %w", err)
	}
	return key, nil
}

// OwnAppeal returns an appeal of the actor's organization.
func (s *Service) OwnAppeal(ctx context.Context, a postgres.Actor, appeal id.Appeal) (found Appeal, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		found, err = postgres.One[Appeal](ctx, tx, appealQuery+`
WHERE  a.id = @appeal
AND    a.organization_id = @organization`, pgx.NamedArgs{"appeal": appeal, "organization": a.Organization})
		return postgres.NotFound(err, noSuchAppeal)
	})
	if err != nil {
		return Appeal{}, fmt.Errorf("appeal %s: %w", appeal, err)
	}
	return found, nil
}
