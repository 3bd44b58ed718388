package license

import "assay/internal/errs"

// Use is something a buyer may want to do with a data set: one row of the
// rights matrix.
type Use string

// Uses, in the order of the matrix.
const (
	InternalResearch       Use = "internal_research"
	PublishResults         Use = "publish_results"
	TrainCommercialModel   Use = "train_commercial_model"
	ShipModelInProduct     Use = "ship_model_in_product"
	ValidateProduct        Use = "validate_product"
	RegulatorySubmission   Use = "regulatory_submission"
	RedistributeData       Use = "redistribute_data"
	ShareDerivedLabels     Use = "share_derived_labels"
	GenerateSyntheticData  Use = "generate_synthetic_data"
	ThirdPartyAIService    Use = "third_party_ai_service"
	SublicenseToContractor Use = "sublicense_to_contractor"
)

var uses = vocabulary[Use]{"use", []word[Use]{
	{InternalResearch, "Use it for internal research"},
	{PublishResults, "Publish results"},
	{TrainCommercialModel, "Train a commercial model"},
	{ShipModelInProduct, "Ship the model in a product"},
	{ValidateProduct, "Validate a product"},
	{RegulatorySubmission, "Use it in a regulatory filing"},
	{RedistributeData, "Redistribute the data"},
	{ShareDerivedLabels, "Share labels made from it"},
	{GenerateSyntheticData, "Generate synthetic data"},
	{ThirdPartyAIService, "Send it to an outside AI service"},
	{SublicenseToContractor, "Pass it to a contractor"},
}}

// AllUses returns the uses in the order of the matrix.
func AllUses() []Use { return uses.all() }

// Label returns the use in plain words, "Train a commercial model".
func (u Use) Label() string { return uses.label(u) }

// ParseUse reads a use; any other text is Invalid.
func ParseUse(s string) (Use, error) { return uses.parse(s) }

// Verdict answers "may I?" for one use.
type Verdict string

// Verdicts, from the most to the least permissive. NotStated stands before No
// because it may still turn out either way; both mean "not now".
const (
	Yes               Verdict = "yes"
	YesWithConditions Verdict = "yes_with_conditions"
	Ask               Verdict = "ask"
	NotStated         Verdict = "not_stated"
	No                Verdict = "no"
)

var verdicts = vocabulary[Verdict]{"verdict", []word[Verdict]{
	{Yes, "Yes"},
	{YesWithConditions, "Yes, with conditions"},
	{Ask, "Ask"},
	{NotStated, "Not stated"},
	{No, "No"},
}}

// AllVerdicts returns the verdicts from the most to the least permissive.
func AllVerdicts() []Verdict { return verdicts.all() }

// Label returns the verdict in plain words, "Yes, with conditions".
func (v Verdict) Label() string { return verdicts.label(v) }

// ParseVerdict reads a verdict; any other text is Invalid.
func ParseVerdict(s string) (Verdict, error) { return verdicts.parse(s) }

// Allows reports whether the verdict lets the use go ahead, perhaps under
// conditions.
func (v Verdict) Allows() bool { return v == Yes || v == YesWithConditions }

// rank orders verdicts by strictness. A verdict that is none of the five
// counts as not stated.
func (v Verdict) rank() int {
	if i := verdicts.index(v); i >= 0 {
		return i
	}
	return verdicts.index(NotStated)
}

// CommercialUse sums up in one word whether commercial use is possible: the
// stricter of TrainCommercialModel and ShipModelInProduct.
type CommercialUse string

// Kinds of commercial use, in the order of the filter.
const (
	Allowed                CommercialUse = "allowed"
	AllowedWithAttribution CommercialUse = "allowed_with_attribution"
	AllowedShareAlike      CommercialUse = "allowed_share_alike"
	BySeparateAgreement    CommercialUse = "by_separate_agreement"
	Prohibited             CommercialUse = "prohibited"
	CommercialVaries       CommercialUse = "varies"
	Unclear                CommercialUse = "unclear"
)

var commercialUses = vocabulary[CommercialUse]{"commercial use", []word[CommercialUse]{
	{Allowed, "Allowed"},
	{AllowedWithAttribution, "Allowed with attribution"},
	{AllowedShareAlike, "Allowed, share alike"},
	{BySeparateAgreement, "By separate agreement"},
	{Prohibited, "Prohibited"},
	{CommercialVaries, "Varies by part"},
	{Unclear, "Unclear"},
}}

// AllCommercialUses returns the kinds of commercial use in the order of the
// filter.
func AllCommercialUses() []CommercialUse { return commercialUses.all() }

// Label returns the kind of commercial use in plain words.
func (c CommercialUse) Label() string { return commercialUses.label(c) }

// ParseCommercialUse reads a kind of commercial use; any other text is Invalid.
func ParseCommercialUse(s string) (CommercialUse, error) { return commercialUses.parse(s) }

// Permits reports whether commercial use needs no further agreement with the
// owner.
func (c CommercialUse) Permits() bool {
	return c == Allowed || c == AllowedWithAttribution || c == AllowedShareAlike
}

// Scope is the part of a data set that terms are about. One group of files may
// carry different licenses for its images and for its labels.
type Scope string

// Scopes, in the order of forms.
const (
	Images        Scope = "images"
	Labels        Scope = "labels"
	Reports       Scope = "reports"
	Metadata      Scope = "metadata"
	Code          Scope = "code"
	TrainedModels Scope = "trained_models"
)

var scopes = vocabulary[Scope]{"scope", []word[Scope]{
	{Images, "Images"},
	{Labels, "Labels"},
	{Reports, "Reports"},
	{Metadata, "Metadata"},
	{Code, "Code"},
	{TrainedModels, "Trained models"},
}}

// AllScopes returns the scopes in the order of forms.
func AllScopes() []Scope { return scopes.all() }

// Label returns the scope in plain words.
func (s Scope) Label() string { return scopes.label(s) }

// ParseScope reads a scope; any other text is Invalid.
func ParseScope(s string) (Scope, error) { return scopes.parse(s) }

// vocabulary is a closed list of words with their labels.
type vocabulary[T ~string] struct {
	name  string
	words []word[T]
}

type word[T ~string] struct {
	value T
	label string
}

func (v vocabulary[T]) all() []T {
	list := make([]T, len(v.words))
	for i, w := range v.words {
		list[i] = w.value
	}
	return list
}

func (v vocabulary[T]) index(value T) int {
	for i, w := range v.words {
		if w.value == value {
			return i
		}
	}
	return -1
}

// label returns the words for value, or the value itself outside the list.
func (v vocabulary[T]) label(value T) string {
	if i := v.index(value); i >= 0 {
		return v.words[i].label
	}
	return string(value)
}

func (v vocabulary[T]) parse(s string) (T, error) {
	if v.index(T(s)) < 0 {
		return "", errs.Newf(errs.Invalid, "That is not a known %s.", v.name)
	}
	return T(s), nil
}
