package privacy

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// part is one file of an export.
type part struct {
	File, Title, About string
	Rows               []json.RawMessage
}

// source says where a part comes from. Rows of an organization are read once
// for each organization that the person belongs to or has acted for.
type source struct {
	file, title, about string
	ofOrganization     bool
	sql                string
}

// sources are everything that is kept about a person, without secrets. The
// text of a row is what row_to_json makes of it, so that columns keep their
// order.
var sources = []source{
	{"profile", "Your account", "Who you are to us.", false, `
SELECT id, email, name, email_confirmed_at, disabled_at, created_at
FROM   app_user
WHERE  id = @user`},
	{"password", "Your password", "When it was set. It is kept as a hash, which is left out.", false, `
SELECT changed_at
FROM   password
WHERE  user_id = @user`},
	{"platform-role", "Your role on the platform", "If you are a reviewer or an admin.", false, `
SELECT role, granted_at
FROM   platform_role
WHERE  user_id = @user`},
	{"memberships", "Organizations you belong to", "With your role in each.", false, `
SELECT   o.id AS organization, o.name, m.role, m.created_at
FROM     membership m
JOIN     organization o ON o.id = m.organization_id
WHERE    m.user_id = @user
ORDER BY m.created_at`},
	{"invitations", "Invitations to you", "From organizations.", false, `
SELECT   o.name AS organization, i.role, i.created_at, i.expires_at, i.accepted_at, i.revoked_at
FROM     invitation i
JOIN     organization o ON o.id = i.organization_id
WHERE    i.email = (SELECT email FROM app_user WHERE id = @user)
OR       i.accepted_by = @user
ORDER BY i.created_at`},
	{"sessions", "Where you were signed in", "Browser, network address and times; kept until the session is over.", false, `
SELECT   agent, address, created_at, seen_at, expires_at, ended_at
FROM     session
WHERE    user_id = @user
ORDER BY created_at`},
	{"mailed-links", "Links mailed to you", "To confirm your address or set a password. The links are left out.", false, `
SELECT   purpose, created_at, expires_at, used_at
FROM     account_token
WHERE    user_id = @user
ORDER BY created_at`},
	{"second-factors", "Your second factors", "Passkeys, the authenticator app, and how many recovery codes are left.", false, `
SELECT 'authenticator app' AS kind, '' AS name, confirmed_at AS since, used_at
FROM   second_factor
WHERE  user_id = @user
UNION ALL
SELECT 'passkey', name, created_at, used_at
FROM   passkey
WHERE  user_id = @user
UNION ALL
SELECT 'recovery codes', count(*) FILTER (WHERE used_at IS NULL) || ' of ' || count(*) || ' are left', min(created_at), max(used_at)
FROM   recovery_code
WHERE  user_id = @user
HAVING count(*) > 0`},
	{"tokens", "Your tokens to the API", "Without their secrets.", false, `
SELECT   organization_id AS organization, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at
FROM     api_token
WHERE    user_id = @user
ORDER BY created_at`},
	{"connected-sign-ins", "Sign-ins you connected", "Of your organizations’ own providers.", false, `
SELECT   organization_id AS organization, issuer, subject, bound_at, used_at
FROM     oidc_identity
WHERE    user_id = @user
ORDER BY bound_at`},
	{"inbox", "Your inbox", "What you were told.", false, `
SELECT   kind, subject, lines, path, created_at, read_at
FROM     inbox_notice
WHERE    user_id = @user
ORDER BY created_at`},
	{"notice-wishes", "What you wish to hear", "Where you changed it.", false, `
SELECT kind, way
FROM   notice_choice
WHERE  user_id = @user
UNION ALL
SELECT 'hour of the mail of the day, ' || time_zone, digest_hour::text
FROM   notice_setting
WHERE  user_id = @user`},
	{"mails", "Mails to you", "Of the last 30 days. The text is deleted once a mail is sent.", false, `
SELECT   subject, created_at, sent_at, failed_at
FROM     mail_outbox
WHERE    recipient = (SELECT email FROM app_user WHERE id = @user)
ORDER BY created_at`},
	{"reports", "What you reported about data sets", "And the answers.", false, `
SELECT   r.created_at, f.listing_id AS listing, f.reason, r.place, r.body, r.email, f.state, r.answer, r.answered_at
FROM     flag_report r
JOIN     flag f ON f.id = r.flag_id
WHERE    r.reporter_id = @user
ORDER BY r.created_at`},
	{"review-notes", "Notes you wrote as a reviewer", "Sellers do not read them.", false, `
SELECT   organization_id AS organization, version_id AS version, text, created_at
FROM     review_note
WHERE    author_id = @user
ORDER BY created_at`},
	{"review-decisions", "What you decided as a reviewer", "On versions and their claims.", false, `
SELECT   organization_id AS organization, version_id AS version, outcome, reason, created_at, root_digest, claims_digest
FROM     decision
WHERE    reviewer_id = @user
ORDER BY created_at`},
	{"review-checks", "What you checked as a reviewer", "The answers to checklists.", false, `
SELECT   organization_id AS organization, version_id AS version, item, verdict, note, checked_at
FROM     review_check
WHERE    reviewer_id = @user
UNION ALL
SELECT   organization_id, NULL, item, state, note, decided_at
FROM     verification_check
WHERE    decided_by = @user
ORDER BY checked_at`},
	{"answers-judged", "Answers to warnings that you judged", "As a reviewer, or as the second person that a warning about identifiers takes. The answers themselves are the sellers’.", false, `
SELECT   organization_id AS organization, version_id AS version, warning_key AS warning, outcome, outcome_note AS note, outcome_at AS judged_at
FROM     finding_answer
WHERE    outcome_by = @user
UNION ALL
SELECT   organization_id, version_id, warning_key, 'confirmed', '', confirmed_at
FROM     finding_answer
WHERE    confirmed_by = @user
ORDER BY judged_at`},
	{"reviews-taken", "Reviews that were yours", "And how each ended.", false, `
SELECT   organization_id AS organization, version_id AS version, assigned_at, ended_at, ended_how
FROM     review_assignment
WHERE    reviewer_id = @user
ORDER BY assigned_at`},
	{"rulings", "Other decisions of yours as a reviewer", "On verifications, credentials of annotators, commercial terms, reports, strikes and appeals.", false, `
SELECT   'verification' AS kind, organization_id AS organization, level AS outcome, reason, decided_at
FROM     verification
WHERE    decided_by = @user
UNION ALL
SELECT   'credential of an annotator', organization_id, state, reason, decided_at
FROM     credential
WHERE    decided_by = @user
UNION ALL
SELECT   'commercial terms', organization_id, outcome, reason, decided_at
FROM     commercial_review
WHERE    reviewer_id = @user
UNION ALL
SELECT   'report', organization_id, state, decision, decided_at
FROM     flag
WHERE    decided_by = @user
UNION ALL
SELECT   'strike', organization_id, 'given', reason, given_at
FROM     strike
WHERE    given_by = @user
UNION ALL
SELECT   'appeal', organization_id, state, ruling, ruled_at
FROM     appeal
WHERE    ruled_by = @user
ORDER BY decided_at`},
	{"exports", "Archives like this one", "That you asked for.", false, `
SELECT   asked_at, ready_at, expires_at, failed_at
FROM     account_export
WHERE    user_id = @user
ORDER BY asked_at`},
	{"activity", "What you did", "The record of acts. Number and hash are those of its chain, by which each act can be proved.", false, `
SELECT   c.number, a.at, a.organization_id AS organization, a.platform, a.verb, a.object, a.object_id, a.detail,
         encode(c.row_hash, 'hex') AS row_hash
FROM     activity a
JOIN     activity_chain c ON c.activity_id = a.id
WHERE    a.user_id = @user
ORDER BY c.number`},
	{"invited", "People you invited", "For your organizations.", true, `
SELECT   organization_id AS organization, email, role, created_at, accepted_at, revoked_at
FROM     invitation
WHERE    organization_id = @organization
AND      invited_by = @user
ORDER BY created_at`},
	// What an organization did after a person left is no longer theirs to read:
	// others' revisions never, present names and states only for members.
	{"listings", "Data sets you described", "Those that you began, and the revisions of claims that you wrote.", true, `
SELECT   l.organization_id AS organization, l.id AS listing, CASE WHEN m.user_id IS NOT NULL THEN l.slug END AS slug,
         c.revision, c.claims #>> '{basics,title}' AS title,
         l.created_by = @user AS began_by_you, c.created_at, c.claims_digest
FROM     listing l
LEFT JOIN listing_claims c ON c.listing_id = l.id AND c.organization_id = l.organization_id AND c.author_id = @user
LEFT JOIN membership m ON m.organization_id = l.organization_id AND m.user_id = @user
WHERE    l.organization_id = @organization
AND      (c.author_id = @user OR l.created_by = @user)
ORDER BY l.created_at, c.revision`},
	{"versions", "Versions you made or sent in", "Of data sets; their state while you are a member.", true, `
SELECT   v.organization_id AS organization, v.listing_id AS listing, v.id AS version, CASE WHEN m.user_id IS NOT NULL THEN v.state END AS state,
         v.created_at, v.created_by = @user AS made_by_you, v.submitted_by = @user AS sent_in_by_you
FROM     version v
LEFT JOIN membership m ON m.organization_id = v.organization_id AND m.user_id = @user
WHERE    v.organization_id = @organization
AND      @user IN (v.created_by, v.submitted_by)
ORDER BY v.created_at`},
	{"uploads", "What you uploaded", "Size and hash; the names of your files are not kept.", true, `
SELECT   organization_id AS organization, version_id AS version, state, size_bytes, sha256, created_at, finished_at
FROM     upload
WHERE    organization_id = @organization
AND      user_id = @user
ORDER BY created_at`},
	{"signatures", "What you signed", "With the name that you typed, and the hash of the exact text.", true, `
SELECT   organization_id AS organization, listing_id AS listing, typed_name, text_version, text_sha256, accepted_at
FROM     upload_acceptance
WHERE    organization_id = @organization
AND      user_id = @user
ORDER BY accepted_at`},
	{"answers", "Warnings you answered", "On reports about data sets.", true, `
SELECT   organization_id AS organization, version_id AS version, warning_key AS warning, answer, answered_at
FROM     finding_answer
WHERE    organization_id = @organization
AND      answered_by = @user
ORDER BY answered_at`},
	{"documents", "Documents you put into the vault", "Name and hash.", true, `
SELECT   v.organization_id AS organization, d.title, v.number, v.name, v.size_bytes, v.sha256, v.uploaded_at
FROM     vault_version v
JOIN     vault_document d ON d.id = v.document_id
WHERE    v.organization_id = @organization
AND      v.uploaded_by = @user
ORDER BY v.uploaded_at`},
	{"signing", "Organizations you may sign for", "As they named you.", true, `
SELECT   organization_id AS organization, title, state, named_at, valid_until
FROM     signer
WHERE    organization_id = @organization
AND      user_id = @user
ORDER BY named_at`},
	{"annotator-consents", "Annotators whose consent you confirmed", "For your organizations, by the label that buyers read. Their names are sealed and theirs.", true, `
SELECT   organization_id AS organization, label, role, consent_text, consent_at, removed_at
FROM     annotator
WHERE    organization_id = @organization
AND      consent_by = @user
ORDER BY consent_at`},
	{"annotator-credentials", "Credentials of annotators you sent in", "For your organizations, without names and numbers, which are the annotators’.", true, `
SELECT   c.organization_id AS organization, a.label AS annotator, c.kind, c.body, c.issued_on, c.expires_on, c.state, c.submitted_at
FROM     credential c
JOIN     annotator a ON a.id = c.annotator_id
WHERE    c.organization_id = @organization
AND      c.submitted_by = @user
ORDER BY c.submitted_at`},
	{"appeals", "Appeals you made", "For your organizations.", true, `
SELECT   organization_id AS organization, kind, text, made_at, state, ruling, ruled_at
FROM     appeal
WHERE    organization_id = @organization
AND      made_by = @user
ORDER BY made_at`},
}

