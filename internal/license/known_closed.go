package license

// Licenses that keep commercial use to themselves, and Assay's own two texts,
// which are embedded (text.go).

const (
	nonCommercial = "for non-commercial purposes only"
	commercialUse = "a use directed towards commercial advantage"
)

var ccByNC40 = Terms{
	SPDX: "CC-BY-NC-4.0", Name: "Creative Commons Attribution-NonCommercial 4.0 International",
	URL:  "https://creativecommons.org/licenses/by-nc/4.0/legalcode",
	Tier: ResearchNoncommercial, Access: AccessOpen,
	Cells: answers(
		when("Section 2(a)(1)(A), Section 1(i)", nonCommercial),
		when("Section 2(a)(1)(A), Section 3(a)(1)", nonCommercial+"; attribution where images or excerpts are shown"),
		no("Section 2(a)(1)(B), Section 1(i)", commercialUse),
		no("Section 2(a)(1)(B), Section 1(i)", commercialUse),
		no("Section 2(a)(1)(A), Section 1(i)", commercialUse),
		no("Section 2(a)(1)(A), Section 1(i)", "a filing serves to bring a product to market"),
		when("Section 2(a)(1)(A), Section 2(a)(5)(B), Section 3(a)(1)", nonCommercial+"; attribution, a link to the license, no further restriction"),
		when("Section 2(a)(1)(B), Section 3(a)(1)", nonCommercial+"; attribution, and say what you changed"),
		when("Section 2(a)(1)(B), Section 3(a)(1)", nonCommercial+"; attribution if what you share is adapted from the data"),
		when("Section 2(a)(1)(A), Section 1(i)", nonCommercial+", and the service may not use it for purposes of its own"),
		when("Section 2(a)(1), Section 2(a)(5)(A)", nonCommercial+"; no sublicense: the contractor receives the same license from the owner"),
	),
}

var ccByNCSA40 = Terms{
	SPDX: "CC-BY-NC-SA-4.0", Name: "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
	URL:  "https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode",
	Tier: ResearchNoncommercial, Access: AccessOpen,
	Cells: answers(
		when("Section 2(a)(1)(A), Section 1(k)", nonCommercial),
		when("Section 2(a)(1)(A), Section 3(a)(1), Section 3(b)", nonCommercial+"; attribution; figures adapted from the images carry the same license"),
		no("Section 2(a)(1)(B), Section 1(k)", commercialUse),
		no("Section 2(a)(1)(B), Section 1(k)", commercialUse),
		no("Section 2(a)(1)(A), Section 1(k)", commercialUse),
		no("Section 2(a)(1)(A), Section 1(k)", "a filing serves to bring a product to market"),
		when("Section 2(a)(1)(A), Section 2(a)(5)(C), Section 3(a)(1)", nonCommercial+"; attribution, a link to the license, no further restriction"),
		when("Section 2(a)(1)(B), Section 3(b)", nonCommercial+"; attribution; the labels carry the same license"),
		when("Section 2(a)(1)(B), Section 3(b)", nonCommercial+"; attribution and the same license if what you share is adapted from the data"),
		when("Section 2(a)(1)(A), Section 1(k)", nonCommercial+", and the service may not use it for purposes of its own"),
		when("Section 2(a)(1), Section 2(a)(5)(A)", nonCommercial+"; no sublicense: the contractor receives the same license from the owner"),
	),
}

