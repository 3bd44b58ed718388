package audit

import (
	picture "image"
	"io"
	"slices"
	"strings"

	"assay/internal/audit/document"
	"assay/internal/audit/finding"
	"assay/internal/audit/pixel"
)

// Bounds of what the images inside one document may hand on to be read.
const (
	maxInsideRasters = 64
	maxInsideBytes   = 64 << 20
	maxInsidePixels  = 72_000_000 // some 8 pages of 300 dots an inch, and seconds of a child's time
)

// insideWhat is what is left out where the bounds end.
const insideWhat = "text in images inside documents"

// imagesInside returns a function that looks at the images of a document as at
// any other image, or nil if nobody asked for that. where names the attribute
// or file that carries the document.
func (i *inspection) imagesInside(where string) func(document.Image) {
	if i.opts.NoPixels || i.second {
		return nil
	}
	return func(img document.Image) {
		place := strings.TrimSpace(where + " " + img.Place)
		if i.insidePixels += pixelsOf(img); i.insidePixels > maxInsidePixels {
			i.notInside("Of many or large images in one document only the first are looked at.")
			f := ruleByID()["doc-not-read"].New(place, "", "The document holds more images than are looked at; text in those beyond was not checked.", finding.Location{})
			i.add(f)
			return
		}
		seen := pixel.InspectImage(img.Content, img.Size, img.Kind)
		if i.inside == nil {
			i.inside = &pixel.Facts{}
		}
		for _, f := range seen.Findings {
			f.Path = place
			i.inside.Findings = append(i.inside.Findings, f)
		}
		if seen.Undecoded != "" {
			i.notInside(seen.Undecoded)
		}
		i.inside.Risks = append(i.inside.Risks, seen.Risks...)
		for _, r := range seen.Rasters {
			r.Source = place
			i.keepRaster(r)
		}
	}
}

// notInside says once for a file why images inside it were not looked at.
func (i *inspection) notInside(why string) {
	if !slices.Contains(i.insideWhys, why) {
		i.insideWhys = append(i.insideWhys, why)
		i.notChecked(insideWhat, why)
	}
}

// pixelsOf returns the size of an image as it says itself, or a guess by its
// bytes.
func pixelsOf(img document.Image) int64 {
	c, _, err := picture.DecodeConfig(io.NewSectionReader(img.Content, 0, img.Size))
	if err != nil {
		return 8 * img.Size
	}
	return int64(c.Width) * int64(c.Height)
}

func (i *inspection) keepRaster(r pixel.Raster) {
	bytes := len(r.Gray)
	for _, kept := range i.inside.Rasters {
		bytes += len(kept.Gray)
	}
	if len(i.inside.Rasters) >= maxInsideRasters || bytes > maxInsideBytes {
		i.notInside("One file holds more images than are read.")
		return
	}
	i.inside.Rasters = append(i.inside.Rasters, r)
}

// joinInside adds what the images inside a document showed to what the file
// itself shows.
func (i *inspection) joinInside() {
	switch own := i.facts.Pixels; {
	case i.inside == nil:
	case own == nil:
		i.facts.Pixels = i.inside
	default:
		own.Findings = append(own.Findings, i.inside.Findings...)
		own.Rasters = append(own.Rasters, i.inside.Rasters...)
	}
}

// maxFileNames bounds the names that one document gives to the set.
const maxFileNames = 2048

// keepNames returns a function that keeps the words of names and the numbers
// of persons, hashed, to be looked for in the rest of the set.
func (i *inspection) keepNames() func(string) {
	seen := map[Hash]bool{}
	return func(s string) {
		for _, h := range i.hash.words(s, maxFileWords) {
			if len(seen) < maxFileNames && !seen[h] {
				seen[h] = true
				i.facts.Names = append(i.facts.Names, h)
			}
		}
	}
}
