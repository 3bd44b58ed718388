// Package spill sorts more records than memory should hold: what is over a
// bound goes, sorted, to temporary space, and is merged when it is read.
//
// Records are bytes of one length. They come back in the order of their bytes,
// so that a number of the key is written with its highest byte first.
package spill
