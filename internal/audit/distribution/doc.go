// Package distribution measures how counts are spread over classes, and how
// far two such spreads lie apart.
//
// Counts are of classes in a fixed order and never negative. A figure that is
// not defined is NaN, never 0. Where chance is needed, its seed is fixed: equal
// counts give equal figures.
package distribution