const organizationsOf = `
SELECT organization_id::text
FROM   membership
WHERE  user_id = @user
UNION
SELECT DISTINCT organization_id::text
FROM   activity
WHERE  user_id = @user
AND    organization_id IS NOT NULL
ORDER BY 1`

// collect reads every source. What is the person's own is read by the worker
// on the person's behalf, what is an organization's as the person within it.
func (s *Service) collect(ctx context.Context, user id.User) ([]part, error) {
	self := postgres.Actor{User: user, Platform: postgres.Worker}
	var organizations []id.Organization
	err := s.db.InTx(ctx, self, func(tx pgx.Tx) (err error) {
		organizations, err = postgres.Values[id.Organization](ctx, tx, organizationsOf, pgx.NamedArgs{"user": user})
		return err
	})
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, src := range sources {
		p := part{File: src.file, Title: src.title, About: src.about, Rows: []json.RawMessage{}}
		if !src.ofOrganization {
			if err := s.read(ctx, self, src, &p); err != nil {
				return nil, err
			}
		}
		for _, org := range organizations {
			if !src.ofOrganization {
				break
			}
			if err := s.read(ctx, postgres.Actor{User: user, Organization: org}, src, &p); err != nil {
				return nil, err
			}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func (s *Service) read(ctx context.Context, a postgres.Actor, src source, p *part) error {
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		list, err := postgres.Values[json.RawMessage](ctx, tx, "SELECT row_to_json(part) FROM ("+src.sql+") part",
			pgx.NamedArgs{"user": a.User, "organization": string(a.Organization)})
		if err != nil {
			return fmt.Errorf("part %s: %w", src.file, err)
		}
		p.Rows = append(p.Rows, list...)
		return nil
	})
}
