package audit

import (
	"bytes"
	"context"
	"hash/fnv"
	"io"
	"strconv"
	"strings"

	"assay/internal/audit/conform"
	"assay/internal/audit/deid"
	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/dicom/typed"
	"assay/internal/audit/document"
	"assay/internal/audit/finding"
	"assay/internal/audit/iod"
	"assay/internal/audit/pixel"
	"assay/internal/audit/series"
	"assay/internal/audit/sniff"
)

// onlyPixels looks at what a decoded DICOM file shows and at nothing else.
func (i *inspection) onlyPixels(ctx context.Context) error {
	pixels := pixel.New()
	pixels.Measure = i.opts.Labels
	h, err := dicom.Scan(ctx, i.file.Content, i.file.SizeBytes, i.opts.Limits.DICOM, func(e *dicom.Element) error {
		var text string
		if e.VR.IsText() {
			text, _ = dicom.Text(e, e.Charset)
		}
		pixels.Element(e, text)
		return nil
	})
	if err != nil {
		return err
	}
	i.facts.Status, i.facts.Reason = Status(h.Status), h.Reason
	switch {
	case h.Status != dicom.Read:
	case i.opts.Draw:
		i.facts.Drawn = pixels.Draw(i.file.Content, i.file.SizeBytes, h)
	default:
		seen := pixels.Done(i.file.Content, i.file.SizeBytes, h)
		i.facts.Pixels = &seen
	}
	return nil
}

