package config

import (
	"fmt"
	"io"
	"reflect"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"
)

// Line is a setting as it may be shown.
type Line struct{ Name, Value, From, Meaning string }

// Lines are the settings with where they came from. Secrets are never among
// them, only whether they are set.
func (c Config) Lines(environ []string) []Line {
	given := env.ToMap(environ)
	value := reflect.ValueOf(c)
	var list []Line
	for i := range value.NumField() {
		field := value.Type().Field(i)
		name := field.Tag.Get("env")
		if name == "-" {
			continue
		}
		text, from := fmt.Sprint(value.Field(i).Interface()), "default"
		if given[name] != "" {
			from = "environment"
		}
		switch {
		case text == "":
			text = "(not set)"
		case field.Tag.Get("secret") == "true": // the demo sets some itself
			text = "(set, not shown)"
		}
		list = append(list, Line{name, text, from, field.Tag.Get("comment")})
	}
	return list
}

// Print writes one line a setting: name, value, where it came from, meaning.
func (c Config) Print(w io.Writer, environ []string) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, l := range c.Lines(environ) {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", l.Name, l.Value, l.From, l.Meaning)
	}
	return tw.Flush()
}
