package verification

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Item is one question of a reviewer's checklist. The level that it is asked
// for is not reached while the answer is no.
type Item struct {
	Name  string
	Level Level // and all above
	Label string
	Help  string
}

// Checklist is every question, the lowest level first.
func Checklist() []Item {
	return []Item{
		{"domain", EmailDomain, "The domain is the organization’s", "Proved by DNS or file, or an owner’s or admin’s confirmed address is of it."},
		{"identity", OrgDocuments, "Name, country and number are those of the register", "The document names the same organization as the request."},
		{"register_current", OrgDocuments, "The proof of the organization is current", "An extract is not older than a year, or the register confirms it today."},
		{"members", OrgDocuments, "The people belong to the organization", "Owners and admins are plausible for it; private addresses are explained."},
		{"authorization", RightsDocuments, "The owner of the data allows licensing", "The authorization names the data, covers commercial licensing, and is signed by who may."},
		{"ethics", RightsDocuments, "Ethics approval or exemption fits", "It is about these data and their reuse; the protocol number is there."},
		{"consent", RightsDocuments, "Consent or waiver covers the use", "The form or waiver allows passing the data on, commercially if that is offered."},
		{"baa", RightsDocuments, "Whoever held identified data had a contract", "A business associate agreement or its like, where somebody de-identified for others."},
		{"signer", Verified, "Somebody may sign", "At least one person whose authority a document shows until a day in the future."},
		{"standing", Verified, "Nothing speaks against it", "No open complaint, no suspended sister organization, no sanctions list."},
	}
}

// CheckState is the answer to an item.
type CheckState string

// Answers. All but Met need a note.
const (
	Met           CheckState = "met"
	NotMet        CheckState = "not_met"
	NotApplicable CheckState = "not_applicable"
)

// Label says the answer in words.
func (s CheckState) Label() string {
	switch s {
	case Met:
		return "Met"
	case NotMet:
		return "Not met"
	case NotApplicable:
		return "Not applicable"
	}
	return "Open"
}

// Check is the answer of a reviewer to an item.
type Check struct {
	Item  string     `db:"item"`
	State CheckState `db:"state"`
	Note  string     `db:"note"`
	At    time.Time  `db:"decided_at"`
	By    string     `db:"decided_by"` // a name; empty for who may not see it
}

// checkChecks refuses answers that do not carry a decision: fields are named
// check-ITEM and note-ITEM.
func (d Decision) checkChecks(c Case, now time.Time, form *errs.Fields) {
	answers := map[string]Check{}
	for _, k := range d.Checks {
		answers[k.Item] = k
	}
	for _, i := range Checklist() {
		k, ok := answers[i.Name]
		needed := d.Outcome == RequestGranted && d.Level.reaches(i.Level)
		switch {
		case !ok || k.State == "":
			if needed {
				form.Add("check-"+i.Name, "Answer this: the level stands for it.")
			}
			continue
		case k.State != Met && k.State != NotMet && k.State != NotApplicable:
			form.Add("check-"+i.Name, "Choose an answer.")
		case needed && k.State == NotMet:
			form.Add("check-"+i.Name, "The level stands for this. Choose a lower one, or return the request.")
		case k.State == Met && i.Name == "domain" && !c.DomainHolds():
			form.Add("check-domain", "Nothing shows it: the domain is not proved, and no owner’s or admin’s address is of it.")
		case k.State == Met && i.Name == "signer" && !d.acceptsSigner(c, now):
			form.Add("check-signer", "Accept somebody who signs, or say why nobody has to.")
		}
		if k.State != Met && strings.TrimSpace(k.Note) == "" {
			form.Add("note-"+i.Name, "Say why.")
		}
		if len([]rune(k.Note)) > 1000 {
			form.Add("note-"+i.Name, "Use at most 1,000 characters.")
		}
	}
}

// acceptsSigner reports whether somebody may sign once the decision holds.
func (d Decision) acceptsSigner(c Case, now time.Time) bool {
	for _, s := range c.Signers {
		if (d.Signers[s.ID] || s.State == "accepted") && s.lasts(now) {
			return true
		}
	}
	return false
}

const insertCheck = `
INSERT INTO verification_check (request_id, submitted_at, item, organization_id, state, note, decided_by)
VALUES (@request, @submitted_at, @item, @organization, @state, @note, @user)`

func writeChecks(ctx context.Context, tx pgx.Tx, a postgres.Actor, c Case, d Decision) error {
	for _, k := range d.Checks {
		if k.State == "" {
			continue
		}
		_, err := tx.Exec(ctx, insertCheck, pgx.NamedArgs{
			"request": c.ID, "submitted_at": c.SubmittedAt, "item": k.Item, "organization": c.Organization,
			"state": k.State, "note": strings.TrimSpace(k.Note), "user": a.User,
		})
		if err != nil {
			return fmt.Errorf("checklist: %w", err)
		}
	}
	return nil
}

