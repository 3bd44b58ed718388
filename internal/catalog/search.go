package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// PageSize is the number of results on a page.
const PageSize = 20

// Result is one page of a search.
type Result struct {
	Rows   []Entry
	Total  int // rows that pass every filter
	Facets []Facet
	Next   *Query // the following page; nil on the last
	Prev   *Query // the preceding page; nil on the first
	Relax  []Relaxation
}

// Facet is a filter with its values, each with the number of results that it
// would have: exact, and ignoring what is chosen in the facet itself.
type Facet struct {
	Field  Field
	Values []FacetValue
}

// FacetValue is one value of a facet.
type FacetValue struct {
	Value  string
	Count  int
	Chosen bool
}

// Relaxation says what comes back without one filter, for a search without
// results.
type Relaxation struct {
	Field Field  // empty: the keyword
	Value string // set for a use, which is a filter of its own
	Query Query
	Count int
}

// order is how results are sorted: by key, then by id in the same direction.
// The key is read back as text into a cursor.
type order struct {
	key  string // SQL expression
	kind string // its SQL type
	desc bool
}

var orders = map[Sort]order{
	Relevance: {"round(ts_rank_cd(search, websearch_to_tsquery('english', @q))::numeric, 6)", "numeric", true},
	Newest:    {"(extract(epoch FROM published_at) * 1000000)::bigint", "bigint", true},
	Title:     {`lower(title) COLLATE "C"`, "text", false},
	Patients:  {"coalesce(patient_count, -1)", "bigint", true},
	Images:    {"coalesce(image_count, -1)", "bigint", true},
}

// fits reports whether a key is of the order's type.
func (o order) fits(key string) bool {
	switch o.kind {
	case "bigint":
		_, err := strconv.ParseInt(key, 10, 64)
		return err == nil
	case "numeric":
		// digits and one point only: what Postgres prints for a rounded rank
		return key != "" && len(key) < 32 && strings.Trim(key, "0123456789.") == "" &&
			strings.Count(key, ".") <= 1 && strings.ContainsAny(key, "0123456789")
	case "text":
		return len(key) <= 1000 && !strings.ContainsRune(key, 0)
	}
	return false
}

// condition is the SQL that a row passes a facet by; names of columns are
// constants of this package, values are arguments.
func (f facet) condition(q Query) string {
	if len(q.Filters[f.field]) == 0 {
		return "true"
	}
	arg := "@" + string(f.field) + "::text[]"
	switch {
	case f.field == FieldUse && q.IncludeAsk:
		return "(uses_allowed || uses_ask) @> " + arg
	case f.field == FieldUse:
		return "uses_allowed @> " + arg
	case f.array:
		return f.column + " && " + arg
	}
	return "(" + f.column + ") = ANY (" + arg + ")"
}

// valuesOf is the SQL of the values that a row counts for in a facet.
func (f facet) valuesOf(q Query) string {
	switch {
	case f.field == FieldUse && q.IncludeAsk:
		return "(uses_allowed || uses_ask)"
	case f.array:
		return f.column
	}
	return "ARRAY[" + f.column + "]"
}

func (q Query) args() pgx.NamedArgs {
	args := pgx.NamedArgs{"q": q.Keyword}
	for field, chosen := range q.Filters {
		args[string(field)] = chosen
	}
	return args
}

// keywordCondition holds live rows that match the keyword.
func (q Query) keywordCondition() string {
	if q.Keyword == "" {
		return "state = 'live'"
	}
	return "state = 'live' AND search @@ websearch_to_tsquery('english', @q)"
}

// where holds live rows that pass the keyword and every facet.
func (q Query) where() string {
	parts := []string{q.keywordCondition()}
	for _, f := range facets {
		if len(q.Filters[f.field]) > 0 {
			parts = append(parts, f.condition(q))
		}
	}
	return strings.Join(parts, "\nAND    ")
}

// Search returns one page, the total and the facets.
func (s *Store) Search(ctx context.Context, q Query) (Result, error) {
	q.Sort = q.order()
	var r Result
	err := s.db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		if err := r.count(ctx, tx, q); err != nil {
			return err
		}
		if r.Total == 0 {
			return r.relax(ctx, tx, q)
		}
		return r.page(ctx, tx, q)
	})
	if err != nil {
		return Result{}, fmt.Errorf("catalog search: %w", err)
	}
	return r, nil
}

// countStatement counts in one pass over the rows that match the keyword and
// fail at most one facet: a row counts in a facet if it fails no other.
func (q Query) countStatement() string {
	var b strings.Builder
	b.WriteString("WITH seen AS MATERIALIZED (\n    SELECT ")
	for _, f := range facets {
		fmt.Fprintf(&b, "%s AS values_%s, (%s) AS pass_%s,\n           ", f.valuesOf(q), f.field, f.condition(q), f.field)
	}
	sum := make([]string, len(facets))
	for i, f := range facets {
		sum[i] = "(NOT (" + f.condition(q) + "))::int"
	}
	fmt.Fprintf(&b, "%s AS failed\n    FROM   catalog_listing\n    WHERE  %s\n)\n", strings.Join(sum, " + "), q.keywordCondition())
	b.WriteString("SELECT '' AS field, '' AS value, count(*) AS n FROM seen WHERE failed = 0")
	for _, f := range facets {
		fmt.Fprintf(&b, "\nUNION ALL\nSELECT '%s', value, count(*) FROM seen, unnest(values_%s) AS value\nWHERE  failed = (NOT pass_%s)::int GROUP BY value",
			f.field, f.field, f.field)
	}
	return b.String()
}

