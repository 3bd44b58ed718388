package audit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"iter"

	"assay/internal/audit/archive"
	"assay/internal/audit/spill"
)

// sharing finds the words of names and IDs that other files hold too. Both are
// sorted outside memory if there are many.
type sharing struct {
	names *spill.Sorter // hash of a word of a person name, or of an ID
	words *spill.Sorter // hash of a word of a text or path, and its file
	last  map[Hash]bool // names that came lately: files of a patient repeat them
	full  bool          // there were more words than are kept
	files int           // that were seen
}

// Bounds of what is kept to find words that files share.
const (
	maxWords = 32 << 20 // of texts and paths, 12 bytes each
	maxKnown = 1 << 20  // looked for in the second look
	maxLast  = 4096
)

func newSharing(scratch archive.Scratch, room int) sharing {
	return sharing{
		names: spill.New(len(Hash{}), room, scratch),
		words: spill.New(len(Hash{})+4, room, scratch),
		last:  map[Hash]bool{},
	}
}

func (s *sharing) close() error { return errors.Join(s.names.Close(), s.words.Close()) }

// add takes the words of a file.
func (s *sharing) add(file int, f *Facts) error {
	s.files = max(s.files, file+1)
	if err := s.name(f.Names); err != nil {
		return err
	}
	if f.Header != nil {
		if err := s.name(f.Header.Names); err != nil {
			return err
		}
		if err := s.note(file, f.Header.Words); err != nil {
			return err
		}
	}
	return errors.Join(s.note(file, f.Words), s.note(file, f.PathWords))
}

func (s *sharing) name(names []Hash) error {
	for _, n := range names {
		if s.last[n] {
			continue
		}
		if len(s.last) >= maxLast {
			clear(s.last)
		}
		s.last[n] = true
		if err := s.names.Add(n[:]); err != nil {
			return err
		}
	}
	return nil
}

func (s *sharing) note(file int, words []Hash) error {
	var b [len(Hash{}) + 4]byte
	binary.BigEndian.PutUint32(b[len(Hash{}):], uint32(file))
	for _, w := range words {
		if s.words.Len() >= maxWords {
			s.full = true
			return nil
		}
		copy(b[:], w[:])
		if err := s.words.Add(b[:]); err != nil {
			return err
		}
	}
	return nil
}

// known returns the words that are part of a name or an ID of the set and stand
// in a text or path too, sorted, and the files in which they stand.
func (s *sharing) known() (known []Hash, files []int, err error) {
	next, stop := iter.Pull2(records(s.names))
	defer stop()
	name, err, more := next()
	if err != nil {
		return nil, nil, err
	}
	in := make([]bool, s.files)
	err = s.words.Each(func(b []byte) error {
		word := b[:len(Hash{})]
		for more && bytes.Compare(name, word) < 0 {
			if name, err, more = next(); err != nil {
				return err
			}
		}
		if !more {
			return io.EOF
		}
		if !bytes.Equal(name, word) {
			return nil
		}
		if n := len(known); n == 0 || known[n-1] != Hash(word) {
			if n >= maxKnown {
				s.full = true
				return io.EOF
			}
			known = append(known, Hash(word))
		}
		in[binary.BigEndian.Uint32(b[len(word):])] = true
		return nil
	})
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	for file, is := range in {
		if is {
			files = append(files, file)
		}
	}
	return known, files, nil
}

// records gives the records of a sorter one by one; the last pair may hold an
// error.
func records(s *spill.Sorter) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		err := s.Each(func(b []byte) error {
			if !yield(b, nil) {
				return io.EOF
			}
			return nil
		})
		if err != nil && !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}
