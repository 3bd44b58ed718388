package catalog

import (
	"time"

	"assay/internal/audit/claim"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/verification"
)

// Kind tells data sets that lie here from those that lie at their owner.
type Kind string

// Kinds of listing.
const (
	Hosted   Kind = "hosted"
	External Kind = "external"
)

// Kinds is the vocabulary of Kind.
var Kinds = listing.Vocabulary[Kind]{
	{Value: Hosted, Label: "Offered here, audited"},
	{Value: External, Label: "At its owner, described here"},
}

// State of a listing as the public sees it.
type State string

// States. Suspended and Withdrawn listings keep a tombstone with the reason.
const (
	Live      State = "live"
	Suspended State = "suspended"
	Withdrawn State = "withdrawn"
)

// Entry is the public projection of one listing.
type Entry struct {
	ID               id.Listing
	Organization     id.Organization
	OrganizationName string
	OrganizationSlug string
	// SellerLevel is how far the seller is verified now, and since when; empty
	// for an external listing.
	SellerLevel verification.Level
	SellerSince *time.Time
	Demo        bool // the seller is invented for a demonstration
	Slug        string
	Kind        Kind
	State       State
	StateReason string // why it is not live; a sentence for the public

	Title           string
	Summary         string
	Tier            license.Tier
	Access          license.AccessMode
	Modalities      []string // as in listing.Modalities
	BodyParts       []string
	Tasks           []string
	LabelProvenance []string
	AnnotatorKinds  []string
	DeidMethod      string
	Countries       []string // ISO 3166-1 alpha-2

	Patients *int64 // nil where it is not known, never 0 for unknown
	Studies  *int64
	Images   *int64
	Bytes    *int64

	// StoredCommercialUse counts only where the rights hold no matrix; see
	// CommercialUse.
	StoredCommercialUse license.CommercialUse

	Detail      Detail
	PublishedAt time.Time
	UpdatedAt   time.Time // set by the database

	// SamplesHiddenAt is since when no picture of it may be shown, because
	// somebody reported identifiers; nil if pictures may be shown.
	SamplesHiddenAt *time.Time
}

// Detail is what the page of a listing shows beyond the facets.
type Detail struct {
	Rights       []license.Part `json:"rights"` // terms by group of files and scope
	LicenseName  string         `json:"license_name,omitempty"`
	Assertions   []Assertion    `json:"assertions,omitempty"`
	Conflict     string         `json:"conflict,omitempty"` // sources that disagree, in a sentence
	Route        string         `json:"route,omitempty"`    // how to license it commercially
	Restrictions []string       `json:"restrictions,omitempty"`
	Caveats      []string       `json:"caveats,omitempty"`

	Facts    []Fact    `json:"facts,omitempty"` // figures in reading order
	Claims   []Claim   `json:"claims,omitempty"`
	Measured []Measure `json:"measured,omitempty"` // hosted only
	Audit    *Audit    `json:"audit,omitempty"`    // hosted only
	Quality  *Quality  `json:"quality,omitempty"`  // hosted only; nil if it was not scored
	Versions []Version `json:"versions,omitempty"` // hosted only, newest first

	// CommercialReview is what a reviewer of the platform found in the terms;
	// nil unless one granted the badge for the claims shown. Hosted only.
	CommercialReview *CommercialReview `json:"commercial_review,omitempty"`

	// Readers are the groups of readers that the claims describe, with what of
	// them was checked. Hosted only.
	Readers []ReaderGroup `json:"readers,omitempty"`

	Certificate string `json:"certificate,omitempty"` // of the live version, the file as it is downloaded; hosted only

	// External listings only.
	Name       string `json:"name,omitempty"` // the short name it is known by
	Owner      string `json:"owner,omitempty"`
	OwnerURL   string `json:"owner_url,omitempty"`
	OwnerHint  string `json:"owner_hint,omitempty"`
	Basis      Basis  `json:"basis,omitempty"`      // how the license was learnt
	CheckedOn  string `json:"checked_on,omitempty"` // 2006-01-02; empty: not re-checked
	Confidence string `json:"confidence,omitempty"` // high, medium or low
	Sources    string `json:"sources,omitempty"`
	InGuide    bool   `json:"in_guide,omitempty"` // described in Assay's guide
	// Checks are when the rights were read again, the newest first.
	Checks []Check `json:"checks,omitempty"`
}

// Check is one reading of a source about the rights, as it was written down
// then. The four fields at its end are empty unless it changed the terms.
type Check struct {
	On            string                `json:"on"` // 2006-01-02
	By            listing.AssertedBy    `json:"by"`
	Source        string                `json:"source"`
	SourceURL     string                `json:"source_url,omitempty"`
	Statement     string                `json:"statement"`
	CommercialUse license.CommercialUse `json:"commercial_use,omitempty"`
	LicenseBefore string                `json:"license_before,omitempty"`
	LicenseAfter  string                `json:"license_after,omitempty"`
	TierBefore    license.Tier          `json:"tier_before,omitempty"`
	TierAfter     license.Tier          `json:"tier_after,omitempty"`
}

