package page

import (
	"bytes"
	"fmt"

	"github.com/a-h/templ"
	"github.com/yuin/goldmark"
)

// markdown draws a text that an admin wrote. Raw HTML in it is left out, and
// so are addresses that run scripts: goldmark does both unless told otherwise.
func markdown(source string) templ.Component {
	var body bytes.Buffer
	if err := goldmark.Convert([]byte(source), &body); err != nil {
		panic(fmt.Sprintf("page: writing to memory: %v", err))
	}
	return templ.Raw(body.String())
}
