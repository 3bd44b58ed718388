package license

// Tier is the family a license belongs to, from free to all to contract only.
type Tier string

// Tiers, in the order of forms and of the filter.
const (
	OpenPublicDomain            Tier = "open_public_domain"
	OpenAttribution             Tier = "open_attribution"
	OpenShareAlike              Tier = "open_share_alike"
	ResearchNoncommercial       Tier = "research_noncommercial"
	ResearchAgreement           Tier = "research_dua"
	ControlledApplication       Tier = "controlled_application"
	CommercialStandard          Tier = "commercial_standard"
	CommercialExclusive         Tier = "commercial_exclusive"
	Evaluation                  Tier = "evaluation"
	SeparateCommercialAgreement Tier = "separate_commercial_agreement"
	TierVaries                  Tier = "varies"
	TierUnknown                 Tier = "unknown"
)

var tiers = vocabulary[Tier]{"license tier", []word[Tier]{
	{OpenPublicDomain, "Open, public domain"},
	{OpenAttribution, "Open, attribution"},
	{OpenShareAlike, "Open, share alike"},
	{ResearchNoncommercial, "Research, non-commercial"},
	{ResearchAgreement, "Research, data use agreement"},
	{ControlledApplication, "Controlled, by application"},
	{CommercialStandard, "Commercial, standard"},
	{CommercialExclusive, "Commercial, exclusive"},
	{Evaluation, "Evaluation"},
	{SeparateCommercialAgreement, "Separate commercial agreement"},
	{TierVaries, "Varies by part"},
	{TierUnknown, "Unknown"},
}}

// AllTiers returns the tiers in the order of forms.
func AllTiers() []Tier { return tiers.all() }

// Label returns the tier in plain words.
func (t Tier) Label() string { return tiers.label(t) }

// ParseTier reads a tier; any other text is Invalid.
func ParseTier(s string) (Tier, error) { return tiers.parse(s) }

// AccessMode is how one gets to the files.
type AccessMode string

// Access modes, from open to closed.
const (
	AccessOpen         AccessMode = "open"
	AccessRegistered   AccessMode = "registered"
	AccessClickThrough AccessMode = "click_through_dua"
	AccessCredentialed AccessMode = "credentialed"
	AccessControlled   AccessMode = "controlled"
	AccessContract     AccessMode = "contract"
	AccessExternalOnly AccessMode = "external_only"
	AccessVaries       AccessMode = "varies"
	AccessUnknown      AccessMode = "unknown"
)

var accessModes = vocabulary[AccessMode]{"access mode", []word[AccessMode]{
	{AccessOpen, "Open download"},
	{AccessRegistered, "After registration"},
	{AccessClickThrough, "After accepting a data use agreement"},
	{AccessCredentialed, "For credentialed users"},
	{AccessControlled, "After review by the owner"},
	{AccessContract, "By contract"},
	{AccessExternalOnly, "At the owner's site only"},
	{AccessVaries, "Varies by part"},
	{AccessUnknown, "Unknown"},
}}

// AllAccessModes returns the access modes from open to closed.
func AllAccessModes() []AccessMode { return accessModes.all() }

// Label returns the access mode in plain words.
func (a AccessMode) Label() string { return accessModes.label(a) }

// ParseAccessMode reads an access mode; any other text is Invalid.
func ParseAccessMode(s string) (AccessMode, error) { return accessModes.parse(s) }

// NeedsAgreement reports whether something must be signed or granted before
// the files may be used at all.
func (a AccessMode) NeedsAgreement() bool {
	switch a {
	case AccessClickThrough, AccessCredentialed, AccessControlled, AccessContract:
		return true
	}
	return false
}
