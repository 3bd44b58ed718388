package iod

import (
	"strings"

	"assay/internal/audit/dicom"
)

// facts are the values on which conditions depend.
type facts struct {
	class *class

	imageType        string
	scanningSequence string
	sequenceVariant  string
	lossy            string // LossyImageCompression
	organization     string // DimensionOrganizationType
	valueType        string // of the root of a structured report
	decay            string // DecayCorrection
	eyeMovement      string // PatientEyeMovementCommanded
	planGeometry     string // RTPlanGeometry
	lutShape         bool   // PresentationLUTShape
	lutSequence      bool   // PresentationLUTSequence
	windowCenter     bool
	providerURL      bool // PixelDataProviderURL
	segmentedPalette bool
	orientationCodes bool // PatientOrientationCodeSequence
}

// learn keeps the value of a root element that some condition asks for.
func (f *facts) learn(e *dicom.Element, text string) {
	switch e.Tag {
	case 0x00080008:
		f.imageType = text
	case 0x00180020:
		f.scanningSequence = text
	case 0x00180021:
		f.sequenceVariant = text
	case 0x00282110:
		f.lossy = strings.TrimSpace(text)
	case 0x00209311:
		f.organization = strings.TrimSpace(text)
	case 0x0040A040:
		f.valueType = strings.TrimSpace(text)
	case 0x00541102:
		f.decay = strings.TrimSpace(text)
	case 0x00220005:
		f.eyeMovement = strings.TrimSpace(text)
	case 0x300A000C:
		f.planGeometry = strings.TrimSpace(text)
	case 0x20500010:
		f.lutSequence = true
	case 0x20500020:
		f.lutShape = true
	case 0x00281050:
		f.windowCenter = true
	case 0x00287FE0:
		f.providerURL = hasValue(e, text)
	case 0x00281221:
		f.segmentedPalette = e.Length != 0
	case 0x00540410:
		f.orientationCodes = true
	}
}

// condition reports whether an object makes an attribute of type 1C or 2C
// mandatory. It is asked only for SOP Classes that name the attribute so.
type condition func(*Checker, *dicom.Header) bool

// conditions are those of types 1C and 2C that the audit checks; the others
// depend on facts that no header tells, or on items of sequences. That one of
// DeidentificationMethod and its code sequence is there is a rule of package
// deid.
//
// Source: DICOM PS3.3, the sections named.
var conditions = map[dicom.Tag]condition{
	0x00280006: func(_ *Checker, h *dicom.Header) bool { return h.Image.SamplesPerPixel > 1 }, // PlanarConfiguration, C.7.6.3
	0x7FE00010: func(c *Checker, _ *dicom.Header) bool { return !c.facts.providerURL },        // PixelData, C.7.6.3
	0x00281101: isPalette, 0x00281102: isPalette, 0x00281103: isPalette,                       // …PaletteColorLookupTableDescriptor, C.7.6.3
	0x00281201: lacksPalette, 0x00281202: lacksPalette, 0x00281203: lacksPalette, // …PaletteColorLookupTableData, C.7.6.3 and C.7.9
	0x00282112: isLossy, 0x00282114: isLossy, // LossyImageCompressionRatio and -Method, C.7.6.1
	0x00281051: func(c *Checker, _ *dicom.Header) bool { return c.facts.windowCenter }, // WindowWidth, C.11.2
	0x00180080: needsRepetitionTime,
	0x00180082: func(c *Checker, _ *dicom.Header) bool { return hasTerm(c.facts.scanningSequence, "IR") }, // InversionTime, C.8.3.1
	0x00185100: needsPatientPosition,
	0x00200020: needsPatientOrientation,
	0x0008002A: isAcquired, 0x00189073: isAcquired, // AcquisitionDateTime and -Duration
	0x00189004: isAcquired, 0x00189100: isAcquired, 0x00189064: isAcquired, // ContentQualification, ResonantNucleus, KSpaceFiltering
	0x00180087: isAcquired, 0x00189174: isAcquired, // MagneticFieldStrength, ApplicableSafetyStandardAgency
	0x00089208: isAcquired, 0x00089209: isAcquired, // ComplexImageComponent, AcquisitionContrast
	0x00280301: isAcquired, 0x00282110: isAcquired, // BurnedInAnnotation, LossyImageCompression
	0x20500020: needsLUTShape, 0x00281052: isGraySlide, 0x00281053: isGraySlide, // PresentationLUTShape, RescaleIntercept and -Slope
	0x20500010: func(c *Checker, _ *dicom.Header) bool { return !c.facts.lutShape },                              // PresentationLUTSequence, C.11.6
	0x0040A050: func(c *Checker, _ *dicom.Header) bool { return c.facts.valueType == "CONTAINER" },               // ContinuityOfContent, C.17.3
	0x00541321: func(c *Checker, _ *dicom.Header) bool { return c.facts.decay != "" && c.facts.decay != "NONE" }, // DecayFactor, C.8.9.4
	0x00220006: func(c *Checker, _ *dicom.Header) bool { return c.facts.eyeMovement == "YES" },                   // PatientEyeMovementCommandCodeSequence, C.8.17.4
	0x300C0060: func(c *Checker, _ *dicom.Header) bool { return c.facts.planGeometry == "PATIENT" },              // ReferencedStructureSetSequence, C.8.8.9
	0x00480303: isTiledFull,                                                                                      // TotalPixelMatrixFocalPlanes, C.8.12.14
}

