package catalog

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
)

// Sort is the order of results.
type Sort string

// Orders. Relevance needs a keyword and falls back to Newest without one.
const (
	Relevance Sort = "relevance"
	Newest    Sort = "newest"
	Title     Sort = "title"
	Patients  Sort = "patients"
	Images    Sort = "images"
)

// Sorts is the vocabulary of Sort.
var Sorts = listing.Vocabulary[Sort]{
	{Value: Relevance, Label: "Relevance"},
	{Value: Newest, Label: "Newest"},
	{Value: Title, Label: "Title"},
	{Value: Patients, Label: "Most patients"},
	{Value: Images, Label: "Most images"},
}

// MaxKeywordRunes bounds the keyword.
const MaxKeywordRunes = 200

// Query is a search: everything of it stands in the URL.
type Query struct {
	Keyword    string
	Filters    map[Field][]string // chosen values in the order of the vocabulary, each once
	IncludeAsk bool               // a use also counts if the owner has to be asked
	Sort       Sort
	After      *Cursor // the page that follows this row
	Before     *Cursor // the page that precedes this row
}

// Cursor is a place in a sorted result: the row's key in that order, and its
// id to tell equal keys apart.
type Cursor struct {
	Key string     `json:"k"`
	ID  id.Listing `json:"i"`
}

// Names of parameters that are no facet.
const (
	paramKeyword    = "q"
	paramIncludeAsk = "include_ask"
	paramSort       = "sort"
	paramAfter      = "after"
	paramBefore     = "before"
)

// aliases are older or longer names of parameters.
var aliases = map[string]Field{"license_tier": FieldTier}

// ParseQuery reads a search from the parameters of a URL. Parameters that are
// not part of a search are ignored; a value outside its vocabulary is Invalid,
// because a filter on rights that is silently dropped would show data sets
// that it was meant to hide.
func ParseQuery(values url.Values) (Query, error) {
	q := Query{Filters: map[Field][]string{}}
	var wrong errs.Fields

	q.Keyword = strings.Join(strings.Fields(values.Get(paramKeyword)), " ")
	switch {
	case !utf8.ValidString(q.Keyword) || strings.ContainsFunc(q.Keyword, unicode.IsControl):
		wrong.Add(paramKeyword, "The keyword holds characters that no text has.")
	case utf8.RuneCountInString(q.Keyword) > MaxKeywordRunes:
		wrong.Addf(paramKeyword, "The keyword is longer than %d characters.", MaxKeywordRunes)
	}
	for _, f := range facets {
		chosen := values[string(f.field)]
		for name, field := range aliases {
			if field == f.field {
				chosen = append(slices.Clone(chosen), values[name]...)
			}
		}
		for _, v := range chosen {
			switch {
			case v == "" || slices.Contains(q.Filters[f.field], v):
			case !f.has(v):
				wrong.Addf(string(f.field), "%s has no such value.", f.label)
			default:
				q.Filters[f.field] = append(q.Filters[f.field], v)
			}
		}
		f.sort(q.Filters[f.field])
	}
	switch values.Get(paramIncludeAsk) {
	case "", "0":
	case "1":
		q.IncludeAsk = true
	default:
		wrong.Add(paramIncludeAsk, "include_ask is 1 or 0.")
	}
	q.Sort = Sort(values.Get(paramSort))
	if q.Sort != "" && !Sorts.Has(q.Sort) {
		wrong.Add(paramSort, "There is no such order.")
	}
	q.Sort = q.order()
	q.After = parseCursor(values.Get(paramAfter), paramAfter, q.Sort, &wrong)
	q.Before = parseCursor(values.Get(paramBefore), paramBefore, q.Sort, &wrong)
	if q.After != nil && q.Before != nil {
		wrong.Add(paramBefore, "A page follows a row or precedes one, not both.")
	}
	if err := wrong.Err(); err != nil {
		return Query{}, err
	}
	return q, nil
}

// order is the order that applies: by relevance only with a keyword.
func (q Query) order() Sort {
	switch {
	case q.Sort == "" && q.Keyword != "":
		return Relevance
	case q.Sort == "", q.Sort == Relevance && q.Keyword == "":
		return Newest
	}
	return q.Sort
}

// Values returns the parameters of the search, in their shortest form:
// ParseQuery reads them back as the same search.
func (q Query) Values() url.Values {
	v := url.Values{}
	if q.Keyword != "" {
		v.Set(paramKeyword, q.Keyword)
	}
	for field, chosen := range q.Filters {
		if len(chosen) > 0 {
			v[string(field)] = slices.Clone(chosen)
		}
	}
	if q.IncludeAsk {
		v.Set(paramIncludeAsk, "1")
	}
	if fallback := (Query{Keyword: q.Keyword}).order(); q.Sort != "" && q.Sort != fallback {
		v.Set(paramSort, string(q.Sort))
	}
	if q.After != nil {
		v.Set(paramAfter, q.After.text())
	}
	if q.Before != nil {
		v.Set(paramBefore, q.Before.text())
	}
	return v
}

// Has reports whether value is chosen in field.
func (q Query) Has(field Field, value string) bool {
	return slices.Contains(q.Filters[field], value)
}

// Active counts the chosen values.
func (q Query) Active() int {
	n := 0
	for _, chosen := range q.Filters {
		n += len(chosen)
	}
	return n
}

// FirstPage returns the same search from its beginning.
func (q Query) FirstPage() Query {
	q.After, q.Before = nil, nil
	return q
}

// Without returns the search from its beginning without one chosen value.
func (q Query) Without(field Field, value string) Query {
	q = q.FirstPage()
	filters := make(map[Field][]string, len(q.Filters))
	for f, chosen := range q.Filters {
		for _, v := range chosen {
			if f != field || v != value {
				filters[f] = append(filters[f], v)
			}
		}
	}
	q.Filters = filters
	return q
}

// WithoutField returns the search from its beginning without any value of one
// field.
func (q Query) WithoutField(field Field) Query {
	q = q.FirstPage()
	filters := make(map[Field][]string, len(q.Filters))
	for f, chosen := range q.Filters {
		if f != field {
			filters[f] = slices.Clone(chosen)
		}
	}
	q.Filters = filters
	return q
}

// WithoutKeyword returns the search from its beginning without the keyword.
func (q Query) WithoutKeyword() Query {
	q = q.FirstPage()
	q.Keyword = ""
	q.Sort = q.order()
	return q
}

// sort puts chosen values in the order of the vocabulary.
func (f facet) sort(chosen []string) {
	if f.values == nil {
		slices.Sort(chosen)
		return
	}
	slices.SortFunc(chosen, func(a, b string) int {
		return slices.Index(f.values, a) - slices.Index(f.values, b)
	})
}

func (c Cursor) text() string {
	b, err := json.Marshal(c)
	if err != nil { // two strings always encode
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor reads a place; its key must fit the order, so that a cursor of
// another order is refused here and not by the database.
func parseCursor(s, name string, order Sort, wrong *errs.Fields) *Cursor {
	if s == "" {
		return nil
	}
	var c Cursor
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	_, isID := id.Parse[id.Listing](string(c.ID))
	if err != nil || !isID || !orders[order].fits(c.Key) {
		wrong.Add(name, "This page address is not one of ours. Start from the first page.")
		return nil
	}
	return &c
}
