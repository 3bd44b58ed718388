package dicom_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dicomtest"

	"github.com/google/go-cmp/cmp"
)

// explicit returns an explicit little endian element whose length is stated as
// given, whatever its value is.
func explicit(tag dicom.Tag, vr string, length uint32, value string) string {
	b := binary.LittleEndian.AppendUint16(nil, tag.Group())
	b = binary.LittleEndian.AppendUint16(b, tag.Element())
	b = append(b, vr...)
	if dicom.VR(vr).HasLongLength() {
		b = append(b, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, length)
	} else {
		b = binary.LittleEndian.AppendUint16(b, uint16(length))
	}
	return string(b) + value
}

// item returns the header of an item or delimiter of group FFFE.
func item(element uint16, length uint32) string {
	b := binary.LittleEndian.AppendUint16(nil, 0xFFFE)
	b = binary.LittleEndian.AppendUint16(b, element)
	return string(binary.LittleEndian.AppendUint32(b, length))
}

const (
	start    = "(0008,0060) CS CT\n"
	image    = start + "(0028,0002) US 1\n(0028,0004) CS MONOCHROME2\n(0028,0010) US 4\n(0028,0011) US 4\n(0028,0100) US 16\n(0028,0101) US 12\n(0028,0102) US 11\n(0028,0103) US 0\n"
	jpeg     = "(0002,0010) UI JPEGBaseline8Bit\n" + image
	infinite = 0xFFFFFFFF
)

