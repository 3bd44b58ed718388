package sellerdesk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/verification"
)

// Kind is what there is to do.
type Kind string

// Kinds of to-dos, the most urgent first.
const (
	AnswerReport      Kind = "answer_report"      // a reviewer asks about a report by the public
	MendForNewRules   Kind = "mend_for_new_rules" // new rules found something in what is live
	Held              Kind = "held"               // could not go live as planned
	Suspended         Kind = "suspended"          // the platform took it off the catalog
	BeginVerification Kind = "begin_verification" // nobody has asked for it
	MendVerification  Kind = "mend_verification"  // a reviewer returned it
	RenewVerification Kind = "renew_verification" // expired, or does within 30 days
	MendFiles         Kind = "mend_files"         // the audit failed
	MakeChanges       Kind = "make_changes"       // a reviewer asks for changes
	ReadRejection     Kind = "read_rejection"
	AnswerWarnings    Kind = "answer_warnings"
	PublishIt         Kind = "publish" // approved, and nobody planned when
	SubmitIt          Kind = "submit"  // audited, complete and answered
	EmbargoEnds       Kind = "embargo_ends"
	ReadClaims        Kind = "read_claims" // changed claims were not taken over
	SendClaims        Kind = "send_claims" // claims changed and were not put on their way
	GoOnUpload        Kind = "go_on_upload"
	SendFiles         Kind = "send_files"
	FinishClaims      Kind = "finish_claims"
)

// kinds is the order of Kind, and what a member must be allowed to do it.
var kinds = []struct {
	kind Kind
	may  func(account.Role, account.Rights) bool
}{
	{AnswerReport, edits}, {MendForNewRules, edits}, {Held, publishes}, {Suspended, edits}, {BeginVerification, manages}, {MendVerification, manages}, {RenewVerification, manages},
	{MendFiles, edits}, {MakeChanges, edits}, {ReadRejection, edits}, {AnswerWarnings, edits}, {PublishIt, publishes}, {SubmitIt, submits},
	{EmbargoEnds, publishes}, {ReadClaims, edits}, {SendClaims, publishes}, {GoOnUpload, edits}, {SendFiles, edits}, {FinishClaims, edits},
}

func edits(r account.Role, _ account.Rights) bool     { return r.CanEdit() }
func manages(r account.Role, _ account.Rights) bool   { return r.CanManage() }
func submits(_ account.Role, h account.Rights) bool   { return h.Submit }
func publishes(_ account.Role, h account.Rights) bool { return h.Publish }

func order(k Kind) int {
	for i, known := range kinds {
		if known.kind == k {
			return i
		}
	}
	return len(kinds)
}

// Todo is one thing to do. Listing and Version are empty where it is about the
// organization.
type Todo struct {
	Kind    Kind
	Listing id.Listing
	Version id.Version
	Title   string // of the data set
	Number  int    // of the version
	Count   int    // warnings without an answer, or answers that are needed
	Step    listing.Step
	Day     *time.Time // on which an embargo or a verification ends
	Failure listing.Failure
	Since   time.Time
	Flag    id.Flag    // of AnswerReport
	Due     *time.Time // by when; nil if nobody waits for it
	Grave   bool       // of MendForNewRules: a blocker
}

// Times ahead.
const (
	embargoSoon = 7 * 24 * time.Hour
	renewSoon   = 30 * 24 * time.Hour
)

// standing is what to-dos are told from.
type standing struct {
	Listing      id.Listing      `db:"id"`
	Canonical    string          `db:"canonical"`
	ClaimsAt     time.Time       `db:"claims_at"`
	Edited       bool            `db:"edited"`  // the newest claims are not those of the live version, and not sent
	Refused      *time.Time      `db:"refused"` // when a reviewer did not take the newest claims over
	Version      id.Version      `db:"version_id"`
	Number       int             `db:"number"`
	State        listing.State   `db:"state"`
	Since        time.Time       `db:"since"`
	Open         int             `db:"open_warnings"`
	Plan         listing.Plan    `db:"publish_plan"`
	EmbargoUntil *time.Time      `db:"embargo_until"`
	Failure      listing.Failure `db:"publish_failure"`
	FailedAt     *time.Time      `db:"publish_failed_at"`

	// What was on offer last, if it is suspended and another version is newer.
	Suspended       id.Version `db:"suspended_id"`
	SuspendedNumber int        `db:"suspended_number"`
	SuspendedAt     *time.Time `db:"suspended_at"`
}

