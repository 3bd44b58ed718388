// Package planted measures how many identifiers the audit finds. It builds
// DICOM files by code, plants one invented identifier in each, audits every
// file by itself, and counts: recall by kind, and what is reported on clean
// files full of words that only look like names.
//
// Given and family names come from names.txt, 11,511 names of 49 locales
// (source and license stand in the file). The list of the rules was made from
// other sources; Measure says how far the two overlap, and what is found of
// people whose names are not on it. Tests and
// "make measure" use it; no product code imports it.
package planted
