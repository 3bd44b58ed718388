package deid

import (
	"slices"
	"strings"
	"sync"

	"assay/internal/audit/dicom"
	"assay/internal/audit/finding"
)

// check says how the value of an attribute is judged.
type check int

const (
	checkNone check = iota
	checkPresence
	checkText // real unless empty or dummy
	checkName
	checkPatientID
	checkOrder
	checkBirthDate
	checkDate
	checkTime
	checkAge
	checkUID
	checkNothing // no judgment of its own, the free-text rules still apply
	checkSequence
	checkDeclared // what the file says about its de-identification
	checkSR       // items of structured content
	checkPath     // ReferencedFileID of a DICOMDIR
)

// entry is what one look-up by tag tells about an attribute.
type entry struct {
	rule  *finding.Rule
	check check
	row   *row // of Table E.1-1; nil if the table does not name it
	// severity is where the judgment starts from, before claims count.
	severity finding.Severity
}

// Attributes with a rule of their own, by keyword.
var ownRules = []struct {
	rule     *finding.Rule
	check    check
	keywords string
}{
	{&rulePatientName, checkName, "PatientName OtherPatientNames PatientBirthName PatientMotherBirthName ResponsiblePerson NameToUse"},
	{&rulePatientID, checkPatientID, "PatientID OtherPatientIDs MedicalRecordLocator"},
	{&ruleOtherIDs, checkOrder, `AccessionNumber StudyID AdmissionID PlacerOrderNumberImagingServiceRequest
		FillerOrderNumberImagingServiceRequest RequestedProcedureID ServiceEpisodeID SpecimenAccessionNumber
		PerformedProcedureStepID ScheduledProcedureStepID ResultsID InterpretationID`},
	{&ruleBirthDate, checkBirthDate, "PatientBirthDate PatientBirthTime PatientBirthDateInAlternativeCalendar"},
	{&ruleAge, checkAge, "PatientAge"},
	{&ruleGeo, checkText, `PatientAddress InstitutionName InstitutionAddress InstitutionalDepartmentName
		CurrentPatientLocation RegionOfResidence CountryOfResidence PatientInstitutionResidence
		ScheduledPatientInstitutionResidence ReferringPhysicianAddress PersonAddress AddressTrial
		RequestedProcedureLocation PerformedLocation OrderEntererLocation ScheduledStudyLocation
		ScheduledProcedureStepLocation RequestingService ResponsibleOrganization HumanPerformerOrganization
		VerifyingOrganization DistributionAddress GPSLatitude GPSLongitude GPSDestLatitude GPSDestLongitude
		GPSAreaInformation IssuerOfPatientID`},
	{&ruleContact, checkText, `PatientTelephoneNumbers PatientTelecomInformation ReferringPhysicianTelephoneNumbers
		PersonTelephoneNumbers PersonTelecomInformation OrderCallbackPhoneNumber OrderCallbackTelecomInformation
		TelephoneNumberTrial`},
	{&ruleInsurance, checkText, "InsurancePlanIdentification"},
	{&ruleInsurance, checkSequence, "PatientInsurancePlanCodeSequence"},
	{&ruleIcon, checkSequence, "IconImageSequence"},
	{&ruleDocument, checkPresence, "EncapsulatedDocument"},
	{&ruleRT, checkText, "StructureSetLabel StructureSetName ROIName RTPlanLabel RTPlanName ROIObservationLabel StructureSetDescription ROIDescription RTPlanDescription"},
	{&ruleGraphics, checkText, "UnformattedTextValue"},
	{&ruleModified, checkSequence, "OriginalAttributesSequence ModifiedAttributesSequence NonconformingModifiedAttributesSequence"},
	{&ruleSignature, checkSequence, "DigitalSignaturesSequence ReferencedDigitalSignatureSequence MACParametersSequence"},
	{&ruleSignature, checkPresence, "CertificateOfSigner MAC CertifiedTimestamp"},
	{&ruleSR, checkSR, "TextValue PersonName ContentSequence NumericValue"},
	{&ruleFileMeta, checkText, "SourceApplicationEntityTitle SendingApplicationEntityTitle ReceivingApplicationEntityTitle SourcePresentationAddress SendingPresentationAddress ReceivingPresentationAddress"},
	{&ruleFileMeta, checkPresence, "PrivateInformation PrivateInformationCreatorUID"},
	{nil, checkDeclared, `PatientIdentityRemoved DeidentificationMethod LongitudinalTemporalInformationModified
		CodeValue CodingSchemeDesignator CodeMeaning`},
	{nil, checkPath, "ReferencedFileID"},
	// Versions of code tables and templates: dates, but of nobody.
	{nil, checkNothing, "ContextGroupVersion ContextGroupLocalVersion TemplateVersion TemplateLocalVersion"},
	// Containers whose items are judged one by one.
	{nil, checkNothing, "GraphicAnnotationSequence WaveformAnnotationSequence ModifyingSystem SourceOfPreviousValues ReasonForTheAttributeModification AttributeModificationDateTime"},
}

