package archive

import (
	"compress/flate"
	"errors"

	"github.com/klauspost/compress/zstd"
)

// compressedFault tells damage that a decompressor found from the error of
// the reader or of temporary space.
func (t *tarReader) compressedFault(err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) {
		return refuse("The archive is damaged.")
	}
	for _, known := range []error{
		zstd.ErrMagicMismatch, zstd.ErrReservedBlockType, zstd.ErrCompressedSizeTooBig, zstd.ErrBlockTooSmall,
		zstd.ErrUnexpectedBlockSize, zstd.ErrCRCMismatch, zstd.ErrFrameSizeExceeded, zstd.ErrFrameSizeMismatch,
		zstd.ErrUnknownDictionary, zstd.ErrWindowSizeTooSmall,
	} {
		if errors.Is(err, known) {
			return refuse("The archive is damaged.")
		}
	}
	return err
}
