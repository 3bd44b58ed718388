package annotation

import "strings"

// sourceWords are what tables call those who rated the same things in columns
// or tables beside each other, folded, with what they are.
var sourceWords = map[string]Origin{
	"nlp": Report, "report": Report, "reports": Report,
	"model": Model, "ai": Model, "automatic": Model, "predicted": Model, "prediction": Model, "predictions": Model,
	"reader": Human, "readers": Human, "radiologist": Human, "radiologists": Human, "human": Human, "manual": Human,
	"expert": Human, "experts": Human, "adjudicated": Human, "panel": Human, "consensus": Human,
}

// rating is a column that says of a class what one source of several says.
type rating struct {
	class  string
	source string // "" for a column that stands alone
	origin Origin
}

// sourceOf parts a name into the rest and the word for a source at its end or
// start, "" if there is none.
func sourceOf(name string) (rest, source string) {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == ' ' || r == '.' || r == '/' })
	if len(words) < 2 {
		return name, ""
	}
	first, last := fold(words[0]), fold(words[len(words)-1])
	if _, ok := sourceWords[last]; ok || isReading(last) {
		return strings.Join(words[:len(words)-1], " "), last
	}
	if _, ok := sourceWords[first]; ok || isReading(first) {
		return strings.Join(words[1:], " "), first
	}
	return name, ""
}

// originOfSource tells what a source is; numbered readers are people.
func originOfSource(source string) Origin {
	if o, ok := sourceWords[source]; ok || source == "" {
		return o
	}
	return Human
}

// ratings tells which columns of classes are one class by several sources: two
// or more that share a name but for the word of the source.
func (l *layout) ratings() map[int]rating {
	sources := map[string]int{}
	for _, i := range l.classes {
		if rest, source := sourceOf(l.columns[i].name); source != "" {
			sources[fold(rest)]++
		}
	}
	out := map[int]rating{}
	for _, i := range l.classes {
		if rest, source := sourceOf(l.columns[i].name); source != "" && sources[fold(rest)] > 1 {
			out[i] = rating{rest, source, originOfSource(source)}
		}
	}
	return out
}

// sourceOfFile returns the word for the source that the name of a table tells,
// "" if it tells none.
func sourceOfFile(base string) string {
	if _, source := sourceOf(stem(base)); source != "" && source != "report" && source != "reports" {
		return source
	}
	return ""
}
