package main

import (
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"strconv"

	"assay/internal/audit/quality"
	"assay/internal/audit/score"
)

// What writeSARIF uses of SARIF 2.1.0.
//
// Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version
// 2.1.0 Plus Errata 01, and its JSON schema.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool      `json:"tool"`
		Results    []sarifResult  `json:"results"`
		Properties map[string]any `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string         `json:"id"`
		Short         sarifText      `json:"shortDescription"`
		Help          sarifText      `json:"help"`
		Configuration sarifLevel     `json:"defaultConfiguration"`
		Properties    map[string]any `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}

	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
	}
)

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// sarifLevels are the levels of rules as SARIF has them.
var sarifLevels = map[string]string{string(score.Error): "error", string(score.Warning): "warning", string(score.Info): "note"}

// writeSARIF writes the findings of a report as a SARIF log: a result for each
// place, its pointer as a logical location, or as a region if it is a line.
func writeSARIF(w io.Writer, r *quality.Report) error {
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{Name: "lqs", Version: r.Tool.Version, Rules: []sarifRule{}}},
		Results: []sarifResult{},
		Properties: map[string]any{
			"score": r.Score, "lqs": r.Tool.Score, "manifest_sha256": r.Input.ManifestSHA256,
		},
	}
	index := map[string]int{}
	for i, rule := range quality.Registry() {
		index[rule.Code] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: rule.Code, Short: sarifText{rule.Title}, Help: sarifText{rule.Fix},
			Configuration: sarifLevel{sarifLevels[string(rule.Level)]},
			Properties:    map[string]any{"cap": rule.Cap, "full": rule.Full, "source": rule.Source},
		})
	}
	for _, f := range r.Findings {
		result := sarifResult{RuleID: f.Code, RuleIndex: index[f.Code], Level: sarifLevels[f.Level], Message: sarifText{f.Message}}
		if len(f.Examples) == 0 {
			run.Results = append(run.Results, result)
		}
		for _, e := range f.Examples {
			one := result
			if e.Note != "" {
				one.Message.Text += " (" + e.Note + ")"
			}
			one.Locations = sarifPlace(e)
			run.Results = append(run.Results, one)
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

var lineColumn = regexp.MustCompile(`^([1-9][0-9]*)(?::([1-9][0-9]*))?(?:[ :].*)?$`)

// sarifPlace returns the location of an example, none without a file: SARIF
// wants one that can be opened.
func sarifPlace(e quality.Example) []sarifLocation {
	if e.Path == "" {
		return nil
	}
	place := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{(&url.URL{Path: e.Path}).String()}}}
	if m := lineColumn.FindStringSubmatch(e.Pointer); m != nil {
		line, err := strconv.Atoi(m[1])
		if err == nil {
			column, _ := strconv.Atoi(m[2]) // 0 without one
			place.Physical.Region = &sarifRegion{line, column}
		}
	}
	if e.Pointer != "" {
		place.Logical = []sarifLogical{{e.Pointer}}
	}
	return []sarifLocation{place}
}