func (r *Result) count(ctx context.Context, tx pgx.Tx, q Query) error {
	rows, err := tx.Query(ctx, q.countStatement(), q.args())
	if err != nil {
		return err
	}
	counted := map[Field]map[string]int{}
	var field, value string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&field, &value, &n}, func() error {
		if field == "" {
			r.Total = n
			return nil
		}
		if counted[Field(field)] == nil {
			counted[Field(field)] = map[string]int{}
		}
		counted[Field(field)][value] = n
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range facets {
		r.Facets = append(r.Facets, f.list(q, counted[f.field]))
	}
	return nil
}

// list puts counts in the order of the vocabulary. Values without a result
// are left out unless they are chosen or the list is short by nature (uses,
// commercial use), where a zero is news.
func (f facet) list(q Query, counts map[string]int) Facet {
	out := Facet{Field: f.field}
	values := f.values
	if values == nil {
		for v := range counts {
			values = append(values, v)
		}
		for _, v := range q.Filters[f.field] {
			if _, ok := counts[v]; !ok {
				values = append(values, v)
			}
		}
		f.sort(values)
	}
	always := f.field == FieldUse || f.field == FieldCommercialUse
	for _, v := range values {
		if chosen := q.Has(f.field, v); counts[v] > 0 || chosen || always {
			out.Values = append(out.Values, FacetValue{v, counts[v], chosen})
		}
	}
	return out
}

// pageStatement reads one row more than a page holds, to know whether there
// is another page.
func (q Query) pageStatement() string {
	o := orders[q.Sort]
	direction, beyond := "ASC", ">"
	if o.desc {
		direction, beyond = "DESC", "<"
	}
	where := q.where()
	if q.Before != nil { // read backwards, turned round afterwards
		if direction, beyond = "ASC", ">"; !o.desc {
			direction, beyond = "DESC", "<"
		}
	}
	if q.After != nil || q.Before != nil {
		where += fmt.Sprintf("\nAND    (%s, id) %s (@key::%s, @cursor_id::uuid)", o.key, beyond, o.kind)
	}
	return fmt.Sprintf("SELECT %s, (%s)::text AS sort_key\nFROM   catalog_listing\nWHERE  %s\nORDER BY %s %s, id %s\nLIMIT  %d",
		columns, o.key, where, o.key, direction, direction, PageSize+1)
}

// sortedRow is a row with its key in the order of the search.
type sortedRow struct {
	row
	SortKey string `db:"sort_key"`
}

func (r *Result) page(ctx context.Context, tx pgx.Tx, q Query) error {
	args := q.args()
	back := q.Before != nil
	for _, c := range []*Cursor{q.After, q.Before} {
		if c != nil {
			args["key"], args["cursor_id"] = c.Key, string(c.ID)
		}
	}
	list, err := postgres.Many[sortedRow](ctx, tx, q.pageStatement(), args)
	if err != nil {
		return err
	}
	more := len(list) > PageSize
	if more {
		list = list[:PageSize]
	}
	if back {
		slices.Reverse(list)
	}
	for _, sorted := range list {
		e, err := sorted.entry()
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, e)
	}
	if len(list) == 0 {
		return nil
	}
	if first := list[0]; back && more || q.After != nil {
		prev := q.FirstPage()
		prev.Before = first.cursor()
		r.Prev = &prev
	}
	if last := list[len(list)-1]; !back && more || back {
		next := q.FirstPage()
		next.After = last.cursor()
		r.Next = &next
	}
	return nil
}

func (r sortedRow) cursor() *Cursor {
	return &Cursor{Key: r.SortKey, ID: id.Listing(r.ID)}
}

// relax counts, for a search without results, what comes back without each
// single filter; most first.
func (r *Result) relax(ctx context.Context, tx pgx.Tx, q Query) error {
	var options []Relaxation
	if q.Keyword != "" && q.Active() > 0 {
		options = append(options, Relaxation{Query: q.WithoutKeyword()})
	}
	for _, f := range facets {
		chosen := q.Filters[f.field]
		switch {
		case len(chosen) == 0:
		case f.field == FieldUse:
			for _, v := range chosen {
				options = append(options, Relaxation{Field: f.field, Value: v, Query: q.Without(f.field, v)})
			}
		default:
			options = append(options, Relaxation{Field: f.field, Query: q.WithoutField(f.field)})
		}
	}
	batch := &pgx.Batch{}
	for i := range options {
		o := &options[i]
		batch.Queue("SELECT count(*) FROM catalog_listing WHERE "+o.Query.where(), o.Query.args()).
			QueryRow(func(row pgx.Row) error { return row.Scan(&o.Count) })
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	for _, o := range options {
		if o.Count > 0 {
			r.Relax = append(r.Relax, o)
		}
	}
	slices.SortStableFunc(r.Relax, func(a, b Relaxation) int { return b.Count - a.Count })
	return nil
}