func isPalette(_ *Checker, h *dicom.Header) bool {
	return h.Image.PhotometricInterpretation == "PALETTE COLOR"
}

func lacksPalette(c *Checker, h *dicom.Header) bool {
	return isPalette(c, h) && !c.facts.segmentedPalette
}

func isLossy(c *Checker, _ *dicom.Header) bool { return c.facts.lossy == "01" }

// needsRepetitionTime holds except for echo planar imaging without segmented
// k-space.
//
// Source: DICOM PS3.3 Section C.8.3.1.
func needsRepetitionTime(c *Checker, _ *dicom.Header) bool {
	return !hasTerm(c.facts.scanningSequence, "EP") || hasTerm(c.facts.sequenceVariant, "SK")
}

// needsPatientPosition holds for CT and MR that do not say by codes how the
// patient lay.
//
// Source: DICOM PS3.3 Section C.7.3.1.
func needsPatientPosition(c *Checker, h *dicom.Header) bool {
	switch strings.TrimPrefix(h.SOPClassUID, "1.2.840.10008.5.1.4.1.1.") {
	case "2", "2.1", "4", "4.1", "4.2", "4.3":
		return !c.facts.orientationCodes
	}
	return false
}

// needsPatientOrientation holds for images that have no place in space: their
// SOP Class asks for neither ImageOrientationPatient nor ImageOrientationSlide,
// nor for functional groups that hold it.
//
// Source: DICOM PS3.3 Section C.7.6.1.
func needsPatientOrientation(c *Checker, _ *dicom.Header) bool {
	for _, n := range needs[c.facts.class.first:c.facts.class.end] {
		switch tags[n.tag] {
		case 0x00200037, 0x00480102, 0x52009229, 0x00540410:
			return false
		}
	}
	return true
}

// isAcquired holds for original and mixed images of Enhanced CT, MR and PET,
// and of ophthalmic photography.
//
// Source: DICOM PS3.3 Sections C.8.13.1 to C.8.13.3, C.8.15.2, C.8.17.2, C.8.22.3.
func isAcquired(c *Checker, h *dicom.Header) bool {
	switch strings.TrimPrefix(h.SOPClassUID, "1.2.840.10008.5.1.4.1.1.") {
	case "2.1", "4.1", "130", "77.1.5.1", "77.1.5.2":
		first, _, _ := strings.Cut(c.facts.imageType, `\`)
		first = strings.TrimSpace(first)
		return first == "ORIGINAL" || first == "MIXED"
	}
	return false
}

// isGraySlide holds for whole slide images without color.
//
// Source: DICOM PS3.3 Section C.8.12.4.
func isGraySlide(_ *Checker, h *dicom.Header) bool {
	return h.SOPClassUID == "1.2.840.10008.5.1.4.1.1.77.1.6" && h.Image.PhotometricInterpretation == "MONOCHROME2"
}

// needsLUTShape holds for images without color whose classes say so, and for
// presentation states that hold no table instead.
//
// Source: DICOM PS3.3 Sections C.8.12.4, C.8.13.1, C.8.17.2 and C.11.6.
func needsLUTShape(c *Checker, h *dicom.Header) bool {
	switch strings.TrimPrefix(h.SOPClassUID, "1.2.840.10008.5.1.4.1.1.") {
	case "11.1":
		return !c.facts.lutSequence
	case "77.1.6", "77.1.5.1", "77.1.5.2", "4.1":
		return h.Image.PhotometricInterpretation == "MONOCHROME2"
	}
	return false
}

func isTiledFull(c *Checker, _ *dicom.Header) bool { return c.facts.organization == "TILED_FULL" }

// relaxed reports whether the object is of a kind for which later editions
// than that of the tables made an attribute of type 1 conditional.
//
// Source: DICOM PS3.3 Sections C.7.6.16, C.7.6.17 and C.8.12.4.
func (c *Checker) relaxed(t dicom.Tag) bool {
	switch t {
	case 0x52009230, 0x00209222: // PerFrameFunctionalGroupsSequence, DimensionIndexSequence
		return c.facts.organization == "TILED_FULL"
	case 0x00480001, 0x00480002, 0x00480003: // ImagedVolumeWidth, -Height, -Depth
		return !hasTerm(c.facts.imageType, "VOLUME")
	}
	return false
}

// hasTerm reports whether a value of several terms holds term.
func hasTerm(value, term string) bool {
	for t := range strings.SplitSeq(value, `\`) {
		if strings.TrimSpace(t) == term {
			return true
		}
	}
	return false
}
