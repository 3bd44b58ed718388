package listing

import (
	"encoding/json"
	"time"

	"assay/internal/id"
)

// Report is what the audit found in the files of a version.
type Report struct {
	ID           id.Report  `db:"id"`
	Version      id.Version `db:"version_id"`
	RootDigest   string     `db:"root_digest"`
	ClaimsDigest string     `db:"claims_digest"` // the claims that the files were held against
	Verdict      string     `db:"verdict"`       // passed, flagged, failed or unrecognized
	Blockers     int        `db:"blockers"`
	Warnings     int        `db:"warnings"`
	WarningKeys  []string   `db:"warning_keys"` // one a warning; answers name them
	// IdentifierKeys are the warnings about identifiers among WarningKeys: two
	// people have to accept the answer to one.
	IdentifierKeys []string `db:"identifier_keys"`

	Body         json.RawMessage `db:"report"` // assay-report/1
	RulesVersion string          `db:"rules_version"`
	CreatedAt    time.Time       `db:"created_at"`
}

// WarningAnswer is what a seller says to one warning, and whether a reviewer
// accepts it.
type WarningAnswer struct {
	ID          string     `db:"id"`
	Report      id.Report  `db:"report_id"`
	Key         string     `db:"warning_key"`
	Text        string     `db:"answer"`
	By          id.User    `db:"answered_by"`
	At          time.Time  `db:"answered_at"`
	Outcome     string     `db:"outcome"` // accepted or refused; empty while open
	OutcomeNote string     `db:"outcome_note"`
	OutcomeBy   id.User    `db:"outcome_by"`
	OutcomeAt   *time.Time `db:"outcome_at"`
	ConfirmedBy id.User    `db:"confirmed_by"` // the second person; empty until there is one
	ConfirmedAt *time.Time `db:"confirmed_at"`
}

// Outcome is what a decision says.
type Outcome string

// Outcomes of a decision.
const (
	Approves       Outcome = "approve"
	AsksForChanges Outcome = "changes_requested"
	Rejects        Outcome = "reject"
	// Lapsed is what became of changed claims whose version left the catalog
	// before a reviewer decided; it is no decision.
	Lapsed Outcome = "lapsed"
)

// Decision is who decided what about which files and which claims.
type Decision struct {
	ID           id.Decision `db:"id"`
	Version      id.Version  `db:"version_id"`
	Claims       id.Claims   `db:"claims_id"`
	RootDigest   string      `db:"root_digest"`
	ClaimsDigest string      `db:"claims_digest"`
	Kind         string      `db:"kind"` // review, automatic or carried
	Outcome      Outcome     `db:"outcome"`
	Reason       string      `db:"reason"`
	Reviewer     id.User     `db:"reviewer_id"` // empty unless a person decided
	CreatedAt    time.Time   `db:"created_at"`
	Grounds      []Ground    `db:"-"`
}
