// Package imaging measures the pixels of one picture as they pass by: range,
// constancy, what is clipped, a perceptual hash and a thumbnail, so that a set
// can be asked for poor images and for copies.
//
// It decodes nothing and knows no format: who reads a picture, a frame or a
// slice feeds a Gauge row by row.
package imaging