var ccByNCND40 = Terms{
	SPDX: "CC-BY-NC-ND-4.0", Name: "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International",
	URL:  "https://creativecommons.org/licenses/by-nc-nd/4.0/legalcode",
	Tier: ResearchNoncommercial, Access: AccessOpen,
	Cells: answers(
		when("Section 2(a)(1)(A), Section 1(h)", nonCommercial),
		when("Section 2(a)(1)(A), Section 3(a)(1), Section 3(a)(2)", nonCommercial+"; attribution; images shown unaltered"),
		no("Section 2(a)(1)(B), Section 1(h)", commercialUse),
		no("Section 2(a)(1)(B), Section 1(h)", commercialUse),
		no("Section 2(a)(1)(A), Section 1(h)", commercialUse),
		no("Section 2(a)(1)(A), Section 1(h)", "a filing serves to bring a product to market"),
		when("Section 2(a)(1)(A), Section 2(a)(5)(B), Section 3(a)(1)", nonCommercial+", unaltered; attribution, a link to the license, no further restriction"),
		no("Section 2(a)(1)(B), Section 3(a)(2)", "adapted material may be made, but not shared"),
		when("Section 2(a)(1)(B), Section 3(a)(2)", nonCommercial+", for yourself: what is adapted from the data may not be shared"),
		when("Section 2(a)(1)(A), Section 1(h)", nonCommercial+", and the service may not use it for purposes of its own"),
		when("Section 2(a)(1), Section 2(a)(5)(A)", nonCommercial+"; no sublicense: the contractor receives the same license from the owner"),
	),
}

// physioNet150 binds a person, not an organization; its terms are counted in
// the order of the text.
var physioNet150 = Terms{
	SPDX: "LicenseRef-PhysioNet-Credentialed-1.5.0", Name: "PhysioNet Credentialed Health Data License 1.5.0",
	URL:  "https://physionet.org/about/licenses/physionet-credentialed-health-data-license-150/",
	Tier: ResearchAgreement, Access: AccessCredentialed,
	Cells: answers(
		when("Term 6", "lawful scientific research only"),
		when("Term 2, Term 8", "no identity disclosed; code behind a publication goes to an open repository"),
		no("Term 6", "scientific research and no other purpose"),
		no("Term 6", "scientific research and no other purpose"),
		no("Term 6", "scientific research and no other purpose"),
		no("Term 6", "scientific research and no other purpose"),
		no("Term 3", "access is not shared with anyone else"),
		ask("Term 3", "PhysioNet, which publishes derived data under the same terms"),
		when("Term 3, Term 6", "for scientific research, not passed on"),
		no("Term 3", "access is not shared with anyone else, an outside service included"),
		no("Term 3", "each person needs credentials of their own"),
	),
}

// researchAgreement is Assay's own research data use agreement.
var researchAgreement = Terms{
	SPDX: "LicenseRef-Assay-Research-DUA-1.0", Name: "Assay research data use agreement 1.0",
	Tier: ResearchAgreement, Access: AccessClickThrough,
	Cells: answers(
		when("Clause 2.1", "within your organization, for the stated research purpose"),
		when("Clause 2.2", "aggregate results and single images without identifiers; name the data set"),
		ask("Clause 4.1", "a commercial license from the owner"),
		ask("Clause 4.1", "a commercial license from the owner"),
		ask("Clause 4.1", "a commercial license from the owner"),
		ask("Clause 4.2", "a letter of provenance from the owner"),
		no("Clause 3.1", "the data stays within your organization"),
		when("Clause 2.3", "without images, referring to the data set, under the same research purpose"),
		when("Clause 2.4", "for the stated research purpose; not passed on"),
		no("Clause 3.2", "outside services may not receive the data"),
		when("Clause 3.3", "named in the request, bound by the same clauses, on your systems"),
	),
}

// commercialStandard is Assay's own standard commercial license.
var commercialStandard = Terms{
	SPDX: "LicenseRef-Assay-Commercial-1.0", Name: "Assay commercial license 1.0, standard",
	Tier: CommercialStandard, Access: AccessContract,
	Cells: answers(
		yes("Clause 2.1"),
		when("Clause 2.2", "aggregate results and single images without identifiers; name the data set"),
		yes("Clause 2.3"),
		when("Clause 2.4", "the product lines named in the order; no image can be recovered from the model"),
		yes("Clause 2.5"),
		when("Clause 2.6", "the owner signs a letter of provenance on request"),
		no("Clause 3.1", "the data stays within your organization"),
		ask("Clause 4.1", "the owner's written consent"),
		when("Clause 2.7", "for your own models; not passed on as a data set"),
		no("Clause 3.2", "outside services may not receive the data, unless they are contained in your systems"),
		when("Clause 3.3", "named to the owner, bound by the same clauses, for your work only"),
	),
}
