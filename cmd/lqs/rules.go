package main

import (
	"fmt"

	"assay/internal/audit"
)

type rulesCmd struct {
	Markdown bool `help:"As a page of the documentation."`
}

// Run prints the registry.
func (c *rulesCmd) Run(s *streams) error {
	if c.Markdown {
		return audit.WriteRulesPage(s.out)
	}
	for _, r := range audit.Registry() {
		if _, err := fmt.Fprintf(s.out, "%-7s  %-34s %s\n", r.Severity, r.ID, r.Title); err != nil {
			return err
		}
	}
	return nil
}

type versionCmd struct{}

// Run prints what the report's tool section holds.
func (versionCmd) Run(s *streams) error {
	fmt.Fprintf(s.out, "lqs %s\nrules %s\n", version(), audit.RulesVersion)
	for _, t := range audit.Tables() {
		fmt.Fprintf(s.out, "table %s: %s\n", t.Name, t.Edition)
	}
	return nil
}
