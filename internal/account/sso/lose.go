package sso

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/id"
	"assay/internal/notice"
	"assay/internal/postgres"
)

const turnOffUnproved = `
UPDATE organization_oidc o
SET    enabled_at = NULL
WHERE  o.organization_id = @organization
AND    o.enabled_at IS NOT NULL
AND    NOT EXISTS (SELECT FROM domain_proof d
                   WHERE d.organization_id = o.organization_id AND d.domain = o.domain AND d.proved_at IS NOT NULL)
RETURNING o.domain, o.required_at IS NOT NULL`

// LoseProof turns off the sign-in of an organization whose domain is proved no
// more, in the transaction that lost the proof, which runs in the organization's
// name: the sessions that it began end, and owners and admins are told. Without a
// sign-in that is on it does nothing.
func LoseProof(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization) error {
	var domain string
	var isOnlyWay bool
	err := tx.QueryRow(ctx, turnOffUnproved, pgx.NamedArgs{"organization": org}).Scan(&domain, &isOnlyWay)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("organization sign-in: %w", err)
	}
	if err := account.EndVouched(ctx, tx, org, ""); err != nil {
		return err
	}
	err = activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: org, Verb: "organization.lose_sign_in", Object: "organization", ObjectID: string(org)})
	if err != nil {
		return err
	}
	lines := []string{"It is for addresses at " + domain + ", and that domain is not proved any more. Sessions that it began are ended; members come in by password or passkey."}
	if isOnlyWay {
		lines[0] = "It is for addresses at " + domain + ", and that domain is not proved any more. Sessions that it began are ended. You ask members to come in by it alone, so only an owner with a passkey or an authenticator app comes in."
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.SignInOff, To: notice.To{Organization: org}, Subject: "The sign-in of your organization is off",
		Lines:  append(lines, "Prove the domain again. Then an owner turns the sign-in on."),
		Action: "Prove the domain", Path: "/seller/verification/domain",
	})
}

const organizationName = `
SELECT name
FROM   organization
WHERE  id = @organization`

// tell tells a person that the account was connected with an organization's
// sign-in, or disconnected; what follows the name says which.
func tell(ctx context.Context, tx pgx.Tx, a postgres.Actor, before, after string) error {
	var name string
	if err := tx.QueryRow(ctx, organizationName, pgx.NamedArgs{"organization": a.Organization}).Scan(&name); err != nil {
		return postgres.NotFound(err, "No such organization.")
	}
	return notice.Send(ctx, tx, notice.Notice{
		Kind: notice.SecondFactorChanged, To: notice.To{Users: []id.User{a.User}},
		Subject: "How you sign in has changed",
		Lines:   []string{before + name + after, "If it was not you, set a new password at once and look through your ways to sign in."},
		Action:  "Look at the sign-in of your organizations", Path: "/account/organization-sign-in",
	})
}
