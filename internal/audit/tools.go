package audit

import (
	"context"
	"io"

	"assay/internal/audit/pixel"
)

// Tools are programs that an audit may use for what it cannot do itself. A nil
// function is a program that is not to be had: the report says what was not
// checked for want of it.
type Tools struct {
	// Decode returns f with native pixel data in Explicit VR Little Endian.
	// An error that is a *DecodeError is a fault of the file, any other one
	// of our own.
	Decode func(ctx context.Context, f File) (Decoded, error)

	// ReadText returns the words in each raster, in the order of rasters. They
	// are nil for a raster that could not be read; then the error is a
	// *DecodeError. Any other error is a fault of our own.
	ReadText func(ctx context.Context, rasters []pixel.Raster) ([][]pixel.Word, error)
}

// Decoded is a decoded DICOM file in temporary space.
type Decoded interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// DecodeError says in a sentence why a file could not be decoded: the decoder
// refused it, died on it or ran over a limit.
type DecodeError struct {
	Message string
	Died    bool // crashed or ran over a limit, instead of refusing

	// NotTried says that the file was not given to the program, which says
	// nothing about the file.
	NotTried bool
}

func (e *DecodeError) Error() string { return e.Message }
