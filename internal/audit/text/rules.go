package text

import "assay/internal/audit/finding"

// Sources of the rules.
const (
	sourceSafeHarbor = "45 CFR 164.514(b)(2)(i)"
	sourceNANP       = "45 CFR 164.514(b)(2)(i); North American Numbering Plan, ITU-T E.164"
	sourceVIN        = "45 CFR 164.514(b)(2)(i); 49 CFR 565.15 (VIN check digit)"
	sourceSSN        = "45 CFR 164.514(b)(2)(i); SSA numbering rules (area not 000, 666, 9xx)"
)

const fixText = "Remove or replace this part of the text. If the whole attribute is not needed, empty or remove it."

var (
	ruleSSN         = finding.Rule{ID: "text-ssn", Title: "Social security number in text", Severity: finding.Blocker, HIPAA: []string{"G"}, Fix: fixText, Source: sourceSSN}
	ruleMRN         = finding.Rule{ID: "text-mrn", Title: "Medical record number in text", Severity: finding.Blocker, HIPAA: []string{"H"}, Fix: fixText, Source: sourceSafeHarbor}
	rulePhone       = finding.Rule{ID: "text-phone", Title: "Telephone or fax number in text", Severity: finding.Blocker, HIPAA: []string{"D", "E"}, Fix: fixText, Source: sourceNANP}
	ruleEmail       = finding.Rule{ID: "text-email", Title: "E-mail address in text", Severity: finding.Blocker, HIPAA: []string{"F"}, Fix: fixText, Source: sourceSafeHarbor}
	ruleURL         = finding.Rule{ID: "text-url", Title: "Web address in text", Severity: finding.Warning, HIPAA: []string{"N"}, Fix: fixText, Source: sourceSafeHarbor}
	ruleIP          = finding.Rule{ID: "text-ip", Title: "IP address in text", Severity: finding.Warning, HIPAA: []string{"O"}, Fix: fixText, Source: sourceSafeHarbor}
	ruleDate        = finding.Rule{ID: "text-date", Title: "Date in text", Severity: finding.Warning, HIPAA: []string{"C"}, Fix: "Remove the date from the text, or keep only its year.", Source: sourceSafeHarbor}
	ruleAge         = finding.Rule{ID: "text-age90", Title: "Age over 89 in text", Severity: finding.Blocker, HIPAA: []string{"C"}, Fix: "Replace the age with \"90 or over\", or remove it.", Source: sourceSafeHarbor}
	ruleName        = finding.Rule{ID: "text-name", Title: "Personal name in text", Severity: finding.Warning, HIPAA: []string{"A"}, Fix: fixText, Source: sourceSafeHarbor}
	ruleAddress     = finding.Rule{ID: "text-zip-address", Title: "Street address or ZIP code in text", Severity: finding.Warning, HIPAA: []string{"B"}, Fix: fixText, Source: sourceSafeHarbor}
	ruleInstitution = finding.Rule{ID: "text-institution", Title: "Name of a hospital or practice in text", Severity: finding.Warning, HIPAA: []string{"B"}, Fix: fixText, Source: sourceSafeHarbor + " (a place smaller than a state); DICOM PS3.15 Section E.3.11"}
	ruleVIN         = finding.Rule{ID: "text-vin-plate", Title: "Vehicle number or license plate in text", Severity: finding.Warning, HIPAA: []string{"L"}, Fix: fixText, Source: sourceVIN}
	ruleAccount     = finding.Rule{ID: "text-account", Title: "Account, insurance, certificate or license number in text", Severity: finding.Warning, HIPAA: []string{"I", "J", "K"}, Fix: fixText, Source: sourceSafeHarbor}
	ruleResidual    = finding.Rule{ID: "text-residual-list", Title: "Text for a person to read", Severity: finding.Info, Fix: "Read the texts of this attribute, and remove what names a person or a place. Editors of your organization find them beside the report; \"lqs audit --residual FILE\" on your own machine writes every text that holds a word outside the vocabulary.", Source: "DICOM PS3.15 Section E.3.5 (Clean Descriptors Option)"}
	rulePath        = finding.Rule{ID: "name-in-path", Title: "Identifier in a file or folder name", Severity: finding.Warning, HIPAA: []string{"A", "H"}, Fix: "Rename the file or folder with a pseudonym, such as the PatientID and a running number.", Source: sourceSafeHarbor}
)

// Rules returns the free-text rules, in the order in which they are tried.
func Rules() []finding.Rule {
	return []finding.Rule{
		ruleSSN, ruleMRN, rulePhone, ruleEmail, ruleURL, ruleIP, ruleDate, ruleAge,
		ruleName, ruleAddress, ruleInstitution, ruleVIN, ruleAccount, ruleResidual, rulePath,
	}
}
