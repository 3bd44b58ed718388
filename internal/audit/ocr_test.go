package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"assay/internal/audit"
	"assay/internal/audit/deid"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/finding"
	"assay/internal/audit/pixel"
)

// shows returns an inspection in which the name of a file says what its image
// is: "risk" shows a frame that is likely to hold text, "packed" one that
// needs a decoder, "burned" one whose header says that it holds text.
func shows(_ context.Context, f audit.File, o audit.InspectOptions) (audit.Facts, error) {
	facts := audit.Facts{Kind: "dicom", Data: true, Status: audit.Read}
	if len(o.Known) > 0 || o.NoPixels {
		return facts, nil
	}
	p := &pixel.Facts{Offset: 100}
	raster := pixel.Raster{Source: "(7FE0,0010) PixelData", Frame: 1, Offset: 100, Width: 60, Height: 30, Scale: 1, Gray: make([]byte, 1800),
		Overview: pixel.Overview{FrameWidth: 60, FrameHeight: 30, Width: 6, Height: 3, Gray: make([]byte, 18)}}
	copy(raster.Gray, f.Path)
	if strings.Contains(f.Path, "packed") && !o.OnlyPixels {
		p.NeedsDecoder, p.Undecoded = true, "The frames are compressed."
	} else if !strings.Contains(f.Path, "empty") {
		p.Rasters = []pixel.Raster{raster}
	}
	if strings.Contains(f.Path, "risk") {
		p.Risks = []string{"ultrasound"}
	}
	p.BurnedIn = strings.Contains(f.Path, "burned")
	p.CleanClaimed = strings.Contains(f.Path, "claim")
	facts.Pixels = p
	if strings.Contains(f.Path, "named") {
		facts.Header = &deid.Facts{Names: []audit.Hash{}}
	}
	return facts, nil
}

// reads returns a reader of text that reads what the name of the file says
// after "reads-".
func reads(ctx context.Context, rasters []pixel.Raster) ([][]pixel.Word, error) {
	words := make([][]pixel.Word, len(rasters))
	for i, r := range rasters {
		name, _, _ := strings.Cut(string(bytes.TrimRight(r.Gray[:60], "\x00")), ".")
		_, text, _ := strings.Cut(name, "reads-")
		words[i] = []pixel.Word{}
		for n, w := range strings.Fields(strings.ReplaceAll(text, "_", " ")) {
			words[i] = append(words[i], pixel.Word{Text: w, Confidence: 90, Box: pixel.Box{X: 5 + 20*n, Y: 5, Width: 6 * len(w), Height: 10}})
		}
	}
	return words, nil
}

type decodedFile struct{ *bytes.Reader }

func (decodedFile) Close() error { return nil }

func decodes(_ context.Context, f audit.File) (audit.Decoded, error) {
	switch {
	case strings.Contains(f.Path, "dies"):
		return nil, &audit.DecodeError{Message: "The decoder crashed on this file.", Died: true}
	case strings.Contains(f.Path, "refused"):
		return nil, &audit.DecodeError{Message: "The decoder refused the pixel data."}
	}
	data, err := io.ReadAll(io.NewSectionReader(f.Content, 0, f.SizeBytes))
	return decodedFile{bytes.NewReader(data)}, err
}

var allTools = audit.Tools{Decode: decodes, ReadText: reads}

// look audits files of those names.
func look(t *testing.T, opts audit.Options, names ...string) *audit.Report {
	t.Helper()
	set := fstest.MapFS{}
	for _, n := range names {
		set[n] = &fstest.MapFile{Data: []byte(n), Mode: 0o444}
	}
	if opts.Inspect == nil {
		opts.Inspect = shows
	}
	r, err := audit.Run(t.Context(), set, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// said lists the findings of a report as "severity rule".
func said(r *audit.Report) string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, string(f.Severity)+" "+f.Rule)
	}
	return strings.Join(list, ", ")
}

func TestWhatImagesShow(t *testing.T) {
	none := audit.Tools{}
	tests := []struct {
		name, file, want string
		tools            audit.Tools
		unchecked        string // part of why something was not checked
	}{
		{"a number in a frame", "a-reads-MRN:_7781234.dcm", "blocker pix-ocr-text", allTools, ""},
		{"a word that may be a name", "a-reads-Zandrovic.dcm", "warning pix-ocr-text", allTools, ""},
		{"a frame with markers", "a-risk-reads-L_SUP.dcm", "", allTools, ""},
		{"no reader, ordinary image", "a-reads-Zandrovic.dcm", "", none, "tesseract"},
		{"no reader, image with a risk", "a-risk.dcm", "warning pix-ocr-not-run", none, "tesseract"},
		{"a compressed image", "packed-reads-Zandrovic.dcm", "warning pix-ocr-text", allTools, ""},
		{"no decoder, ordinary image", "packed.dcm", "", none, "gdcmconv"},
		{"no decoder, image with a risk", "packed-risk.dcm", "warning pix-ocr-not-run", none, "gdcmconv"},
		{"the decoder dies", "packed-dies.dcm", "blocker pix-decode", allTools, "crashed"},
		{"the decoder refuses", "packed-refused.dcm", "warning pix-decode", allTools, "refused"},
		{"burned in and found", "burned-reads-MRN:_7781234.dcm", "blocker pix-burnedin-yes, blocker pix-ocr-text", allTools, ""},
		{"burned in and not found", "burned.dcm", "warning pix-burnedin-yes", allTools, ""},
		{"burned in, nothing like letters", "burned-empty.dcm", "warning pix-burnedin-yes", allTools, ""},
		{"burned in and not read", "burned.dcm", "blocker pix-burnedin-yes, warning pix-ocr-not-run", none, "tesseract"},
		{"claimed clean", "claim-reads-MRN:_7781234.dcm", "blocker deid-claim-mismatch, blocker pix-ocr-text", allTools, ""},
		{"claimed clean and clean", "claim.dcm", "", allTools, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := look(t, audit.Options{Tools: tt.tools}, tt.file)
			if got := said(r); got != tt.want {
				t.Errorf("findings %q, want %q", got, tt.want)
			}
			var why []string
			for _, n := range r.NotChecked {
				if n.What == "text in images" {
					why = append(why, n.Why)
				}
			}
			if (tt.unchecked == "") != (len(why) == 0) || !strings.Contains(strings.Join(why, " "), tt.unchecked) {
				t.Errorf("not checked: %q, want %q", why, tt.unchecked)
			}
		})
	}
}

