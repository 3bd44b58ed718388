package audit

import (
	"context"
	"errors"
	"io"
	"sync"

	"assay/internal/audit/document"
	"assay/internal/audit/finding"
	"assay/internal/audit/pixel"
	"assay/internal/audit/sniff"
	"assay/internal/audit/text"
)

// Bounds of the facts of one file.
const (
	maxFileFindings = 2000 // distinct ones
	maxFileWords    = 2048
	maxPathWords    = 64
)

// Inspect looks at one file in this process. A parser that panics is a
// finding.
func Inspect(ctx context.Context, f File, opts InspectOptions) (facts Facts, err error) {
	defer func() {
		if r := recover(); r != nil {
			facts, err = CrashFacts("The reader crashed on this file."), nil
		}
	}()
	return inspectFile(ctx, f, opts)
}

// CrashFacts returns the facts of a file on which the reader died, with a
// sentence that says how.
func CrashFacts(message string) Facts {
	return Facts{
		Status: Crashed, Reason: message,
		Findings: []finding.Finding{*refusal(ruleParserCrash, message)},
	}
}

// inspection is one file under the loupe.
type inspection struct {
	file         File
	opts         InspectOptions
	kind         sniff.Kind
	hash         *hasher
	text         *text.Scanner
	facts        Facts
	found        *collector
	inside       *pixel.Facts // of the images inside documents
	insidePixels int64        // of those images that were looked at
	insideWhys   []string     // why others were not
	cut          unread       // what of a header was not looked at
	second       bool         // only for known words
}

// plainScanner knows no names.
var plainScanner = text.New(text.Options{})

func inspectFile(ctx context.Context, f File, opts InspectOptions) (Facts, error) {
	r := borrowReader(f.Content)
	defer r.release()
	f.Content = r
	kind, err := sniff.DetectFile(r, f.SizeBytes)
	if err != nil {
		return Facts{}, err
	}
	i := &inspection{
		file: f, opts: opts, kind: sniff.Refine(kind, f.Path),
		hash: borrowHasher(opts.Key), text: plainScanner,
		found:  borrowCollector(),
		second: len(opts.Known) > 0,
	}
	defer i.hash.release()
	defer i.found.release()
	if i.second {
		i.text = text.New(text.Options{Knows: i.hash.knows(opts.Known)})
	}
	i.facts.Kind = string(i.kind)
	if opts.Draw && i.kind != sniff.DICOM {
		i.facts.Drawn = pixel.DrawImage(i.file.Content, i.file.SizeBytes, i.kind)
		return i.facts, r.failed
	}
	if !opts.OnlyPixels && !opts.Draw {
		i.path()
	}
	if err := i.look(ctx); err != nil {
		return Facts{}, err
	}
	if r.failed == nil && !opts.Draw {
		if err := errors.Join(i.labels(ctx), i.sketch()); err != nil && r.failed == nil {
			return Facts{}, err
		}
	}
	if r.failed != nil {
		return Facts{}, r.failed
	}
	i.joinInside()
	i.facts.Findings = i.found.findings(func(int) string { return "" })
	return i.facts, nil
}

// pathOfName is the place of what a file is called.
const pathOfName = "file name"

// path looks at the name of the file.
func (i *inspection) path() {
	first := map[[2]int]finding.Severity{}
	if i.second {
		for _, h := range plainScanner.ScanName(i.file.Path) {
			first[[2]int{h.Start, h.End}] = h.Severity
		}
	} else {
		i.facts.PathWords = i.hash.words(i.file.Path, maxPathWords)
	}
	for _, h := range i.text.ScanName(i.file.Path) {
		if first[[2]int{h.Start, h.End}] == h.Severity {
			continue
		}
		message := "The name of a file or folder holds what reads like an identifier."
		if i.second {
			message = "The name of a file or folder holds a name or ID of the submission."
		}
		f := h.Rule.New(pathOfName, h.Shape, message, finding.Location{})
		f.Severity = h.Severity
		i.add(f)
	}
}

// look reads the file in the way of its kind.
func (i *inspection) look(ctx context.Context) error {
	switch {
	case i.kind == sniff.DICOM:
		return i.dicom(ctx)
	case i.kind == sniff.Executable:
		i.refuse(ruleProgram, "The file is a program.")
		return nil
	}
	if !expected(i.kind) && !i.second {
		i.add(ruleNotDICOM.New("", "", notExpected(i.kind), finding.Location{}))
	}
	return i.document(ctx)
}

// document reads a file that is not DICOM.
func (i *inspection) document(ctx context.Context) error {
	i.facts.Status = Read
	if !readable(i.kind) {
		i.facts.Status, i.facts.Reason = Skipped, "The audit does not read files of this kind."
		i.notChecked("files of kind "+string(i.kind), i.facts.Reason)
	}
	in := document.Inspector{Scanner: i.text, Emit: i.emitDocument, Text: i.takeText("text of " + string(i.kind)), Name: i.keepNames(), Image: i.imagesInside("")}
	if i.second {
		in = i.secondLook()
	}
	err := in.Inspect(ctx, i.file.Content, i.file.SizeBytes, i.kind, i.file.Path)
	if i.facts.Status == Read && !i.second {
		i.splitTable()
	}
	if i.facts.Status == Read && (i.kind.Image() || i.kind.Volume()) {
		i.facts.Data = true
		i.notChecked(facesWhat, facesWhy)
		i.image()
	}
	return err
}

// What is left out of every image.
const (
	facesWhat = "faces in images"
	facesWhy  = "The audit tells by the header alone whether an image may show a face; it looks for none in the pixels."
)

