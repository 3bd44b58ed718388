package main

import (
	"assay/internal/audit/synth"
	"assay/internal/license"
	"assay/internal/listing"
)

// demoSets are the hosted listings of the demo: live, superseded, in review,
// flagged and failed ones, of five kinds of image.
func demoSets() []demoSet {
	return []demoSet{
		{seller: "seller", claims: chestCT(), checked: true, licensed: true, versions: []demoVersion{
			{series: chest(2), labels: outlines, goal: toLive},
			{note: "One more patient, and the slice order of the first two corrected.", series: chest(3), labels: outlines, goal: toLive},
		}},
		{seller: "seller", claims: brainMR(), versions: []demoVersion{{series: part("BRAIN", series(synth.MR, 201, 2)), goal: toLive}}},
		{seller: "imaging", claims: liverUS(), versions: []demoVersion{{series: part("LIVER", series(synth.US, 401, 1)), labels: liverGrades, goal: toReview}}},
		{seller: "imaging", claims: handDX(), versions: []demoVersion{{series: hands(), labels: handReadings, goal: toLive}}},
		{seller: "imaging", claims: reportSC(), versions: []demoVersion{{series: series(synth.SC, 501, 1, synth.PatientName, synth.BirthDate, synth.FreeText), goal: toReport}}},
		{seller: "seller", claims: followUpCT(), versions: []demoVersion{{series: series(synth.CT, 601, 1, synth.DeviceSerial, synth.Institution), goal: toReport}}},
	}
}

// chest returns n series of the chest; the last is for testing.
func chest(n int) []synth.Spec {
	list := part("CHEST", series(synth.CT, 101, n))
	for i := range list {
		list[i].Folder = "train"
	}
	list[n-1].Folder = "test"
	return list
}

// hands are small radiographs of 60 patients.
func hands() []synth.Spec {
	list := part("HAND", series(synth.DX, 301, 60))
	for i := range list {
		list[i].Slices, list[i].Rows, list[i].Columns = handsOfOne, 96, 96
	}
	return list
}

// series returns n series of one modality, each of another subject.
func series(m synth.Modality, seed uint64, n int, problems ...synth.Problem) []synth.Spec {
	list := make([]synth.Spec, n)
	for i := range list {
		list[i] = synth.Spec{Modality: m, Seed: seed + uint64(i), Problems: problems}
	}
	return list
}

// seriesCodes are the options of the profile that the series of package synth
// declare in their headers.
func seriesCodes() []listing.DeidCode {
	var codes []listing.DeidCode
	for _, c := range synth.Codes() {
		codes = append(codes, listing.DeidCode(c))
	}
	return codes
}

// part is series with the body part that the claims name.
func part(name string, list []synth.Spec) []synth.Spec {
	for i := range list {
		list[i].Part = name
	}
	return list
}

// commonClaims are the answers that the demo's sellers share.
func commonClaims() listing.Claims {
	return listing.Claims{
		Deidentification: listing.Deidentification{
			Method: listing.ExpertDetermination, Codes: seriesCodes(),
			Dates: listing.DatesRemoved, Faces: listing.FacesNotApplicable,
			Expert: listing.Expert{Name: "Dr. Ines Marlow (demo)", Qualification: "Statistician, twelve years of disclosure control", Date: "2026-03-31"},
			Note:   "Headers rebuilt from an allow-list; dates removed.",
		},
		Reports: listing.Reports{Included: listing.No},
		Consent: listing.Consent{IRB: listing.IRBApproved, Board: "Northfield IRB (demo)", Protocol: "2024-113",
			Basis: listing.WaiverAuthorization, Commercial: listing.WaiverCoversCommercial},
		Labels: listing.Labels{Provenance: []listing.Provenance{listing.MultiReaderConsensus}, AnnotationTypes: []listing.AnnotationType{"segmentation_mask"},
			Protocol: "Two readers outline each finding independently; a third settles differences of more than 2 mm."},
		Annotators: listing.Annotators{Groups: []listing.Annotator{{Role: "radiologist", Readers: 3, Specialty: "Diagnostic radiology",
			BoardCertified: listing.Yes, Board: "American Board of Radiology", Years: 8, Country: "US", Blinded: listing.Yes,
			Adjudication: "senior_arbiter", Metric: "dice", Agreement: "0.83", ReadsPerCase: 2}}},
		Coverage: listing.Coverage{Countries: []string{"US"}, Regions: []string{"US-NY"}, Sites: 2, Settings: []listing.Setting{"academic", "community"}},
		Devices:  listing.Devices{Unknown: true},
		Demographics: listing.Demographics{Ages: listing.Distribution{NotStated: true}, Sex: listing.Distribution{NotStated: true},
			Race: listing.Distribution{NotStated: true}},
		Splits:  listing.Splits{Provided: listing.No},
		Caveats: listing.Caveats{List: []string{"Phantom images made by a program for this demo: no patient was imaged."}},
	}
}

