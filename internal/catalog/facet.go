package catalog

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"assay/internal/license"
	"assay/internal/listing"
)

// Field is a facet: a parameter of the query that bears the field's name.
type Field string

// Fields, in the order of the filter panel.
const (
	FieldUse             Field = "use"
	FieldCommercialUse   Field = "commercial_use"
	FieldReviewed        Field = "commercial_review"
	FieldModality        Field = "modality"
	FieldBodyPart        Field = "body_part"
	FieldTask            Field = "task"
	FieldKind            Field = "kind"
	FieldTier            Field = "tier"
	FieldAccess          Field = "access_mode"
	FieldLabelProvenance Field = "label_provenance"
	FieldAnnotator       Field = "annotator_kind"
	FieldVerifiedReaders Field = "verified_radiologists"
	FieldDeidMethod      Field = "deid_method"
	FieldCountry         Field = "country"
	FieldLQS             Field = "lqs"
	FieldClass           Field = "label"
)

// facet says how a field is named, which values it has and how a row holds
// them.
type facet struct {
	field  Field
	label  string
	column string   // of catalog_listing, or an expression over them; a constant, never input
	array  bool     // the column holds several values
	values []string // closed vocabulary in order; nil: whatever open takes
	words  func(string) string
	open   func(string) bool // whether a value of an open vocabulary is one
}

// holdsRadiologist is "1" for a row with a radiologist whose checked credential
// holds today: the day is compared when it is read.
const holdsRadiologist = `CASE WHEN verified_radiologists_until >= (now() AT TIME ZONE 'UTC')::date THEN '1' ELSE '' END`

// facets in the order of the filter panel. A row passes a facet if it holds
// one of the chosen values; only "use" asks for all of them, because a buyer
// who needs two rights needs both.
var facets = []facet{
	{FieldUse, "What may I do?", "uses_allowed", true, texts(license.AllUses()), of(license.Use.Label), nil},
	{FieldCommercialUse, "Commercial use", "commercial_use", false, texts(license.AllCommercialUses()), of(license.CommercialUse.Label), nil},
	{FieldReviewed, "Commercial license", "commercial_review", false, []string{"1"}, func(string) string { return "Commercial license reviewed" }, nil},
	{FieldModality, "Modality", "modalities", true, members(listing.Modalities), of(listing.Modalities.Label), nil},
	{FieldBodyPart, "Body part", "body_parts", true, members(listing.BodyParts), of(listing.BodyParts.Label), nil},
	{FieldTask, "Task", "tasks", true, members(listing.Tasks), of(listing.Tasks.Label), nil},
	{FieldClass, "Labeled classes, measured", "classes", true, nil, func(v string) string { return v }, isClass},
	{FieldLQS, "Quality score (LQS)", "lqs_grade", false, members(Grades), of(Grades.Label), nil},
	{FieldKind, "Where it lies", "kind", false, members(Kinds), of(Kinds.Label), nil},
	{FieldTier, "License tier", "tier", false, texts(license.AllTiers()), of(license.Tier.Label), nil},
	{FieldAccess, "Access", "access_mode", false, texts(license.AllAccessModes()), of(license.AccessMode.Label), nil},
	{FieldLabelProvenance, "Labels made by", "label_provenance", true, members(listing.Provenances), of(listing.Provenances.Label), nil},
	{FieldAnnotator, "Annotators", "annotator_kinds", true, members(listing.AnnotatorRoles), of(listing.AnnotatorRoles.Label), nil},
	{FieldVerifiedReaders, "Verified radiologists", holdsRadiologist, false, []string{"1"}, func(string) string { return "Credentials checked by a reviewer" }, nil},
	{FieldDeidMethod, "De-identification", "deid_method", false, members(listing.DeidMethods), of(listing.DeidMethods.Label), nil},
	{FieldCountry, "Country", "countries", true, nil, CountryName, isCountry},
}

func facetOf(field Field) (facet, bool) {
	for _, f := range facets {
		if f.field == field {
			return f, true
		}
	}
	return facet{}, false
}

// Label returns the heading of the facet, "Modality".
func (f Field) Label() string {
	known, ok := facetOf(f)
	if !ok {
		return string(f)
	}
	return known.label
}

// ValueLabel returns the plain words for a value of the facet.
func (f Field) ValueLabel(value string) string {
	known, ok := facetOf(f)
	if !ok {
		return value
	}
	return known.words(value)
}

// AllFields returns the facets in the order of the filter panel.
func AllFields() []Field {
	list := make([]Field, len(facets))
	for i, f := range facets {
		list[i] = f.field
	}
	return list
}

// has reports whether value belongs to the facet's vocabulary.
func (f facet) has(value string) bool {
	if f.values == nil {
		return f.open(value)
	}
	for _, v := range f.values {
		if v == value {
			return true
		}
	}
	return false
}

// CountryName returns the English name of an ISO 3166-1 alpha-2 code, or the
// code itself if it is none.
func CountryName(code string) string {
	if !isCountry(code) {
		return code
	}
	return display.English.Regions().Name(language.MustParseRegion(code))
}

func isCountry(code string) bool {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return false
	}
	r, err := language.ParseRegion(code)
	return err == nil && r.IsCountry() && r.String() == code
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func members[T ~string](v listing.Vocabulary[T]) []string {
	out := make([]string, len(v))
	for i, term := range v {
		out[i] = string(term.Value)
	}
	return out
}

func of[T ~string](label func(T) string) func(string) string {
	return func(s string) string { return label(T(s)) }
}
