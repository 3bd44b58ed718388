package pixel

import (
	"assay/internal/audit/finding"
	"assay/internal/audit/imaging"
)

// Facts are what the pixels of one file tell. They cross the border of a
// process, so they are bounded and plain. Rasters may show an identifier:
// they are read and dropped, never kept or logged.
type Facts struct {
	Findings []finding.Finding // their one location carries the frame and offset, not the file

	// Offset and Length are the bytes of the pixel data in the file, for the
	// digest that finds equal images; Length is 0 without any.
	Offset, Length int64

	// Digest is the fast hash of the decoded pixels, so that equal images in
	// different transfer syntaxes are found; zero if they were not decoded. Who
	// decodes fills it, from package audit.
	Digest [16]byte

	// Constant says that every sample looked at has one value: such frames
	// are equal without being copies.
	Constant bool

	// Measured are the figures of the frame in the middle; nil unless asked
	// for, or if it was not decoded. Constant there is of all frames.
	Measured *Measured

	// Undecoded says in a sentence why frames could not be decoded here;
	// empty if they were. NeedsDecoder says that a decoder may help.
	Undecoded    string
	NeedsDecoder bool

	// Skipped is the number of frames that were not looked at one by one, for
	// want of time; some of them count in the brightest of all.
	Skipped int

	// Risks are the reasons for which the image may show text, as words of
	// pix-risk-class; an image without any is looked at by the pre-filter
	// alone.
	Risks []string

	// BurnedIn says that BurnedInAnnotation (0028,0301) is YES, CleanClaimed
	// that the header claims the option Clean Pixel Data (113101).
	BurnedIn, CleanClaimed bool

	// Rasters are the frames in which letters may stand.
	Rasters []Raster
}

// Measured are figures of a frame.
type Measured struct {
	imaging.Figures
	BitsUsed float32 // by the range of its samples; 0 of a palette
}

// Raster is a picture in which letters may stand, ready to be read.
type Raster struct {
	Source string // attribute that carries it: "(7FE0,0010) PixelData", "(6000,3000) OverlayData", "image"
	Frame  int    // from 1; 0 for a summary over all frames
	Offset int64  // of the attribute in the file, in bytes

	Width, Height int     // pixels of the raster
	Scale         float64 // pixels of the raster for one of the frame
	Gray          []byte  // Width x Height, row by row, 0 black

	// Parts say where pieces of the frame stand in the raster, below each
	// other; without any it shows the whole frame. Letters are dark on a light
	// ground, as far as can be told. Use Place to find a word in the frame.
	Parts []Part

	// Overview is the whole frame, coarse, for a preview; Marks are where in
	// the frame rows of shapes may be letters, in pixels of the frame.
	Overview Overview
	Marks    []Box
}

// Overview is a frame made so coarse that no small letter in it can be read.
type Overview struct {
	FrameWidth, FrameHeight int // pixels of the frame
	Width, Height           int // pixels of Gray
	Gray                    []byte
}

// Word is a word that a reader of text found in a raster.
type Word struct {
	Text       string
	Confidence float64 // 0 to 100
	Line       int     // words with equal numbers stand on one line
	Box        Box     // in pixels of the raster
}

// Box is a rectangle of pixels.
type Box struct{ X, Y, Width, Height int }
