package listing

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"assay/internal/id"
)

// Kind says where the files of a listing are.
type Kind string

// Kinds of listing.
const (
	Hosted   Kind = "hosted"   // versions, audit and offers here
	External Kind = "external" // the owner has the files; we describe and link
)

// Listing is a data set on offer.
type Listing struct {
	ID           id.Listing      `db:"id"`
	Organization id.Organization `db:"organization_id"`
	Kind         Kind            `db:"kind"`
	Slug         string          `db:"slug"` // the last part of its public address; final once submitted
	CreatedAt    time.Time       `db:"created_at"`
	UpdatedAt    time.Time       `db:"updated_at"`
	SubmittedAt  *time.Time      `db:"submitted_at"` // first time; nil while only the seller sees it
	DeletedAt    *time.Time      `db:"deleted_at"`   // a draft put aside
}

// Revision is one state of a listing's claims.
type Revision struct {
	ID           id.Claims
	Listing      id.Listing
	Organization id.Organization
	Number       int // from 1
	Claims       Claims
	Digest       string // claims_digest
	Lock         int    // goes up with each save
	Author       id.User
	CreatedAt    time.Time
	UpdatedAt    time.Time
	FrozenAt     *time.Time // nil while it can be edited
	SubmittedAt  *time.Time
	Amends       id.Version // the live version that it asks to change; empty if none
	Outcome      Outcome    // of that question, Lapsed too; empty while open
}

// Token names the state of the claims that a form was made from. A save with
// another token finds that somebody else has saved meanwhile.
func (r Revision) Token() string { return lockToken(r.Number, r.Lock) }

// Version is a set of files of a hosted listing on its way to live.
type Version struct {
	ID           id.Version      `db:"id"`
	Organization id.Organization `db:"organization_id"`
	Listing      id.Listing      `db:"listing_id"`
	Number       int             `db:"number"` // from 1
	State        State           `db:"state"`
	LastEvent    Event           `db:"last_event"`
	Reason       string          `db:"reason"` // of the last move that needs one
	ClaimsID     id.Claims       `db:"claims_id"`
	RootDigest   string          `db:"root_digest"` // empty until the files are known
	ChangeNote   string          `db:"change_note"`
	EmbargoUntil *time.Time      `db:"embargo_until"` // the first day on which it is live
	CreatedBy    id.User         `db:"created_by"`
	CreatedAt    time.Time       `db:"created_at"`
	UpdatedAt    time.Time       `db:"updated_at"`
	SubmittedAt  *time.Time      `db:"submitted_at"`
	LiveAt       *time.Time      `db:"live_at"`

	Plan            Plan       `db:"publish_plan"`
	PublishOn       *time.Time `db:"publish_on"` // the day of the plan OnDay
	PublishFailure  Failure    `db:"publish_failure"`
	PublishFailedAt *time.Time `db:"publish_failed_at"`
}

// Description is what a seller edits: a listing and the newest revision of its
// claims.
type Description struct {
	Listing  Listing
	Revision Revision
}

// Overview is a line of a seller's desk.
type Overview struct {
	Listing  Listing
	Revision Revision // the newest
	Newest   *Version // nil before the first
	Live     *Version // nil if none is
}

// Moved is one step of a version's way.
type Moved struct {
	From     State     `db:"from_state"`
	To       State     `db:"to_state"`
	Event    Event     `db:"event"`
	Reason   string    `db:"reason"`
	User     id.User   `db:"user_id"`  // empty for a worker
	Platform string    `db:"platform"` // reviewer, admin or worker; empty for the seller
	At       time.Time `db:"at"`
}

// slugOf returns s in lower case with everything but letters a to z and digits
// turned into single hyphens.
func slugOf(s string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), s)
	if err != nil {
		plain = s
	}
	var b strings.Builder
	for _, c := range strings.ToLower(plain) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// newSlug makes an address from a title. Its random end keeps two sellers from
// learning of each other's drafts by a collision.
func newSlug(title string) string {
	base := slugOf(title)
	if len(base) > 60 {
		base = base[:60]
		if i := strings.LastIndexByte(base, '-'); i > 20 {
			base = base[:i]
		}
	}
	if base = strings.Trim(base, "-"); base == "" {
		base = "data-set"
	}
	random := make([]byte, 4)
	rand.Read(random)
	tail := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random))
	return base + "-" + tail[:6]
}
