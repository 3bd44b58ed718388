package license

// Licenses that leave commercial use open, with or without duties.

// cc0 gives every right up; what it says nothing about (patents, the privacy
// of the people pictured) is listed in its Section 4.
var cc0 = Terms{
	SPDX: "CC0-1.0", Name: "Creative Commons Zero 1.0 Universal",
	URL:  "https://creativecommons.org/publicdomain/zero/1.0/legalcode",
	Tier: OpenPublicDomain, Access: AccessOpen,
	Cells: answers(
		yes("Section 2"), yes("Section 2"), yes("Section 2"), yes("Section 2"),
		yes("Section 2"), yes("Section 2"), yes("Section 2"), yes("Section 2"),
		yes("Section 2"), yes("Section 2"), yes("Section 2"),
	),
}

// ccBy40 asks for attribution only where the material, or something adapted
// from it, is provided to the public ("Share", Section 1).
var ccBy40 = Terms{
	SPDX: "CC-BY-4.0", Name: "Creative Commons Attribution 4.0 International",
	URL:  "https://creativecommons.org/licenses/by/4.0/legalcode",
	Tier: OpenAttribution, Access: AccessOpen,
	Cells: answers(
		yes("Section 2(a)(1)(A)"),
		when("Section 3(a)(1)", "credit the creators and link the license where images or excerpts are shown"),
		when("Section 2(a)(1)(B), Section 3(a)(1)", "attribution once the data, or anything adapted from it, leaves your organization"),
		when("Section 2(a)(1)(B), Section 3(a)(1)", "attribution in the documentation of the product"),
		yes("Section 2(a)(1)(A)"),
		when("Section 2(a)(1)(A), Section 3(a)(1)", "attribution where parts of the filing become public"),
		when("Section 2(a)(1)(A), Section 2(a)(5)(B), Section 3(a)(1)", "attribution, a link to the license, changes marked, no further restriction"),
		when("Section 2(a)(1)(B), Section 3(a)(1)", "attribution, and say what you changed"),
		when("Section 2(a)(1)(B), Section 3(a)(1)", "attribution if what you share is adapted from the data"),
		when("Section 2(a)(1)(A), Section 3(a)(1)", "keep the attribution and the license notice with the data"),
		when("Section 2(a)(1), Section 2(a)(5)(A)", "no sublicense: the contractor receives the same license from the owner"),
	),
}

// ccBy30 speaks of Distribute, Publicly Perform and Adaptations where version
// 4.0 speaks of Share.
var ccBy30 = Terms{
	SPDX: "CC-BY-3.0", Name: "Creative Commons Attribution 3.0 Unported",
	URL:  "https://creativecommons.org/licenses/by/3.0/legalcode",
	Tier: OpenAttribution, Access: AccessOpen,
	Cells: answers(
		yes("Section 3(a)"),
		when("Section 3(c), Section 4(b)", "credit the authors and the title where images or excerpts are shown"),
		when("Section 3(b), Section 4(b)", "attribution once the data, or an adaptation of it, leaves your organization"),
		when("Section 3(d), Section 4(b)", "attribution in the documentation of the product"),
		yes("Section 3(a)"),
		when("Section 3(c), Section 4(b)", "attribution where parts of the filing become public"),
		when("Section 3(c), Section 4(a), Section 4(b)", "attribution, the address of the license with every copy, no further restriction"),
		when("Section 3(d), Section 4(b)", "attribution, and say what you changed"),
		when("Section 3(d), Section 4(b)", "attribution if what you share is an adaptation of the data"),
		when("Section 3(a), Section 4(a)", "keep the attribution and the license notice with the data"),
		when("Section 4(a), Section 8(a)", "no sublicense: the contractor receives the same license from the owner"),
	),
}

// ccBySA40 adds that adapted material is shared under the same license.
var ccBySA40 = Terms{
	SPDX: "CC-BY-SA-4.0", Name: "Creative Commons Attribution-ShareAlike 4.0 International",
	URL:  "https://creativecommons.org/licenses/by-sa/4.0/legalcode",
	Tier: OpenShareAlike, Access: AccessOpen,
	Cells: answers(
		yes("Section 2(a)(1)(A)"),
		when("Section 3(a)(1), Section 3(b)", "attribution; figures adapted from the images carry the same license"),
		when("Section 2(a)(1)(B), Section 3(b)", "attribution; what is adapted from the data and shared carries the same license"),
		when("Section 2(a)(1)(B), Section 3(a)(1), Section 3(b)", "attribution; if the model is adapted from the data, it carries the same license"),
		yes("Section 2(a)(1)(A)"),
		when("Section 2(a)(1)(A), Section 3(a)(1)", "attribution where parts of the filing become public"),
		when("Section 2(a)(1)(A), Section 2(a)(5)(C), Section 3(a)(1)", "attribution, a link to the license, changes marked, no further restriction"),
		when("Section 2(a)(1)(B), Section 3(b)", "attribution; the labels carry the same license"),
		when("Section 2(a)(1)(B), Section 3(b)", "attribution and the same license if what you share is adapted from the data"),
		when("Section 2(a)(1)(A), Section 3(a)(1)", "keep the attribution and the license notice with the data"),
		when("Section 2(a)(1), Section 2(a)(5)(A)", "no sublicense: the contractor receives the same license from the owner"),
	),
}

