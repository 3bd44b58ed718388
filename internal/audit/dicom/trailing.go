package dicom

import (
	"bytes"
	"math"

	"assay/internal/audit/finding"
)

const trailingRule = "fmt-trailing-bytes"

// trailing judges what follows the last element and ends the scan.
func (s *scanner) trailing() error {
	s.done = true
	start := s.pos
	kind, zero, err := s.inspect(start, min(s.w.size-start, s.lim.ValueBytes))
	if err != nil {
		return err
	}
	switch {
	case s.w.size == math.MaxInt64:
		s.problem(trailingRule, finding.Warning, 0, start, "The deflated data set goes on after its last element.")
	case start >= s.w.size:
	case kind != "":
		s.problem(trailingRule, finding.Blocker, 0, start, "The bytes after the last element hold "+kind+".")
	case zero:
		s.problem(trailingRule, finding.Info, 0, start, "Zero bytes follow the last element.")
	default:
		s.problem(trailingRule, finding.Warning, 0, start, "Bytes that are no element follow the last element.")
	}
	return nil
}

// checkPadding looks into the value of Data Set Trailing Padding, which should
// be empty of content.
func (s *scanner) checkPadding(offset, n int64) error {
	kind, zero, err := s.inspect(offset, n)
	switch {
	case err != nil:
		return err
	case kind != "":
		s.problem(trailingRule, finding.Blocker, trailingPadding, offset, "The trailing padding holds "+kind+".")
	case !zero:
		s.problem(trailingRule, finding.Warning, trailingPadding, offset, "The trailing padding is not empty.")
	}
	return nil
}

// inspect looks through n bytes for the start of other file types and says
// whether all are zero.
func (s *scanner) inspect(offset, n int64) (kind string, zero bool, err error) {
	zero = true
	for end := offset + n; offset < end; {
		b, err := s.w.bytes(offset, int(min(end-offset, firstRead)))
		if err != nil || len(b) == 0 {
			return kind, zero, err
		}
		zero = zero && isZero(b)
		if kind == "" && !isZero(b) {
			kind = embeddedKind(b)
		}
		offset += int64(len(b))
	}
	return kind, zero, nil
}

// embeddedKind names another type of file that starts b, or a ZIP archive
// anywhere in it, since those are read from their end.
func embeddedKind(b []byte) string {
	for _, sig := range executableSignatures {
		if bytes.HasPrefix(b, []byte(sig.magic)) {
			return sig.kind
		}
	}
	if bytes.Contains(b, []byte("PK\x05\x06")) || bytes.Contains(b, []byte("PK\x03\x04")) {
		return "a ZIP archive"
	}
	return markupKind(b[:min(len(b), 512)])
}

// checkZipEnd looks for the end record of a ZIP archive in the last bytes of
// the file, wherever those belong.
func (s *scanner) checkZipEnd(size int64) error {
	const record = 22
	if size < record || s.w.stream != nil {
		return nil
	}
	b, err := s.w.bytes(size-record, record)
	if err != nil || !bytes.HasPrefix(b, []byte("PK\x05\x06")) {
		return err
	}
	for _, p := range s.h.Problems {
		if p.Rule == trailingRule && p.Severity == finding.Blocker {
			return nil
		}
	}
	s.problem(trailingRule, finding.Blocker, 0, size-record, "The file ends as a ZIP archive.")
	return nil
}
