package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	yaml "github.com/pb33f/go-yaml"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"assay/internal/account"
	"assay/web/api"
)

func newAPI() *api.API {
	return api.New(api.Services{}, api.Options{PublicURL: "https://assay.test/", Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
}

// document is the description as a program reads it.
func document(t *testing.T) map[string]any {
	t.Helper()
	w := httptest.NewRecorder()
	newAPI().Routes().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	var doc map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != http.StatusOK {
		t.Fatalf("GET /openapi.json: status %d, %v", w.Code, err)
	}
	return doc
}

// at walks down a document by keys; nil if a key is not there.
func at(v any, keys ...string) any {
	for _, key := range keys {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

func text(v any) string { s, _ := v.(string); return s }

// operations calls visit for each operation of the description.
func operations(doc map[string]any, visit func(method, path string, op map[string]any)) {
	for path, item := range at(doc, "paths").(map[string]any) {
		for method, op := range item.(map[string]any) {
			visit(strings.ToUpper(method), path, op.(map[string]any))
		}
	}
}

func TestTheDescriptionIsOpenAPI31OfThisServer(t *testing.T) {
	doc := document(t)
	if v := text(at(doc, "openapi")); !strings.HasPrefix(v, "3.1") {
		t.Errorf("openapi = %q", v)
	}
	server := at(doc, "servers").([]any)[0]
	if url := text(at(server, "url")); url != "https://assay.test/api/v1" {
		t.Errorf("server = %q", url)
	}
	scheme := at(doc, "components", "securitySchemes", "token")
	if text(at(scheme, "type")) != "http" || text(at(scheme, "scheme")) != "bearer" {
		t.Errorf("scheme = %v", scheme)
	}
	if whole, _ := json.Marshal(doc); strings.Contains(string(whole), "example.com") || strings.Contains(string(whole), `"$schema"`) {
		t.Error("the description names an address that is not ours")
	}
}

var (
	operationID = regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`)
	pathParam   = regexp.MustCompile(`\{(\w+)\}`)
)

func TestEveryOperationIsDescribed(t *testing.T) {
	doc := document(t)
	seen, count := map[string]bool{}, 0
	operations(doc, func(method, path string, op map[string]any) {
		count++
		name := method + " " + path
		id := text(op["operationId"])
		if !operationID.MatchString(id) || seen[id] {
			t.Errorf("%s: operation id %q is none, or used twice", name, id)
		}
		seen[id] = true
		for _, field := range []string{"summary", "description"} {
			if text(op[field]) == "" {
				t.Errorf("%s has no %s", name, field)
			}
		}
		checkSecurity(t, name, op)
		for _, status := range []string{"401", "403", "429", "500"} {
			if at(op, "responses", status, "content", "application/problem+json", "schema") == nil {
				t.Errorf("%s does not say how %s looks", name, status)
			}
		}
		checkParameters(t, name, path, op)
	})
	if count < 15 {
		t.Errorf("%d operations are described", count)
	}
}

func checkSecurity(t *testing.T, name string, op map[string]any) {
	t.Helper()
	list, _ := op["security"].([]any)
	if len(list) != 1 {
		t.Errorf("%s: security = %v", name, list)
		return
	}
	scopes, ok := at(list[0], "token").([]any)
	if !ok || len(scopes) == 0 && name != "GET /me" {
		t.Errorf("%s needs no scope", name)
	}
	for _, s := range scopes {
		if !slices.Contains(account.AllScopes(), account.Scope(text(s))) {
			t.Errorf("%s needs %v, which is no scope", name, s)
		}
	}
}

func checkParameters(t *testing.T, name, path string, op map[string]any) {
	t.Helper()
	var described []string
	params, _ := op["parameters"].([]any)
	for _, p := range params {
		if text(at(p, "in")) == "path" {
			described = append(described, text(at(p, "name")))
		}
		if text(at(p, "description")) == "" || at(p, "schema") == nil {
			t.Errorf("%s: parameter %v has no description or no schema", name, at(p, "name"))
		}
	}
	for _, m := range pathParam.FindAllStringSubmatch(path, -1) {
		if !slices.Contains(described, m[1]) {
			t.Errorf("%s: the parameter %s is not described", name, m[1])
		}
	}
}

// Every reference leads somewhere, every schema is of a type, and the fields of
// the schemas that are this package's own say what they mean.
func TestEverySchemaIsDescribed(t *testing.T) {
	doc := document(t)
	schemas := at(doc, "components", "schemas").(map[string]any)
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				if _, found := schemas[strings.TrimPrefix(ref, "#/components/schemas/")]; !found {
					t.Errorf("%s refers to %s, which is not there", where, ref)
				}
			}
			for key, child := range v {
				walk(where+"/"+key, child)
			}
		case []any:
			for _, child := range v {
				walk(where, child)
			}
		}
	}
	walk("", doc)
	for _, own := range []string{"Me", "Organization", "Listing", "Basics", "ClaimsRevision", "Version", "Audit", "Upload", "NewUpload", "Acceptance", "Agreement", "Problem", "ProblemDetail", "ClaimedAnnotator"} {
		properties, ok := at(schemas[own], "properties").(map[string]any)
		if !ok {
			t.Errorf("there is no schema %s", own)
		}
		for name, p := range properties {
			if text(at(p, "description")) == "" && at(p, "$ref") == nil {
				t.Errorf("%s.%s has no description", own, name)
			}
		}
	}
}

// Programs that send annotators find the words, the bounds and whose ids are
// meant in the description, not in an error.
func TestClaimsOnAnnotatorsAreDescribed(t *testing.T) {
	group := at(document(t), "components", "schemas", "ClaimedAnnotator", "properties")
	for _, tt := range []struct {
		property, key string
		want          any
	}{
		{"role", "enum", "radiologist"},
		{"adjudication", "enum", "consensus_meeting"},
		{"board_certified", "enum", "yes"},
		{"metric", "enum", "cohen_kappa"},
	} {
		list, _ := at(group, tt.property, tt.key).([]any)
		if !slices.Contains(list, tt.want) {
			t.Errorf("%s of %s is %v, without %v", tt.key, tt.property, list, tt.want)
		}
	}
	if got := at(group, "annotators", "items", "format"); got != "uuid" {
		t.Errorf("annotators are of the format %v, want uuid", got)
	}
	if got := at(group, "annotators", "type"); got != "array" {
		t.Errorf("annotators are of the type %v, want array", got)
	}
	if got := at(group, "years", "maximum"); got != float64(80) {
		t.Errorf("years are at most %v, want 80", got)
	}
}

// The routes are those of the description, and the description itself.
func TestEveryRouteIsDescribed(t *testing.T) {
	described := map[string]bool{"GET /openapi.json": true, "GET /openapi.yaml": true}
	operations(document(t), func(method, path string, _ map[string]any) { described[method+" "+path] = true })
	err := chi.Walk(newAPI().Routes(), func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !described[method+" "+path] {
			t.Errorf("%s %s is not described", method, path)
		}
		delete(described, method+" "+path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range described {
		t.Errorf("%s is described and no route", name)
	}
}

// A second reader, which is not ours, takes the description for OpenAPI 3.1.
func TestAnotherReaderTakesTheDescription(t *testing.T) {
	doc, _ := readDocument(t)
	v, mistaken := validator.NewValidator(doc)
	if len(mistaken) > 0 {
		t.Fatal(mistaken)
	}
	ok, mistakes := v.ValidateDocument()
	for _, m := range mistakes {
		t.Errorf("%s: %s", m.Message, m.Reason)
		for _, s := range m.SchemaValidationErrors {
			t.Errorf("  %s: %s", s.FieldPath, s.Reason)
		}
	}
	if !ok && len(mistakes) == 0 {
		t.Error("the description is refused without a word")
	}
}

// What the description gives as an example is taken by the schema that it is an
// example of.
func TestEveryExampleFitsItsSchema(t *testing.T) {
	_, model := readDocument(t)
	count := 0
	check := func(where string, schema *base.Schema, examples ...*yaml.Node) {
		t.Helper()
		for _, e := range examples {
			if e == nil {
				continue
			}
			count++
			var value any
			if err := e.Decode(&value); err != nil {
				t.Errorf("%s: %v", where, err)
				continue
			}
			text, err := json.Marshal(value)
			if err != nil {
				t.Errorf("%s: %v", where, err)
				continue
			}
			if ok, mistakes := schema_validation.NewSchemaValidator().ValidateSchemaString(schema, string(text)); !ok {
				t.Errorf("%s: the example %s is none: %v", where, text, mistakes)
			}
		}
	}
	for name, proxy := range model.Components.Schemas.FromOldest() {
		for field, p := range proxy.Schema().Properties.FromOldest() {
			check(name+"."+field, p.Schema(), append(p.Schema().Examples, p.Schema().Example)...)
		}
	}
	for path, item := range model.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			for _, p := range op.Parameters {
				check(method+" "+path+" "+p.Name, p.Schema.Schema(), append(p.Schema.Schema().Examples, p.Example)...)
			}
		}
	}
	if count < 60 {
		t.Errorf("%d examples were looked at", count)
	}
}

func parsedDocument(t *testing.T) libopenapi.Document {
	t.Helper()
	whole, err := json.Marshal(document(t))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := libopenapi.NewDocument(whole)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// readDocument reads the description with the library.
func readDocument(t *testing.T) (libopenapi.Document, *v3.Document) {
	t.Helper()
	doc := parsedDocument(t)
	model, err := doc.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	return doc, &model.Model
}