// contents is what both ODC licenses leave open: they cover the database, not
// the copyright in each image.
const contents = "covers the database only: check the rights in the images themselves"

// odcBy10 asks for a notice on what is produced from the database, and keeps a
// database made from it under the same license.
var odcBy10 = Terms{
	SPDX: "ODC-By-1.0", Name: "Open Data Commons Attribution License 1.0",
	URL:  "https://opendatacommons.org/licenses/by/1-0/",
	Tier: OpenAttribution, Access: AccessOpen,
	Cells: answers(
		when("Section 3.1, Section 2.4", contents),
		when("Section 4.3, Section 2.4", "a notice naming the database and its license; "+contents),
		when("Section 3.1, Section 4.3, Section 2.4", "a notice once the model is used publicly; "+contents),
		when("Section 3.1, Section 4.3, Section 2.4", "a notice in the documentation of the product; "+contents),
		when("Section 3.1, Section 2.4", contents),
		when("Section 3.1, Section 4.3, Section 2.4", "a notice where parts of the filing become public; "+contents),
		when("Section 4.2, Section 4.4, Section 2.4", "under this license only, with its text or address and all notices; "+contents),
		when("Section 4.2, Section 2.4", "a database of labels made from it carries this license; "+contents),
		when("Section 3.1, Section 4.3, Section 2.4", "a notice with what is produced; "+contents),
		when("Section 4.2, Section 4.4, Section 2.4", "keep the license and its notices with the data; "+contents),
		when("Section 1.0, Section 4.4, Section 2.4", "no sublicense: someone working under your control needs none; "+contents),
	),
}

// odbl10 is odcBy10 with share alike for databases made from the database.
var odbl10 = Terms{
	SPDX: "ODbL-1.0", Name: "Open Data Commons Open Database License 1.0",
	URL:  "https://opendatacommons.org/licenses/odbl/1-0/",
	Tier: OpenShareAlike, Access: AccessOpen,
	Cells: answers(
		when("Section 3.1, Section 2.4", contents),
		when("Section 4.3, Section 2.4", "a notice naming the database and its license; "+contents),
		when("Section 3.1, Section 4.3, Section 4.4, Section 2.4", "a notice once the model is used publicly, share alike for a database behind it; "+contents),
		when("Section 4.3, Section 4.6, Section 2.4", "a notice with the product, and the database behind it on offer; "+contents),
		when("Section 3.1, Section 4.5(c), Section 2.4", contents),
		when("Section 3.1, Section 4.3, Section 2.4", "a notice where parts of the filing become public; "+contents),
		when("Section 4.2, Section 4.7, Section 2.4", "under this license, with its text or address and all notices; "+contents),
		when("Section 4.4, Section 4.6, Section 2.4", "a database of labels made from it carries this license; "+contents),
		when("Section 4.3, Section 4.4, Section 2.4", "a notice with what is produced, share alike for a database of it; "+contents),
		when("Section 4.2, Section 4.7, Section 2.4", "keep the license and its notices with the data; "+contents),
		when("Section 1.0, Section 4.5(c), Section 2.4", "someone working under your control needs no license of their own; "+contents),
	),
}

// cdlaPermissive20 leaves results free and asks only that its text goes with
// the data. A trained model is a result (Section 5.4).
var cdlaPermissive20 = Terms{
	SPDX: "CDLA-Permissive-2.0", Name: "Community Data License Agreement Permissive 2.0",
	URL:  "https://cdla.dev/permissive-2-0/",
	Tier: OpenAttribution, Access: AccessOpen,
	Cells: answers(
		yes("Section 1.1"),
		yes("Section 3.1"),
		yes("Section 1.1, Section 3.1"),
		yes("Section 3.1"),
		yes("Section 1.1"),
		when("Section 2.1", "the text of the agreement goes with data that becomes part of the filing"),
		when("Section 2.1", "the text of the agreement goes with the data"),
		when("Section 2.1", "the text of the agreement goes with labels that contain or modify the data"),
		yes("Section 3.1"),
		when("Section 2.1", "the text of the agreement goes with the data"),
		when("Section 2.1", "the text of the agreement goes with the data"),
	),
}

// mit is written for software; some owners use it for labels and code.
var mit = Terms{
	SPDX: "MIT", Name: "MIT License",
	URL:  "https://spdx.org/licenses/MIT.html",
	Tier: OpenAttribution, Access: AccessOpen,
	Cells: answers(
		yes("Paragraph 1"),
		yes("Paragraph 1"),
		yes("Paragraph 1"),
		when("Paragraph 2", "the copyright and permission notice stays in all copies or substantial portions"),
		yes("Paragraph 1"),
		yes("Paragraph 1"),
		when("Paragraph 2", "the copyright and permission notice goes with every copy"),
		when("Paragraph 2", "the copyright and permission notice goes with substantial portions"),
		yes("Paragraph 1"),
		when("Paragraph 2", "the copyright and permission notice goes with every copy"),
		when("Paragraph 1, Paragraph 2", "the copyright and permission notice goes with every copy"),
	),
}
