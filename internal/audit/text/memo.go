package text

import (
	"strings"
	"sync"
)

// Bounds of a memo: what it holds at most, in strings and bytes of one.
const (
	memoStrings = 4096
	memoBytes   = 1024
)

// memo remembers what was found in short strings, since the files of a series
// repeat most of theirs.
type memo struct {
	mu    sync.Mutex
	found map[memoKey][]Hit
}

type memoKey struct {
	s     string
	where Where
}

func (m *memo) get(k memoKey) ([]Hit, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	hits, ok := m.found[k]
	return hits, ok
}

func (m *memo) put(k memoKey, hits []Hit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.found == nil || len(m.found) >= memoStrings {
		m.found = make(map[memoKey][]Hit, memoStrings/4)
	}
	k.s = strings.Clone(k.s) // it may be a small part of a large string
	m.found[k] = hits
}

// ScanAgain is Scan for strings that come again and again, such as the values
// of a DICOM series: it remembers what it found. The caller does not change
// the result.
func (s *Scanner) ScanAgain(str string, where Where) []Hit {
	if len(str) > memoBytes {
		return s.Scan(str, where)
	}
	k := memoKey{str, where}
	hits, ok := s.memo.get(k)
	if !ok {
		hits = s.Scan(str, where)
		s.memo.put(k, hits)
	}
	return hits
}
