package listing

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"assay/internal/errs"
)

// maxRows bounds a repeated group in a form.
const maxRows = 50

// group is a repeated part of a form, whose fields are named
// "<name>-<index>-<field>".
type group struct {
	name   string
	fields []string // those that say whether a row is blank
}

// groups are the repeated parts of each step.
var groups = map[Step][]group{
	StepRights:     {{"grant", append([]string{"group", "files", "count", "scope", "spdx"}, cellFields()...)}},
	StepAnnotators: {{"annotator", []string{"role", "readers", "specialty", "subspecialty", "board_certified", "board", "years", "country", "blinded", "adjudication", "metric", "agreement", "reads", "linked"}}},
	StepCoverage:   {{"device", []string{"manufacturer", "model", "field_strength", "kvp", "slice_min", "slice_max"}}},
	StepSplits:     {{"split", []string{"name", "n", "by_patient", "withheld", "leakage_checked"}}},
}

// Groups returns the names of the repeated parts of a step.
func (s Step) Groups() []string {
	var names []string
	for _, g := range groups[s] {
		names = append(names, g.name)
	}
	return names
}

// Rows returns how many rows of a repeated part the values hold.
func Rows(values url.Values, name string) int {
	rows := 0
	for key := range values {
		rest, ok := strings.CutPrefix(key, name+"-")
		if !ok {
			continue
		}
		digits, _, ok := strings.Cut(rest, "-")
		if i, err := strconv.Atoi(digits); ok && err == nil && i >= 0 && i < maxRows {
			rows = max(rows, i+1)
		}
	}
	return rows
}

// Field names a field of a row.
func Field(name string, row int, field string) string {
	return name + "-" + strconv.Itoa(row) + "-" + field
}

// Compact returns the values with blank rows of repeated parts dropped and the
// others numbered from 0, so that messages name the rows that a page shows.
// Values of the row without, given as "<name>-<index>", are dropped too.
func Compact(step Step, values url.Values, without string) url.Values {
	out := url.Values{}
	for key, list := range values {
		if !isOfGroup(step, key) {
			out[key] = list
		}
	}
	for _, g := range groups[step] {
		next := 0
		for row := range Rows(values, g.name) {
			if without == g.name+"-"+strconv.Itoa(row) || g.isBlank(values, row) {
				continue
			}
			for _, field := range g.fields {
				if list, ok := values[Field(g.name, row, field)]; ok {
					out[Field(g.name, next, field)] = list
				}
			}
			next++
		}
	}
	return out
}

func isOfGroup(step Step, key string) bool {
	for _, g := range groups[step] {
		if strings.HasPrefix(key, g.name+"-") {
			return true
		}
	}
	return false
}

func (g group) isBlank(values url.Values, row int) bool {
	for _, field := range g.fields {
		for _, value := range values[Field(g.name, row, field)] {
			if strings.TrimSpace(clean(value)) != "" {
				return false
			}
		}
	}
	return true
}

// Form returns the answers of one step as a browser sends them.
func (c Claims) Form(step Step) url.Values {
	w := formWriter{url.Values{}}
	if write, ok := writers[step]; ok {
		write(w, c)
	}
	return w.values
}

// WithForm returns the claims with the answers of one step read from values,
// which Compact has gone over. What cannot be read is left out and reported as
// errs.Fields; whether the answers fit each other is for Mistakes.
func (c Claims) WithForm(step Step, values url.Values) (Claims, error) {
	r := &formReader{values: values}
	if read, ok := readers[step]; ok {
		read(r, &c)
	}
	return c, r.mistakes.Err()
}

var writers = map[Step]func(formWriter, Claims){
	StepBasics: writeBasics, StepLicense: writeLicense, StepRights: writeRights,
	StepDeidentification: writeDeidentification, StepConsent: writeConsent, StepLabels: writeLabels,
	StepAnnotators: writeAnnotators, StepCoverage: writeCoverage, StepDemographics: writeDemographics,
	StepSplits: writeSplits, StepCaveats: writeCaveats,
}

var readers = map[Step]func(*formReader, *Claims){
	StepBasics: readBasics, StepLicense: readLicense, StepRights: readRights,
	StepDeidentification: readDeidentification, StepConsent: readConsent, StepLabels: readLabels,
	StepAnnotators: readAnnotators, StepCoverage: readCoverage, StepDemographics: readDemographics,
	StepSplits: readSplits, StepCaveats: readCaveats,
}

// formWriter puts answers into form values; absent answers leave no trace.
type formWriter struct{ values url.Values }

