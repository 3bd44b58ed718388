package audit

import "assay/internal/audit/finding"

// Rules that need the whole set, or come before a file is parsed.
var (
	ruleParserCrash = finding.Rule{
		ID: "fmt-parser-crash", Title: "The reader died on a file", Severity: finding.Blocker,
		Fix:    "Write the file anew from its source; a file that no reader survives cannot be delivered.",
		Source: "the audit's own limits on time and memory",
	}
	ruleCrashLimit = finding.Rule{
		ID: "set-crash-limit", Title: "Too many files on which the reader died", Severity: finding.Blocker,
		Fix:    "Write the files anew from their source, and try a few of them first.",
		Source: "the audit's own limits on time and memory",
	}
	ruleNotDICOM = finding.Rule{
		ID: "fmt-not-dicom", Title: "A file of a kind that does not belong", Severity: finding.Warning,
		Fix:    "Remove the file, or say in the data dictionary what it is for.",
		Source: "the kinds of file that a submission may contain",
	}
	ruleProgram = finding.Rule{
		ID: "file-program", Title: "A program among the data", Severity: finding.Blocker,
		Fix:    "Remove the program; a data set holds no files that can be run.",
		Source: "the kinds of file that a submission may contain",
	}
	ruleUnreadable = finding.Rule{
		ID: "file-unreadable", Title: "A file could not be read", Severity: finding.Blocker,
		Fix:    "Check the file and submit the set again.",
		Source: "the file system or archive of the submission",
	}
	ruleNotRegular = finding.Rule{
		ID: "file-not-regular", Title: "Not a regular file", Severity: finding.Blocker,
		Fix:    "Submit regular files only; replace a link by what it points to.",
		Source: "the file system or archive of the submission",
	}
	ruleSizeLimit = finding.Rule{
		ID: "file-size-limit", Title: "File over the size limit", Severity: finding.Blocker,
		Fix:    "Split the file, or ask for a larger limit.",
		Source: "the limits shown before the upload",
	}
	ruleSetLimit = finding.Rule{
		ID: "set-limit", Title: "Set over a limit", Severity: finding.Blocker,
		Fix:    "Split the data set, or ask for a larger limit.",
		Source: "the limits shown before the upload",
	}
	rulePathLimit = finding.Rule{
		ID: "file-path-limit", Title: "Path over a limit", Severity: finding.Blocker,
		Fix:    "Use shorter names and fewer folders.",
		Source: "the limits shown before the upload",
	}
	ruleDuplicateUID = finding.Rule{
		ID: "set-duplicate-uid", Title: "One SOPInstanceUID, several files", Severity: finding.Blocker,
		Fix:    "Give each instance a SOPInstanceUID of its own, and leave out copies.",
		Source: "DICOM PS3.5 Section 9",
	}
	ruleDuplicatePixels = finding.Rule{
		ID: "set-duplicate-pixels", Title: "Equal pixels in several instances or listings", Severity: finding.Blocker,
		Fix:    "Leave out the copies. If two patients share an image (a blocker; within one patient, or as a secondary capture, it is a warning), check the mapping of pseudonyms: the image belongs to one of them. If the copies lie in another listing (a warning), say in the answer why they are offered twice.",
		Source: "DICOM PS3.3 Section C.12.1.1.1: an instance is identified by its SOPInstanceUID; blank frames, masks and images under 32 by 32 pixels are not compared",
	}
	ruleSeriesGeometry = finding.Rule{
		ID: "set-series-geometry", Title: "Slices of a series do not fit together", Severity: finding.Warning,
		Fix:    "Check that the series is complete and holds one reconstruction: look at ImagePositionPatient, ImageOrientationPatient, PixelSpacing, Rows, FrameOfReferenceUID and InstanceNumber of the files named. Say in the documentation if slices were left out on purpose.",
		Source: "DICOM PS3.3 Sections C.7.6.1, C.7.6.2 and C.7.4.1; C.7.6.16 for multi-frame objects",
	}
	ruleSplitLeakage = finding.Rule{
		ID: "set-split-leakage", Title: "One patient or image in two parts of a split", Severity: finding.Warning,
		Fix:    "Split by patient: put all files of a patient into one of the folders for training, validation and test, or offer the set without a split. The split cannot be claimed as it is; the images themselves can be offered.",
		Source: "the names of folders and the tables that name training, validation and test; a leak blocks the split, not the listing",
	}
	ruleMixedPatient = finding.Rule{
		ID: "set-mixed-patient", Title: "Patients, studies or series mixed up", Severity: finding.Blocker,
		Fix:    "Check the mapping of pseudonyms and UIDs: a study has one patient, a series one study and one modality, a patient one sex and one birth date.",
		Source: "DICOM PS3.3 Section 7 (the information model)",
	}
	ruleManifest = finding.Rule{
		ID: "set-manifest", Title: "The files are not what is claimed", Severity: finding.Warning,
		Fix:    "Correct the claim, or add the files that are missing and take out those that do not belong. If a header is wrong, such as Modality, BodyPartExamined, Manufacturer, MagneticFieldStrength, KVP, SliceThickness, PatientSex or PatientAge, correct it or say so in the answer.",
		Source: "the claims of the listing beside the measured facts; what no header tells is not checkable and contradicts nothing",
	}
)

// Rules returns the rules of this package itself; see Registry for all.
func Rules() []finding.Rule {
	return []finding.Rule{
		ruleParserCrash, ruleCrashLimit, ruleNotDICOM, ruleProgram, ruleUnreadable, ruleNotRegular,
		ruleSizeLimit, ruleSetLimit, rulePathLimit, ruleDuplicateUID, ruleDuplicatePixels,
		ruleSeriesGeometry, ruleSplitLeakage, ruleMixedPatient, ruleManifest,
	}
}