func TestEachFaultOfTheEncodingIsTold(t *testing.T) {
	const read, refused = dicom.Read, dicom.Refused
	with := func(text, trailing string) []byte {
		return dicomtest.BuildWith(text, dicomtest.Options{Trailing: []byte(trailing)})
	}
	preamble := func(first string) []byte {
		return dicomtest.BuildWith(start, dicomtest.Options{Preamble: []byte(first)})
	}
	tests := []struct {
		name   string
		file   []byte
		status dicom.Status
		want   []string // the start of "severity rule path message" or "severity rule message"
	}{
		{"a proper file", dicomtest.Build(start), read, nil},
		{"an empty file", nil, refused, []string{"blocker fmt-part10 The file is not DICOM"}},
		{"text", []byte(strings.Repeat("just a text, nothing more. ", 20)), refused, []string{"blocker fmt-part10 The file is not DICOM"}},
		{"a preamble alone", append(make([]byte, 128), "DICM"...), refused, []string{"warning fmt-part10 The file has no File Meta", "blocker fmt-truncated The file ends before its data set"}},
		{"a data set alone", dicomtest.BuildWith(start, dicomtest.Options{NoMeta: true}), read, []string{"warning fmt-part10 The file has no preamble", "warning fmt-part10 The file has no File Meta"}},
		{"the letters DICM in a data set alone", dicomtest.BuildWith(start+"(0008,1030) LO "+strings.Repeat("x", 108)+"DICM and more text", dicomtest.Options{NoMeta: true}), read, []string{"warning fmt-part10 The file has no preamble", "warning fmt-part10 The file has no File Meta"}},
		{"a meta length that is wrong", dicomtest.Build("(0002,0000) UL 4\n" + start), read, []string{"warning fmt-part10 The length of the File Meta Information is wrong"}},
		{"a meta length past the end", dicomtest.Build("(0002,0000) UL 0xFFFFFFF0\n" + start), read, []string{"blocker fmt-part10 The length of the File Meta Information reaches"}},
		{"no transfer syntax", dicomtest.Build("(0002,0010) UI\n" + start), read, []string{"blocker fmt-transfer-syntax The file does not name"}},
		{"an unknown transfer syntax", dicomtest.Build("(0002,0010) UI 1.2.3\n" + start), read, []string{"blocker fmt-transfer-syntax The transfer syntax is private"}},
		{"a retired transfer syntax", dicomtest.Build("(0002,0010) UI JPEGExtended35\n" + start), read, []string{"warning fmt-transfer-syntax The transfer syntax is retired"}},
		{"implicit, against its transfer syntax", contradict(), read, []string{"warning fmt-transfer-syntax The data set is not encoded"}},
		{"a Windows program", preamble("MZ\x90"), read, []string{"blocker fmt-preamble-polyglot The preamble makes the file a Windows"}},
		{"an ELF program", preamble("\x7fELF"), read, []string{"blocker fmt-preamble-polyglot The preamble makes the file an ELF"}},
		{"a Mach-O program", preamble("\xcf\xfa\xed\xfe"), read, []string{"blocker fmt-preamble-polyglot The preamble makes the file a Mach-O"}},
		{"a script", preamble("#!/bin/sh"), read, []string{"blocker fmt-preamble-polyglot The preamble makes the file a script"}},
		{"a ZIP archive", preamble("PK\x03\x04"), read, []string{"blocker fmt-preamble-polyglot The preamble makes the file a ZIP"}},
		{"a PDF behind some bytes", preamble("\n\n%PDF-1.7"), read, []string{"blocker fmt-preamble-polyglot The preamble makes the file a PDF"}},
		{"a page with a script", preamble("  <ScRiPt>"), read, []string{"blocker fmt-preamble-polyglot The preamble makes the file an HTML"}},
		{"a TIFF image is allowed", preamble("II*\x00"), read, []string{"info fmt-preamble-polyglot The preamble makes the file a TIFF"}},
		{"other bytes in the preamble", preamble("hello"), read, []string{"warning fmt-preamble-polyglot The preamble is not empty"}},
		{"zeros at the end", with(start, strings.Repeat("\x00", 20)), read, []string{"info fmt-trailing-bytes Zero bytes"}},
		{"text after the pixels", with(image+"(7FE0,0010) OW zeros:32", "some text at the end"), read, []string{"warning fmt-trailing-bytes Bytes that are no element"}},
		{"a ZIP archive after the pixels", with(image+"(7FE0,0010) OW zeros:32", "PK\x03\x04 some archive"), read, []string{"blocker fmt-trailing-bytes The bytes after the last element hold a ZIP"}},
		{"a ZIP archive in the padding", dicomtest.Build(start + "(FFFC,FFFC) OB text:.PK\x03\x04...PK\x05\x06.........................."), read, []string{"blocker fmt-trailing-bytes (FFFC,FFFC) DataSetTrailingPadding The trailing padding holds a ZIP"}},
		{"padding of zeros", dicomtest.Build(start + "(FFFC,FFFC) OB zeros:64"), read, nil},
		{"a file that ends as a ZIP archive", dicomtest.Build(image + "(7FE0,0010) OW hex:" + strings.Repeat("00", 10) + "504b0506" + strings.Repeat("00", 18)), read, []string{"blocker fmt-trailing-bytes The file ends as a ZIP"}},
		{"a value past the end", with(start, explicit(0x00100010, "PN", 400, "Doe")), refused, []string{"blocker fmt-truncated A value is longer"}},
		{"a value of 4 GiB", with(start, explicit(0x00420011, "OB", 0xFFFFFFFE, "x")), refused, []string{"blocker fmt-truncated A value is longer"}},
		{"half an element header", with(start, "\x10\x00\x10"), read, []string{"warning fmt-trailing-bytes Bytes that are no element"}},
		{"a sequence without delimiter", with(start, explicit(0x00081140, "SQ", infinite, item(0xE000, infinite))), refused, []string{
			"blocker fmt-truncated (0008,1140) ReferencedImageSequence An item of undefined", "blocker fmt-truncated (0008,1140) ReferencedImageSequence A sequence of undefined"}},
		{"an item longer than its sequence", with(start, explicit(0x00081140, "SQ", 18, item(0xE000, 200)+explicit(0x00081155, "UI", 2, "1."))+explicit(0x00100020, "LO", 2, "ok")), read, []string{"blocker fmt-truncated (0008,1140) ReferencedImageSequence An item is longer"}},
		{"something else than items", with(start, explicit(0x00081140, "SQ", 10, explicit(0x00081155, "UI", 2, "1."))+explicit(0x00100020, "LO", 2, "ok")), refused, []string{"blocker fmt-truncated (0008,1140) ReferencedImageSequence A sequence holds something"}},
		{"bytes that are no element", with(start, "\x10\x00\x10\x00\x01\x02\xff\xff\xff\xff"), refused, []string{"blocker fmt-truncated The bytes at this point"}},
		{"a blank VR", with(start, "\x10\x00\x20\x00  \x02\x00ok"), read, []string{"warning fmt-vr-vm-len (0010,0020) PatientID The VR of an element is blank"}},
		{"a length in the short form", with(start, "\x42\x00\x11\x00OB\x02\x00ok"), read, []string{"warning fmt-vr-vm-len (0042,0011) EncapsulatedDocument An element states its length in 16"}},
		{"33 levels", dicomtest.Build(start + levels(33)), read, []string{"warning fmt-nesting"}},
		{"65 levels", dicomtest.Build(start + levels(65)), refused, []string{"warning fmt-nesting", "blocker fmt-nesting"}},
		{"too few pixels", dicomtest.Build(image + "(7FE0,0010) OW zeros:30"), read, []string{"blocker pix-length-mismatch (7FE0,0010) PixelData Pixel data is shorter"}},
		{"too many pixels", dicomtest.Build(image + "(7FE0,0010) OW zeros:64"), read, []string{"warning pix-length-mismatch (7FE0,0010) PixelData Pixel data is longer"}},
		{"2 billion frames", dicomtest.Build(strings.Replace(image, "(0028,0010)", "(0028,0008) IS 2000000000\n(0028,0010)", 1) + "(7FE0,0010) OW zeros:32"), read, []string{"blocker pix-length-mismatch (7FE0,0010) PixelData Pixel data is shorter"}},
		{"a negative number of frames", dicomtest.Build(strings.Replace(image, "(0028,0010)", "(0028,0008) IS -1\n(0028,0010)", 1) + "(7FE0,0010) OW zeros:32"), read, []string{"blocker pix-length-mismatch (7FE0,0010) PixelData Rows, Columns, BitsAllocated or"}},
		{"pixels without Rows", dicomtest.Build(start + "(7FE0,0010) OW zeros:32"), read, []string{"blocker pix-length-mismatch (7FE0,0010) PixelData Rows, Columns or"}},
		{"one bit a pixel, rounded up", dicomtest.Build(strings.NewReplacer("(0028,0010) US 4", "(0028,0010) US 3", "US 16", "US 1", "US 12", "US 1", "US 11", "US 0").Replace(image) + "(7FE0,0010) OB zeros:2"), read, nil},
		{"13 bits", dicomtest.Build(strings.Replace(image, "US 16", "US 13", 1) + "(7FE0,0010) OW zeros:26"), read, []string{"blocker pix-bits (0028,0100) BitsAllocated"}},
		{"more bits stored than allocated", dicomtest.Build(strings.Replace(image, "US 12", "US 17", 1) + "(7FE0,0010) OW zeros:32"), read, []string{"blocker pix-bits (0028,0101) BitsStored"}},
		{"a high bit that does not fit", dicomtest.Build(strings.Replace(image, "US 11", "US 15", 1) + "(7FE0,0010) OW zeros:32"), read, []string{"warning pix-bits (0028,0102) HighBit"}},
		{"fragments of one frame", dicomtest.Build(jpeg + "(7FE0,0010) OB fragments:ffd8|ffd9"), read, nil},
		{"fewer fragments than frames", dicomtest.Build(strings.Replace(jpeg, "(0028,0010)", "(0028,0008) IS 3\n(0028,0010)", 1) + "(7FE0,0010) OB fragments:ffd8|ffd9"), read, []string{"blocker pix-encapsulation (7FE0,0010) PixelData Pixel data has fewer fragments"}},
		{"native pixels, against the transfer syntax", dicomtest.Build(jpeg + "(7FE0,0010) OW zeros:32"), read, []string{"blocker pix-encapsulation (7FE0,0010) PixelData Pixel data is not encapsulated"}},
		{"encapsulated pixels, against the transfer syntax", dicomtest.Build(image + "(7FE0,0010) OB fragments:ffd8"), read, []string{"blocker pix-encapsulation (7FE0,0010) PixelData Pixel data is encapsulated"}},
		{"fragments without delimiter", with(jpeg, explicit(0x7FE00010, "OB", infinite, item(0xE000, 0)+item(0xE000, 2)+"\xff\xd8")), refused, []string{"blocker pix-encapsulation (7FE0,0010) PixelData Encapsulated pixel data ends", "blocker fmt-truncated"}},
		{"a fragment of 4 GiB", with(jpeg, explicit(0x7FE00010, "OB", infinite, item(0xE000, 0)+item(0xE000, 0xFFFFFFF0)+"\xff\xd8")), refused, []string{"blocker pix-encapsulation (7FE0,0010) PixelData A fragment", "blocker fmt-truncated"}},
		{"an offset table that lies", with(jpeg, explicit(0x7FE00010, "OB", infinite, item(0xE000, 4)+"\x05\x00\x00\x00"+item(0xE000, 2)+"\xff\xd8"+item(0xE0DD, 0))), read, []string{"blocker pix-encapsulation (7FE0,0010) PixelData The Basic Offset Table does not"}},
		{"an offset table that is right", with(jpeg, explicit(0x7FE00010, "OB", infinite, item(0xE000, 4)+"\x00\x00\x00\x00"+item(0xE000, 2)+"\xff\xd8"+item(0xE0DD, 0))), read, nil},
		{"a JPEG frame of the right size", dicomtest.Build(jpeg + "(7FE0,0010) OB fragments:" + "ffd8 ffe0 0004 0000 ffc0 000b 08 0004 0004 01 011100 ffd9"), read, nil},
		{"a JPEG frame of another size", dicomtest.Build(jpeg + "(7FE0,0010) OB fragments:" + "ffd8 ffe0 0004 0000 ffc0 000b 08 0008 0004 01 011100 ffd9"), read, []string{"blocker pix-encapsulation (7FE0,0010) PixelData The compressed frame has another size"}},
		{"a JPEG 2000 frame of another size", dicomtest.Build(strings.Replace(jpeg, "JPEGBaseline8Bit", "JPEG2000Lossless", 1) + "(7FE0,0010) OB fragments:" + "ff4f ff51 0029 0000 00000004 00000006 00000000 00000000 00000004"), read, []string{"blocker pix-encapsulation (7FE0,0010) PixelData The compressed frame has another size"}},
		{"RLE with too few segments", dicomtest.Build(strings.Replace(jpeg, "JPEGBaseline8Bit", "RLELossless", 1) + "(7FE0,0010) OB fragments:" + "01000000 40000000 00000000 00000000"), read, []string{"blocker pix-encapsulation (7FE0,0010) PixelData RLE pixel data has another number of segments"}},
		{"a deflated data set that is cut off", cut(dicomtest.Build("(0002,0010) UI DeflatedExplicitVRLittleEndian\n"+start+"(0010,4000) LT "+strings.Repeat("some text ", 500)), 6), refused, []string{"info fmt-transfer-syntax (0002,0010) TransferSyntaxUID The data set is deflated", "blocker fmt-truncated A value is longer", "blocker fmt-truncated The deflated data set is damaged"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, _ := scan(t, tt.file)
			if h.Status != tt.status {
				t.Errorf("status = %s (%s), want %s", h.Status, h.Reason, tt.status)
			}
			if (h.Reason == "") != (h.Status == dicom.Read) {
				t.Errorf("status %s with reason %q", h.Status, h.Reason)
			}
			var got []string
			for i, p := range h.Problems {
				line := fmt.Sprintf("%s %s %s %s", p.Severity, p.Rule, p.Path, p.Message)
				short := fmt.Sprintf("%s %s %s", p.Severity, p.Rule, p.Message)
				// Only as much as the case says is compared.
				if i < len(tt.want) && (strings.HasPrefix(line, tt.want[i]) || strings.HasPrefix(short, tt.want[i])) {
					line = tt.want[i]
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// contradict returns an implicit data set in a file that claims to be explicit.
func contradict() []byte {
	implicit := dicomtest.Build("(0002,0010) UI ImplicitVRLittleEndian\n" + start)
	claim := dicomtest.Build(start)
	body := len(explicit(0x00080060, "CS", 2, "CT"))
	return append(claim[:len(claim)-body], implicit[len(implicit)-body:]...)
}

// levels returns nested sequences.
func levels(n int) string {
	var b strings.Builder
	for range n {
		b.WriteString("(0040,A730)[1]/")
	}
	return b.String() + "(0040,A160) UT deep"
}

func cut(b []byte, n int) []byte { return b[:len(b)-n] }

func TestSequencesHiddenInUnknownValuesAreShown(t *testing.T) {
	inner := dicomtest.BuildWith("(0010,0010) PN Doe^Jane", dicomtest.Options{NoMeta: true})
	// As implicit VR: tag, length, value.
	hidden := "\x10\x00\x10\x00\x08\x00\x00\x00Doe^Jane"
	creator := explicit(0x00090010, "LO", 4, "ACME")
	sequence := item(0xE000, uint32(len(hidden))) + hidden
	tests := []struct {
		name, tail string
		want       []string
	}{
		{"implicit items in a private UN of stated length", creator + explicit(0x00091001, "UN", uint32(len(sequence)), sequence),
			[]string{"(0009,0010) PrivateCreator LO ACME", "(0009,1001) SQ <ACME>", "(0009,1001)[1]/(0010,0010) PatientName PN Doe^Jane"}},
		{"the same of undefined length", creator + explicit(0x00091001, "UN", infinite, sequence+item(0xE0DD, 0)),
			[]string{"(0009,0010) PrivateCreator LO ACME", "(0009,1001) SQ <ACME>", "(0009,1001)[1]/(0010,0010) PatientName PN Doe^Jane"}},
		{"explicit items in a private UN", explicit(0x00091001, "UN", uint32(8+len(inner)), item(0xE000, uint32(len(inner)))+string(inner)),
			[]string{"(0009,1001) SQ", "(0009,1001)[1]/(0010,0010) PatientName PN Doe^Jane"}},
		{"a sequence of the standard written as UN", explicit(0x00400275, "UN", uint32(len(sequence)), sequence),
			[]string{"(0040,0275) RequestAttributesSequence SQ", "(0040,0275)[1]/(0010,0010) PatientName PN Doe^Jane"}},
		{"an element of the standard written as UN", explicit(0x00100010, "UN", 8, "Doe^Jane"),
			[]string{"(0010,0010) PatientName PN Doe^Jane"}},
		{"bytes that only start like a sequence", explicit(0x00091001, "UN", uint32(len(sequence)), item(0xE000, 4)+hidden),
			[]string{"(0009,1001) UN"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, got := scan(t, dicomtest.BuildWith(start, dicomtest.Options{Trailing: []byte(tt.tail)}))
			if diff := cmp.Diff(tt.want, got[1:]); diff != "" {
				t.Errorf("elements (-want +got):\n%s", diff)
			}
			if h.Status != dicom.Read {
				t.Errorf("status = %s (%s)", h.Status, h.Reason)
			}
		})
	}
}

func TestPrivateCreatorsHoldOnlyInTheirDataSet(t *testing.T) {
	_, got := scan(t, dicomtest.Build(`(0009,0010) LO ACME
(0009,0011) LO OTHER
(0009,1001) LO a
(0009,1101) LO b
(0009,1201) LO orphan
(0040,0275) SQ
  - (0009,1001) LO orphan
  - (0009,0010) LO INNER
    (0009,1001) LO c
  - (0009,1001) LO orphan
(0041,1001) LO orphan`))
	want := []string{
		"(0009,0010) PrivateCreator LO ACME", "(0009,0011) PrivateCreator LO OTHER",
		"(0009,1001) LO <ACME> a", "(0009,1101) LO <OTHER> b", "(0009,1201) LO orphan",
		"(0040,0275) RequestAttributesSequence SQ",
		"(0040,0275)[1]/(0009,1001) LO orphan",
		"(0040,0275)[2]/(0009,0010) PrivateCreator LO INNER", "(0040,0275)[2]/(0009,1001) LO <INNER> c",
		"(0040,0275)[3]/(0009,1001) LO orphan",
		"(0041,1001) LO orphan",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
}

func TestAnItemMayHaveItsOwnCharacterSet(t *testing.T) {
	file := dicomtest.Build("(0008,0005) CS ISO_IR 100\n(0010,0010) PN \"M\\xfcller\\x20\"\n(0040,0275) SQ\n  - (0008,0005) CS ISO_IR 192\n    (0010,0010) PN Müller\n  - (0010,0010) PN \"M\\xfcller\\x20\"\n")
	var got []string
	_, err := dicom.Scan(t.Context(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(e *dicom.Element) error {
		if e.Tag == 0x00100010 {
			text, err := dicom.Text(e, e.Charset)
			got = append(got, fmt.Sprint(text, err))
		}
		return nil
	})
	if diff := cmp.Diff([]string{"Müller<nil>", "Müller<nil>", "Müller<nil>"}, got); diff != "" || err != nil {
		t.Errorf("names (-want +got):\n%s%v", diff, err)
	}
}

func TestLimitsRefuseWithAnExactSentence(t *testing.T) {
	lim := dicom.Limits{Elements: 10, TextBytes: 64, ValueBytes: 32, HeaderBytes: 2000, InflateBytes: 4000}
	tests := []struct {
		name, text, want string
	}{
		{"elements", strings.Repeat("(0009,1001) LO x\n", 11), "The file has more than 10 elements."},
		{"text", "(0008,0060) CS " + strings.Repeat("x", 66), "A text value is longer than 64 bytes; it was not checked past its first part."},
		{"value", "(0042,0011) OB zeros:40", "A value is longer than 32 bytes; it was not checked past its first part."},
		{"header", "(0042,0011) OB zeros:2000", "A value is longer than 32 bytes; it was not checked past its first part."},
		{"inflated", "(0002,0010) UI DeflatedExplicitVRLittleEndian\n(0008,0060) CS CT\n(7FE0,0010) OB zeros:8000", "The deflated data set inflates to more than 4000 bytes, or more than 1032 times its size."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := dicomtest.Build(tt.text)
			h, err := dicom.Scan(t.Context(), bytes.NewReader(file), int64(len(file)), lim, nil)
			if err != nil || h.Status != dicom.Refused || h.Reason != tt.want {
				t.Errorf("Scan: %s %q, %v, want refused %q", h.Status, h.Reason, err, tt.want)
			}
			found := false
			for _, p := range h.Problems {
				found = found || p.Rule == "fmt-size-limit"
			}
			if !found {
				t.Errorf("no problem fmt-size-limit among %v", h.Problems)
			}
		})
	}
}

func TestFaultsOfTheReaderAndTheVisitorAreErrors(t *testing.T) {
	file := dicomtest.Build(start + "(0042,0011) OB zeros:100000\n(0042,0012) LO x")
	boom := errors.New("boom")
	if _, err := dicom.Scan(t.Context(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(*dicom.Element) error { return boom }); err != boom {
		t.Errorf("error of the visitor: %v", err)
	}
	if _, err := dicom.Scan(t.Context(), faulty{}, 1000, dicom.Limits{}, nil); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("error of the reader: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dicom.Scan(ctx, bytes.NewReader(file), int64(len(file)), dicom.Limits{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error of the context: %v", err)
	}
}

type faulty struct{}

func (faulty) ReadAt([]byte, int64) (int, error) { return 0, iotest.ErrTimeout }

var _ io.ReaderAt = faulty{}

func TestLongTextIsShownWhole(t *testing.T) {
	file := dicomtest.Build(start + "(0040,A160) UT " + strings.Repeat("x", 200_000) + "\n(0042,0011) OB zeros:200000")
	_, err := dicom.Scan(t.Context(), bytes.NewReader(file), int64(len(file)), dicom.Limits{}, func(e *dicom.Element) error {
		if e.VR == dicom.UT && (len(e.Value) != 200_000 || !e.IsComplete()) {
			t.Errorf("text of %d bytes shown, want 200000", len(e.Value))
		}
		if e.VR == dicom.OB && e.Depth == 0 && !e.Meta && (len(e.Value) != 64<<10 || e.IsComplete()) {
			t.Errorf("%d bytes shown, want 65536", len(e.Value))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
