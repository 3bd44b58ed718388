package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"assay/internal/audit/quality"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/web/ui"
)

// factsBytes bounds a quality report that starts a draft.
const factsBytes = 8 << 20

// listFromQuality starts a draft with what a quality report counted. They are
// the seller's claims until the files themselves are audited here.
func (s *Server) listFromQuality(w http.ResponseWriter, r *http.Request) error {
	text := r.PostForm.Get("lqs_facts")
	var report quality.Report
	if len(text) > factsBytes || json.Unmarshal([]byte(text), &report) != nil || report.Schema != quality.Schema {
		return errs.New(errs.Invalid, "This is no quality report of ours. Audit the files again and press the button beside the report.")
	}
	d, err := s.Listings.Create(r.Context(), s.actor(r), listing.Basics{Title: draftTitle(&report), Summary: draftSummary(&report)})
	if err != nil {
		return err
	}
	claims := draftClaims(&report)
	for _, step := range []listing.Step{listing.StepLabels, listing.StepDemographics, listing.StepSplits} {
		saved, err := s.Listings.SaveStep(r.Context(), s.actor(r), d.Listing.ID, listing.Save{Step: step, Claims: claims, Token: d.Revision.Token()})
		if err != nil {
			return err
		}
		d = saved
	}
	s.flash(r, "The draft holds what the quality report counted. Check it, and add what no file tells.")
	redirect(w, r, listingURL(d.Listing.ID, string(listing.StepBasics)))
	return nil
}

// draftTitle says what was counted, for the seller to write better.
func draftTitle(r *quality.Report) string {
	return "Data set of " + ui.Plural(r.Input.Images, "image", "images") + " (title to be written)"
}

// draftSummary tells the figures of r in sentences. Names of classes that were
// masked are left out.
func draftSummary(r *quality.Report) string {
	text := fmt.Sprintf("%s with %s in %s.", ui.Plural(r.Input.Images, "image", "images"), ui.Plural(r.Input.Labels, "label", "labels"), ui.Plural(r.Input.Files, "file", "files"))
	var classes []string
	for _, c := range r.Classes {
		if c.Labels > 0 && len(classes) < 20 && len(c.Name) <= 60 {
			classes = append(classes, fmt.Sprintf("%s (%s)", c.Name, ui.Number(c.Labels)))
		}
	}
	if len(classes) > 0 {
		text += " Classes: " + strings.Join(classes, ", ") + "."
	}
	return text + " To be described further."
}

// draftClaims turns figures of r into answers of the wizard.
func draftClaims(r *quality.Report) listing.Claims {
	var c listing.Claims
	c.Labels.AnnotationTypes = annotationTypes(r)
	patients := 0
	for _, s := range r.Metrics.Splits {
		c.Splits.List = append(c.Splits.List, listing.Split{Name: s.Split, N: s.Images})
		if s.Patients != nil {
			patients += *s.Patients
		}
	}
	if len(c.Splits.List) > 0 {
		c.Splits.Provided = listing.Yes
	}
	c.Demographics.Patients = patients
	return c
}

// annotationTypes are the forms of label that the formats of r hold.
func annotationTypes(r *quality.Report) []listing.AnnotationType {
	have := map[listing.AnnotationType]bool{}
	for _, f := range r.Input.Formats {
		for part, t := range formOfFormat {
			if strings.Contains(f.Name, part) {
				have[t] = true
			}
		}
	}
	if r.Metrics.Completeness.Boxes > 0 {
		have["bounding_box"] = true
	}
	var list []listing.AnnotationType
	for _, term := range listing.AnnotationTypes {
		if have[term.Value] {
			list = append(list, term.Value)
		}
	}
	return list
}

// formOfFormat says by a part of its name what form of label a format has.
var formOfFormat = map[string]listing.AnnotationType{
	"keypoints": "keypoint", "pose": "keypoint", "chexpert": "image_label", "chestxray14": "image_label",
	"seg": "segmentation_mask", "mask": "segmentation_mask", "nnunet": "segmentation_mask", "msd": "segmentation_mask", "brats": "segmentation_mask", "panoptic": "segmentation_mask",
	"rtstruct": "contour", "lidc": "contour", "dicom-sr": "measurement",
}
