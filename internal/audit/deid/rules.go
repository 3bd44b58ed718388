package deid

import "assay/internal/audit/finding"

const (
	sourceProfile = "DICOM PS3.15 Table E.1-1, edition 2024b"
	sourceHarbor  = "45 CFR 164.514(b)(2)(i); DICOM PS3.15 Table E.1-1, edition 2024b"
	sourceCodes   = "DICOM PS3.3 Section C.12.1.1.1 and C.7.1.1; PS3.16 CID 7050"
)

func rule(id, title string, severity finding.Severity, hipaa, action, fix string) finding.Rule {
	r := finding.Rule{ID: id, Title: title, Severity: severity, Action: action, Fix: fix, Source: sourceHarbor}
	for _, letter := range hipaa {
		r.HIPAA = append(r.HIPAA, string(letter))
	}
	if hipaa == "" {
		r.Source = sourceProfile
	}
	return r
}

// Rules of the header, audit.md 1a.
var (
	rulePatientName = rule("phi-patient-name", "Name of the patient or a relative", finding.Blocker, "A", "Z", "Empty PatientName (0010,0010) or set it to the pseudonym in PatientID; remove OtherPatientNames, PatientBirthName, PatientMotherBirthName and ResponsiblePerson.")
	ruleStaffName   = rule("phi-staff-name", "Name of a physician, operator or reviewer", finding.Warning, "", "X/Z/D", "Empty ReferringPhysicianName (0008,0090); remove the other names of physicians, operators and reviewers, such as OperatorsName, PerformingPhysicianName, ContentCreatorName.")
	rulePatientID   = rule("phi-patient-id-realistic", "Patient ID that may be the real one", finding.Warning, "GH", "Z/D", "Replace PatientID (0010,0020) by a pseudonym that says nothing about the patient, declare its pattern in the claims, and remove OtherPatientIDs and MedicalRecordLocator.")
	ruleOtherIDs    = rule("phi-other-ids", "Accession, study, admission or order number", finding.Warning, "HJ", "Z", "Empty AccessionNumber (0008,0050) and StudyID (0020,0010), or replace the number by a dummy; remove AdmissionID and the placer and filler order numbers.")
	ruleBirthDate   = rule("phi-birth-date", "Birth date present", finding.Blocker, "C", "Z", "Empty PatientBirthDate (0010,0030), remove PatientBirthTime; keep PatientAge instead, capped at 090Y, under option 113108.")
	ruleAge         = rule("phi-age-over-89", "Age over 89", finding.Blocker, "C", "X", "Set PatientAge (0010,1010) and ages in content items over 89 years to 90 (090Y), or remove them.")
	ruleDate        = rule("phi-date-real", "Date or time present", finding.Warning, "C", "Z", "Empty StudyDate and ContentDate, remove the other dates and times, or shift all dates of a patient by one interval and declare option 113107 with Expert Determination. Under Safe Harbor only the year may stay.")
	ruleDateMixed   = rule("phi-date-inconsistent", "Dates that do not fit together", finding.Warning, "C", "", "Shift every date of a patient by the same interval as StudyDate (0008,0020): nested and private attributes, date-times such as AcquisitionDateTime, and dates in text too.")
	ruleDateHarbor  = rule("phi-date-precise-with-safe-harbor", "Full dates retained under Safe Harbor", finding.Blocker, "C", "K", "Reduce dates to the year and drop code 113106 from DeidentificationMethodCodeSequence (0012,0064), or declare Expert Determination instead of Safe Harbor.")
	ruleGeo         = rule("phi-address-geo", "Address, institution or place", finding.Warning, "B", "X/Z/D", "Remove PatientAddress, InstitutionName, InstitutionAddress, CurrentPatientLocation and the like, or replace the value by a dummy; institutions may stay under option 113112.")
	ruleContact     = rule("phi-contact", "Telephone, fax or e-mail", finding.Blocker, "DEF", "X", "Remove PatientTelephoneNumbers, PatientTelecomInformation, ReferringPhysicianTelephoneNumbers, PersonTelephoneNumbers and the like.")
	ruleInsurance   = rule("phi-insurance", "Health plan number", finding.Blocker, "I", "X", "Remove InsurancePlanIdentification (0010,1050) and PatientInsurancePlanCodeSequence.")
	ruleDevice      = rule("phi-device-serial", "Device identifier or serial number", finding.Warning, "M", "X/Z/D", "Remove DeviceSerialNumber, StationName, DeviceUID, GantryID, DetectorID, PlateID and the like, or replace the value by a dummy; or keep it under option 113109, which Safe Harbor does not allow.")
	ruleUID         = rule("phi-uid-original", "UID of the original system", finding.Warning, "R", "U", "Replace every UID of the original system (SOPInstanceUID, SeriesInstanceUID, StudyInstanceUID, FrameOfReferenceUID …) by a new one, the same one wherever it is referenced; or declare option 113110.")
	ruleUIDRef      = rule("phi-uid-unmapped-ref", "Reference by an original UID", finding.Warning, "R", "U", "Replace ReferencedSOPInstanceUID (0008,1155) by the same map as the UIDs of the instances, or remove the reference.")
	ruleRemainX     = rule("phi-remaining-x", "Attribute that the profile removes", finding.Warning, "", "X", "Remove the attribute that the finding names, or keep it under the option of the profile that allows it and declare its code in DeidentificationMethodCodeSequence (0012,0064).")
	ruleRemainZD    = rule("phi-remaining-z-d", "Attribute that the profile empties or replaces", finding.Warning, "", "Z/D", "Empty the attribute that the finding names or replace its value by a dummy, the same for all patients.")
	ruleConstant    = rule("phi-constant-vs-varying", "A value that is constant, or varies by patient", finding.Info, "", "", "Use one dummy value for all patients where the profile asks for a dummy in the attribute that the finding names.")
	ruleFileMeta    = rule("phi-file-meta", "Network name or original UID in the File Meta Information", finding.Warning, "OR", "X", "Write the File Meta Information anew: no application entity titles (0002,0016 to 0018), presentation addresses (0002,0026 to 0028) or private information (0002,0100 and 0102), and MediaStorageSOPInstanceUID (0002,0003) equal to SOPInstanceUID.")
	rulePrivate     = rule("phi-private-unknown", "Private attributes of unknown meaning", finding.Warning, "R", "X", "Remove the private attributes of the block that the finding names, or keep only those that PS3.15 Table E.3.10-1 lists under option 113111.")
	ruleOrphan      = rule("phi-private-orphan", "Private attribute without a creator", finding.Warning, "R", "X", "Remove the attribute: without its private creator (gggg,0010 to 00FF) nobody can tell what it holds.")
	ruleNested      = rule("phi-nested", "Sequence with identifiers inside", finding.Info, "", "", "Apply the profile inside every sequence, at every depth: also in private sequences, in sequences hidden in UN values and in ones of undefined length. Each attribute inside has a finding of its own rule, with the severity of that rule.")
	ruleOverlay     = rule("phi-overlay", "Overlay", finding.Warning, "A", "X", "Remove OverlayData, OverlayComments (60xx,3000 and 4000) and overlays in the high bits of PixelData, or clean them and declare option 113103.")
	ruleCurve       = rule("phi-curve-audio", "Curve or audio data", finding.Warning, "P", "X", "Remove CurveData (50xx) or WaveformSequence (5400,0100) of an audio object: a voice identifies.")
	ruleIcon        = rule("phi-icon", "Icon image", finding.Warning, "A", "X", "Remove IconImageSequence (0088,0200): an icon may show what was cleaned from the image.")
	ruleDocument    = rule("phi-encapsulated-doc", "Encapsulated document", finding.Blocker, "ABCDEFGHIJKLMNOPQR", "D", "Remove the object, or clean the document in EncapsulatedDocument (0042,0011), its properties and its images, and have it checked again.")
	ruleSR          = rule("phi-sr-content", "Text or names in structured content", finding.Warning, "ABCDEFGHIJKLMNOPQR", "D", "Remove names (PersonName), dates and free text (TextValue) from the content tree in ContentSequence (0040,A730), or clean them and declare option 113104.")
	ruleRT          = rule("phi-rt-text", "Label or name in a radiotherapy object", finding.Warning, "A", "D", "Replace StructureSetLabel, ROIName, RTPlanLabel, RTPlanName and the like by neutral ones, empty ReviewerName (300E,0008); names of organs may stay under option 113105.")
	ruleGraphics    = rule("phi-ps-graphics", "Text in graphic annotations", finding.Warning, "A", "D", "Remove the text in UnformattedTextValue (0070,0006) of GraphicAnnotationSequence, or clean it and declare option 113103.")
	ruleWaveform    = rule("phi-waveform-annot", "Text in a waveform annotation", finding.Warning, "A", "X", "Remove UnformattedTextValue (0070,0006) from WaveformAnnotationSequence (0040,B020).")
	ruleModified    = rule("phi-modified-attrs", "Original values kept", finding.Blocker, "ABCDEFGHIJKLMNOPQR", "X", "Remove OriginalAttributesSequence (0400,0561), ModifiedAttributesSequence (0400,0550) and InstanceOriginStatus (0400,0600): they keep what de-identification replaced.")
	ruleSignature   = rule("phi-digital-signature", "Digital signature", finding.Warning, "AR", "X", "Remove DigitalSignaturesSequence (FFFA,FFFA), MACParametersSequence and CertificateOfSigner: they name the signer, and no longer hold.")
)

