package spill

import (
	"bufio"
	"bytes"
	"container/heap"
	"errors"
	"fmt"
	"io"
)

// source is a run that is being read, or the records in memory.
type source struct {
	head []byte // the next record
	next func() (record []byte, err error)
}

// sources is a heap of them by their next record.
type sources []*source

func (s sources) Len() int           { return len(s) }
func (s sources) Less(i, j int) bool { return bytes.Compare(s[i].head, s[j].head) < 0 }
func (s sources) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *sources) Push(x any)        { *s = append(*s, x.(*source)) }
func (s *sources) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// Bounds of the room in which runs are read, in bytes: shared by them all.
const (
	mergeRoom = 8 << 20
	leastRoom = 4 << 10
)

// merge reads all runs and the records in memory in one order.
func (s *Sorter) merge(f func(record []byte) error) error {
	var heads sources
	room := max(leastRoom, mergeRoom/len(s.runs))
	for _, r := range s.runs {
		heads = append(heads, &source{next: s.reader(r, room)})
	}
	i := 0
	heads = append(heads, &source{next: func() ([]byte, error) {
		if i == len(s.order) {
			return nil, io.EOF
		}
		i++
		return s.at(s.order[i-1]), nil
	}})
	started := heads[:0]
	for _, h := range heads {
		switch err := h.advance(); {
		case err == nil:
			started = append(started, h)
		case err != io.EOF:
			return err
		}
	}
	heads = started
	heap.Init(&heads)
	for len(heads) > 0 {
		if err := f(heads[0].head); err != nil {
			return err
		}
		switch err := heads[0].advance(); {
		case err == nil:
			heap.Fix(&heads, 0)
		case err == io.EOF:
			heap.Pop(&heads)
		default:
			return err
		}
	}
	return nil
}

func (h *source) advance() error {
	var err error
	h.head, err = h.next()
	return err
}

// reader returns a function that reads the records of a run.
func (s *Sorter) reader(r run, room int) func() ([]byte, error) {
	b := bufio.NewReaderSize(io.NewSectionReader(s.file, r.offset, r.size), room)
	record := make([]byte, s.record)
	return func() ([]byte, error) {
		_, err := io.ReadFull(b, record)
		if err != nil && !errors.Is(err, io.EOF) {
			err = fmt.Errorf("read temporary space: %w", err)
		}
		return record, err
	}
}
