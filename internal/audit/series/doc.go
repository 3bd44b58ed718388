// Package series compares the instances of a series with each other: whether
// they share orientation, spacing and matrix, and whether slices are missing,
// doubled or unevenly spaced.
package series
