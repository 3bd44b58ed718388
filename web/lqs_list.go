package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/internal/audit/annotation"
	"assay/internal/audit/quality"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/web/ui"
)

// facts are what a draft takes of a quality report: figures and names of
// classes, no files and no places. lqs.js makes the same of a report in the
// browser.
type facts struct {
	Schema string `json:"schema"`
	Input  struct {
		Files   int          `json:"files"`
		Images  int          `json:"images"`
		Labels  int          `json:"labels"`
		Formats []factFormat `json:"formats"`
	} `json:"input"`
	Classes []factClass `json:"classes"`
	Metrics struct {
		Completeness struct {
			Boxes int `json:"boxes"`
		} `json:"completeness"`
		Splits  []quality.SplitCount `json:"splits"`
		Leakage *factLeakage         `json:"leakage"`
	} `json:"metrics"`
}

type factFormat struct {
	Name string `json:"name"`
}

type factClass struct {
	Name   string `json:"name"`
	Masked bool   `json:"masked,omitempty"`
	Labels int    `json:"labels"`
}

type factLeakage struct {
	Sets []quality.Venn `json:"sets"`
}

// Bounds of facts.
const (
	mostFactClasses = 60
	mostFactSplits  = 20
	mostDraftNames  = 20  // classes in the summary
	maxNameRunes    = 60  // of a class or a split
	mostCounted     = 1e9 // images, labels, patients
)

// reportFacts are the facts of a report, as the form carries them.
func reportFacts(r *quality.Report) (string, error) {
	f := facts{Schema: r.Schema}
	f.Input.Files, f.Input.Images, f.Input.Labels = r.Input.Files, r.Input.Images, r.Input.Labels
	for _, format := range r.Input.Formats {
		f.Input.Formats = append(f.Input.Formats, factFormat{format.Name})
	}
	for _, c := range r.Classes {
		if c.Labels > 0 && len(f.Classes) < mostFactClasses {
			f.Classes = append(f.Classes, factClass{c.Name, c.Masked, c.Labels})
		}
	}
	f.Metrics.Completeness.Boxes = r.Metrics.Completeness.Boxes
	f.Metrics.Splits = r.Metrics.Splits
	if l := r.Metrics.Leakage; l != nil {
		f.Metrics.Leakage = &factLeakage{l.Sets}
	}
	text, err := json.Marshal(f)
	return string(text), err
}

// parseFacts reads facts that a browser sent: whoever sends them may have
// written them by hand.
func parseFacts(text string) (facts, error) {
	var f facts
	if json.Unmarshal([]byte(text), &f) != nil || f.Schema != quality.Schema || f.Input.Files < 1 {
		return f, errs.New(errs.Invalid, "This is no quality report of ours. Audit the files again and press the button beside the report.")
	}
	counts := []int{f.Input.Files, f.Input.Images, f.Input.Labels, f.Metrics.Completeness.Boxes}
	for _, c := range f.Classes {
		counts = append(counts, c.Labels)
	}
	for _, s := range f.Metrics.Splits {
		counts = append(counts, s.Images)
	}
	if l := f.Metrics.Leakage; l != nil {
		for _, s := range l.Sets {
			counts = append(counts, s.Patients)
		}
	}
	counts = append(counts, f.patients())
	if slices.Min(counts) < 0 || slices.Max(counts) > mostCounted || len(f.Classes) > mostFactClasses || len(f.Metrics.Splits) > mostFactSplits {
		return f, errs.New(errs.Invalid, "This quality report counts what no data set has. Audit the files again and press the button beside the report.")
	}
	return f, nil
}

// listFromQuality starts a draft with what a quality report counted. They are
// the seller's claims until the files themselves are audited here.
func (s *Server) listFromQuality(w http.ResponseWriter, r *http.Request) error {
	f, err := parseFacts(r.PostForm.Get("lqs_facts"))
	if err != nil {
		return err
	}
	d, err := s.Listings.Create(r.Context(), s.actor(r), listing.Basics{Title: f.title(), Summary: f.summary()})
	if err != nil {
		return err
	}
	claims := f.claims()
	for _, step := range []listing.Step{listing.StepLabels, listing.StepDemographics, listing.StepSplits} {
		d, err = s.Listings.SaveStep(r.Context(), s.actor(r), d.Listing.ID, listing.Save{Step: step, Claims: claims, Token: d.Revision.Token()})
		if err != nil {
			return err
		}
	}
	s.flash(r, "The draft holds what the quality report counted. Check it, and add what no file tells.")
	redirect(w, r, listingURL(d.Listing.ID, string(listing.StepBasics)))
	return nil
}

