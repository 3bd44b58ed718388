package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"assay/internal/audit/archive"
	"assay/internal/audit/finding"
	"assay/internal/audit/sniff"
	"assay/internal/audit/text"
)

// Limits bound what is read of a document. A zero field takes the value of
// DefaultLimits.
type Limits struct {
	XMLDepth      int   // elements within elements
	XMLAttributes int   // of one element
	JSONDepth     int   // arrays and objects within each other
	StringBytes   int64 // of one JSON string
	FieldBytes    int64 // of one CSV field
	XMLBytes      int64 // of a whole XML or HTML file
	PDFBytes      int64 // of a whole PDF
	InflatedBytes int64 // out of one packed part of a document
	Pixels        int64 // of one image

	Scratch archive.Scratch // for the parts of a .docx; memory if nil
}

// DefaultLimits are the limits of the audit.
func DefaultLimits() Limits {
	return Limits{
		XMLDepth: 64, XMLAttributes: 256, JSONDepth: 64, StringBytes: 64 << 20, FieldBytes: 1 << 20,
		XMLBytes: 256 << 20, PDFBytes: 64 << 20, InflatedBytes: 64 << 20, Pixels: 4 << 30,
	}
}

// Inspector looks for identifiers in documents.
type Inspector struct {
	Scanner *text.Scanner
	Limits  Limits // DefaultLimits if zero

	// Emit takes each finding; equal ones come once, with their count. The
	// File of a Location is empty.
	Emit func(finding.Finding)

	// Text, if not nil, takes every text that is scanned.
	Text func(string)

	// Name, if not nil, takes every value that the document itself calls the
	// name or the number of a person.
	Name func(string)

	// Image, if not nil, takes the images inside a document and the label and
	// overview of a slide; without it they are said to be unread.
	Image func(Image)
}

// Inspect looks at one file of a kind with the default limits; see
// Inspector.Inspect.
func Inspect(ctx context.Context, f io.ReaderAt, size int64, kind sniff.Kind, path string, sc *text.Scanner, emit func(finding.Finding)) error {
	return Inspector{Scanner: sc, Emit: emit}.Inspect(ctx, f, size, kind, path)
}

// Inspect looks at one file. The path settles ties between kinds of text and
// is not looked at otherwise. Kinds with no rule here are passed over. The
// error is one of ctx or of the reader; bad data is a finding.
func (i Inspector) Inspect(ctx context.Context, f io.ReaderAt, size int64, kind sniff.Kind, path string) error {
	if i.Limits == (Limits{}) {
		i.Limits = DefaultLimits()
	}
	in := &inspection{Inspector: i, ctx: ctx, f: &faultReader{r: f}, size: size, path: path, seen: map[string]*finding.Finding{}, clean: map[string]bool{}}
	err := in.run(sniff.Refine(kind, path))
	in.flush()
	if fault := in.f.err; fault != nil {
		return fmt.Errorf("document: %w", fault)
	}
	return err
}

// inspection is the look at one file.
type inspection struct {
	Inspector
	ctx  context.Context
	f    *faultReader
	size int64
	path string

	seen  map[string]*finding.Finding
	order []*finding.Finding
	clean map[string]bool // short texts that were scanned without a hit
	depth int             // documents within documents
	shown shownImages
}

// faultReader keeps the failure of the reader apart from bad data.
type faultReader struct {
	r   io.ReaderAt
	err error
}

func (f *faultReader) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.r.ReadAt(p, offset)
	if err != nil && !errors.Is(err, io.EOF) && f.err == nil && offset >= 0 {
		f.err = err
	}
	return n, err
}

// run sends the file to the reader of its kind.
func (in *inspection) run(kind sniff.Kind) error {
	if err := in.ctx.Err(); err != nil {
		return err
	}
	in.faces(kind)
	switch {
	case kind == sniff.CSV, kind == sniff.TSV:
		return in.table(kind)
	case kind == sniff.JSON, kind == sniff.JSONL:
		return in.json()
	case kind == sniff.XML:
		return in.xml()
	case kind == sniff.HTML:
		return in.html()
	case kind == sniff.HL7:
		return in.hl7()
	case kind == sniff.RTF:
		return in.rtf()
	case kind == sniff.Text:
		return in.plain()
	case kind == sniff.PDF:
		return in.pdf()
	case kind == sniff.DOCX, kind == sniff.XLSX, kind == sniff.PPTX, kind == sniff.ODF:
		return in.office(kind)
	case kind == sniff.Office:
		in.unread("This is a document of Office before 2007; its text was not checked.")
	case kind == sniff.Video, kind == sniff.Audio:
		in.unread("Video and sound are not checked; voices and captions can name a person.")
	case kind.Image():
		return in.image(kind)
	case kind.Volume():
		return in.volume(kind)
	case kind.Mesh():
		return in.mesh(kind)
	case kind.Archive():
		in.closedArchive(kind)
	}
	return nil
}

// faces reports what the file passes for besides its kind.
func (in *inspection) faces(kind sniff.Kind) {
	if kind == sniff.DICOM || kind.Archive() {
		return
	}
	others, err := sniff.AlsoFile(kind, in.f, in.size)
	if err != nil {
		return // noted by the reader
	}
	for _, other := range others {
		switch {
		case other == sniff.Zip:
			in.add(ruleArchive, hit{path: "end of file", message: "A zip archive hangs behind the file; what is inside was not checked."})
		case other == sniff.HTML && kind.Image():
			in.add(ruleImage, hit{path: "content", message: "The image contains a script, which a browser could run."})
		}
	}
}

