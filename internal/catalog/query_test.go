package catalog_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
)

// vocabulary lists some values of each field, for tests.
func vocabulary(field catalog.Field) []string {
	var out []string
	add := func(s string) { out = append(out, s) }
	switch field {
	case catalog.FieldUse:
		for _, v := range license.AllUses() {
			add(string(v))
		}
	case catalog.FieldCommercialUse:
		for _, v := range license.AllCommercialUses() {
			add(string(v))
		}
	case catalog.FieldTier:
		for _, v := range license.AllTiers() {
			add(string(v))
		}
	case catalog.FieldAccess:
		for _, v := range license.AllAccessModes() {
			add(string(v))
		}
	case catalog.FieldModality:
		return []string{"CT", "MR", "DX", "CR", "MG", "US", "PT", "SM", "OP", "XC"}
	case catalog.FieldBodyPart:
		return []string{"chest", "lung", "brain", "breast", "liver", "kidney", "eye", "skin"}
	case catalog.FieldTask:
		return []string{"classification", "detection", "segmentation", "regression"}
	case catalog.FieldKind:
		return []string{"hosted", "external"}
	case catalog.FieldLabelProvenance:
		for _, v := range listing.Provenances {
			add(string(v.Value))
		}
	case catalog.FieldAnnotator:
		for _, v := range listing.AnnotatorRoles {
			add(string(v.Value))
		}
	case catalog.FieldDeidMethod:
		for _, v := range listing.DeidMethods {
			add(string(v.Value))
		}
	case catalog.FieldCountry:
		return []string{"US", "DE", "NL", "GB", "CN", "VN"}
	case catalog.FieldLQS:
		for _, v := range catalog.Grades {
			add(string(v.Value))
		}
	case catalog.FieldReviewed, catalog.FieldVerifiedReaders:
		return []string{"1"}
	case catalog.FieldClass:
		return []string{"nodule", "pleural effusion", "lésion", "a class that nothing has", "grade ≥ 2"}
	}
	return out
}

func anyQuery(keywords []string) *rapid.Generator[catalog.Query] {
	return rapid.Custom(func(t *rapid.T) catalog.Query {
		v := url.Values{}
		for _, field := range catalog.AllFields() {
			if rapid.IntRange(0, 3).Draw(t, "filter "+string(field)) > 0 {
				continue
			}
			v[string(field)] = rapid.SliceOfN(rapid.SampledFrom(vocabulary(field)), 1, 3).Draw(t, string(field))
		}
		v.Set("q", rapid.SampledFrom(keywords).Draw(t, "q"))
		if rapid.Bool().Draw(t, "ask") {
			v.Set("include_ask", "1")
		}
		v.Set("sort", rapid.SampledFrom([]string{"", "relevance", "newest", "title", "patients", "images"}).Draw(t, "sort"))
		q, err := catalog.ParseQuery(v)
		if err != nil {
			t.Fatalf("ParseQuery(%v): %v", v, err)
		}
		return q
	})
}

func TestQueryReadsBackFromItsOwnAddress(t *testing.T) {
	keywords := []string{"", "lung nodule", "  two   spaces ", `"exact" -not`, "日本", "a&b=c;d%20"}
	rapid.Check(t, func(t *rapid.T) {
		q := anyQuery(keywords).Draw(t, "query")
		if rapid.Bool().Draw(t, "cursor") {
			key := "12"
			if q.Sort == catalog.Title {
				key = "liver"
			}
			q.After = &catalog.Cursor{Key: key, ID: id.New[id.Listing]()}
		}
		address, err := url.ParseQuery(q.Values().Encode())
		if err != nil {
			t.Fatal(err)
		}
		got, err := catalog.ParseQuery(address)
		if err != nil {
			t.Fatalf("its own address is refused: %v", err)
		}
		if diff := cmp.Diff(q, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("query changed on the way through its address (-want +got):\n%s", diff)
		}
	})
}

func TestParseQuery(t *testing.T) {
	tests := []struct {
		name, query string
		want        string // its shortest form; empty: Invalid
	}{
		{"repeated values are alternatives", "modality=MR&modality=CT&modality=CT", "modality=CT&modality=MR"},
		{"other parameters are not ours", "modality=CT&utm_source=mail", "modality=CT"},
		{"empty parameters mean nothing", "modality=&use=&q=", "-"},
		{"relevance without a keyword is newest", "sort=relevance", "-"},
		{"the longer name of the tier is understood", "license_tier=research_dua", "tier=research_dua"},
		{"ask widens", "use=ship_model_in_product&include_ask=1", "include_ask=1&use=ship_model_in_product"},
		{"an unknown right is refused, not dropped", "use=resell", ""},
		{"an unknown modality is refused", "modality=ct", ""},
		{"an unknown order is refused", "sort=price", ""},
		{"a country is a two-letter code", "country=Germany", ""},
		{"a region is no country", "country=EU", ""},
		{"a grade is one of the vocabulary", "lqs=A&lqs=unknown", "lqs=A&lqs=unknown"},
		{"a grade that is none is refused", "lqs=E", ""},
		{"any name may be that of a class", "label=pleural+effusion", "label=pleural+effusion"},
		{"a class is named as searches do", "label=Pleural_Effusion", ""},
		{"a class has a limit", "label=" + strings.Repeat("é", 60), "label=" + strings.Repeat("%C3%A9", 60)},
		{"a class over the limit is refused", "label=" + strings.Repeat("é", 61), ""},
		{"a class holds no control character", "label=nodule%00", ""},
		{"a class holds no mark that turns the text round", "label=nodule%E2%80%AE", ""},
		{"a class is text", "label=%FF", ""},
		{"a cursor of a stranger is refused", "after=AAAA", ""},
		{"a control character is refused", "q=%00", ""},
		{"a keyword has a limit", "q=" + strings.Repeat("x", catalog.MaxKeywordRunes+1), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			q, err := catalog.ParseQuery(v)
			if tt.want == "" {
				if errs.KindOf(err) != errs.Invalid || len(errs.FieldsOf(err)) == 0 {
					t.Errorf("ParseQuery(%q): %v, want Invalid with a field", tt.query, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("ParseQuery(%q): %v", tt.query, err)
			}
			if got := q.Values().Encode(); got != strings.TrimPrefix(tt.want, "-") {
				t.Errorf("ParseQuery(%q) = %q, want %q", tt.query, got, tt.want)
			}
		})
	}
}

func FuzzParseQuery(f *testing.F) {
	f.Add("q=lung&use=train_commercial_model&modality=CT&after=eyJrIjoiMTIiLCJpIjoiIn0")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		q, err := catalog.ParseQuery(v)
		if err != nil {
			if errs.KindOf(err) != errs.Invalid {
				t.Errorf("ParseQuery(%q): %v, want Invalid", s, err)
			}
			return
		}
		again, err := catalog.ParseQuery(q.Values())
		if err != nil || again.Values().Encode() != q.Values().Encode() {
			t.Errorf("ParseQuery(%q) = %v does not read back: %v, %v", s, q, again, err)
		}
	})
}
