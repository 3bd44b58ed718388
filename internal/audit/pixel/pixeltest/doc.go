// Package pixeltest writes text into images as devices do: in fonts of many
// sorts, sizes and grays, light and dark, on a plain border or over anatomy.
// Tests and measurements of the audit's look at pixels use it.
package pixeltest