const listChecks = `
SELECT    k.item, k.state, k.note, k.decided_at, coalesce(u.name, '') AS decided_by
FROM      verification_check k
LEFT JOIN app_user u ON u.id = k.decided_by
WHERE     k.request_id = @request
AND       k.submitted_at = (SELECT max(l.submitted_at) FROM verification_check l WHERE l.request_id = @request)
ORDER BY  k.item`

// readChecks returns the answers to the latest submission that was decided on.
func readChecks(ctx context.Context, tx pgx.Tx, request id.Verification) ([]Check, error) {
	rows, err := tx.Query(ctx, listChecks, pgx.NamedArgs{"request": request})
	if err != nil {
		return nil, fmt.Errorf("checklist: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Check])
}

// Reason is why a request or a paper is returned, picked from a list.
type Reason struct {
	Code  string
	Place string // a field of the request, "documents", "domain" or "signers"; "document" for one paper
	Label string
}

// Reasons are what a reviewer picks from when a request is returned.
func Reasons() []Reason {
	return []Reason{
		{"name_differs", "legal_name", "The legal name is not that of the register."},
		{"number_missing", "registry_number", "The number in the register is missing or wrong."},
		{"address_differs", "postal_address", "The postal address is not that of the documents."},
		{"website_foreign", "website", "The web address is not the organization’s."},
		{"basis_unclear", "rights_basis", "It is not clear why the organization may license the data."},
		{"domain_unproved", "domain", "The domain is not proved, and no owner’s address is of it."},
		{"register_absent", "documents", "A document that shows who the organization is, is missing."},
		{"authorization_absent", "documents", "The authorization of the data’s owner to license them is missing."},
		{"ethics_absent", "documents", "The ethics approval, exemption or determination is missing."},
		{"consent_absent", "documents", "The consent form or the waiver is missing."},
		{"signer_unclear", "signers", "Nobody is named who may sign, or the document does not show it."},
		{"unreadable", "document", "The document cannot be read."},
		{"outdated", "document", "The document is too old or has ended."},
		{"other_party", "document", "The document is about somebody else."},
		{"unsigned", "document", "The document is not signed, or not by who may."},
		{"scope", "document", "The document does not cover commercial licensing."},
		{"identifiers", "document", "The document names patients: black them out."},
	}
}

// reasonOf finds a reason by its code.
func reasonOf(code string) (Reason, bool) {
	for _, r := range Reasons() {
		if r.Code == code {
			return r, true
		}
	}
	return Reason{}, false
}

// Gap is a reason with its place: what the organization is to mend.
type Gap struct {
	Code  string `db:"code"`
	Place string `db:"place"` // as of the Reason, or the id of the document
}

// Label says what is to be mended.
func (g Gap) Label() string {
	r, _ := reasonOf(g.Code)
	return r.Label
}

const insertGap = `
INSERT INTO verification_gap (request_id, submitted_at, code, place, organization_id)
VALUES (@request, @submitted_at, @code, @place, @organization)
ON CONFLICT DO NOTHING`

func writeGaps(ctx context.Context, tx pgx.Tx, c Case, gaps []Gap) error {
	for _, g := range gaps {
		_, err := tx.Exec(ctx, insertGap, pgx.NamedArgs{
			"request": c.ID, "submitted_at": c.SubmittedAt, "code": g.Code, "place": g.Place, "organization": c.Organization,
		})
		if err != nil {
			return fmt.Errorf("reasons: %w", err)
		}
	}
	return nil
}

const listGaps = `
SELECT   code, place
FROM     verification_gap
WHERE    request_id = @request
AND      submitted_at = (SELECT submitted_at FROM verification_request WHERE id = @request)
ORDER BY place, code`

// readGaps returns what the decision on the latest submission asks for.
func readGaps(ctx context.Context, tx pgx.Tx, request id.Verification) ([]Gap, error) {
	rows, err := tx.Query(ctx, listGaps, pgx.NamedArgs{"request": request})
	if err != nil {
		return nil, fmt.Errorf("reasons: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Gap])
}

// checkGaps refuses reasons that are not on the list, or name no place.
func (d Decision) checkGaps(c Case, form *errs.Fields) {
	if d.Outcome == RequestReturned && len(d.Gaps) == 0 {
		form.Add("gaps", "Pick at least one reason, so that the organization finds what to mend.")
	}
	for _, g := range d.Gaps {
		r, ok := reasonOf(g.Code)
		fits := r.Place == g.Place
		if r.Place == "document" {
			fits = false
			for _, doc := range c.Documents {
				fits = fits || string(doc.Document) == g.Place
			}
		}
		if !ok || !fits {
			form.Add("gaps", "Pick reasons from the list.")
			return
		}
	}
}
