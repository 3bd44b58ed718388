package fence

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
)

// A short file that claims an element of 1.9 GB does not get the decoder the
// memory for it: it is refused or ends, and the tool's limit is far below.
func TestDecoderIsGivenMemoryByTheSizeOfTheFile(t *testing.T) {
	tools := realTools(t)
	if tools.decoder.Missing() {
		t.Skip("gdcmconv is not installed")
	}
	file := dicomtest.Build("(0008,0016) UI CTImageStorage\n(0010,0020) LO SUBJ-0001\n")
	file = append(file, 0x20, 0x00, 0x00, 0x40, 'O', 'B', 0, 0)
	file = binary.LittleEndian.AppendUint32(file, 1_900_000_000)
	file = append(file, make([]byte, 64)...)
	_, err := tools.decode(t.Context(), audit.File{Path: "a", SizeBytes: int64(len(file)), Content: bytes.NewReader(file)})
	var fault *audit.DecodeError
	if !errors.As(err, &fault) {
		t.Errorf("decode = %v, want a fault of the file", err)
	}
	if limit := decoderMemory(int64(len(file))); limit > 600<<20 {
		t.Errorf("%d bytes of memory for %d bytes", limit, len(file))
	}
	if limit := decoderMemory(1 << 30); limit != toolMemory {
		t.Errorf("%d bytes of memory for 1 GiB, want %d", limit, toolMemory)
	}
}
