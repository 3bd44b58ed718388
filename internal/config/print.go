package config

import (
	"fmt"
	"io"
	"reflect"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"
)

// Print writes one line a setting: name, value, where it came from, meaning.
// Secrets are never written, only whether they are set.
func (c Config) Print(w io.Writer, environ []string) error {
	given := env.ToMap(environ)
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	value := reflect.ValueOf(c)
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
		case field.Tag.Get("secret") == "true" && from == "environment":
			text = "(set, not shown)"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", name, text, from, field.Tag.Get("comment"))
	}
	return tw.Flush()
}
