package audit

import (
	"context"
	"errors"
	"io"

	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
)

// maxFileFindings bounds the distinct findings of one file.
const maxFileFindings = 2000

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
	file  File
	opts  InspectOptions
	kind  sniff.Kind
	hash  *hasher
	facts Facts
	found *collector
}

func inspectFile(ctx context.Context, f File, opts InspectOptions) (Facts, error) {
	r := &remembering{r: f.Content}
	f.Content = r
	kind, err := sniff.DetectFile(r, f.SizeBytes)
	if err != nil {
		return Facts{}, err
	}
	i := &inspection{
		file: f, opts: opts, kind: sniff.Refine(kind, f.Path),
		hash:  newHasher(opts.Key),
		found: newCollector(maxFileFindings, false),
	}
	i.facts.Kind = string(i.kind)
	if err := i.look(ctx); err != nil {
		return Facts{}, err
	}
	if r.failed != nil {
		return Facts{}, r.failed
	}
	i.facts.Findings = i.found.findings(func(int) string { return "" })
	return i.facts, nil
}

// look reads the file in the way of its kind.
func (i *inspection) look(ctx context.Context) error {
	switch {
	case i.kind == sniff.DICOM:
		return i.dicom(ctx)
	case i.kind == sniff.Executable:
		i.refuse(ruleProgram, "The file is a program.")
	case !expected(i.kind):
		i.facts.Status, i.facts.Reason = Skipped, "A submission does not hold files of this kind."
		i.add(ruleNotDICOM.New("", "", notExpected(i.kind), finding.Location{}))
	}
	return nil
}

func (i *inspection) add(f finding.Finding) { i.found.add(0, f) }

func (i *inspection) refuse(r finding.Rule, message string) {
	i.facts.Status, i.facts.Reason = Refused, message
	i.add(r.New("", "", message, finding.Location{}))
}

func (i *inspection) notChecked(what, why string) {
	i.facts.NotChecked = append(i.facts.NotChecked, NotChecked{What: what, Why: why, Count: 1})
}

// expected reports whether a submission may hold files of kind k.
func expected(k sniff.Kind) bool {
	switch k {
	case sniff.DICOM, sniff.PNG, sniff.JPEG, sniff.JP2, sniff.TIFF,
		sniff.CSV, sniff.TSV, sniff.JSON, sniff.JSONL, sniff.XML, sniff.HL7, sniff.Text, sniff.PDF, sniff.DOCX:
		return true
	}
	return k.Volume() || k.WholeSlide() || k.Archive()
}

func notExpected(k sniff.Kind) string {
	switch k {
	case sniff.Empty:
		return "The file is empty."
	case sniff.Unknown:
		return "The kind of the file is not known."
	}
	return "The file is of a kind that the audit does not read: " + string(k) + "."
}

// remembering keeps the first error of a reader that is not the end of it, so
// that a disk that fails is not taken for a file that is cut off.
type remembering struct {
	r      io.ReaderAt
	failed error
}

func (r *remembering) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) && r.failed == nil {
		r.failed = err
	}
	return n, err
}