// Severities that differ from the rule's, by keyword.
var ownSeverity = map[string]finding.Severity{
	"PatientAddress": finding.Blocker, "PatientInstitutionResidence": finding.Blocker,
	"CurrentPatientLocation": finding.Blocker, "RegionOfResidence": finding.Blocker,
	"GPSLatitude": finding.Blocker, "GPSLongitude": finding.Blocker,
	"InstanceOriginStatus": finding.Warning,
	"PatientBirthTime":     finding.Warning,
}

// dispatch is built once, at first use: one look-up an element.
var dispatch = sync.OnceValue(func() map[dicom.Tag]*entry {
	m := make(map[dicom.Tag]*entry, len(profile)+64)
	for i := range profile {
		r := &profile[i]
		m[r.tag] = entryFor(r)
	}
	for _, own := range ownRules {
		for _, k := range strings.Fields(own.keywords) {
			tag, ok := tagOf(k)
			if !ok {
				panic("deid: no attribute " + k)
			}
			e := &entry{rule: own.rule, check: own.check, row: byTag()[tag]}
			if own.rule != nil {
				e.severity = own.rule.Severity
			}
			m[tag] = e
		}
	}
	for k, severity := range ownSeverity {
		tag, _ := tagOf(k)
		m[tag].severity = severity
	}
	m[encryptedAttributes] = &entry{rule: &ruleModified, check: checkSequence, severity: finding.Info}
	return m
})

const encryptedAttributes dicom.Tag = 0x04000500

// entryFor derives the judgment of a row from its VR, options and action.
func entryFor(r *row) *entry {
	e := &entry{row: r}
	switch {
	case r.keyword == "InstanceOriginStatus":
		e.rule, e.check = &ruleModified, checkText
	case r.vr == "SQ":
		sequenceEntry(e, r)
	case r.vr == "PN":
		e.rule, e.check = &ruleStaffName, checkName
	case r.vr == "UI" && (r.has(ReplaceUID) || r.keep&RetainUIDs != 0):
		e.rule, e.check = &ruleUID, checkUID
	case r.keep&RetainFullDates != 0 && r.vr == "TM":
		e.rule, e.check = &ruleDate, checkTime
	case r.keep&RetainFullDates != 0 && (r.vr == "DA" || r.vr == "DT"):
		e.rule, e.check = &ruleDate, checkDate
	case (r.keep|r.clean)&RetainDeviceIdentity != 0:
		e.rule, e.check = &ruleDevice, checkText
	case r.has(Remove):
		e.rule, e.check = &ruleRemainX, checkText
	default:
		e.rule, e.check = &ruleRemainZD, checkText
	}
	if e.rule != nil {
		e.severity = e.rule.Severity
	}
	// Demographics and the like of the patient module are blockers unless
	// an option lets them stay as characteristics.
	if e.rule == &ruleRemainX && r.tag.Group() == 0x0010 && r.keep&RetainPatientCharacteristics == 0 && r.clean == 0 {
		e.severity = finding.Blocker
	}
	return e
}

// sequenceEntry judges the presence of a sequence that the profile removes.
// One that may stay with dummies or new UIDs is judged by its items.
func sequenceEntry(e *entry, r *row) {
	switch {
	case strings.Contains(string(r.basic), "D") || strings.Contains(string(r.basic), "U"):
		e.check = checkNothing
	case (r.keep|r.clean)&RetainDeviceIdentity != 0:
		e.rule, e.check = &ruleDevice, checkSequence
	case r.has(Remove):
		e.rule, e.check = &ruleRemainX, checkSequence
	default:
		e.check = checkNothing
	}
}

// tagOf finds an attribute by keyword, in the profile first.
func tagOf(keyword string) (dicom.Tag, bool) {
	i := slices.IndexFunc(profile[:], func(r row) bool { return r.keyword == keyword })
	if i >= 0 {
		return profile[i].tag, true
	}
	return dictTag(keyword)
}
