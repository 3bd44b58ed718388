//go:build !js

package typed

import (
	"io"
	"strconv"
	"strings"

	"assay/internal/audit/dicom"

	second "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
	"github.com/suyashkumar/dicom/pkg/uid"
)

// Missing is empty: this program has the second reader.
const Missing = ""

// refusalOfSyntax says why the second reader must not see a file of a transfer
// syntax, or "".
func refusalOfSyntax(syntax string) string {
	if _, _, err := uid.ParseTransferSyntaxUID(syntax); err != nil {
		return "The second reader does not know its transfer syntax."
	}
	if syntax == uid.DeflatedExplicitVRLittleEndian {
		return "It is deflated, which the second reader inflates without a limit."
	}
	return ""
}

// parse runs the second reader. It is false if that failed in any way.
func parse(src io.ReaderAt, size int64) (values lookup, ok bool) {
	defer func() {
		if recover() != nil {
			values, ok = nil, false
		}
	}()
	set, err := second.Parse(io.NewSectionReader(src, 0, size), size, nil,
		second.SkipPixelData(), second.AllowUnknownSpecificCharacterSet())
	return func(t dicom.Tag) ([]string, bool) { return valuesOf(&set, t) }, err == nil
}

// valuesOf returns the values of a tag.
func valuesOf(set *second.Dataset, t dicom.Tag) ([]string, bool) {
	e, err := set.FindElementByTag(tag.Tag{Group: t.Group(), Element: t.Element()})
	if err != nil {
		return nil, false
	}
	var values []string
	switch list := e.Value.GetValue().(type) {
	case []string:
		for _, s := range list {
			values = append(values, strings.Trim(s, " \x00"))
		}
	case []int:
		for _, n := range list {
			values = append(values, strconv.Itoa(n))
		}
	}
	return values, true
}
