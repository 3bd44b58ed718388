// Package agreement measures how far readers of the same things agree: on
// categories, on ratings, on numbers, on outlines and on boxes.
//
// A figure that is not defined is NaN, never 0: where everything is of one
// category chance alone would agree, and kappa says nothing. Chance has a fixed
// seed. The package knows numbers only, no labels.
package agreement
