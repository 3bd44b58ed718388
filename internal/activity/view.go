package activity

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Filter narrows an organization's acts; the zero value is all.
type Filter struct {
	Verb     string
	User     id.User
	Platform bool // only acts of the platform: its reviewers, admins and workers
	ObjectID string
	From     time.Time // inclusive
	Until    time.Time // exclusive
}

// Cursor is a place in a list of acts, between two of them.
type Cursor struct {
	At time.Time
	ID string
}

// IsZero reports whether the cursor is before the first act.
func (c Cursor) IsZero() bool { return c.ID == "" }

// Recorded is an act in its organization's view.
type Recorded struct {
	ID       string            `db:"id"`
	Number   int64             `db:"number"`
	At       time.Time         `db:"at"`
	User     id.User           `db:"user_id"`  // empty: nobody signed in
	Platform postgres.Platform `db:"platform"` // in which role of the platform
	Verb     string            `db:"verb"`
	Object   string            `db:"object"`
	ObjectID string            `db:"object_id"`
	Detail   map[string]string `db:"detail"`
	RowHash  []byte            `db:"row_hash"`
	IsOld    bool              `db:"is_old"` // recorded before single rows could be proved
}

// Cursor is the place behind the act.
func (r Recorded) Cursor() Cursor { return Cursor{r.At, r.ID} }

const listActs = `
SELECT   a.id::text, c.number, a.at, coalesce(a.user_id::text, '') AS user_id, a.platform, a.verb, a.object, a.object_id,
         a.detail, c.row_hash, c.scheme = 1 AS is_old
FROM     activity a
JOIN     activity_chain c ON c.activity_id = a.id
WHERE    a.organization_id = nullif(@organization, '')::uuid
AND      (@verb = '' OR a.verb = @verb)
AND      (@user = '' OR a.user_id = nullif(@user, '')::uuid)
AND      (NOT @of_platform OR a.platform <> '')
AND      (@object_id = '' OR a.object_id = @object_id)
AND      (@from::timestamptz IS NULL OR a.at >= @from)
AND      (@until::timestamptz IS NULL OR a.at < @until)
AND      (@after_id = '' OR (a.at, a.id) < (@after_at, nullif(@after_id, '')::uuid))
ORDER BY a.at DESC, a.id DESC
LIMIT    @limit`

// List returns acts of the actor's organization behind a cursor, the newest
// first.
func (s *Service) List(ctx context.Context, a postgres.Actor, f Filter, after Cursor, limit int) (list []Recorded, err error) {
	args := f.args(a)
	args["after_at"], args["after_id"], args["limit"] = after.At, after.ID, limit
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		list, err = postgres.Many[Recorded](ctx, tx, listActs, args)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("acts of organization %s: %w", a.Organization, err)
	}
	return list, nil
}

func (f Filter) args(a postgres.Actor) pgx.NamedArgs {
	return pgx.NamedArgs{"organization": string(a.Organization), "verb": f.Verb, "user": string(f.User), "of_platform": f.Platform,
		"object_id": f.ObjectID, "from": orNil(f.From), "until": orNil(f.Until)}
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// exportPage is how many acts of an export are read at once.
const exportPage = 1000

// Each calls visit with every act that matches, the newest first.
func (s *Service) Each(ctx context.Context, a postgres.Actor, f Filter, visit func(Recorded) error) error {
	for after := (Cursor{}); ; {
		list, err := s.List(ctx, a, f, after, exportPage)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := visit(r); err != nil {
				return err
			}
			after = r.Cursor()
		}
		if len(list) < exportPage {
			return nil
		}
	}
}

// exported is a line of an export.
type exported struct {
	Number       int64             `json:"number"`
	At           time.Time         `json:"at"`
	Organization id.Organization   `json:"organization"`
	User         id.User           `json:"user,omitempty"`
	Platform     postgres.Platform `json:"platform,omitempty"`
	Verb         string            `json:"verb"`
	Object       string            `json:"object"`
	ObjectID     string            `json:"object_id"`
	Detail       map[string]string `json:"detail"`
	RowHash      string            `json:"row_hash"`
}

// Export writes the acts of the actor's organization as JSON Lines, the newest
// first. People stand by their ids: a name is no part of the record.
func (s *Service) Export(ctx context.Context, a postgres.Actor, f Filter, w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return s.Each(ctx, a, f, func(r Recorded) error {
		return out.Encode(exported{Number: r.Number, At: r.At.UTC(), Organization: a.Organization, User: r.User, Platform: r.Platform,
			Verb: r.Verb, Object: r.Object, ObjectID: r.ObjectID, Detail: r.Detail, RowHash: hex.EncodeToString(r.RowHash)})
	})
}

const listChoices = `
SELECT   DISTINCT verb, coalesce(user_id::text, '') AS user_id, platform
FROM     activity
WHERE    organization_id = nullif(@organization, '')::uuid
ORDER BY verb, user_id, platform`

// Choice is a verb with who did it, at least once.
type Choice struct {
	Verb     string            `db:"verb"`
	User     id.User           `db:"user_id"`
	Platform postgres.Platform `db:"platform"`
}

// Choices returns what the acts of the actor's organization can be narrowed
// to.
func (s *Service) Choices(ctx context.Context, a postgres.Actor) (list []Choice, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		list, err = postgres.Many[Choice](ctx, tx, listChoices, pgx.NamedArgs{"organization": string(a.Organization)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("acts of organization %s: %w", a.Organization, err)
	}
	return list, nil
}
