package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

const (
	// MaxTokenDays is how long a token lasts at most.
	MaxTokenDays = 365
	// maxTokens bounds the tokens that one person keeps in force.
	maxTokens = 25
)

// APIToken is a token to the API without its secret.
type APIToken struct {
	ID               id.APIToken     `db:"id"`
	Organization     id.Organization `db:"organization_id"`
	OrganizationName string          `db:"organization_name"`
	User             id.User         `db:"user_id"`
	UserName         string          `db:"user_name"`
	Name             string          `db:"name"`
	Prefix           string          `db:"prefix"` // the first characters of the secret
	Scopes           []Scope         `db:"scopes"`
	CreatedAt        time.Time       `db:"created_at"`
	ExpiresAt        time.Time       `db:"expires_at"`
	LastUsedAt       *time.Time      `db:"last_used_at"` // within 5 minutes; nil if never
	RevokedAt        *time.Time      `db:"revoked_at"`
	IsOver           bool            `db:"is_over"` // expired or taken back
}

// NewAPIToken is what its owner asks for.
type NewAPIToken struct {
	// ID is chosen when the form is drawn: the same form sent again makes no
	// second token.
	ID     id.APIToken
	Name   string
	Scopes []Scope
	Days   int // 1 to MaxTokenDays
}

// check names the mistakes by field.
func (n NewAPIToken) check() error {
	var form errs.Fields
	switch {
	case n.Name == "":
		form.Add("name", "Enter a name, such as the program or machine that will use it.")
	case utf8.RuneCountInString(n.Name) > 100:
		form.Add("name", "Use at most 100 characters.")
	case !errs.IsPlainLine(n.Name):
		form.Add("name", "Use one line of plain text.")
	}
	if len(n.Scopes) == 0 || slices.ContainsFunc(n.Scopes, func(s Scope) bool { return !isScope(s) }) {
		form.Add("scope", "Choose what the token may do.")
	}
	if n.Days < 1 || n.Days > MaxTokenDays {
		form.Addf("days", "Choose from 1 to %d days.", MaxTokenDays)
	}
	return form.Err()
}

// lockSelf makes what one person does at once wait, so that a count of what
// they have holds until the act commits.
const lockSelf = `
SELECT true
FROM   app_user
WHERE  id = @user
FOR    UPDATE`

const countTokens = `
SELECT count(*)
FROM   api_token
WHERE  user_id = @user
AND    revoked_at IS NULL
AND    expires_at > now()`

const insertAPIToken = `
INSERT INTO api_token (id, organization_id, user_id, name, prefix, secret_hash, scopes, expires_at)
VALUES (@id, @organization, @user, @name, @prefix, @hash, @scopes, now() + make_interval(days => @days))`

// CreateAPIToken makes a token by which programs act for the actor in the
// actor's organization, and returns its secret, which is kept nowhere. A scope
// that the actor's role does not allow is errs.Invalid. That the person has just
// shown who it is, is the caller's to ask, as before other changes of how an
// account is used.
func (s *Service) CreateAPIToken(ctx context.Context, a postgres.Actor, n NewAPIToken) (secret string, err error) {
	n.Name = strings.TrimSpace(n.Name)
	if _, ok := id.Parse[id.APIToken](string(n.ID)); !ok {
		return "", errs.New(errs.Invalid, "This form is incomplete. Reload the page and send it again.")
	}
	if err := n.check(); err != nil {
		return "", err
	}
	secret = newSecret()
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error { return addAPIToken(ctx, tx, a, n, secret) })
	if postgres.IsUnique(err, "api_token_pkey") {
		return "", errs.New(errs.Conflict, "This token was made already, and its secret is shown once. Revoke it and make another if you did not copy it.")
	}
	if err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	return secret, nil
}

func addAPIToken(ctx context.Context, tx pgx.Tx, a postgres.Actor, n NewAPIToken, secret string) error {
	role, err := Require(ctx, tx, a, Role.CanRead)
	if err != nil {
		return err
	}
	for _, scope := range n.Scopes {
		if !scope.AllowedTo(role) {
			return &errs.Error{Kind: errs.Invalid, Field: "scope", Message: "Your role (" + role.Label() + ") does not allow “" + scope.Label() + "”."}
		}
	}
	args := pgx.NamedArgs{"id": n.ID, "organization": a.Organization, "user": a.User, "name": n.Name,
		"prefix": secret[:prefixLength], "hash": hashToken(secret), "scopes": n.Scopes, "days": n.Days}
	if _, err := tx.Exec(ctx, lockSelf, args); err != nil {
		return err
	}
	var count int
	if err := tx.QueryRow(ctx, countTokens, args).Scan(&count); err != nil {
		return err
	}
	if count >= maxTokens {
		return errs.Newf(errs.Conflict, "You have %d tokens in force. Revoke one that you do not use.", count)
	}
	if _, err := tx.Exec(ctx, insertAPIToken, args); err != nil {
		return err
	}
	err = record(ctx, tx, a, a.Organization, "token.make", "token", string(n.ID),
		map[string]string{"scopes": scopeList(n.Scopes), "days": fmt.Sprint(n.Days)})
	if err != nil {
		return err
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.TokenMade, To: notice.To{Users: []id.User{a.User}},
		Subject: "A token to the API was made in your name",
		Lines: []string{"It begins with " + secret[:prefixLength] + " and lets a program act for you: " + scopeList(n.Scopes) + ".",
			"If it was not you, revoke it and change your password."},
		Action: "See your tokens", Path: "/account/tokens",
	})
}