func (w formWriter) text(name, value string) {
	if value != "" {
		w.values.Set(name, value)
	}
}

func (w formWriter) number(name string, n int) {
	if n != 0 {
		w.values.Set(name, strconv.Itoa(n))
	}
}

func (w formWriter) check(name string, checked bool) {
	if checked {
		w.values.Set(name, "1")
	}
}

func writeChoices[T ~string](w formWriter, name string, list []T) {
	for _, value := range list {
		w.values.Add(name, string(value))
	}
}

// formReader takes answers out of form values and collects what it cannot
// read.
type formReader struct {
	values   url.Values
	mistakes errs.Fields
}

// line reads one line of text: control characters are dropped, runs of white
// space become one space.
func (r *formReader) line(name string, longest int) string {
	return r.bounded(name, strings.Join(strings.Fields(clean(r.values.Get(name))), " "), longest)
}

// text reads several lines of text.
func (r *formReader) text(name string, longest int) string {
	return r.bounded(name, strings.TrimSpace(clean(r.values.Get(name))), longest)
}

func (r *formReader) bounded(name, value string, longest int) string {
	if n := len([]rune(value)); n > longest {
		r.mistakes.Addf(name, "Use at most %d characters; this has %d.", longest, n)
		return ""
	}
	return value
}

// clean drops what has no place in a text: control characters but line feed
// and tab, invalid bytes, and the line separators of other alphabets.
func clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\t':
			return c
		case c == '\u2028' || c == '\u2029':
			return '\n'
		case unicode.IsControl(c), c == unicode.ReplacementChar, isDirection(c):
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, ""))
}

// isDirection reports the characters that turn the direction of the text
// around them, with which a title could pose as another.
func isDirection(c rune) bool {
	return c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069'
}

// number reads a whole number of 0 or more; empty is 0, which stands for not
// stated.
func (r *formReader) number(name string, most int) int {
	s := strings.ReplaceAll(strings.TrimSpace(r.values.Get(name)), ",", "")
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most {
		r.mistakes.Addf(name, "Write a whole number from 0 to %d.", most)
		return 0
	}
	return n
}

var decimalShape = regexp.MustCompile(`^-?[0-9]{1,6}(\.[0-9]{1,6})?$`)

// decimal reads a number with a point and keeps its text.
func (r *formReader) decimal(name string) string {
	s := strings.TrimSpace(r.values.Get(name))
	if s != "" && !decimalShape.MatchString(s) {
		r.mistakes.Add(name, "Write a number with a point, such as 0.81.")
		return ""
	}
	return s
}

// day reads a date.
func (r *formReader) day(name string) string {
	s := strings.TrimSpace(r.values.Get(name))
	if s == "" {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		r.mistakes.Add(name, "Write the date as year-month-day, such as 2026-03-31.")
		return ""
	}
	return s
}

func (r *formReader) check(name string) bool { return r.values.Get(name) == "1" }

// choice reads one value of a vocabulary.
func choice[T ~string](r *formReader, name string, v Vocabulary[T]) T {
	value := T(strings.TrimSpace(r.values.Get(name)))
	if value != "" && !v.Has(value) {
		r.mistakes.Add(name, "Choose one of the answers in the list.")
		return ""
	}
	return value
}

// choices reads several values of a vocabulary, in its order.
func choices[T ~string](r *formReader, name string, v Vocabulary[T]) []T {
	var list []T
	for _, s := range r.values[name] {
		value := T(strings.TrimSpace(s))
		if value == "" {
			continue
		}
		if !v.Has(value) {
			r.mistakes.Add(name, "Choose among the answers in the list.")
			return nil
		}
		list = append(list, value)
	}
	return v.sorted(list)
}

// items reads a list whose parts stand between the given separators, each once
// and in the order given.
func (r *formReader) items(name, separators string, most, longest int) []string {
	parts := strings.FieldsFunc(clean(r.values.Get(name)), func(c rune) bool { return strings.ContainsRune(separators, c) })
	var list []string
	seen := map[string]bool{}
	for _, part := range parts {
		part = strings.Join(strings.Fields(part), " ")
		if part == "" || seen[part] {
			continue
		}
		if len([]rune(part)) > longest {
			r.mistakes.Addf(name, "Each entry may have at most %d characters.", longest)
			return nil
		}
		seen[part] = true
		list = append(list, part)
	}
	if len(list) > most {
		r.mistakes.Add(name, fmt.Sprintf("Give at most %d entries.", most))
		return nil
	}
	return list
}