// standardTerms permit a product, with conditions.
func standardTerms(except map[license.Use]license.Cell) listing.License {
	cells := map[license.Use]license.Cell{}
	for _, use := range license.AllUses() {
		cells[use] = license.Cell{Verdict: license.YesWithConditions, Clause: "3.1", Condition: "Name the data set in the model card."}
	}
	cells[license.RegulatorySubmission] = license.Cell{Verdict: license.Ask, Clause: "5", Condition: "The seller signs a letter of provenance first."}
	cells[license.RedistributeData] = license.Cell{Verdict: license.No, Clause: "4.1"}
	cells[license.ThirdPartyAIService] = license.Cell{Verdict: license.No, Clause: "4.4"}
	for use, cell := range except {
		cells[use] = cell
	}
	return listing.License{Tier: license.CommercialStandard, SPDX: "LicenseRef-Demo-Standard", Name: "Standard commercial terms (demo)",
		Access: license.AccessContract, Grants: []listing.Grant{{Cells: cells}}}
}

// knownTerms offer a data set under a public license.
func knownTerms(spdx string, tier license.Tier, access license.AccessMode) listing.License {
	l := listing.License{Tier: tier, SPDX: spdx, Access: access}
	if terms, ok := license.KnownBySPDX(spdx); ok {
		l.Name, l.URL = terms.Name, terms.URL
		l.Grants = []listing.Grant{{Cells: terms.Cells}}
	}
	return l
}

func chestCT() listing.Claims {
	c := commonClaims()
	c.Basics = listing.Basics{Title: "Low-dose chest CT with outlined nodules, two sites",
		Summary:    "Screening CT of the chest of adults from two hospitals. Every nodule of 4 mm or more is outlined by two thoracic radiologists and settled by a third.",
		Modalities: []listing.Modality{"CT"}, BodyParts: []listing.BodyPart{"chest", "lung"}, Tasks: []listing.Task{"detection", "segmentation"}, Keywords: []string{"nodule", "screening"}}
	c.License = standardTerms(nil)
	return c
}

func brainMR() listing.Claims {
	c := commonClaims()
	c.Basics = listing.Basics{Title: "Brain MRI, T1-weighted, with tumor outlines",
		Summary:    "T1-weighted series of the head of adults with glioma, skull-stripped, with outlines of the enhancing tumor by consensus of neuroradiologists.",
		Modalities: []listing.Modality{"MR"}, BodyParts: []listing.BodyPart{"brain", "head"}, Tasks: []listing.Task{"segmentation"}, Keywords: []string{"glioma", "T1"}}
	c.License = knownTerms("CC-BY-4.0", license.OpenAttribution, license.AccessRegistered)
	c.Deidentification.Faces = "skull_stripped"
	c.Coverage.Countries, c.Coverage.Regions = []string{"DE", "US"}, nil
	return c
}

func handDX() listing.Claims {
	c := commonClaims()
	c.Basics = listing.Basics{Title: "Digital radiographs of the hand, bone age",
		Summary:    "Radiographs of the left hand of children and adolescents, each with a bone age read by one of two pediatric radiologists.",
		Modalities: []listing.Modality{"DX"}, BodyParts: []listing.BodyPart{"upper_extremity"}, Tasks: []listing.Task{"regression"}, Keywords: []string{"bone age"}}
	c.License = knownTerms("CC-BY-NC-4.0", license.ResearchNoncommercial, license.AccessClickThrough)
	c.Labels = listing.Labels{Provenance: []listing.Provenance{"radiologist_manual"}, AnnotationTypes: []listing.AnnotationType{"image_label"}, Protocol: "One reader a case, Greulich and Pyle atlas."}
	c.Annotators.Groups[0].Adjudication, c.Annotators.Groups[0].Metric, c.Annotators.Groups[0].Agreement = "none", "", ""
	c.Annotators.Groups[0].Readers, c.Annotators.Groups[0].ReadsPerCase = 2, 1
	return c
}

func liverUS() listing.Claims {
	c := commonClaims()
	c.Basics = listing.Basics{Title: "Abdominal ultrasound of the liver, B-mode stills",
		Summary:    "B-mode stills of the liver of adults with suspected steatosis, graded by two radiologists with differences settled in a meeting.",
		Modalities: []listing.Modality{"US"}, BodyParts: []listing.BodyPart{"abdomen", "liver"}, Tasks: []listing.Task{"classification"}, Keywords: []string{"steatosis"}}
	c.License = standardTerms(map[license.Use]license.Cell{license.ShipModelInProduct: {Verdict: license.Ask, Clause: "3.2", Condition: "Priced for each product line."}})
	c.Labels.AnnotationTypes, c.Annotators.Groups[0].Adjudication = []listing.AnnotationType{"image_label"}, "consensus_meeting"
	return c
}

func reportSC() listing.Claims {
	c := commonClaims()
	c.Basics = listing.Basics{Title: "Emergency CT dose reports as secondary captures",
		Summary:    "Screen captures of dose reports from an emergency department, meant for models that read dose tables. Sent for a first audit.",
		Modalities: []listing.Modality{"OT"}, BodyParts: []listing.BodyPart{"chest"}, Tasks: []listing.Task{"retrieval"}}
	c.License = standardTerms(nil)
	return c
}

func followUpCT() listing.Claims {
	c := commonClaims()
	c.Basics = listing.Basics{Title: "Follow-up chest CT after pneumonia, one site",
		Summary:    "Chest CT of adults three months after pneumonia, each with a rating of residual opacity by one radiologist. The audit's warnings wait for answers.",
		Modalities: []listing.Modality{"CT"}, BodyParts: []listing.BodyPart{"chest", "lung"}, Tasks: []listing.Task{"classification"}}
	c.License = standardTerms(nil)
	return c
}