// Rules of the claims, audit.md 1c.
var (
	ruleFlag        = claimRule("deid-flag-missing", "Not marked as de-identified", finding.Warning, "Set PatientIdentityRemoved (0012,0062) to YES.")
	ruleMethod      = claimRule("deid-method-missing", "De-identification method not stated", finding.Warning, "Fill DeidentificationMethod (0012,0063) or DeidentificationMethodCodeSequence (0012,0064).")
	ruleCode        = claimRule("deid-code-invalid", "De-identification code not of CID 7050", finding.Warning, "Use codes 113100 to 113112, scheme DCM, with the meanings of CID 7050, in DeidentificationMethodCodeSequence (0012,0064).")
	ruleMismatch    = claimRule("deid-claim-mismatch", "Claim and content disagree", finding.Warning, "Make the files do what the claims say, or correct the claims and the codes in DeidentificationMethodCodeSequence (0012,0064).")
	ruleLongitude   = claimRule("deid-long-temporal", "Statement about dates disagrees with the codes", finding.Warning, "Set LongitudinalTemporalInformationModified (0028,0303) to UNMODIFIED with code 113106, MODIFIED with 113107, REMOVED with neither.")
	ruleMixedMethod = claimRule("deid-mixed", "Different methods in one submission", finding.Warning, "De-identify all files in the same way, with the same PatientIdentityRemoved, DeidentificationMethod and codes, or submit them as separate data sets.")
)

func claimRule(id, title string, severity finding.Severity, fix string) finding.Rule {
	return finding.Rule{ID: id, Title: title, Severity: severity, Fix: fix, Source: sourceCodes}
}

// Rules returns the rules of this package.
func Rules() []finding.Rule {
	return []finding.Rule{
		rulePatientName, ruleStaffName, rulePatientID, ruleOtherIDs, ruleBirthDate, ruleAge, ruleDate,
		ruleDateMixed, ruleDateHarbor, ruleGeo, ruleContact, ruleInsurance, ruleDevice, ruleUID, ruleUIDRef,
		ruleRemainX, ruleRemainZD, ruleConstant, ruleFileMeta, rulePrivate, ruleOrphan, ruleNested, ruleOverlay, ruleCurve,
		ruleIcon, ruleDocument, ruleSR, ruleRT, ruleGraphics, ruleWaveform, ruleModified, ruleSignature,
		ruleFlag, ruleMethod, ruleCode, ruleMismatch, ruleLongitude, ruleMixedMethod,
	}
}
