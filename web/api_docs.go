package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"assay/internal/account"
	"assay/web/api"
	"assay/web/page"
	"assay/web/ui"
)

// showAPI draws the description of the API: the same that programs read.
func (s *Server) showAPI(w http.ResponseWriter, r *http.Request) error {
	doc := s.api.OpenAPI()
	view := page.APIView{Shell: s.shell(r, "The API", "guides"), Server: doc.Servers[0].URL}
	view.Shell.Description = "How a program describes data sets, sends files and reads audit reports at Assay."
	for _, scope := range account.AllScopes() {
		view.Scopes = append(view.Scopes, ui.Pair{Term: string(scope), Value: scope.Help()})
	}
	for _, tag := range doc.Tags {
		section := page.APISection{ID: strings.ToLower(tag.Name), Name: tag.Name, About: tag.Description}
		for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
			for _, o := range operationsOf(doc.Paths[path]) {
				if slices.Contains(o.Tags, tag.Name) {
					section.Operations = append(section.Operations, operationView(doc, path, o))
				}
			}
		}
		view.Sections = append(view.Sections, section)
	}
	return s.render(w, r, http.StatusOK, page.API(view))
}

// operationsOf returns the operations of a path, reading before writing.
func operationsOf(p *huma.PathItem) []*huma.Operation {
	return slices.DeleteFunc([]*huma.Operation{p.Get, p.Head, p.Post, p.Put, p.Patch, p.Delete}, func(o *huma.Operation) bool { return o == nil })
}

func operationView(doc *huma.OpenAPI, path string, o *huma.Operation) page.APIOperation {
	view := page.APIOperation{ID: o.OperationID, Method: o.Method, Path: api.Prefix + path, Summary: o.Summary, About: o.Description}
	if scopes := o.Security[0]["token"]; len(scopes) > 0 {
		view.Scope = scopes[0]
	}
	for _, p := range o.Parameters {
		field := page.APIField{Name: p.Name, Where: p.In, About: p.Description, Required: p.Required, Example: exampleOf(p.Example, p.Schema)}
		field.Type = typeOf(p.Schema)
		view.Parameters = append(view.Parameters, field)
	}
	if o.RequestBody != nil {
		view.Body = fieldsOf(doc, o.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		answer := o.Responses[status]
		text := answer.Description
		if status < "300" {
			view.Answers = append(view.Answers, fieldsOf(doc, answer.Content)...)
		} else if answer.Content["application/problem+json"] != nil {
			text += ", as a problem"
		}
		view.Statuses = append(view.Statuses, ui.Pair{Term: status, Value: text})
	}
	view.Curl = curlOf(doc, path, o)
	return view
}

// fieldsOf lists the fields of a JSON body in the order of their names.
func fieldsOf(doc *huma.OpenAPI, content map[string]*huma.MediaType) []page.APIField {
	media := content["application/json"]
	if media == nil {
		return nil
	}
	schema := resolved(doc, media.Schema)
	var list []page.APIField
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		p := schema.Properties[name]
		about := p.Description
		if about == "" {
			about = resolved(doc, p).Description
		}
		list = append(list, page.APIField{Name: name, Type: typeOf(p), About: about, Example: exampleOf(nil, p), Required: slices.Contains(schema.Required, name)})
	}
	return list
}

func resolved(doc *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s.Ref != "" {
		if found := doc.Components.Schemas.SchemaFromRef(s.Ref); found != nil {
			return found
		}
	}
	return s
}

// typeOf names the type of a schema in a word or two.
func typeOf(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Type == huma.TypeArray:
		return "list of " + typeOf(s.Items)
	case s.Format == "date-time":
		return "time"
	}
	return s.Type
}

func exampleOf(given any, s *huma.Schema) string {
	if given == nil && s != nil && len(s.Examples) > 0 {
		given = s.Examples[0]
	}
	switch given := given.(type) {
	case nil:
		return ""
	case string:
		return given
	}
	text, err := json.Marshal(given)
	if err != nil {
		return ""
	}
	return string(text)
}

// curls are bodies for the examples; without one, none is sent.
var curls = map[string]string{
	"create-listing":   `{"title": "Chest CT with lung nodule masks", "modalities": ["CT"]}`,
	"update-listing":   `{"keywords": ["lung nodule"]}`,
	"put-claims":       `{"license": {"tier": "open_attribution", "spdx": "CC-BY-4.0", "access": "open"}}`,
	"begin-upload":     `{"size_bytes": 73400320, "agreement": {"sha256": "…", "name": "Nora Field"}}`,
	"append-to-upload": "@next-piece",
}

// curlOf writes the operation as a command.
func curlOf(doc *huma.OpenAPI, path string, o *huma.Operation) string {
	var b strings.Builder
	b.WriteString("curl")
	switch o.Method {
	case http.MethodGet:
	case http.MethodHead:
		b.WriteString(" -I")
	default:
		b.WriteString(" -X " + o.Method)
	}
	b.WriteString(` -H "Authorization: Bearer $TOKEN"`)
	for _, p := range o.Parameters {
		switch {
		case p.Name == "If-Match":
			b.WriteString(" \\\n  -H 'If-Match: \"ETAG\"'")
		case p.In == "header" && p.Required, p.Name == "Idempotency-Key":
			fmt.Fprintf(&b, " \\\n  -H '%s: %s'", p.Name, exampleOf(p.Example, p.Schema))
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", exampleOf(p.Example, p.Schema))
		}
	}
	if body, ok := curls[o.OperationID]; ok {
		kind, flag := "application/json", "-d"
		if o.OperationID == "append-to-upload" {
			kind, flag = "application/offset+octet-stream", "--data-binary"
		}
		fmt.Fprintf(&b, " \\\n  -H 'Content-Type: %s' %s '%s'", kind, flag, body)
	}
	return b.String() + " \\\n  " + doc.Servers[0].URL + path
}
