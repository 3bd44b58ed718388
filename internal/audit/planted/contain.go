package planted

import (
	"encoding/hex"
	"fmt"
	"image"
	"math/rand/v2"

	"assay/internal/audit/document/pdftest"
)

// plantMeta plants a name in the File Meta Information.
func plantMeta(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, true)
	family := asciiOr(p.family, "ASHBY")
	o := base(r)
	tag, value := "", ""
	switch n % 5 {
	case 0, 1, 2: // application entities
		tag, value = []string{"(0002,0016)", "(0002,0017)", "(0002,0018)"}[n%3], fmt.Sprintf("%.9s_CT%d", family, 1+r.IntN(9))
		o.set(tag + " AE " + value)
	case 3: // addresses
		tag, value = []string{"(0002,0026)", "(0002,0027)", "(0002,0028)"}[r.IntN(3)], "dicom://"+fmt.Sprintf("pacs%d.portashby.example:104", 1+r.IntN(9))
		o.set(tag + " UR " + value)
	case 4: // what a maker added
		tag, value = "(0002,0102)", p.pn()
		o.set("(0002,0100) UI 1.2.840.99999.4")
		o.set(tag + " OB text:" + value)
	}
	return item{content: built(o), place: tag, value: value}
}

// document returns an object that holds a PDF.
func document(r *rand.Rand, pdf []byte) object {
	o := report(r, "(0040,A040) CS TEXT")
	delete(o, "(0040,A730)")
	o.set("(0008,0016) UI EncapsulatedPDFStorage")
	o.set("(0008,0060) CS DOC")
	o.set("(0042,0010) ST " + one(r, "Report", "Discharge summary", "Befund"))
	o.set("(0042,0012) LO application/pdf")
	o.set("(0042,0011) OB hex:" + hex.EncodeToString(pdf))
	return o
}

// plantPDF plants an identifier in the text or the properties of an
// encapsulated PDF.
func plantPDF(r *rand.Rand, all []locale, n int) item {
	p := pick(r, all, true)
	for asciiOr(p.family+p.given, "") == "" {
		p = pick(r, all, true)
	}
	value := one(r, "Patient: "+p.given+" "+p.family, "Dr. "+p.family, p.family+", "+p.given, "MRN "+recordNumber(r), "DOB "+aDay(r).da(), "Tel. "+phone(r),
		p.family+" County Hospital", "SSN "+ssn(r))
	d := pdftest.Document{Title: "Report", Author: "Reader 1", Pages: []string{one(r, "Chest, two views.", "Findings: none.", "CT of the abdomen.")}, Compressed: n%2 == 1}
	switch n % 6 {
	case 0, 1: // among other lines
		d.Pages = append(d.Pages, value+"\n"+one(r, "No acute finding.", "Follow up in 6 months.")+"\nEnd of report")
	case 2, 3: // glyph by glyph
		d.Spread = true
		d.Pages = append(d.Pages, one(r, "Findings: none.", "Impression: stable.")+"\n"+value)
	case 4:
		value = p.given + " " + p.family
		d.Author = value
	case 5:
		value = p.given + " " + p.family
		d.XMP = value
	}
	return item{content: built(document(r, d.Bytes())), place: "EncapsulatedDocument", rule: "report-text", value: value}
}

// scanned returns an object that holds a PDF with nothing but an image.
func scanned(r *rand.Rand, m *image.Gray) object {
	return document(r, pdftest.Document{Title: "Scan", Scan: m, Compressed: r.IntN(2) == 0}.Bytes())
}
