package main

import (
	"fmt"

	"assay/internal/audit"
	"assay/internal/audit/quality"
	"assay/internal/audit/score"
	"assay/internal/fence"
)

type rulesCmd struct {
	LQS      bool `name:"lqs" help:"Those of the LQS alone, with what they cost."`
	Markdown bool `help:"As a page of the documentation."`
}

// Run prints the registries.
func (c *rulesCmd) Run(s *streams) error {
	switch {
	case c.Markdown && c.LQS:
		return quality.WriteRulesPage(s.out)
	case c.Markdown:
		return audit.WriteRulesPage(s.out)
	}
	if !c.LQS {
		for _, r := range audit.Registry() {
			if _, err := fmt.Fprintf(s.out, "%-7s  %-34s %s\n", r.Severity, r.ID, r.Title); err != nil {
				return err
			}
		}
	}
	for _, r := range quality.Registry() {
		if _, err := fmt.Fprintf(s.out, "%-7s  %-34s %s. %s\n", quality.LevelName(r.Level), r.Code, r.Title, quality.Costs(r)); err != nil {
			return err
		}
	}
	return nil
}

type versionCmd struct{}

// Run prints what the report's tool section holds, and which programs the
// audit would use.
func (versionCmd) Run(s *streams) error {
	fmt.Fprintf(s.out, "lqs %s\nrules %s\nscore %s, rules with weights %s\n", version(), audit.RulesVersion, score.Version, quality.RulesSHA256())
	for _, t := range audit.Tables() {
		fmt.Fprintf(s.out, "table %s: %s\n", t.Name, t.Edition)
	}
	tools, err := fence.NewTools(fence.ToolsConfig{})
	if err != nil {
		return err
	}
	for _, p := range tools.Programs() {
		if p.Missing() {
			fmt.Fprintf(s.out, "program %s, %s: not installed\n", p.Name, p.Purpose)
		} else {
			fmt.Fprintf(s.out, "program %s, %s: %s\n", p.Name, p.Purpose, p.Version)
		}
	}
	return nil
}
