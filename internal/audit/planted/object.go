package planted

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// object is a DICOM file in the making: lines of package dicomtest by tag.
type object map[string]string

// base returns a de-identified image as sellers keep it: pseudonym, emptied
// identifiers, technical attributes, and descriptors of the examination.
func base(r *rand.Rand) object {
	modality := [][2]string{{"CT", "CTImageStorage"}, {"MR", "MRImageStorage"}, {"DX", "DigitalXRayImageStorageForPresentation"}, {"US", "UltrasoundImageStorage"}}[r.IntN(4)]
	subject := fmt.Sprintf("SUBJ-%04d", r.IntN(10000))
	o := object{}
	for _, line := range []string{
		`(0008,0005) CS ISO_IR 192`,
		`(0008,0008) CS ORIGINAL\PRIMARY`,
		`(0008,0016) UI ` + modality[1],
		`(0008,0018) UI ` + uid(r),
		`(0008,0020) DA`, `(0008,0030) TM`, `(0008,0050) SH`,
		`(0008,0060) CS ` + modality[0],
		`(0008,0070) LO ` + one(r, "SIEMENS", "GE MEDICAL SYSTEMS", "Philips", "TOSHIBA", "Canon Medical Systems"),
		`(0008,0090) PN`,
		`(0008,1030) LO ` + one(r, "CT CHEST W CONTRAST", "MR BRAIN W/O 1.5T", "US ABDOMEN COMPLETE", "XR KNEE 2 VIEWS", "Thorax nativ"),
		`(0008,103E) LO ` + one(r, "AX T2 FLAIR", "COR STIR 4mm", "t1_mprage_sag_p2_iso", "LUNG 1.25mm B60f", "AP portable"),
		`(0010,0010) PN ` + subject,
		`(0010,0020) LO ` + subject,
		`(0010,0030) DA`,
		`(0010,0040) CS ` + one(r, "M", "F"),
		fmt.Sprintf(`(0010,1010) AS %03dY`, 18+r.IntN(71)),
		`(0012,0062) CS YES`,
		`(0012,0063) LO Basic Application Confidentiality Profile`,
		"(0012,0064) SQ\n  - (0008,0100) SH 113100\n    (0008,0102) SH DCM\n    (0008,0104) LO Basic Application Confidentiality Profile",
		`(0018,0015) CS ` + one(r, "CHEST", "HEAD", "KNEE", "ABDOMEN"),
		`(0018,0050) DS 1.25`,
		`(0018,1020) LO ` + one(r, "syngo MR E11", "5.7.1.0", "v2.03.10", "VA48A_02_P12", "14.0_M5A"),
		`(0018,1030) LO ` + one(r, "1.1 Routine Chest", "Head^01_ROUTINE", "KNEE^ROUTINE", "6.12 Thorax_20190304"),
		`(0020,000D) UI ` + uid(r), `(0020,000E) UI ` + uid(r),
		`(0020,0010) SH`, `(0020,0011) IS 3`, `(0020,0013) IS 17`,
		`(0028,0010) US 4`, `(0028,0011) US 4`, `(0028,0002) US 1`, `(0028,0004) CS MONOCHROME2`,
		`(0028,0100) US 16`, `(0028,0101) US 12`, `(0028,0102) US 11`, `(0028,0103) US 0`,
		`(0028,0301) CS NO`, `(0028,0303) CS REMOVED`,
		`(7FE0,0010) OW zeros:32`,
	} {
		o.set(line)
	}
	return o
}

// set puts a line of dicomtest in the place of its tag.
func (o object) set(line string) { o[line[:11]] = line }

// text returns the lines in the order of their tags.
func (o object) text() string {
	tags := make([]string, 0, len(o))
	for t := range o {
		tags = append(tags, t)
	}
	slices.Sort(tags)
	var b strings.Builder
	for _, t := range tags {
		b.WriteString(o[t])
		b.WriteByte('\n')
	}
	return b.String()
}

// uid makes a UID as programs make it anew.
func uid(r *rand.Rand) string { return fmt.Sprintf("2.25.%d%018d", 1+r.IntN(9), r.Int64N(1e18)) }

func one(r *rand.Rand, choices ...string) string { return choices[r.IntN(len(choices))] }

// Invented numbers. Telephone numbers use the exchange 555 and social security
// numbers areas that were never given out with these groups.

func phone(r *rand.Rand) string {
	area, line := 201+r.IntN(700), 100+r.IntN(100)
	return one(r,
		fmt.Sprintf("(%d) 555-0%03d", area, line), fmt.Sprintf("%d-555-0%03d", area, line),
		fmt.Sprintf("%d.555.0%03d", area, line), fmt.Sprintf("+1 %d 555 0%03d", area, line),
		fmt.Sprintf("+44 20 7946 0%03d", line), fmt.Sprintf("+49 30 %06d", 100000+r.IntN(899999)))
}

func recordNumber(r *rand.Rand) string {
	return one(r, fmt.Sprintf("%08d", 10000000+r.IntN(89999999)), fmt.Sprintf("MR-%06d", r.IntN(1000000)), fmt.Sprintf("%07d", 1000000+r.IntN(8999999)))
}

func ssn(r *rand.Rand) string {
	return fmt.Sprintf("%03d-%02d-%04d", 700+r.IntN(30), 1+r.IntN(98), 1+r.IntN(9998))
}

// day is a date from 1930 to 2023 that is not the first of January.
type day struct{ y, m, d int }

func aDay(r *rand.Rand) day { return day{1930 + r.IntN(94), 1 + r.IntN(12), 2 + r.IntN(27)} }

func (d day) da() string { return fmt.Sprintf("%04d%02d%02d", d.y, d.m, d.d) }

func (d day) written(r *rand.Rand) string {
	english := []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	german := []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
	french := []string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	return one(r,
		fmt.Sprintf("%04d-%02d-%02d", d.y, d.m, d.d), fmt.Sprintf("%02d/%02d/%04d", d.m, d.d, d.y),
		fmt.Sprintf("%d/%d/%04d", d.m, d.d, d.y), fmt.Sprintf("%02d.%02d.%04d", d.d, d.m, d.y),
		fmt.Sprintf("%d %s %d", d.d, strings.ToUpper(english[d.m-1][:3]), d.y), fmt.Sprintf("%s %d, %d", english[d.m-1], d.d, d.y),
		fmt.Sprintf("%d. %s %d", d.d, german[d.m-1], d.y), fmt.Sprintf("%d %s %d", d.d, french[d.m-1], d.y),
		fmt.Sprintf("%d年%d月%d日", d.y, d.m, d.d), d.da())
}
