package mutate

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"strings"

	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/document/pdftest"
	"assay/internal/audit/iod/iodtest"
	"assay/internal/audit/pixel/pixeltest"
	"assay/internal/audit/synth"

	"golang.org/x/image/tiff"
)

// Sources returns valid files made by code: DICOM objects of every encoding
// and of many classes, and the other kinds of file that an audit reads.
func Sources() ([]Source, error) {
	var list []Source
	for i, m := range synth.Modalities() {
		files, err := synth.Series(synth.Spec{Modality: m, Seed: uint64(i + 1), Slices: 1, Rows: 64, Columns: 80})
		if err != nil {
			return nil, err
		}
		list = append(list, Source{Name: "made " + string(m), Data: files[0].Data})
	}
	list = append(list, objects()...)
	return append(list, others(list[0].Data)...), nil
}

const head = `(0008,0005) CS ISO_IR 192
(0008,0016) UI CTImageStorage
(0008,0018) UI 2.25.301
(0008,0060) CS CT
(0010,0010) PN SUBJ-0301
(0010,0020) LO SUBJ-0301
(0020,000D) UI 2.25.302
(0020,000E) UI 2.25.303
`

// pixels returns the attributes of an image of 24 rows and 32 columns.
func pixels(frames, samples, bits int, photometric string) string {
	n := ""
	if frames > 1 {
		n = fmt.Sprintf("(0028,0008) IS %d\n", frames)
	}
	return fmt.Sprintf("(0028,0002) US %d\n(0028,0004) CS %s\n%s(0028,0010) US 24\n(0028,0011) US 32\n(0028,0100) US %d\n(0028,0101) US %d\n(0028,0102) US %d\n(0028,0103) US 0\n",
		samples, photometric, n, bits, bits, bits-1)
}

// ramp returns n bytes that rise and fall.
func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*i/7 + i)
	}
	return b
}

func drawn() *image.Gray {
	m := image.NewGray(image.Rect(0, 0, 32, 24))
	copy(m.Pix, ramp(len(m.Pix)))
	return m
}

