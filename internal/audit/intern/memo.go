package intern

import (
	"strings"
	"sync"
)

// Bounds of a Memo.
const (
	memoStrings = 4096
	memoBytes   = 256 // of a string that is remembered
)

// Memo remembers what a function says of strings, for a function that depends
// on nothing else. The strings may be values of files: a Memo stays in the
// memory of its process. It is safe for concurrent use.
type Memo[V any] struct {
	f     func(string) V
	mu    sync.Mutex
	known map[string]V
}

// NewMemo returns a Memo of f.
func NewMemo[V any](f func(string) V) *Memo[V] { return &Memo[V]{f: f} }

// Of returns f(s). The caller does not change what it points to.
func (m *Memo[V]) Of(s string) V {
	if len(s) > memoBytes {
		return m.f(s)
	}
	m.mu.Lock()
	v, ok := m.known[s]
	m.mu.Unlock()
	if ok {
		return v
	}
	v = m.f(s)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= memoStrings {
		m.known = map[string]V{}
	}
	// A clone: s may be a small part of a large string.
	m.known[strings.Clone(s)] = v
	return v
}