// title says what was counted, for the seller to write better.
func (f facts) title() string {
	return "Data set of " + ui.Plural(f.Input.Images, "image", "images") + " (title to be written)"
}

// summary tells the figures in sentences, the most frequent classes first.
// Names that were masked are left out.
func (f facts) summary() string {
	text := fmt.Sprintf("%s with %s in %s.", ui.Plural(f.Input.Images, "image", "images"), ui.Plural(f.Input.Labels, "label", "labels"), ui.Plural(f.Input.Files, "file", "files"))
	var classes []string
	for _, c := range slices.SortedStableFunc(slices.Values(f.Classes), func(a, b factClass) int { return cmp.Compare(b.Labels, a.Labels) }) {
		if c.Labels > 0 && !c.Masked && isName(c.Name) && len(classes) < mostDraftNames {
			classes = append(classes, fmt.Sprintf("%s (%s)", c.Name, ui.Number(c.Labels)))
		}
	}
	if len(classes) > 0 {
		text += " Classes: " + strings.Join(classes, ", ") + "."
	}
	return text + " To be described further."
}

// isName reports whether a name from a report can stand in a sentence.
func isName(name string) bool {
	return strings.TrimSpace(name) != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxNameRunes &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// claims turns the figures into answers of the wizard.
func (f facts) claims() listing.Claims {
	var c listing.Claims
	c.Labels.AnnotationTypes = f.annotationTypes()
	taken := map[string]bool{}
	for _, s := range f.Metrics.Splits {
		if name := strings.ToLower(s.Split); isName(s.Split) && !taken[name] {
			taken[name] = true
			c.Splits.List = append(c.Splits.List, listing.Split{Name: s.Split, N: s.Images})
		}
	}
	if len(c.Splits.List) > 0 {
		c.Splits.Provided = listing.Yes
	}
	c.Demographics.Patients = f.patients()
	return c
}

// patients counts those that could be told apart by splits; 0 if none could.
func (f facts) patients() int {
	n := 0
	if l := f.Metrics.Leakage; l != nil {
		for _, s := range l.Sets { // each patient is in one of them
			n += s.Patients
		}
	}
	return n
}

// annotationTypes are the forms of label that the formats hold.
func (f facts) annotationTypes() []listing.AnnotationType {
	have := map[listing.AnnotationType]bool{"bounding_box": f.Metrics.Completeness.Boxes > 0}
	for _, format := range f.Input.Formats {
		have[formOfFormat[annotation.Format(format.Name)]] = true
	}
	var list []listing.AnnotationType
	for _, term := range listing.AnnotationTypes {
		if have[term.Value] {
			list = append(list, term.Value)
		}
	}
	return list
}

// formOfFormat says what form of label a format has. Formats that hold several
// have none here: boxes are counted, the rest is for the seller to say.
var formOfFormat = map[annotation.Format]listing.AnnotationType{
	annotation.COCOKeypoints: "keypoint", annotation.YOLOPose: "keypoint",
	annotation.CheXpert: "image_label", annotation.ChestXray14: "image_label", annotation.COCOLabels: "image_label",
	annotation.COCOPanoptic: "segmentation_mask", annotation.PNGMask: "segmentation_mask", annotation.RunTable: "segmentation_mask",
	annotation.NNUNet: "segmentation_mask", annotation.NNUNet1: "segmentation_mask", annotation.MSD: "segmentation_mask",
	annotation.BraTS: "segmentation_mask", annotation.DICOMSEG: "segmentation_mask",
	annotation.RTSTRUCT: "contour", annotation.LIDC: "contour", annotation.YOLOSegment: "contour",
	annotation.SRTID1500: "measurement",
}
