package document

import "assay/internal/audit/finding"

const (
	sourceSafeHarbor = "45 CFR 164.514(b)(2)(i)"
	sourceLimits     = "Assay limits"
)

const fixText = "De-identify the text itself: reports, notes and tables need their own pass. Remove or replace this part and submit a new version."

var (
	ruleReport = finding.Rule{
		ID: "report-text", Title: "Identifier in a report, note or table", Severity: finding.Warning,
		HIPAA: []string{"A", "B", "C", "D", "E", "F", "G", "H"}, Fix: fixText,
		Source: sourceSafeHarbor + "; HL7 v2 PID, NK1, PV1; HL7 CDA recordTarget; HL7 FHIR Patient",
	}
	ruleColumns = finding.Rule{
		ID: "sidecar-columns", Title: "Column or key that promises identifiers", Severity: finding.Blocker,
		HIPAA: []string{"A", "B", "C", "D", "E", "F", "G", "H"}, Source: sourceSafeHarbor,
		Fix: "Drop the column or key, or replace its values by pseudonyms that are made at random and kept apart.",
	}
	ruleImage = finding.Rule{
		ID: "img-metadata", Title: "Metadata in an image", Severity: finding.Warning,
		HIPAA: []string{"A", "B", "C", "M"}, Source: sourceSafeHarbor + "; Exif 2.32, XMP, IPTC IIM 4, PNG, TIFF 6.0",
		Fix: "Write the images again without metadata (for example exiftool -all=), keeping only what decoding needs.",
	}
	ruleDimensions = finding.Rule{
		ID: "img-dimensions", Title: "Image of impossible size", Severity: finding.Blocker, Source: sourceLimits,
		Fix: "Replace the image; tile it or reduce it if it is real.",
	}
	ruleSlide = finding.Rule{
		ID: "wsi-metadata", Title: "Label or overview in a whole-slide image", Severity: finding.Blocker,
		HIPAA: []string{"A", "H"}, Source: "Aperio SVS and Hamamatsu NDPI directories, OME-TIFF Image and TiffData",
		Fix: "Remove the label image, which often shows a name or number, and check or remove the overview (macro) image, for example with a tool that rewrites the directories of the file.",
	}
	ruleVolume = finding.Rule{
		ID: "nifti-header-text", Title: "Text in the header of a volume", Severity: finding.Warning,
		HIPAA: []string{"A", "C", "H"}, Source: sourceSafeHarbor + "; nifti1.h, nifti2.h, NRRD, MetaImage",
		Fix: "Empty the text fields of the header and drop its extensions before you write the volume.",
	}
	ruleVolumeHeader = finding.Rule{
		ID: "nifti-header-invalid", Title: "Header of a volume that does not fit the file", Severity: finding.Blocker,
		Source: "nifti1.h, nifti2.h", Fix: "Write the volume again from its source.",
	}
	ruleArchive = finding.Rule{
		ID: "archive-inside", Title: "Archive within the submission", Severity: finding.Warning, Source: sourceLimits,
		Fix: "Unpack it and submit the files themselves; what is inside was not checked.",
	}
	ruleRefused = finding.Rule{
		ID: "doc-refused", Title: "Document over a limit", Severity: finding.Blocker, Source: sourceLimits,
		Fix: "Write the file again within the limit that the message names.",
	}
	ruleUnread = finding.Rule{
		ID: "doc-not-read", Title: "Document that could not be read", Severity: finding.Warning, Source: sourceLimits,
		Fix: "Submit the text in a form that can be read (plain text, CSV, JSON, XML, DOCX, PDF with text), or leave the file out.",
	}
)

// Rules returns the rules of this package.
func Rules() []finding.Rule {
	return []finding.Rule{
		ruleReport, ruleColumns, ruleImage, ruleDimensions, ruleSlide, ruleVolume, ruleVolumeHeader,
		ruleArchive, ruleRefused, ruleUnread,
	}
}