// Assertion is one source's statement about the rights. Sources that disagree
// stay apart.
type Assertion struct {
	By            listing.AssertedBy    `json:"by"`
	Source        string                `json:"source"`
	Statement     string                `json:"statement"`
	CommercialUse license.CommercialUse `json:"commercial_use,omitempty"`
	CheckedOn     string                `json:"checked_on,omitempty"` // 2006-01-02; empty: not re-checked
	SourceURL     string                `json:"source_url,omitempty"`
}

// Basis is how the license of an external listing was learnt.
type Basis string

// Bases is the vocabulary of Basis.
var Bases = listing.Vocabulary[Basis]{
	{Value: "owner_page", Label: "Read on the page of the owner or host"},
	{Value: "third_party", Label: "Learnt from a third party"},
	{Value: "mixed", Label: "Learnt from several sources"},
	{Value: "guide", Label: "Stated in Assay's guide"},
	{Value: "not_rechecked", Label: "Background knowledge, not re-checked with the owner"},
}

// Fact is a figure with its label.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Claim is what somebody says about the data set, with who and when.
type Claim struct {
	Subject string             `json:"subject"` // "De-identification"
	Term    string             `json:"term"`    // "Method"
	Value   string             `json:"value"`
	By      listing.AssertedBy `json:"by"`
	On      string             `json:"on,omitempty"` // 2006-01-02
}

// Measure puts a claim beside what the audit measured from the files.
type Measure struct {
	Fact     string  `json:"fact"`
	Claimed  string  `json:"claimed"`
	Measured string  `json:"measured"`
	Outcome  Outcome `json:"outcome"`
}

// Outcome of comparing a claim with the files, as the audit decides it.
type Outcome = claim.Outcome

// Outcomes.
const (
	Confirmed       = claim.Confirmed
	NoContradiction = claim.NoContradiction
	Contradicted    = claim.Contradicted
	NotCheckable    = claim.NotCheckable
	NotClaimed      = claim.NotClaimed
)

// Audit sums up the report of the live version.
type Audit struct {
	Verdict    string   `json:"verdict"` // passed, flagged, failed
	On         string   `json:"on"`      // 2006-01-02
	Blockers   int      `json:"blockers"`
	Warnings   int      `json:"warnings"`
	Answered   int      `json:"answered"` // warnings that the seller answered and a reviewer confirmed
	Infos      int      `json:"infos"`
	NotChecked []string `json:"not_checked,omitempty"`
	Rules      string   `json:"rules"`       // edition of the rules
	RootDigest string   `json:"root_digest"` // SHA-256 over the manifest, hexadecimal
	ReportURL  string   `json:"report_url,omitempty"`
}

// Version is one version of a hosted listing.
type Version struct {
	Number int    `json:"number"`
	On     string `json:"on"`    // 2006-01-02
	State  string `json:"state"` // live, superseded, …
	Note   string `json:"note,omitempty"`
}

// LiveNumber returns the number of the version on offer; 0 if the entry names
// none, as an external one does.
func (e Entry) LiveNumber() int {
	for _, v := range e.Detail.Versions {
		if v.State == string(listing.Live) {
			return v.Number
		}
	}
	return 0
}

// Decide answers one use for a buyer who asks about the whole data set: the
// same answer that the facet "use" filters by and the page shows.
func (e Entry) Decide(use license.Use, in license.Context) license.Decision {
	return license.DecideParts(e.Detail.Rights, use, in)
}

// CommercialUse is derived from the rights where they hold a matrix, that is
// an answer for training and for shipping in every part, and stored
// otherwise. A stored permission that another source contradicts is Unclear.
func (e Entry) CommercialUse() license.CommercialUse {
	if e.hasMatrix() {
		return license.CommercialUseOfParts(e.Detail.Rights)
	}
	use := e.StoredCommercialUse
	if use == "" || use.Permits() && e.SourcesDisagree() {
		return license.Unclear
	}
	return use
}

func (e Entry) hasMatrix() bool {
	signed := license.Context{AgreementSigned: true}
	for _, p := range e.Detail.Rights {
		for _, u := range []license.Use{license.TrainCommercialModel, license.ShipModelInProduct} {
			if license.Decide(p.Terms, u, signed).Verdict == license.NotStated {
				return false
			}
		}
	}
	return len(e.Detail.Rights) > 0
}

// SourcesDisagree reports whether two sources say different things about
// commercial use, or a disagreement is noted.
func (e Entry) SourcesDisagree() bool {
	if e.Detail.Conflict != "" {
		return true
	}
	var first license.CommercialUse
	for _, a := range e.Detail.Assertions {
		if a.CommercialUse == "" {
			continue
		}
		if first != "" && a.CommercialUse != first {
			return true
		}
		first = a.CommercialUse
	}
	return false
}

// allowed returns the uses that are open to a buyer who will sign what there
// is to sign, and those to ask for, in the order of the matrix.
func (e Entry) allowed() (open, ask []string) {
	open, ask = []string{}, []string{}
	for _, u := range license.AllUses() {
		switch d := e.Decide(u, license.Context{}); {
		case d.Verdict.Allows():
			open = append(open, string(u))
		case d.Verdict == license.Ask:
			ask = append(ask, string(u))
		}
	}
	return open, ask
}
