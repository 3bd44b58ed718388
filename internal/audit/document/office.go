package document

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"assay/internal/audit/archive"
	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
)

// officeLimits are those of a document's own zip.
func (in *inspection) officeLimits() archive.Limits {
	return archive.Limits{
		Entries: 20_000, FileBytes: in.Limits.InflatedBytes, TotalBytes: 8 * in.Limits.InflatedBytes,
		Ratio: 1032, Scratch: in.Limits.Scratch,
	}
}

// office reads a document that is a zip of XML: its text, its properties and
// the metadata of its images.
func (in *inspection) office(kind sniff.Kind) error {
	files, err := archive.Open(in.f, in.size, "document", in.officeLimits())
	var refusal *archive.Refusal
	switch {
	case errors.As(err, &refusal):
		in.refuse("The document is not a sound zip: %s", refusal.Reason)
		return nil
	case err != nil:
		return err
	}
	defer files.Close()
	for _, r := range files.Refused() {
		in.refuse("The document has a part that is refused: %s", r.Reason)
	}
	if kind == sniff.XLSX {
		if err := in.sheets(files); err != nil {
			return err
		}
	}
	for _, name := range files.Files() {
		if err := in.officePart(files, kind, name); err != nil {
			return err
		}
	}
	return nil
}

// officeTexts are where the text of documents stands: paragraphs, notes,
// comments and who made them, cells, names of sheets, charts, drawings.
var officeTexts = []string{
	"word/", "ppt/slides/", "ppt/notesSlides/", "ppt/comments/", "ppt/commentAuthors.xml", "ppt/authors.xml", "ppt/charts/", "ppt/diagrams/",
	"xl/sharedStrings.xml", "xl/worksheets/", "xl/comments", "xl/threadedComments/", "xl/persons/", "xl/workbook.xml", "xl/charts/", "xl/drawings/", "customXml/item",
}

// holdsText reports whether a part holds text; in OpenDocument the headers and
// footers stand among the styles.
func holdsText(kind sniff.Kind, name string) bool {
	if path.Ext(name) != ".xml" {
		return false
	}
	if kind == sniff.ODF {
		return name == "content.xml" || name == "styles.xml"
	}
	return !isStyle(name) && slices.ContainsFunc(officeTexts, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

func (in *inspection) officePart(files *archive.FS, kind sniff.Kind, name string) error {
	switch {
	case strings.HasPrefix(name, "docProps/"), kind == sniff.ODF && name == "meta.xml":
		return in.officeProperties(files, name)
	case holdsText(kind, name):
		return in.officeText(files, name)
	case strings.Contains(name, "/media/"), strings.HasPrefix(name, "Pictures/"):
		return in.officeMedia(files, name)
	case strings.Contains(name, "/embeddings/"):
		in.add(ruleArchive, hit{path: "embedded file", message: "A file is embedded in the document; what is inside was not checked."})
	}
	return nil
}

func isStyle(name string) bool {
	switch path.Base(name) {
	case "styles.xml", "settings.xml", "fontTable.xml", "theme1.xml", "webSettings.xml", "numbering.xml", "stylesWithEffects.xml":
		return true
	}
	return strings.Contains(name, "/theme/")
}

// paragraphs are the elements at whose end a line ends: of Word, PowerPoint
// and OpenDocument (p, h), of shared strings (si) and cells (c).
var paragraphs = map[string]bool{"p": true, "h": true, "si": true, "c": true, "tr": true, "comment": true}

// officeText scans the text of a part, one paragraph at a time, so that a
// name that Word cut into runs is seen whole.
func (in *inspection) officeText(files fs.FS, name string) error {
	var line strings.Builder
	l := &lines{in: in, path: "document text"}
	flush := func() {
		if line.Len() > 0 {
			l.text(line.String())
			line.Reset()
		}
	}
	visit := xmlVisitor{
		text: func(stack []string, s string, _ int64) {
			if len(stack) > 0 && stack[len(stack)-1] == "v" {
				return // the number of a cell, or of a shared string
			}
			if line.Len() < maxScan {
				line.WriteString(s)
			}
		},
		attribute: func(stack []string, attribute, value string, _ int64) {
			switch attribute {
			case "author", "initials", "descr", "title", "name", "displayName", "userId":
				if (attribute == "author" || attribute == "displayName") && filled(value) {
					in.add(ruleReport, hit{path: "author of a change or comment", hipaa: []string{"A"}, shape: finding.Mask(value), message: "The document names who changed or commented it."})
				}
				in.scan(ruleReport, "document "+attribute, value, 0)
			}
		},
		end: func(stack []string) {
			switch last := stack[len(stack)-1]; {
			case paragraphs[last]:
				flush()
			case last == "tab" || last == "br":
				line.WriteByte(' ')
			}
		},
	}
	err := in.officeWalk(files, name, visit)
	flush()
	l.end()
	return err
}

// officeProperties reads author, company and dates.
func (in *inspection) officeProperties(files fs.FS, name string) error {
	if path.Ext(name) != ".xml" {
		return nil
	}
	return in.officeWalk(files, name, xmlVisitor{
		text: func(stack []string, s string, _ int64) {
			if len(stack) == 0 {
				return
			}
			last := stack[len(stack)-1]
			switch last {
			case "creator", "lastModifiedBy", "Manager", "Company", "initial-creator", "printed-by":
				if filled(s) {
					in.add(ruleReport, hit{path: "document property " + last, hipaa: []string{"A"}, shape: finding.Mask(s), message: "The document's properties name a person or an organization."})
				}
			case "created", "modified", "lastPrinted", "date", "creation-date", "print-date", "Application", "AppVersion", "Template", "generator", "editing-duration":
				return
			}
			in.scan(ruleReport, "document properties", s, 0)
		},
		attribute: func([]string, string, string, int64) {},
	})
}

func (in *inspection) officeWalk(files fs.FS, name string, visit xmlVisitor) error {
	f, err := files.Open(name)
	if err != nil {
		return nil // a folder that looks like a part
	}
	defer f.Close()
	err = in.walkXML(f, visit)
	var refusal *archive.Refusal
	switch {
	case err == nil, errors.Is(err, errLimit):
		return nil
	case errors.As(err, &refusal):
		in.refuse("A part of the document is refused: %s", refusal.Reason)
		return nil
	case in.ctx.Err() != nil:
		return in.ctx.Err()
	}
	in.unread("A part of the document is not well-formed XML; its text was checked as far as it goes.")
	return nil
}

// officeMedia looks at an image within a document.
func (in *inspection) officeMedia(files fs.FS, name string) error {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil // a refusal; officeLimits keep it small, and the image is not the text
	}
	r, size := bytes.NewReader(b), int64(len(b))
	if err := in.within(r, size, name); err != nil {
		return err
	}
	kind, err := sniff.DetectFile(r, size)
	switch {
	case err != nil:
	case kind.Image() && in.Image != nil:
		in.show("document image", kind, b)
	case kind.Image(), in.depth > 0:
	default: // drawings of Windows (EMF, WMF), video, sound
		in.unread("A picture or recording in the document is of a kind that the audit does not read; text in it was not checked.")
	}
	return nil
}

// within looks at a file inside this one; images only, one level deep.
func (in *inspection) within(f io.ReaderAt, size int64, name string) error {
	kind, err := sniff.DetectFile(f, size)
	if err != nil || !kind.Image() || in.depth > 0 {
		return nil
	}
	inner := *in
	inner.f, inner.size, inner.path, inner.depth = &faultReader{r: f}, size, name, in.depth+1
	err = inner.image(kind)
	in.order, in.shown = inner.order, inner.shown
	return err
}