func (in *inspection) closedArchive(kind sniff.Kind) {
	lower := strings.ToLower(in.path)
	if kind == sniff.Gzip && strings.HasSuffix(lower, ".nii.gz") {
		in.add(ruleVolumeHeader, hit{message: "The file is named as a NIfTI volume, but there is none within the gzip."})
		return
	}
	in.add(ruleArchive, hit{message: fmt.Sprintf("An archive (%s) within the submission stays closed; what is inside was not checked.", kind)})
}

// hit is what a finding says beyond its rule.
type hit struct {
	severity finding.Severity // of the rule if empty
	hipaa    []string         // of the rule if nil
	path     string
	shape    string
	message  string
	offset   int64
}

// maxDistinct bounds the findings of one file that differ.
const maxDistinct = 500

// add notes a finding. Those past maxDistinct are counted without their shape.
func (in *inspection) add(r finding.Rule, h hit) {
	if h.severity == "" {
		h.severity = r.Severity
	}
	key := strings.Join([]string{r.ID, string(h.severity), h.path, h.shape, h.message}, "\x00")
	if in.seen[key] == nil && len(in.order) >= maxDistinct {
		h.path, h.shape, h.message = "", "", "There are more findings of this rule than the report lists."
		key = r.ID + "\x00" + string(h.severity)
	}
	if f := in.seen[key]; f != nil {
		f.Count++
		if len(f.Locations) < 3 && h.offset > 0 {
			f.Locations = append(f.Locations, finding.Location{Offset: h.offset})
		}
		return
	}
	f := r.New(h.path, h.shape, h.message, finding.Location{Offset: h.offset})
	f.Severity = h.severity
	if h.hipaa != nil {
		f.HIPAA = h.hipaa
	}
	in.seen[key] = &f
	in.order = append(in.order, &f)
}

func (in *inspection) unread(message string) { in.add(ruleUnread, hit{message: message}) }

func (in *inspection) refuse(format string, args ...any) {
	in.add(ruleRefused, hit{message: fmt.Sprintf(format, args...)})
}

// flush emits the findings in the order of their first place.
func (in *inspection) flush() {
	for _, f := range in.order {
		in.Emit(*f)
	}
}

// maxScan bounds a text that is scanned at once, in bytes.
const maxScan = 64 << 10

// Bounds of the memory for texts without a hit: keys and labels repeat.
const (
	maxClean      = 8192
	maxCleanBytes = 64
)

// scan runs the text rules over s and notes what they find under rule r. It
// returns the number of hits.
func (in *inspection) scan(r finding.Rule, path, s string, offset int64) int {
	if shortNumber(s) || in.clean[s] {
		return 0
	}
	hits := in.scanPieces(r, path, s, offset)
	if hits == 0 && len(s) <= maxCleanBytes && len(in.clean) < maxClean {
		in.clean[s] = true
	}
	return hits
}

// shortNumber reports a number of up to 6 digits, which identifies nobody.
func shortNumber(s string) bool {
	dots := 0
	for i := range len(s) {
		switch {
		case s[i] == '.':
			dots++
		case s[i] < '0' || s[i] > '9':
			return false
		}
	}
	return len(s) <= 6+dots && dots <= 1
}

func (in *inspection) scanPieces(r finding.Rule, path, s string, offset int64) int {
	hits := 0
	for len(s) > 0 {
		piece := s
		if len(piece) > maxScan {
			cut := strings.LastIndexAny(piece[:maxScan], " \n\t")
			if cut < maxScan/2 {
				cut = maxScan
			}
			piece = piece[:cut]
		}
		if strings.TrimSpace(piece) == "" {
			s = s[len(piece):]
			continue
		}
		piece = strings.ToValidUTF8(piece, " ")
		if in.Text != nil {
			in.Text(piece)
		}
		for _, h := range in.Scanner.Scan(piece, text.Where{}) {
			in.add(r, hit{
				severity: h.Severity, hipaa: h.Rule.HIPAA, path: path, shape: h.Shape, offset: offset + int64(h.Start),
				message: fmt.Sprintf("%s (%s).", h.Rule.Title, h.Rule.ID),
			})
			hits++
		}
		if len(piece) >= len(s) {
			break
		}
		s = s[len(piece):]
		offset += int64(len(piece))
	}
	return hits
}

// whole returns the file's bytes, or false and a finding if it is larger than
// limit.
func (in *inspection) whole(limit int64) ([]byte, bool) {
	if in.size > limit {
		in.refuse("The file has %d bytes; the limit for its kind is %d.", in.size, limit)
		return nil, false
	}
	b, err := io.ReadAll(io.NewSectionReader(in.f, 0, in.size))
	return b, err == nil
}

// bytesAt returns n bytes at offset, or nil if they are not there.
func (in *inspection) bytesAt(offset, n int64) []byte {
	if offset < 0 || n <= 0 || offset > in.size || n > in.size-offset {
		return nil
	}
	b := make([]byte, n)
	if got, _ := in.f.ReadAt(b, offset); int64(got) < n {
		return nil
	}
	return b
}
