package pixel

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"assay/internal/audit/finding"
)

// maxPreview is the longer side of a preview, in pixels.
const maxPreview = 480

// Colors of a preview.
var (
	fillOther   = color.RGBA{70, 70, 70, 255}   // words without a finding
	fillFinding = color.RGBA{150, 20, 20, 255}  // words of findings
	edgeFinding = color.RGBA{255, 170, 60, 255} // around them
)

// Preview draws the frame of a raster for somebody who judges where text
// stands, not what it says: the frame made coarse, everything filled that was
// read as a word or looks like letters, the boxes of findings marked. Boxes are
// in pixels of the frame, words in those of the raster. Without an overview
// of the frame there is no preview.
func Preview(r *Raster, words []Word, boxes []finding.Box) (encoded []byte, width, height int) {
	o := &r.Overview
	if o.Width <= 0 || o.Height <= 0 || len(o.Gray) != o.Width*o.Height {
		return nil, 0, 0
	}
	longer := max(o.FrameWidth, o.FrameHeight)
	width = max(1, o.FrameWidth*maxPreview/longer)
	height = max(1, o.FrameHeight*maxPreview/longer)
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			v := o.Gray[y*o.Height/height*o.Width+x*o.Width/width]
			picture.SetRGBA(x, y, color.RGBA{v, v, v, 255})
		}
	}
	scale := maxPreview / float64(longer)
	for _, b := range r.Marks {
		fill(picture, b, scale, fillOther)
	}
	for _, w := range words {
		fill(picture, r.Place(w.Box), scale, fillOther)
	}
	for _, b := range boxes {
		box := Box{b[0], b[1], b[2], b[3]}
		fill(picture, box, scale, fillFinding)
		outline(picture, box, scale)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, 0, 0
	}
	return out.Bytes(), width, height
}

// fill covers a box and a margin around it.
func fill(picture *image.RGBA, b Box, scale float64, with color.RGBA) {
	draw.Draw(picture, around(b, scale, 0.25), image.NewUniform(with), image.Point{}, draw.Src)
}

// around returns a box in pixels of the picture, widened by a part of its
// height.
func around(b Box, scale, margin float64) image.Rectangle {
	m := margin * float64(b.Height)
	return image.Rect(
		int((float64(b.X)-m)*scale)-1, int((float64(b.Y)-m)*scale)-1,
		int((float64(b.X+b.Width)+m)*scale)+1, int((float64(b.Y+b.Height)+m)*scale)+1,
	)
}

func outline(picture *image.RGBA, b Box, scale float64) {
	o := around(b, scale, 0.25)
	edge := image.NewUniform(edgeFinding)
	for _, side := range []image.Rectangle{
		image.Rect(o.Min.X-2, o.Min.Y-2, o.Max.X+2, o.Min.Y), image.Rect(o.Min.X-2, o.Max.Y, o.Max.X+2, o.Max.Y+2),
		image.Rect(o.Min.X-2, o.Min.Y, o.Min.X, o.Max.Y), image.Rect(o.Max.X, o.Min.Y, o.Max.X+2, o.Max.Y),
	} {
		draw.Draw(picture, side, edge, image.Point{}, draw.Src)
	}
}