func scopeList(scopes []Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

const tokenColumns = `
SELECT   t.id, t.organization_id, o.name AS organization_name, t.user_id, u.name AS user_name, t.name, t.prefix,
         t.scopes, t.created_at, t.expires_at, t.last_used_at, t.revoked_at,
         t.revoked_at IS NOT NULL OR t.expires_at <= now() AS is_over
FROM     api_token t
JOIN     organization o ON o.id = t.organization_id
JOIN     app_user u ON u.id = t.user_id`

const ownTokens = tokenColumns + `
WHERE    t.user_id = @user
AND      (@within = '' OR t.organization_id = nullif(@within, '')::uuid)
ORDER BY is_over, t.created_at DESC, t.id
LIMIT    200`

// APITokens returns the actor's own tokens, those in force first: in all
// organizations, or in the one that the session reaches (Visitor.Within).
func (s *Service) APITokens(ctx context.Context, a postgres.Actor, within id.Organization) ([]APIToken, error) {
	return s.listTokens(ctx, a, ownTokens, within, func(pgx.Tx) error { return nil })
}

const organizationTokens = tokenColumns + `
WHERE    t.organization_id = @organization
ORDER BY is_over, t.created_at DESC, t.id
LIMIT    200`

// OrganizationAPITokens returns the tokens of all members of the actor's
// organization, for those who manage it.
func (s *Service) OrganizationAPITokens(ctx context.Context, a postgres.Actor) ([]APIToken, error) {
	return s.listTokens(ctx, a, organizationTokens, "", func(tx pgx.Tx) error {
		_, err := Require(ctx, tx, a, Role.CanManage)
		return err
	})
}

func (s *Service) listTokens(ctx context.Context, a postgres.Actor, query string, within id.Organization, may func(pgx.Tx) error) (list []APIToken, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := may(tx); err != nil {
			return err
		}
		list, err = postgres.Many[APIToken](ctx, tx, query, pgx.NamedArgs{"user": a.User, "organization": orNull(a.Organization), "within": string(within)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	return list, nil
}

const noSuchToken = "There is no such token."

const revokeOwnToken = `
UPDATE api_token
SET    revoked_at = now(), revoked_by = @user
WHERE  id = @id
AND    user_id = @user
AND    (@within = '' OR organization_id = nullif(@within, '')::uuid)
AND    revoked_at IS NULL
RETURNING organization_id`

// RevokeAPIToken takes back one of the actor's own tokens, from its next
// request on; another's is errs.NotFound, as is one in an organization that the
// session does not reach (Visitor.Within).
func (s *Service) RevokeAPIToken(ctx context.Context, a postgres.Actor, within id.Organization, token id.APIToken) error {
	return s.revokeToken(ctx, a, token, revokeOwnToken, within, func(pgx.Tx) error { return nil })
}

const revokeMembersToken = `
UPDATE api_token
SET    revoked_at = now(), revoked_by = @user
WHERE  id = @id
AND    organization_id = @organization
AND    revoked_at IS NULL
RETURNING organization_id`

// RevokeMembersAPIToken takes back a token of any member of the actor's
// organization, for those who manage it.
func (s *Service) RevokeMembersAPIToken(ctx context.Context, a postgres.Actor, token id.APIToken) error {
	return s.revokeToken(ctx, a, token, revokeMembersToken, "", func(tx pgx.Tx) error {
		_, err := Require(ctx, tx, a, Role.CanManage)
		return err
	})
}

func (s *Service) revokeToken(ctx context.Context, a postgres.Actor, token id.APIToken, query string, within id.Organization, may func(pgx.Tx) error) error {
	if _, ok := id.Parse[id.APIToken](string(token)); !ok {
		return errs.New(errs.NotFound, noSuchToken)
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if err := may(tx); err != nil {
			return err
		}
		var org id.Organization
		err := tx.QueryRow(ctx, query, pgx.NamedArgs{"id": token, "user": a.User, "organization": orNull(a.Organization), "within": string(within)}).Scan(&org)
		if err != nil {
			return postgres.NotFound(err, noSuchToken)
		}
		return record(ctx, tx, a, org, "token.revoke", "token", string(token), nil)
	})
}
