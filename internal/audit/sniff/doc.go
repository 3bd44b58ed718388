// Package sniff tells what a file is from its bytes. A name never decides; it
// may only settle a tie between kinds of text (see Refine).
//
// It reads a bounded head and tail, decodes nothing and allocates little. It
// does not say whether a file is valid: a broken PNG is still PNG.
package sniff
