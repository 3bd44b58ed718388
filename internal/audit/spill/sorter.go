package spill

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"

	"assay/internal/audit/archive"
)

// Sorter takes records in any order and gives them back sorted. It is not safe
// for concurrent use.
type Sorter struct {
	record  int // bytes
	limit   int // records held in memory
	scratch archive.Scratch

	held  []byte
	order []int32 // of the records in held, once sorted
	count int

	file archive.ScratchFile
	end  int64
	runs []run
}

// run is records that lie sorted in the file.
type run struct{ offset, size int64 }

// New returns a Sorter of records of so many bytes, which holds up to memory
// bytes of them, and in any case one.
func New(record, memory int, scratch archive.Scratch) *Sorter {
	return &Sorter{record: record, limit: max(1, memory/record), scratch: scratch}
}

// Len returns the number of records.
func (s *Sorter) Len() int { return s.count }

// Add takes a record; its bytes are copied.
func (s *Sorter) Add(record []byte) error {
	if len(record) != s.record {
		return fmt.Errorf("spill: a record of %d bytes among those of %d", len(record), s.record)
	}
	if len(s.held) >= s.limit*s.record {
		if err := s.flush(); err != nil {
			return err
		}
	}
	s.held = append(s.held, record...)
	s.order = nil
	s.count++
	return nil
}

func (s *Sorter) at(i int32) []byte {
	return s.held[int(i)*s.record : (int(i)+1)*s.record]
}

// sort puts the records in memory in order.
func (s *Sorter) sort() {
	n := len(s.held) / s.record
	if len(s.order) == n {
		return
	}
	s.order = make([]int32, n)
	for i := range s.order {
		s.order[i] = int32(i)
	}
	slices.SortFunc(s.order, func(a, b int32) int { return bytes.Compare(s.at(a), s.at(b)) })
}

// flush moves the records in memory to temporary space.
func (s *Sorter) flush() error {
	if s.file == nil {
		f, err := s.scratch.Create()
		if err != nil {
			return fmt.Errorf("make temporary space: %w", err)
		}
		s.file = f
	}
	s.sort()
	r := run{offset: s.end, size: int64(len(s.held))}
	w := bufio.NewWriterSize(io.NewOffsetWriter(s.file, s.end), 256<<10)
	for _, i := range s.order {
		w.Write(s.at(i)) // the error stays until Flush
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write to temporary space: %w", err)
	}
	s.runs = append(s.runs, r)
	s.end += r.size
	s.held, s.order = s.held[:0], nil
	return nil
}

// Each calls f for each record in order, until f returns an error. The bytes
// are valid only during the call. It may be called again, and after more
// records were added.
func (s *Sorter) Each(f func(record []byte) error) error {
	s.sort()
	if len(s.runs) == 0 {
		for _, i := range s.order {
			if err := f(s.at(i)); err != nil {
				return err
			}
		}
		return nil
	}
	return s.merge(f)
}

// Close frees the temporary space.
func (s *Sorter) Close() error {
	s.held, s.order, s.runs = nil, nil, nil
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return f.Close()
}
