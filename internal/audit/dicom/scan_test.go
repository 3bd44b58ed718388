package dicom_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"

	"github.com/google/go-cmp/cmp"
)

// scan returns the header of a file and one line for each element of its data
// set.
func scan(t *testing.T, file []byte) (*dicom.Header, []string) {
	t.Helper()
	var lines []string
	h, err := dicom.Scan(t.Context(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(e *dicom.Element) error {
		if e.Meta {
			return nil
		}
		line := fmt.Sprintf("%s %s", e.Path(), e.VR)
		if e.Creator != "" {
			line += " <" + e.Creator + ">"
		}
		if e.VR.IsText() {
			line += " " + strings.TrimRight(string(e.Value), " \x00")
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	return h, lines
}

const nested = `
(0002,0010) UI %s
(0008,0016) UI CTImageStorage
(0008,0018) UI 2.25.7
(0008,1140) SQ
  - (0008,1150) UI CTImageStorage
    (0008,1155) UI 2.25.8
  - (0008,1155) UI 2.25.9
(0009,0010) LO ACME
(0009,1001) LO private text
(0010,0010) PN Doe^Jane
(0040,0275) SQ
  - (0040,0008) SQ
      - (0008,0104) LO deep
(0040,A043) SQ
`

func TestScanShowsEveryElementInEachEncoding(t *testing.T) {
	want := []string{
		"(0008,0016) SOPClassUID UI 1.2.840.10008.5.1.4.1.1.2",
		"(0008,0018) SOPInstanceUID UI 2.25.7",
		"(0008,1140) ReferencedImageSequence SQ",
		"(0008,1140)[1]/(0008,1150) ReferencedSOPClassUID UI 1.2.840.10008.5.1.4.1.1.2",
		"(0008,1140)[1]/(0008,1155) ReferencedSOPInstanceUID UI 2.25.8",
		"(0008,1140)[2]/(0008,1155) ReferencedSOPInstanceUID UI 2.25.9",
		"(0009,0010) PrivateCreator LO ACME",
		"(0009,1001) LO <ACME> private text",
		"(0010,0010) PatientName PN Doe^Jane",
		"(0040,0275) RequestAttributesSequence SQ",
		"(0040,0275)[1]/(0040,0008) ScheduledProtocolCodeSequence SQ",
		"(0040,0275)[1]/(0040,0008)[1]/(0008,0104) CodeMeaning LO deep",
		"(0040,A043) ConceptNameCodeSequence SQ",
	}
	for _, syntax := range []string{"ImplicitVRLittleEndian", "ExplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian"} {
		for _, undefined := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, undefined lengths %v", syntax, undefined), func(t *testing.T) {
				file := dicomtest.BuildWith(fmt.Sprintf(nested, syntax), dicomtest.Options{UndefinedLengths: undefined})
				h, got := scan(t, file)
				want := want
				if syntax == "ImplicitVRLittleEndian" {
					want = append([]string(nil), want...)
					want[7] = "(0009,1001) UN <ACME>" // an implicit private element has no VR
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("elements (-want +got):\n%s", diff)
				}
				if h.Status != dicom.Read {
					t.Errorf("status = %s (%s), want read; problems: %v", h.Status, h.Reason, h.Problems)
				}
				for _, p := range h.Problems {
					if p.Rule != "fmt-transfer-syntax" {
						t.Errorf("problem %+v", p)
					}
				}
				if h.SOPInstanceUID != "2.25.7" || h.MediaStorageSOPInstanceUID != "2.25.7" || h.MaxDepth != 2 {
					t.Errorf("header = %+v", h)
				}
			})
		}
	}
}
