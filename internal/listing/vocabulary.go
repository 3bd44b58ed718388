package listing

// Term is one value of a vocabulary with the words that explain it.
type Term[T ~string] struct {
	Value T
	Label string // plain words for pages
	Help  string // one sentence for who has to choose; may be empty
}

// Vocabulary is the closed list of values that a claim may take, in the order
// in which pages offer them. The empty value is never a member: it means that
// the question has not been answered yet, which is not the same as an answer
// of unknown or not_stated.
type Vocabulary[T ~string] []Term[T]

// Has reports whether value is a member.
func (v Vocabulary[T]) Has(value T) bool {
	_, ok := v.find(value)
	return ok
}

// Label returns the plain words for value, "Not answered" for the empty value
// and value itself for one that is no member.
func (v Vocabulary[T]) Label(value T) string {
	if value == "" {
		return "Not answered"
	}
	if term, ok := v.find(value); ok {
		return term.Label
	}
	return string(value)
}

// Help returns the sentence that explains value, if there is one.
func (v Vocabulary[T]) Help(value T) string {
	term, _ := v.find(value)
	return term.Help
}

// Labels returns the plain words for each value.
func (v Vocabulary[T]) Labels(values []T) []string {
	labels := make([]string, len(values))
	for i, value := range values {
		labels[i] = v.Label(value)
	}
	return labels
}

func (v Vocabulary[T]) find(value T) (Term[T], bool) {
	for _, term := range v {
		if term.Value == value {
			return term, true
		}
	}
	return Term[T]{}, false
}

// sorted returns the members among values, each once, in the order of the
// vocabulary, so that the same choice always has the same digest.
func (v Vocabulary[T]) sorted(values []T) []T {
	var kept []T
	for _, term := range v {
		for _, value := range values {
			if value == term.Value {
				kept = append(kept, value)
				break
			}
		}
	}
	return kept
}

// Answer is yes, no, or the plain statement that the seller does not say.
type Answer string

// Answers to a yes-or-no question.
const (
	Yes       Answer = "yes"
	No        Answer = "no"
	NotStated Answer = "not_stated"
)

// Answers is the vocabulary of Answer.
var Answers = Vocabulary[Answer]{
	{Yes, "Yes", ""},
	{No, "No", ""},
	{NotStated, "Not stated", "Shown to buyers as not stated; it decides nothing in your favor."},
}