const standings = `
SELECT   l.id, c.canonical, c.updated_at AS claims_at,
         coalesce((c.frozen_at IS NULL OR c.outcome = 'lapsed') AND v.state = 'live' AND c.claims_digest <> h.claims_digest, false) AS edited,
         CASE WHEN c.outcome IN ('changes_requested', 'reject') THEN d.created_at END AS refused,
         coalesce(v.id::text, '') AS version_id, coalesce(v.number, 0) AS number, coalesce(v.state, '') AS state,
         coalesce(e.at, v.created_at, l.created_at) AS since,
         CASE WHEN v.state = 'flagged' THEN coalesce(r.warnings, 0) - coalesce(a.answered, 0) ELSE 0 END AS open_warnings,
         coalesce(v.publish_plan, 'manual') AS publish_plan, v.embargo_until,
         coalesce(v.publish_failure, '') AS publish_failure, v.publish_failed_at,
         coalesce(p.id::text, '') AS suspended_id, coalesce(p.number, 0) AS suspended_number, s.at AS suspended_at
FROM     listing l
JOIN LATERAL (SELECT id, canonical, claims_digest, updated_at, frozen_at, outcome FROM listing_claims
              WHERE listing_id = l.id AND organization_id = @organization
              ORDER BY revision DESC LIMIT 1) c ON true
LEFT JOIN LATERAL (SELECT * FROM version
                   WHERE listing_id = l.id AND organization_id = @organization
                   ORDER BY state = 'draft', number DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (SELECT * FROM version
                   WHERE listing_id = l.id AND organization_id = @organization AND live_at IS NOT NULL
                   ORDER BY number DESC LIMIT 1) p ON p.state = 'suspended' AND p.id <> v.id
LEFT JOIN LATERAL (SELECT max(at) AS at FROM version_event
                   WHERE version_id = p.id AND organization_id = @organization AND event = 'suspend') s ON true
LEFT JOIN listing_claims h ON h.id = v.claims_id AND h.organization_id = @organization
LEFT JOIN LATERAL (SELECT max(at) AS at FROM version_event
                   WHERE version_id = v.id AND organization_id = @organization) e ON true
LEFT JOIN LATERAL (SELECT id, warnings FROM audit_report
                   WHERE version_id = v.id AND organization_id = @organization AND NOT is_reaudit
                   ORDER BY created_at DESC, id DESC LIMIT 1) r ON true
LEFT JOIN LATERAL (SELECT count(*)::int AS answered FROM finding_answer
                   WHERE report_id = r.id AND organization_id = @organization) a ON true
LEFT JOIN LATERAL (SELECT max(created_at) AS created_at FROM decision
                   WHERE claims_id = c.id AND organization_id = @organization) d ON true
WHERE    l.organization_id = @organization
AND      l.kind = 'hosted'
AND      l.deleted_at IS NULL
ORDER BY l.updated_at DESC, l.id
LIMIT    2000`

// Todos returns what the actor can do now, the most urgent first and of one
// kind the longest waiting first.
func (s *Service) Todos(ctx context.Context, a postgres.Actor) ([]Todo, error) {
	var list []Todo
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		role, err := account.Require(ctx, tx, a, account.Role.CanRead)
		if err != nil {
			return err
		}
		rights, err := account.RightsOf(ctx, tx, a)
		if err != nil {
			return err
		}
		if list, err = s.all(ctx, tx, a); err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(t Todo) bool { return !kinds[order(t.Kind)].may(role, rights) })
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("desk: to-dos: %w", err)
	}
	slices.SortStableFunc(list, func(a, b Todo) int {
		return cmp.Or(cmp.Compare(order(a.Kind), order(b.Kind)), a.Since.Compare(b.Since))
	})
	return list, nil
}

func (s *Service) all(ctx context.Context, tx pgx.Tx, a postgres.Actor) ([]Todo, error) {
	found, err := postgres.Many[standing](ctx, tx, standings, pgx.NamedArgs{"organization": a.Organization})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var list []Todo
	for _, st := range found {
		todos, err := st.todos(s.now())
		if err != nil {
			return nil, err
		}
		list = append(list, todos...)
	}
	asked, err := s.asked(ctx, tx, a)
	if err != nil {
		return nil, err
	}
	list = append(list, asked...)
	verification, err := s.verification(ctx, tx, a)
	if verification != nil {
		list = append(list, *verification)
	}
	return list, err
}