func objects() []Source {
	var jpg bytes.Buffer
	jpeg.Encode(&jpg, drawn(), nil)
	rle := pixeltest.RLE(ramp(24 * 32))
	gray := pixels(1, 1, 8, "MONOCHROME2")
	native := "(7FE0,0010) OW hex:" + hex.EncodeToString(ramp(24*32)) + "\n"
	packed := func(syntax string, frames int, frame []byte) string {
		return "(0002,0010) UI " + syntax + "\n" + head + pixels(frames, 1, 8, "MONOCHROME2") + "(7FE0,0010) OB fragments:" +
			strings.TrimSuffix(strings.Repeat(hex.EncodeToString(frame)+"|", frames), "|") + "\n"
	}
	pdf := pdftest.Document{Title: "Report", Author: "Reader 1", Pages: []string{"No finding."}, Compressed: true, XMP: "Reader 1", Scan: drawn()}.Bytes()
	list := []Source{{Name: "no meta", Data: dicomtest.BuildWith(head+gray+native, dicomtest.Options{NoMeta: true})}}
	for _, o := range []struct{ name, text string }{
		{"implicit", "(0002,0010) UI ImplicitVRLittleEndian\n" + head + gray + native},
		{"big endian", "(0002,0010) UI ExplicitVRBigEndian\n" + head + gray + native},
		{"deflated", "(0002,0010) UI DeflatedExplicitVRLittleEndian\n" + head + gray + native},
		{"rle", packed("RLELossless", 1, rle)},
		{"rle frames", packed("RLELossless", 5, rle)},
		{"jpeg", packed("JPEGBaseline8Bit", 1, jpg.Bytes())},
		{"jpeg frames", packed("JPEGBaseline8Bit", 4, jpg.Bytes())},
		{"frames", head + pixels(6, 1, 8, "MONOCHROME2") + "(7FE0,0010) OB hex:" + hex.EncodeToString(ramp(6*24*32)) + "\n"},
		{"color by plane", head + pixels(1, 3, 8, "RGB") + "(0028,0006) US 1\n(7FE0,0010) OB hex:" + hex.EncodeToString(ramp(3*24*32)) + "\n"},
		{"palette", head + pixels(1, 1, 8, "PALETTE COLOR") + "(0028,1101) US 256\\0\\8\n(0028,1102) US 256\\0\\8\n(0028,1103) US 256\\0\\8\n" +
			strings.ReplaceAll("(0028,1201) OW H\n(0028,1202) OW H\n(0028,1203) OW H\n", "H", "hex:"+hex.EncodeToString(ramp(256))) + native},
		{"overlay and icon", head + "(0088,0200) SQ\n  - (0028,0002) US 1\n    (0028,0004) CS MONOCHROME2\n    (0028,0010) US 24\n    (0028,0011) US 32\n    (0028,0100) US 8\n    (0028,0101) US 8\n    (0028,0102) US 7\n    (0028,0103) US 0\n    (7FE0,0010) OW hex:" +
			hex.EncodeToString(ramp(24*32)) + "\n" + gray + "(6000,0010) US 24\n(6000,0011) US 32\n(6000,0040) CS G\n(6000,0050) SS 1\\1\n(6000,0100) US 1\n(6000,0102) US 0\n(6000,3000) OW hex:" + hex.EncodeToString(ramp(96)) + "\n" + native},
		{"private", head + "(0009,0010) LO ACME 1.1\n(0009,1001) UN hex:" + "feff00e0100000001000100050" + "4e0800526f655e4a616e65\n(0009,1002) UN text:one two three\n(0029,0010) LO SIEMENS CSA HEADER\n(0029,1010) OB hex:53563130040302010100000001000000\n" + gray + native},
		{"report", strings.Replace(head, "CTImageStorage", "ComprehensiveSRStorage", 1) + "(0040,A040) CS CONTAINER\n(0040,A730) SQ\n  - (0040,A040) CS TEXT\n    (0040,A160) UT No finding.\n  - (0040,A040) CS NUM\n    (0040,A300) SQ\n      - (0040,08EA) SQ\n          - (0008,0100) SH mm\n        (0040,A30A) DS 12\n  - (0040,A040) CS PNAME\n    (0040,A123) PN Reader^One\n"},
		{"encapsulated PDF", strings.Replace(head, "CTImageStorage", "EncapsulatedPDFStorage", 1) + "(0042,0010) ST Report\n(0042,0011) OB hex:" + hex.EncodeToString(pdf) + "\n(0042,0012) LO application/pdf\n"},
		{"waveform", strings.Replace(head, "CTImageStorage", "TwelveLeadECGWaveformStorage", 1) + "(0040,B020) SQ\n  - (0070,0006) ST sinus\n(5400,0100) SQ\n  - (003A,0005) US 1\n    (003A,0010) UL 16\n    (003A,001A) DS 500\n    (5400,1004) US 16\n    (5400,1010) OW hex:" + hex.EncodeToString(ramp(32)) + "\n"},
		{"character sets", "(0008,0005) CS \\ISO 2022 IR 87\\ISO 2022 IR 149\n" + head[strings.IndexByte(head, '\n')+1:] + "(0020,4000) LT \"\\x1b$B;3ED\\x1b(B^\\x1b$BB@O:\\x1b(B\"\n" + gray + native},
		{"structures", strings.Replace(head, "CTImageStorage", "RTStructureSetStorage", 1) + "(3006,0002) SH Plan\n(3006,0020) SQ\n  - (3006,0022) IS 1\n    (3006,0026) LO Heart\n(3006,0039) SQ\n  - (3006,0040) SQ\n      - (3006,0046) IS 2\n        (3006,0050) DS 1\\2\\3\\4\\5\\6\n"},
		{"directory", "(0002,0002) UI 1.2.840.10008.1.3.10\n(0004,1130) CS SET\n(0004,1200) UL 0\n(0004,1202) UL 0\n(0004,1212) US 0\n(0004,1220) SQ\n  - (0004,1400) UL 0\n    (0004,1410) US 65535\n    (0004,1420) UL 0\n    (0004,1430) CS PATIENT\n    (0010,0010) PN SUBJ-0301\n    (0010,0020) LO SUBJ-0301\n"},
		{"complete CT", iodtest.Complete(head, 1)},
	} {
		list = append(list, Source{Name: o.name, Data: dicomtest.Build(o.text)})
		if o.name == "report" || o.name == "structures" {
			list = append(list, Source{Name: o.name + " of undefined length", Data: dicomtest.BuildWith(o.text, dicomtest.Options{UndefinedLengths: true})})
		}
	}
	return list
}