// dicom inspects a DICOM file in one pass over its elements.
func (i *inspection) dicom(ctx context.Context) error {
	if i.opts.OnlyPixels || i.opts.Draw {
		return i.onlyPixels(ctx)
	}
	header := deid.New(i.opts.Claims, deid.Config{Hash: i.hash.hash, Text: i.text, Now: i.opts.Now, OnlyKnown: i.second, ListTexts: i.opts.ListTexts, KeepTexts: i.opts.KeepTexts})
	check := conform.New("", i.add)
	required := iod.New(i.add)
	pixels := pixel.New()
	pixels.Measure = i.opts.Labels
	var read headerReader
	var again *typed.Reader
	if i.confirmed() {
		again = new(typed.Reader)
	}
	h, err := dicom.Scan(ctx, i.file.Content, i.file.SizeBytes, i.opts.Limits.DICOM, func(e *dicom.Element) error {
		var text string
		var textErr error
		if e.VR.IsText() {
			text, textErr = dicom.Text(e, e.Charset)
		}
		header.Element(e, text)
		if i.second {
			return nil
		}
		i.cut.element(e)
		check.Element(e, text, textErr)
		required.Element(e, text)
		pixels.Element(e, text)
		read.element(e, text)
		if again != nil {
			again.Element(e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if h.HasPreamble {
		i.preamble(header)
	}
	facts := header.Done()
	i.facts.Header = &facts
	i.facts.Status, i.facts.Reason = Status(h.Status), h.Reason
	if i.second {
		return nil
	}
	check.Done(h)
	i.cut.say(i)
	if why := required.Done(h); why != "" {
		i.notChecked(objectsWhat, why)
	}
	for _, f := range pixels.HeaderFindings(h, i.opts.Claims) {
		i.add(f)
	}
	for _, p := range h.Problems {
		i.add(problemFinding(p))
	}
	if again != nil {
		i.readAgain(again, h)
	}
	i.facts.Data = true
	if i.facts.Status == Read {
		i.facts.Instance = read.instance(h, i.hash)
		i.frames(&read)
		i.facts.Instance.Face = pixels.Face(h)
		i.facts.Instance.IsLossy = pixels.IsLossy(h)
	}
	if i.looksAtPixels() && i.facts.Status == Read {
		seen := pixels.Done(i.file.Content, i.file.SizeBytes, h)
		i.facts.Pixels = &seen
		if seen.Skipped > 0 {
			i.notChecked("text in each frame of long multi-frame images", "Of very many frames the audit looks at some, evenly apart, and at the brightest of more.")
		}
	}
	if h.PixelData.Present {
		i.notChecked(facesWhat, facesWhy)
	}
	if h.PixelData.Present && !i.looksAtPixels() {
		i.notChecked(textWhat, notAsked)
	}
	return i.encapsulated(ctx, &facts, h, pixels)
}

// objectsWhat is what the rules of package iod do not reach.
const objectsWhat = "attributes that the object definitions of DICOM require"

// preamble looks for text in the 128 bytes that no reader of DICOM reads.
func (i *inspection) preamble(header *deid.Inspector) {
	var b [128]byte
	if n, _ := i.file.Content.ReadAt(b[:], 0); n == len(b) {
		header.Preamble(b[:])
	}
}

// pathOfDocument is the place of a document inside a DICOM file.
const pathOfDocument = "(0042,0011) EncapsulatedDocument"

// encapsulated looks for identifiers in the document inside a DICOM file.
func (i *inspection) encapsulated(ctx context.Context, facts *deid.Facts, h *dicom.Header, pixels *pixel.Inspector) error {
	d := facts.Document
	if d == nil {
		return nil
	}
	content := io.NewSectionReader(i.file.Content, d.Offset, d.Length)
	if s, ok := dict.LookupTransferSyntax(h.TransferSyntaxUID); ok && s.Deflated {
		var b []byte
		if d.Length > 0 && d.Length <= i.opts.Limits.DICOM.ValueBytes {
			b = pixels.Inflated(i.file.Content, i.file.SizeBytes, d.Offset, int(d.Length))
		}
		if b == nil {
			i.notChecked("text of encapsulated documents", "The data set is deflated, and the document in it cannot be read.")
			return nil
		}
		content = io.NewSectionReader(bytes.NewReader(b), 0, d.Length)
	}
	kind, err := sniff.DetectFile(content, d.Length)
	if err != nil {
		return err
	}
	if !readable(kind) {
		i.notChecked("text of encapsulated documents", "The audit does not read documents of this kind ("+string(kind)+").")
		return nil
	}
	clean := true
	in := document.Inspector{Scanner: i.text, Text: i.takeText("EncapsulatedDocument"), Name: i.keepNames(), Image: i.imagesInside(pathOfDocument), Emit: func(f finding.Finding) {
		clean = false
		f.Path = strings.TrimSpace(pathOfDocument + " " + f.Path)
		i.add(f)
	}}
	if err := in.Inspect(ctx, content, d.Length, kind, ""); err != nil {
		return err
	}
	if clean {
		facts.DocumentIsClean()
	}
	return nil
}

// confirmed reports whether a second reader reads this file. The choice hangs
// on the path alone, so that equal sets give equal reports.
func (i *inspection) confirmed() bool {
	if typed.Missing != "" {
		i.notChecked("header values by a second reader", typed.Missing)
		return false
	}
	if i.opts.SecondReader <= 1 {
		return true
	}
	h := fnv.New32a()
	io.WriteString(h, i.file.Path)
	if h.Sum32()%i.opts.SecondReader == 0 {
		return true
	}
	i.notChecked("header values by a second reader", "In a large set the second reader confirms a sample of the files.")
	return false
}

// readAgain has a second reader confirm what the first one read.
func (i *inspection) readAgain(again *typed.Reader, h *dicom.Header) {
	if h.Status != dicom.Read {
		return
	}
	r := again.Check(i.file.Content, i.file.SizeBytes, h, "")
	for _, f := range r.Findings {
		i.add(f)
	}
	if !r.Checked {
		i.notChecked("header values by a second reader", r.Reason)
	}
}

// problemFinding turns a problem of the encoding into a finding of its rule.
func problemFinding(p dicom.Problem) finding.Finding {
	r, ok := ruleByID()[p.Rule]
	if !ok {
		r = finding.Rule{ID: p.Rule}
	}
	f := r.New(p.Path, "", p.Message, finding.Location{Offset: p.Offset})
	f.Severity = p.Severity
	f.Count = max(1, p.Count)
	return f
}

// headerReader keeps what the facts need from the elements of one file.
type headerReader struct {
	patientID, sex, age, birth    string
	bodyPart, manufacturer, model string
	institution                   string
	thickness, field, kvp         float64
	frameItems                    int
	place                         series.Reader
}

func (r *headerReader) element(e *dicom.Element, text string) {
	r.place.Element(e, text)
	switch e.Tag {
	case 0x00180050: // SliceThickness; in multi-frame objects inside functional groups
		number(&r.thickness, text)
	case 0x00180087: // MagneticFieldStrength
		number(&r.field, text)
	case 0x00180060: // KVP
		number(&r.kvp, text)
	}
	if e.Depth > 0 {
		if first := e.Parents[0]; first.Tag == 0x52009230 { // PerFrameFunctionalGroupsSequence
			r.frameItems = max(r.frameItems, first.Item)
		}
		return
	}
	switch e.Tag {
	case 0x00100020:
		r.patientID = clean(text)
	case 0x00100030:
		r.birth = clean(text)
	case 0x00100040:
		r.sex = clean(text)
	case 0x00101010:
		r.age = clean(text)
	case 0x00180015:
		r.bodyPart = clean(text)
	case 0x00080070:
		r.manufacturer = clean(text)
	case 0x00081090:
		r.model = clean(text)
	case 0x00080080:
		r.institution = clean(text)
	}
}

func clean(s string) string { return dicom.Trim(s) }

// number reads the first value of a decimal string, once.
func number(into *float64, text string) {
	if *into != 0 {
		return
	}
	first, _, _ := strings.Cut(text, `\`)
	if v, err := strconv.ParseFloat(clean(first), 64); err == nil && v > 0 && v < 1e6 {
		*into = v
	}
}

// instance returns what the file contributes to the set.
func (r *headerReader) instance(h *dicom.Header, hash *hasher) *Instance {
	i := &Instance{
		SOPInstance: hash.hash(h.SOPInstanceUID), Series: hash.hash(h.SeriesInstanceUID),
		Study: hash.hash(h.StudyInstanceUID), Patient: hash.hash(r.patientID),
		SOPClass: nameOfSOPClass(h), TransferSyntax: nameOfTransferSyntax(h),
		Modality: knownModality(h.Modality), BodyPart: knownBodyPart(r.bodyPart),
		Manufacturer: makerOf(r.manufacturer), Model: knownModel(r.model), Institution: hash.hash(strings.ToLower(r.institution)),
		Sex: sexOf(r.sex), AgeBand: ageBand(r.age), AgeYears: ageYears(r.age), BirthDate: hash.hash(r.birth),
		Rows: h.Image.Rows, Columns: h.Image.Columns,
		Photometric: photometric(h.Image.PhotometricInterpretation), BitsStored: h.Image.BitsStored,
		SliceThicknessMM: r.thickness, FieldStrengthT: r.field, KVp: r.kvp,
		Place:  r.place.Place(h, func(s string) series.Hash { return series.Hash(hash.hash(s)) }),
		Pixels: pixelRange(h),
	}
	if h.PixelData.Present {
		i.Frames = max(1, h.PixelData.Frames)
		i.FrameItems = r.frameItems
	}
	return i
}