// todos says what one data set waits for: its newest version with files, and
// the one that was on offer if that is suspended.
func (st standing) todos(now time.Time) ([]Todo, error) {
	list, err := st.newest(now)
	if err == nil && st.Suspended != "" {
		suspended := Todo{Kind: Suspended, Listing: st.Listing, Version: st.Suspended, Number: st.SuspendedNumber, Since: *st.SuspendedAt}
		var claims listing.Claims
		claims, err = listing.ParseClaims(st.Canonical)
		suspended.Title = claims.Basics.Title
		list = append(list, suspended)
	}
	return list, err
}

func (st standing) newest(now time.Time) ([]Todo, error) {
	claims, err := listing.ParseClaims(st.Canonical)
	if err != nil {
		return nil, err
	}
	todo := Todo{Listing: st.Listing, Version: st.Version, Title: claims.Basics.Title, Number: st.Number, Since: st.Since}
	one := func(k Kind) []Todo { todo.Kind = k; return []Todo{todo} }
	gaps := func() []Todo {
		found := claims.Gaps(now)
		if len(found) == 0 {
			return nil
		}
		todo.Count, todo.Step, todo.Since = len(found), found[0].Step, st.ClaimsAt
		return one(FinishClaims)
	}
	switch st.State {
	case "", listing.Draft:
		if list := gaps(); list != nil {
			return list, nil
		}
		return one(SendFiles), nil
	case listing.Uploading:
		return one(GoOnUpload), nil
	case listing.AuditFailed:
		return one(MendFiles), nil
	case listing.ChangesRequested:
		return one(MakeChanges), nil
	case listing.Rejected:
		return one(ReadRejection), nil
	case listing.Suspended:
		return one(Suspended), nil
	case listing.Flagged, listing.Passed:
		if todo.Count = st.Open; st.Open > 0 {
			return one(AnswerWarnings), nil
		}
		if list := gaps(); list != nil {
			return list, nil
		}
		return one(SubmitIt), nil
	case listing.Approved, listing.Embargoed:
		return st.planned(todo, now), nil
	case listing.Live:
		switch {
		case st.Refused != nil:
			todo.Since = *st.Refused
			return one(ReadClaims), nil
		case st.Edited:
			todo.Since = st.ClaimsAt
			return one(SendClaims), nil
		}
	}
	return nil, nil
}

// planned says what an approved version waits for.
func (st standing) planned(todo Todo, now time.Time) []Todo {
	switch {
	case st.Failure != "":
		todo.Kind, todo.Failure, todo.Since = Held, st.Failure, *st.FailedAt
	case st.State == listing.Approved && st.Plan == listing.Manual:
		todo.Kind = PublishIt
	case st.State == listing.Embargoed && st.EmbargoUntil.Sub(now) <= embargoSoon:
		todo.Kind, todo.Day = EmbargoEnds, st.EmbargoUntil
	default:
		return nil
	}
	return []Todo{todo}
}

// verificationQuery reads the level by the one function that says what holds.
const verificationQuery = `
SELECT organization_verification(o.id),
       (SELECT v.expires_at FROM verification v
        WHERE v.organization_id = o.id ORDER BY v.decided_at DESC, v.id DESC LIMIT 1),
       coalesce((SELECT r.state FROM verification_request r
                 WHERE r.organization_id = o.id AND r.state IN ('draft', 'submitted', 'returned') LIMIT 1), ''),
       coalesce((SELECT coalesce(r.decided_at, r.created_at) FROM verification_request r
                 WHERE r.organization_id = o.id AND r.state IN ('draft', 'returned') LIMIT 1), o.created_at)
FROM   organization o
WHERE  o.id = @organization`

// verification says whether the organization has to ask for verification, nil
// if it does not: it is verified for a while yet, or somebody looks at it, or
// it is suspended, which no form of the seller's mends.
func (s *Service) verification(ctx context.Context, tx pgx.Tx, a postgres.Actor) (*Todo, error) {
	var level, request string
	var expires *time.Time
	var since time.Time
	err := tx.QueryRow(ctx, verificationQuery, pgx.NamedArgs{"organization": a.Organization}).Scan(&level, &expires, &request, &since)
	if err != nil {
		return nil, err
	}
	todo := &Todo{Since: since}
	switch {
	case request == "submitted" || level == string(verification.Suspended):
		return nil, nil
	case request == "returned":
		todo.Kind = MendVerification
	case level == "expired":
		todo.Kind, todo.Day, todo.Since = RenewVerification, expires, *expires
	case level == string(verification.Verified) && expires != nil && expires.Sub(s.now()) <= renewSoon:
		todo.Kind, todo.Day, todo.Since = RenewVerification, expires, expires.Add(-renewSoon)
	case level == string(verification.Verified):
		return nil, nil
	default:
		todo.Kind = BeginVerification
	}
	return todo, nil
}