// others are files that are not DICOM.
func others(instance []byte) []Source {
	table := "id,age,sex,split,finding\n1,61,F,train,\"none, clear\"\n2,58,M,test,nodule 4 mm\n"
	fhir := `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation","status":"final","valueQuantity":{"value":4.2,"unit":"mm"},"note":[{"text":"clear"}]}}]}`
	coco := `{"images":[{"id":1,"file_name":"a.png","width":32,"height":24}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"segmentation":[[1,1,2,2,3,1]]}],"categories":[{"id":1,"name":"nodule"}]}`
	cda := `<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id extension="1"/></patientRole></recordTarget><component><structuredBody><component><section><text>No <content ID="a">finding</content>.</text></section></component></structuredBody></component></ClinicalDocument>`
	volume := nifti()
	var pic, photo, scan bytes.Buffer
	png.Encode(&pic, drawn())
	jpeg.Encode(&photo, drawn(), nil)
	tiff.Encode(&scan, drawn(), nil)
	pal := image.NewPaletted(image.Rect(0, 0, 32, 24), color.Palette{color.Black, color.White})
	var two bytes.Buffer
	png.Encode(&two, pal)
	pdf := pdftest.Document{Title: "Report", Pages: []string{"No finding.\nSecond line.", "Third"}, Scan: drawn()}
	packed := pdf
	packed.Compressed, packed.Spread = true, true
	tarred := tarOf("a/1.dcm", instance, "table.csv", []byte(table))
	return []Source{
		{Name: "set.zip", Data: zipOf("a/1.dcm", instance, "table.csv", []byte(table), "a/notes.json", []byte(fhir))},
		{Name: "set.tar", Data: tarred}, {Name: "set.tar.gz", Data: gzipped(tarred)},
		{Name: "report.docx", Data: zipOf("[Content_Types].xml", []byte("<Types/>"), "word/document.xml", []byte(`<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>No finding.</w:t></w:r></w:p></w:body></w:document>`))},
		{Name: "sheet.xlsx", Data: zipOf("[Content_Types].xml", []byte("<Types/>"), "xl/workbook.xml", []byte(`<workbook><sheets><sheet name="a" sheetId="1"/></sheets></workbook>`),
			"xl/sharedStrings.xml", []byte(`<sst><si><t>id</t></si><si><t>clear</t></si></sst>`), "xl/worksheets/sheet1.xml", []byte(`<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row></sheetData></worksheet>`))},
		{Name: "table.csv", Data: []byte(table)}, {Name: "bundle.json", Data: []byte(fhir)}, {Name: "coco.json", Data: []byte(coco)},
		{Name: "lines.ndjson", Data: []byte("{\"report\":\"clear\"}\n{\"report\":1}\n")}, {Name: "document.xml", Data: []byte(cda)},
		{Name: "message.hl7", Data: []byte("MSH|^~\\&|A|B|C|D|20010101||ORU^R01|1|P|2.3\rPID|1||2\rOBX|1|TX|a||clear\r")},
		{Name: "volume.nii", Data: volume}, {Name: "volume.nii.gz", Data: gzipped(volume)},
		{Name: "volume.nrrd", Data: append([]byte("NRRD0004\ntype: uchar\ndimension: 2\nsizes: 4 4\nencoding: raw\nnote:=clear\n\n"), ramp(16)...)},
		{Name: "report.pdf", Data: pdf.Bytes()}, {Name: "packed.pdf", Data: packed.Bytes()},
		{Name: "picture.png", Data: pic.Bytes()}, {Name: "two.png", Data: two.Bytes()}, {Name: "scan.tif", Data: scan.Bytes()},
		{Name: "photo.jpg", Data: withEXIF(photo.Bytes())}, {Name: "mesh.obj", Data: []byte("# made\nv 0 0 1\nv 0 1 0\nv 1 0 0\nf 1 2 3\n")},
	}
}

// nifti returns a volume of 8 bytes with an extension.
//
// Source: NIfTI-1 (nifti1.h).
func nifti() []byte {
	le := binary.LittleEndian
	h := make([]byte, 352, 400)
	le.PutUint32(h, 348)
	for i, d := range []uint16{3, 2, 2, 2, 1, 1, 1, 1} {
		le.PutUint16(h[40+2*i:], d)
	}
	le.PutUint16(h[70:], 2)
	le.PutUint16(h[72:], 8)
	le.PutUint32(h[108:], math.Float32bits(384))
	copy(h[148:], "made by code")
	copy(h[344:], "n+1\x00")
	h[348] = 1
	h = le.AppendUint32(le.AppendUint32(h, 32), 6)
	h = append(h, "a comment of 24 bytes..."...)
	return append(h, ramp(8)...)
}

// withEXIF puts a description into a JPEG file.
//
// Source: CIPA DC-008 (EXIF) Section 4.5.
func withEXIF(jpg []byte) []byte {
	exif := append([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x0e\x01\x02\x00\x08\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00\x00"), "clear   "...)
	segment := binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(exif)+2))
	return bytes.Join([][]byte{jpg[:2], segment, exif, jpg[2:]}, nil)
}

// zipOf packs names and contents in turn.
func zipOf(parts ...any) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i].(string))
		if err != nil {
			panic(err)
		}
		w.Write(parts[i+1].([]byte))
	}
	z.Close()
	return b.Bytes()
}

func tarOf(parts ...any) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		content := parts[i+1].([]byte)
		w.WriteHeader(&tar.Header{Name: parts[i].(string), Mode: 0o644, Size: int64(len(content))})
		w.Write(content)
	}
	w.Close()
	return b.Bytes()
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}
