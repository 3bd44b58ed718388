// Package shape measures outlines and masks: areas, crossings, run lengths,
// and how far two masks agree.
//
// A polygon is a slice x, y, x, y, … in pixels, closed from its last vertex to
// its first. A mask is run lengths over its pixels column by column from the
// upper left, the first of pixels outside, as COCO writes masks. The package
// knows no files; everything is bounded by what the caller hands over.
package shape
