package main

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/quality"
)

// sarifReport is a report with places of every sort of pointer.
func sarifReport() *quality.Report {
	examples := []quality.Example{
		{Path: "labels/a b.csv", Pointer: "12:3 Finding Labels", Note: "unknown token"},
		{Path: "labels/a.txt", Pointer: "7"},
		{Path: "instances: new.json", Pointer: "/annotations/3/bbox"},
		{Path: "100%.dcm"},
		{Pointer: "/images/0"},
	}
	return &quality.Report{Findings: []quality.Finding{
		{Code: "F-001", Level: "E", Message: "1 of 2", Examples: examples},
		{Code: "F-004", Level: "I", Message: "2 of 3"},
	}}
}

// The members that SARIF 2.1.0 requires of each object, and all that its
// schema lets be written here: it closes every object but property bags.
var sarifMembers = map[string]struct{ required, optional []string }{
	"sarifLog":               {[]string{"version", "runs"}, []string{"$schema"}},
	"run":                    {[]string{"tool"}, []string{"results", "properties"}},
	"tool":                   {[]string{"driver"}, nil},
	"toolComponent":          {[]string{"name"}, []string{"version", "rules"}},
	"reportingDescriptor":    {[]string{"id"}, []string{"shortDescription", "help", "defaultConfiguration", "properties"}},
	"reportingConfiguration": {nil, []string{"level"}},
	"message":                {[]string{"text"}, nil},
	"result":                 {[]string{"message"}, []string{"ruleId", "ruleIndex", "level", "locations"}},
	"location":               {nil, []string{"physicalLocation", "logicalLocations"}},
	"physicalLocation":       {[]string{"artifactLocation"}, []string{"region"}},
	"artifactLocation":       {nil, []string{"uri"}},
	"region":                 {nil, []string{"startLine", "startColumn"}},
	"logicalLocation":        {nil, []string{"fullyQualifiedName"}},
}

// sarifTypes are the types of members.
var sarifTypes = map[string]string{
	"runs": "run", "tool": "tool", "driver": "toolComponent", "rules": "reportingDescriptor",
	"shortDescription": "message", "help": "message", "message": "message", "defaultConfiguration": "reportingConfiguration",
	"results": "result", "locations": "location", "physicalLocation": "physicalLocation", "logicalLocations": "logicalLocation",
	"artifactLocation": "artifactLocation", "region": "region",
}

func TestSARIFHasTheShapeOfItsSchema(t *testing.T) {
	log := writtenSARIF(t)
	checkSARIF(t, "sarifLog", log)
	if log["version"] != "2.1.0" {
		t.Errorf("version %v, want 2.1.0", log["version"])
	}
}

func writtenSARIF(t *testing.T) map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := writeSARIF(&b, sarifReport()); err != nil {
		t.Fatal(err)
	}
	var log map[string]any
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

func checkSARIF(t *testing.T, kind string, object map[string]any) {
	t.Helper()
	members := sarifMembers[kind]
	for _, name := range members.required {
		if _, ok := object[name]; !ok {
			t.Errorf("a %s lacks %s", kind, name)
		}
	}
	for name, value := range object {
		if !slices.Contains(members.required, name) && !slices.Contains(members.optional, name) {
			t.Errorf("a %s has %s, which the schema does not know there", kind, name)
		}
		switch v := value.(type) {
		case map[string]any:
			if name != "properties" {
				checkSARIF(t, sarifTypes[name], v)
			}
		case []any:
			for _, one := range v {
				checkSARIF(t, sarifTypes[name], one.(map[string]any))
			}
		}
		checkSARIFValue(t, name, value)
	}
}

func checkSARIFValue(t *testing.T, name string, value any) {
	t.Helper()
	ok := true
	switch name {
	case "level":
		ok = slices.Contains([]any{"none", "note", "warning", "error"}, value)
	case "startLine", "startColumn":
		ok = value.(float64) >= 1
	case "uri":
		_, err := url.Parse(value.(string))
		ok = err == nil && value != ""
	case "ruleIndex":
		ok = value.(float64) >= 0
	}
	if !ok {
		t.Errorf("%s is %v", name, value)
	}
}

func TestSARIFPlacesResultsWhereThePointersLead(t *testing.T) {
	var places []string
	run := writtenSARIF(t)["runs"].([]any)[0].(map[string]any)
	for _, result := range run["results"].([]any) {
		place, err := json.Marshal(result.(map[string]any)["locations"])
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, string(place))
	}
	want := []string{
		`[{"logicalLocations":[{"fullyQualifiedName":"12:3 Finding Labels"}],"physicalLocation":{"artifactLocation":{"uri":"labels/a%20b.csv"},"region":{"startColumn":3,"startLine":12}}}]`,
		`[{"logicalLocations":[{"fullyQualifiedName":"7"}],"physicalLocation":{"artifactLocation":{"uri":"labels/a.txt"},"region":{"startLine":7}}}]`,
		`[{"logicalLocations":[{"fullyQualifiedName":"/annotations/3/bbox"}],"physicalLocation":{"artifactLocation":{"uri":"./instances:%20new.json"}}}]`,
		`[{"physicalLocation":{"artifactLocation":{"uri":"100%25.dcm"}}}]`,
		`null`, `null`,
	}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("locations (-want +got):\n%s", diff)
	}
}
