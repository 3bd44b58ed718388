package api

import (
	"github.com/danielgtaylor/huma/v2"

	"assay/internal/errs"
	"assay/internal/listing"
)

// Basics says what a data set is. In a change, what is left out stays as it is.
type Basics struct {
	Title      *string    `json:"title,omitempty" maxLength:"120" example:"Chest CT with lung nodule masks" doc:"8 to 120 characters."`
	Summary    *string    `json:"summary,omitempty" maxLength:"2000" example:"320 chest CT studies of adults from two hospitals, nodules outlined by two radiologists." doc:"40 to 2,000 characters: what is in it, from whom, labeled how."`
	Modalities []modality `json:"modalities,omitempty" nullable:"false" doc:"Acquisition modalities, by their DICOM code."`
	BodyParts  []bodyPart `json:"body_parts,omitempty" nullable:"false" doc:"Regions of the body."`
	Tasks      []task     `json:"tasks,omitempty" nullable:"false" doc:"What the labels are good for."`
	Keywords   []string   `json:"keywords,omitempty" nullable:"false" maxItems:"20" example:"[\"lung nodule\"]" doc:"At most 20, each up to 40 characters, without commas."`
	Contact    *string    `json:"contact,omitempty" maxLength:"254" example:"data@example.org" doc:"Address for buyers’ questions."`
}

type (
	modality listing.Modality
	bodyPart listing.BodyPart
	task     listing.Task
)

// Schema lists the vocabulary.
func (modality) Schema(huma.Registry) *huma.Schema { return vocabulary(listing.Modalities) }

// Schema lists the vocabulary.
func (bodyPart) Schema(huma.Registry) *huma.Schema { return vocabulary(listing.BodyParts) }

// Schema lists the vocabulary.
func (task) Schema(huma.Registry) *huma.Schema { return vocabulary(listing.Tasks) }

func vocabulary[T ~string](v listing.Vocabulary[T]) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, term := range v {
		s.Enum = append(s.Enum, string(term.Value))
	}
	s.Examples = []any{string(v[0].Value)}
	s.PrecomputeMessages()
	return s
}

func basicsOf(b listing.Basics) Basics {
	return Basics{
		Title: &b.Title, Summary: &b.Summary, Modalities: converted[modality](b.Modalities), BodyParts: converted[bodyPart](b.BodyParts),
		Tasks: converted[task](b.Tasks), Keywords: b.Keywords, Contact: &b.Contact,
	}
}

// onto returns b with what was sent put over it.
func (in Basics) onto(b listing.Basics) listing.Basics {
	for _, text := range []struct{ to, from *string }{{&b.Title, in.Title}, {&b.Summary, in.Summary}, {&b.Contact, in.Contact}} {
		if text.from != nil {
			*text.to = *text.from
		}
	}
	if in.Modalities != nil {
		b.Modalities = converted[listing.Modality](in.Modalities)
	}
	if in.BodyParts != nil {
		b.BodyParts = converted[listing.BodyPart](in.BodyParts)
	}
	if in.Tasks != nil {
		b.Tasks = converted[listing.Task](in.Tasks)
	}
	if in.Keywords != nil {
		b.Keywords = in.Keywords
	}
	return b
}

func converted[To, From ~string](list []From) []To {
	out := make([]To, len(list))
	for i, v := range list {
		out[i] = To(v)
	}
	return out
}

// read has the claims of one step read as the form of that step is: the same
// bounds, vocabularies and cleaning hold for programs as for browsers.
func read(c listing.Claims, step listing.Step) (listing.Claims, error) {
	values := listing.Compact(step, c.Form(step), "")
	kept, err := c.WithForm(step, values)
	if err != nil {
		return listing.Claims{}, inBody(err)
	}
	return kept, nil
}

// bodyNames are the fields of a form that the API calls otherwise.
var bodyNames = map[string]string{"modality": "modalities", "body_part": "body_parts", "task": "tasks", "note": "change_note"}

// inBody says of each mistake where it is in the body.
func inBody(err error) error {
	list := errs.FieldsOf(err)
	if list == nil {
		return err
	}
	var f errs.Fields
	for _, m := range list {
		name := m.Field
		if other, ok := bodyNames[name]; ok {
			name = other
		}
		f.Add("body."+name, m.Message)
	}
	return f.Err()
}
