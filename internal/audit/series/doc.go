// Package series compares the instances of a series with each other, and the
// frames of a multi-frame instance: whether they share orientation, spacing,
// matrix and frame of reference, and whether slices are missing, doubled or
// unevenly spaced.
//
// A Reader takes the Place of one instance from its elements, Check compares
// the places of a series, CheckFrames those of the frames of one instance. Only
// what is laid out in space is compared: CT, MR and PET with a position and an
// orientation. Overview images, views of different directions, repeated phases
// and sections of different spacing are usual, and no fault.
package series