// looksAtPixels reports whether the inspection looks at what the file shows.
func (i *inspection) looksAtPixels() bool { return !i.opts.NoPixels && !i.file.HeaderOnly }

// image looks at what an image that is not DICOM shows.
func (i *inspection) image() {
	switch {
	case i.second:
	case !i.looksAtPixels():
		i.notChecked(textWhat, notAsked)
	case i.kind.Volume():
		i.notChecked(textWhat, "The audit does not render volumes.")
	default:
		seen := pixel.InspectImage(i.file.Content, i.file.SizeBytes, i.kind)
		i.facts.Pixels = &seen
	}
}

// emitDocument takes a finding of a document, and its consequence for the
// status of the file.
func (i *inspection) emitDocument(f finding.Finding) {
	i.add(f)
	switch f.Rule {
	case "doc-refused", "nifti-header-invalid", "img-dimensions":
		i.facts.Status, i.facts.Reason = Refused, f.Message
	case "doc-not-read", "archive-inside":
		if i.facts.Status == Read && (f.Rule == "doc-not-read" && f.Severity != finding.Info || i.kind.Archive()) {
			i.facts.Status, i.facts.Reason = Skipped, f.Message
		}
	}
}

// maxOwn bounds the values of one file that are remembered as its own names.
const maxOwn = 100_000

// secondLook returns an Inspector that reports known words. A value that the
// file itself calls a name was reported as such before.
func (i *inspection) secondLook() document.Inspector {
	own := map[string]bool{}
	look := i.lookAgain("document")
	return document.Inspector{
		Scanner: plainScanner, Emit: func(finding.Finding) {},
		Name: func(s string) {
			if len(own) < maxOwn {
				own[s] = true
			}
		},
		Text: func(s string) {
			if !own[s] {
				look(s)
			}
		},
	}
}

// keepWords returns a function that keeps the words of texts, hashed, to be
// compared with the names of the whole set.
func (i *inspection) keepWords() func(string) {
	seen := map[Hash]bool{}
	return func(s string) {
		if len(seen) >= maxFileWords {
			return
		}
		for _, h := range i.hash.words(s, maxFileWords) {
			if len(seen) < maxFileWords && !seen[h] {
				seen[h] = true
				i.facts.Words = append(i.facts.Words, h)
			}
		}
	}
}

// lookAgain returns a function that reports the known words of texts.
func (i *inspection) lookAgain(where string) func(string) {
	return func(s string) {
		for _, h := range i.text.ScanKnown(s) {
			f := h.Rule.New(where, h.Shape, "A name or ID of the submission stands in the text.", finding.Location{})
			f.Severity = h.Severity
			i.add(f)
		}
	}
}

func (i *inspection) add(f finding.Finding) { i.found.add(0, f) }

func (i *inspection) refuse(r finding.Rule, message string) {
	i.facts.Status, i.facts.Reason = Refused, message
	if !i.second {
		i.add(r.New("", "", message, finding.Location{}))
	}
}

func (i *inspection) notChecked(what, why string) {
	if i.facts.NotChecked == nil {
		i.facts.NotChecked = make([]NotChecked, 0, 4)
	}
	i.facts.NotChecked = append(i.facts.NotChecked, NotChecked{What: what, Why: why, Count: 1})
}

// expected reports whether a submission may hold files of kind k.
func expected(k sniff.Kind) bool {
	switch k {
	case sniff.DICOM, sniff.PNG, sniff.JPEG, sniff.JP2, sniff.TIFF,
		sniff.CSV, sniff.TSV, sniff.JSON, sniff.JSONL, sniff.XML, sniff.HL7, sniff.Text,
		sniff.HTML, sniff.RTF, sniff.PDF, sniff.DOCX, sniff.XLSX, sniff.PPTX, sniff.ODF:
		return true
	}
	return k.Mesh() || k.Volume() || k.WholeSlide() || k.Archive()
}

// readable reports whether package document reads files of kind k.
func readable(k sniff.Kind) bool {
	return k.Textual() || k.Mesh() || k.Document() && k != sniff.Office || k.Image() || k.Volume()
}

func notExpected(k sniff.Kind) string {
	switch k {
	case sniff.Empty:
		return "The file is empty."
	case sniff.Unknown:
		return "The kind of the file is not known."
	}
	return "A submission does not hold files of this kind (" + string(k) + ")."
}

// remembering keeps the first error of a reader that is not the end of it, so
// that a disk that fails is not taken for a file that is cut off. It reads the
// head of a file, which several look at, once.
type remembering struct {
	r      io.ReaderAt
	failed error
	head   []byte // nil before the first read
	room   [sniff.HeadSize]byte
}

var readers = sync.Pool{New: func() any { return new(remembering) }}

func borrowReader(r io.ReaderAt) *remembering {
	b := readers.Get().(*remembering)
	b.r = r
	return b
}

// release gives the reader back. Nobody may read from it any more.
func (r *remembering) release() {
	r.r, r.failed, r.head = nil, nil, nil
	readers.Put(r)
}

func (r *remembering) ReadAt(p []byte, off int64) (int, error) {
	if off >= 0 && off+int64(len(p)) <= sniff.HeadSize {
		if r.head == nil {
			// An error shows again to whoever asks for the bytes that failed.
			n, _ := r.r.ReadAt(r.room[:], 0)
			r.head = r.room[:n]
		}
		if off+int64(len(p)) <= int64(len(r.head)) {
			return copy(p, r.head[off:]), nil
		}
	}
	n, err := r.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) && off >= 0 && r.failed == nil {
		r.failed = err
	}
	return n, err
}
