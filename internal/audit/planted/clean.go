package planted

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/deid"
)

// perClean is how many clean files are made.
const perClean = 120

// traps are values that look like identifiers and are none, by attribute.
var traps = []struct{ line, why string }{
	{"(0008,103E) LO Graves orbit COR STIR", "eponym"},
	{"(0008,103E) LO Circle of Willis TOF", "eponym"},
	{"(0008,103E) LO AX T2 FLAIR Parkinson protocol", "eponym"},
	{"(0008,103E) LO Hashimoto thyroid US SAG", "eponym"},
	{"(0008,1030) LO CT CHEST Ewing sarcoma follow up", "eponym"},
	{"(0008,1030) LO Baker cyst RT KNEE", "eponym"},
	{"(0008,1030) LO Crohn, Colitis enterography", "eponyms with a comma"},
	{"(0018,1030) LO Wilson disease liver", "eponym"},
	{"(0018,1030) LO Perthes hip AP/frog", "eponym"},
	{"(0008,1030) LO Osgood-Schlatter knee", "eponym"},
	{"(0020,4000) LT Philips Achieva dStream R5.7.1", "product and version"},
	{"(0020,4000) LT processed with syngo.via VB60A_HF02", "version"},
	{"(0020,4000) LT dcm2niix v1.0.20220720, FreeSurfer 7.2.0", "versions"},
	{"(0008,1090) LO Lightspeed VCT", "product"},
	{"(0018,1020) LO 14.0_M5A_LNX.20190423", "version with a date inside"},
	{"(0018,1020) LO 10.4.7.2", "version like an address"},
	{"(0008,1030) LO MR BRAIN W/O 1.5T 2x2x2mm", "numbers"},
	{"(0008,103E) LO DWI b0-500-1000 ADC", "b values"},
	{"(0008,103E) LO dMRI_dir98_AP_2.0iso_MB4", "protocol"},
	{"(0008,103E) LO CT 12345 recon 2", "modality like a state and a number like a ZIP code"},
	{"(0020,4000) LT 90Y SIRT planning, 3.5 GBq", "isotope"},
	{"(0020,4000) LT Age group: 90+ years", "capped age"},
	{"(0020,4000) LT 88 y/o, fall", "age under 90"},
	{"(0020,4000) LT Siemens Healthineers, Erlangen", "maker and its town"},
	{"(0020,4000) LT Window 400/40, kernel B60f, pitch 1.2", "numbers"},
	{"(0020,4000) LT 100 mL Omnipaque 350 at 3.5 mL/s", "dose"},
	{"(0020,4000) LT see https://doi.org/10.7937/K9/TCIA.2015.LO9QL9SX", "reference to a data set"},
	{"(0010,1010) AS 090Y", "capped age"},
	{"(0010,1010) AS 089Y", "age under 90"},
	{"(0008,0020) DA 19000101", "dummy date"},
	{"(0008,0020) DA 20000901", "shifted date"},
	{"(0010,0010) PN ANONYMOUS^PATIENT", "dummy name"},
	{"(0010,0010) PN Anon-0441", "dummy name"},
	{"(0008,0090) PN REMOVED", "dummy name"},
	{"(0008,0050) SH 0", "dummy number"},
	{"(0018,1030) LO Head^Routine_Dr", "protocol tree"},
	{"(0008,1030) LO Abdomen^Liver Dynamic", "protocol tree"},
	{"(0008,103E) LO Neck^Angio, Carotid", "protocol tree"},
	{"(0008,103E) LO DR CHEST PA", "modality like a title"},
	{"(0008,103E) LO MS protocol SAG FLAIR", "disease like a title"},
	{"(0019,1077) DS 1000", "b value in a private attribute"},
	{"(0008,103E) LO Swan Ganz position AP portable", "device"},
	{"(0020,4000) LT Hounsfield calibration ok, Fourier recon", "eponyms"},
	{"(0020,4000) LT Fleischner, Bosniak and Couinaud applied", "eponyms"},
	{"(0020,4000) LT Modic changes, Schmorl node L4", "eponyms"},
	{"(0020,4000) LT 2.25.123456789012345678901234567890", "UID"},
	{"(0020,4000) LT ratio 3:4:1 of phantom no. 7", "numbers"},
	{"(0020,4000) LT Reader 1, Reader 2 and consensus", "roles"},
}

// cleanItem is a clean file and the trap in it.
type cleanItem struct {
	path    string
	content []byte
	why     string
}

// cleanClaims declare what a seller of the clean files does: the profile, and
// the options under which descriptions, structured content, shifted dates, sex
// and age stay.
func cleanClaims() *audit.Claims {
	return &audit.Claims{
		Method: deid.ExpertDetermination, Codes: []string{"113100", "113104", "113105", "113107", "113108"},
		Dates: deid.DatesShifted, PatientIDPattern: "SUBJ-[0-9]{4}",
	}
}

// declared sets the codes of cleanClaims in a file.
func (o object) declared() {
	lines := "(0012,0064) SQ"
	for _, code := range cleanClaims().Codes {
		for _, c := range deid.Codes() {
			if c.Value == code {
				lines += "\n  - (0008,0100) SH " + c.Value + "\n    (0008,0102) SH DCM\n    (0008,0104) LO " + strings.Replace(c.Meaning, "With ", "", 1) // LO has 64 characters
			}
		}
	}
	o.set(lines)
	o.set("(0028,0303) CS MODIFIED")
}

// cleanFiles makes clean files, each with a trap. They hold what an honest
// seller leaves: a declaration, and an image that is not blank.
func cleanFiles(seed uint64) []cleanItem {
	r := rand.New(rand.NewPCG(seed, 1<<32))
	list := make([]cleanItem, 0, perClean)
	for n := range perClean {
		t := traps[n%len(traps)]
		o := base(r)
		o.declared()
		pixels := make([]byte, 32)
		for i := 0; i < len(pixels); i += 2 {
			pixels[i], pixels[i+1] = byte(r.IntN(256)), byte(r.IntN(16))
		}
		o.set("(7FE0,0010) OW hex:" + hex.EncodeToString(pixels))
		if strings.HasSuffix(o["(0008,0016)"], "DigitalXRayImageStorageForPresentation") {
			o.set(`(0018,1164) DS 0.1\0.1`)
			o.set(`(0020,0020) CS L\F`)
		}
		if t.line[1:5] == "0019" {
			o.set("(0019,0010) LO SIEMENS MR HEADER")
		}
		o.set(t.line)
		list = append(list, cleanItem{fmt.Sprintf("train/SUBJ-%04d/ct/%03d.dcm", n, n), built(o), t.why})
	}
	return list
}
