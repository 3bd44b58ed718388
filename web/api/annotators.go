package api

import (
	"github.com/danielgtaylor/huma/v2"

	"assay/internal/listing"
)

// describeAnnotators says in the description what the claims on annotators
// mean: the types are those of listing, which knows no API.
func describeAnnotators(schemas huma.Registry) {
	part, group := schemas.Map()["ClaimedAnnotators"], schemas.Map()["ClaimedAnnotator"]
	part.Description = "Who made the labels. How many of the readers a reviewer has checked is no claim: it is counted by the platform and stands on the listing."
	say(part, "groups", "One group for readers of the same profession and task; empty if nobody annotated by hand.", nil)

	count := func(most float64) *huma.Schema {
		least := 0.0
		return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: &least, Maximum: &most}
	}
	group.Description = "A group of readers. What is left out is not stated."
	say(group, "role", "Profession.", vocabulary(listing.AnnotatorRoles))
	say(group, "n_readers", "People in the group; 0 is not stated.", count(10_000))
	say(group, "specialty", "Field of the profession.", exampled("Diagnostic radiology"))
	say(group, "subspecialty", "Within the field.", exampled("Thoracic imaging"))
	say(group, "board_certified", "Whether all of the group are.", vocabulary(listing.Answers))
	say(group, "board", "The body that certified them.", exampled("American Board of Radiology"))
	say(group, "years", "Least years of practice in the group; 0 is not stated.", count(80))
	say(group, "country", "Of practice, ISO 3166-1 alpha-2.", exampled("DE"))
	say(group, "blinded", "To each other and to the outcome.", vocabulary(listing.Answers))
	say(group, "adjudication", "How disagreement was settled.", vocabulary(listing.Adjudications))
	say(group, "metric", "Measure of agreement between readers.", vocabulary(listing.AgreementScores))
	say(group, "metric_value", "Its value as a decimal between -1 and 100.", exampled("0.82"))
	say(group, "reads_per_case", "Readers that saw each case; 0 is not stated.", count(1_000))
	say(group, "annotators", "Annotators of the organization that are in the group, by their ids of the page Annotators: of the same profession, at most the number of readers. "+
		"Those whose credential a reviewer has checked count as verified, on the listing and in the filter verified_radiologists.",
		&huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Format: "uuid", Examples: []any{"0193d2b2-7777-7222-8333-444455556666"}}})
}

func exampled(text string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Examples: []any{text}}
}

// say describes a property of a schema; a schema that is not nil takes the place
// of the one that was read off the type.
func say(of *huma.Schema, property, text string, instead *huma.Schema) {
	if instead != nil {
		of.Properties[property] = instead
	}
	of.Properties[property].Description = text
	of.Properties[property].PrecomputeMessages()
}
