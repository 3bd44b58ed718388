package upload

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

//go:embed agreement.md
var agreementText string

// agreementVersion changes with the text.
const agreementVersion = "2026-11"

// Agreement is the text that is accepted before the first byte.
type Agreement struct {
	Text    string // paragraphs, in Markdown
	Version string // "2026-11"
	SHA256  string // of Text, in lower-case hexadecimal
}

// CurrentAgreement returns the text in force.
func CurrentAgreement() Agreement {
	sum := sha256.Sum256([]byte(agreementText))
	return Agreement{agreementText, agreementVersion, hex.EncodeToString(sum[:])}
}

const insertAcceptance = `
INSERT INTO upload_acceptance (id, organization_id, listing_id, user_id, typed_name, text_version, text_sha256)
SELECT @id, organization_id, id, @user, @name, @text_version, @sha256
FROM   listing
WHERE  id = @listing
AND    organization_id = @organization`

// Accept records that a's user typed the name under the text whose digest was
// on the page. It holds for the version that is begun next. It returns
// errs.Invalid without a name, errs.Conflict if the text changed meanwhile,
// errs.NotFound for a listing of another organization.
func (s *Service) Accept(ctx context.Context, a postgres.Actor, l id.Listing, typedName, shownSHA256 string) error {
	name := strings.Join(strings.Fields(typedName), " ")
	if n := utf8.RuneCountInString(name); n < 2 || n > 200 {
		return &errs.Error{Kind: errs.Invalid, Field: "name", Message: "Type your full name, in 2 to 200 letters."}
	}
	text := CurrentAgreement()
	if shownSHA256 != text.SHA256 {
		return errs.New(errs.Conflict, "The text of the agreement changed while the page was open. Read it again.")
	}
	return s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, insertAcceptance, pgx.NamedArgs{"id": id.New[string](), "user": a.User, "name": name,
			"text_version": text.Version, "sha256": text.SHA256, "listing": l, "organization": a.Organization})
		if err != nil {
			return fmt.Errorf("accept the upload agreement: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "There is no such data set.")
		}
		return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: a.Organization, Verb: "upload.accept_agreement",
			Object: "listing", ObjectID: string(l), Detail: map[string]string{"text_version": text.Version, "text_sha256": text.SHA256}})
	})
}

// An acceptance is spent once the version that followed it has gone further
// than its upload.
const selectAccepted = `
SELECT EXISTS (
    SELECT FROM upload_acceptance
    WHERE  listing_id = @listing
    AND    organization_id = @organization
    AND    text_sha256 = @sha256
    AND    accepted_at > coalesce((SELECT max(v.created_at) FROM version v
                                   WHERE  v.listing_id = @listing
                                   AND    v.organization_id = @organization
                                   AND    v.state NOT IN ('draft', 'uploading')), '-infinity'))`

// HasAccepted reports whether somebody of the organization accepted the text
// in force for the version that is begun next.
func (s *Service) HasAccepted(ctx context.Context, a postgres.Actor, l id.Listing) (accepted bool, err error) {
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		accepted, err = hasAccepted(ctx, tx, a, l)
		return err
	})
	return accepted, err
}

func hasAccepted(ctx context.Context, q postgres.Querier, a postgres.Actor, l id.Listing) (accepted bool, err error) {
	err = q.QueryRow(ctx, selectAccepted, pgx.NamedArgs{"listing": l, "organization": a.Organization,
		"sha256": CurrentAgreement().SHA256}).Scan(&accepted)
	if err != nil {
		return false, fmt.Errorf("look for the accepted agreement: %w", err)
	}
	return accepted, nil
}