// manyImages are files of all sorts, enough to be worked on out of order.
func manyImages() []string {
	var names []string
	for i := range 120 {
		sort := []string{"a-reads-MRN:_7781234", "b-risk-reads-Zandrovic", "c-packed", "d-packed-risk-reads-Zandrovic", "e-empty"}[i%5]
		names = append(names, fmt.Sprintf("%03d-%s.dcm", i, sort))
	}
	return names
}

func TestReportOfImagesIsTheSameInAnyOrderOfWork(t *testing.T) {
	report := func(parallel int) (string, *audit.Report) {
		var calls atomic.Int64
		tools := allTools
		tools.ReadText = func(ctx context.Context, r []pixel.Raster) ([][]pixel.Word, error) {
			time.Sleep(time.Duration(calls.Add(1)%7) * time.Millisecond)
			return reads(ctx, r)
		}
		r := look(t, audit.Options{Parallel: parallel, Tools: tools, Limits: audit.Limits{ReadFrames: 40}}, manyImages()...)
		var out bytes.Buffer
		if err := r.WriteJSON(&out); err != nil {
			t.Fatal(err)
		}
		return out.String(), r
	}
	want, first := report(1)
	for _, parallel := range []int{3, 16} {
		if got, _ := report(parallel); got != want {
			t.Errorf("the report with %d workers differs from that with one", parallel)
		}
	}
	risky := 0
	for _, f := range first.Findings {
		if f.Rule == "pix-ocr-text" && f.Severity == finding.Warning {
			risky += f.Count
		}
	}
	// A quarter of the budget of 40 may go to images without a risk.
	if risky < 10 {
		t.Errorf("%d images with a risk were read within the budget", risky)
	}
	if !strings.Contains(said(first), "pix-ocr-not-run") {
		t.Error("nothing says that the budget was spent")
	}
}

func TestPreviewsAreFewAndInOrder(t *testing.T) {
	r := look(t, audit.Options{Parallel: 8, Tools: allTools}, manyImages()...)
	if len(r.Previews) != 24 {
		t.Fatalf("%d previews, want 24", len(r.Previews))
	}
	last := -1
	for _, p := range r.Previews {
		if p.File < last || p.Path == "" || len(p.PNG) == 0 || len(p.Rules) == 0 || p.Width > 512 || p.Height > 512 {
			t.Errorf("preview of file %d after %d: path %q, %d bytes, %d x %d", p.File, last, p.Path, len(p.PNG), p.Width, p.Height)
		}
		last = p.File
	}
}

func TestNameOfTheSetIsFoundInPixels(t *testing.T) {
	const header = `
(0008,0016) UI SecondaryCaptureImageStorage
(0010,0010) PN Zandrovic^Ilse
`
	set := fstest.MapFS{
		"a-reads-Zandrovic.dcm": {Data: []byte("a-reads-Zandrovic.dcm"), Mode: 0o444},
		"real/b.dcm":            {Data: dicomtest.Build(header), Mode: 0o444},
	}
	inspect := func(ctx context.Context, f audit.File, o audit.InspectOptions) (audit.Facts, error) {
		if strings.HasPrefix(f.Path, "real/") {
			return audit.Inspect(ctx, f, o)
		}
		return shows(ctx, f, o)
	}
	r, err := audit.Run(t.Context(), set, audit.Options{Inspect: inspect, Tools: allTools})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.Rule == "pix-ocr-text" && f.Severity == finding.Blocker {
			return
		}
	}
	t.Errorf("a patient's name in the pixels of another file is no blocker: %s", said(r))
}

func TestFaultOfTheReaderEndsTheAudit(t *testing.T) {
	tools := audit.Tools{ReadText: func(context.Context, []pixel.Raster) ([][]pixel.Word, error) { return nil, errors.New("no space left") }}
	set := fstest.MapFS{"a.dcm": {Data: []byte("a.dcm"), Mode: 0o444}}
	if _, err := audit.Run(t.Context(), set, audit.Options{Inspect: shows, Tools: tools}); err == nil {
		t.Error("the audit ends well although text could not be read")
	}
	r, err := audit.Run(t.Context(), set, audit.Options{Inspect: shows, Tools: tools, NoOCR: true})
	if err != nil || len(r.Findings) > 0 {
		t.Errorf("without a look at pixels: %v, %v", r, err)
	}
}
