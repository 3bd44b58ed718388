package dicom

import "assay/internal/audit/finding"

// rules are the checks of the encoding. A Problem has its own severity; the
// one here is the gravest.
var rules = []finding.Rule{
	{
		ID: "fmt-part10", Title: "Not a proper DICOM file", Severity: finding.Blocker,
		Fix:    "Write the file with a preamble, the DICM prefix and a complete File Meta Information: FileMetaInformationGroupLength, FileMetaInformationVersion, MediaStorageSOPClassUID, MediaStorageSOPInstanceUID, TransferSyntaxUID, ImplementationClassUID.",
		Source: "DICOM PS3.10 Section 7.1",
	},
	{
		ID: "fmt-preamble-polyglot", Title: "Preamble holds something", Severity: finding.Blocker,
		Fix:    "Overwrite the first 128 bytes with zeros, unless they are the head of a TIFF image.",
		Source: "DICOM PS3.10 Section 7.1, CVE-2019-11687",
	},
	{
		ID: "fmt-trailing-bytes", Title: "Bytes after the last element", Severity: finding.Blocker,
		Fix:    "Rewrite the file so that it ends with its last element and DataSetTrailingPadding (FFFC,FFFC) is zero or absent.",
		Source: "DICOM PS3.10 Section 7.2",
	},
	{
		ID: "fmt-truncated", Title: "File is cut off or its structure is damaged", Severity: finding.Blocker,
		Fix:    "Export the file again from its source; part of it is missing or cannot be read.",
		Source: "DICOM PS3.5 Section 7",
	},
	{
		ID: "fmt-transfer-syntax", Title: "Transfer syntax is unknown, retired or contradicted", Severity: finding.Blocker,
		Fix:    "Convert the file to a transfer syntax that is in the standard and not retired, and name it in TransferSyntaxUID (0002,0010).",
		Source: "DICOM PS3.5 Section 10, PS3.6 Annex A",
	},
	{
		ID: "fmt-nesting", Title: "Sequences are nested too deeply", Severity: finding.Blocker,
		Fix:    "Flatten or remove the nested sequences; no object of the standard needs this depth.",
		Source: "limits of this audit",
	},
	{
		ID: "fmt-size-limit", Title: "Over a limit of the audit", Severity: finding.Blocker,
		Fix:    "Remove or split the element that is over the limit.",
		Source: "limits of this audit",
	},
	{
		ID: "pix-length-mismatch", Title: "Length of the pixel data does not fit", Severity: finding.Blocker,
		Fix:    "Correct Rows, Columns, NumberOfFrames and the bits, or export the pixel data again.",
		Source: "DICOM PS3.5 Section 8",
	},
	{
		ID: "pix-bits", Title: "Attributes of the samples contradict each other", Severity: finding.Blocker,
		Fix:    "Correct BitsAllocated, BitsStored, HighBit, SamplesPerPixel and PhotometricInterpretation.",
		Source: "DICOM PS3.5 Section 8.1.1, PS3.3 Section C.7.6.3",
	},
	{
		ID: "pix-encapsulation", Title: "Compressed pixel data is not well formed", Severity: finding.Blocker,
		Fix:    "Write the frames as fragments with a correct offset table, or an empty one, and a delimiter.",
		Source: "DICOM PS3.5 Section A.4",
	},
}

// Rules returns the rules that Scan reports. It also uses fmt-vr-vm-len of
// package conform, for what only a scanner sees.
func Rules() []finding.Rule { return append([]finding.Rule(nil), rules...) }

// Findings returns the problems as findings about a file.
func (h *Header) Findings(file string) []finding.Finding {
	list := make([]finding.Finding, 0, len(h.Problems))
	for _, p := range h.Problems {
		rule := finding.Rule{ID: p.Rule, Fix: "Write the element as its value representation demands."}
		for _, r := range rules {
			if r.ID == p.Rule {
				rule = r
			}
		}
		f := rule.New(p.Path, "", p.Message, finding.Location{File: file, Offset: p.Offset})
		f.Severity, f.Count = p.Severity, p.Count
		list = append(list, f)
	}
	return list
}
