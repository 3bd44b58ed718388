// Package intern keeps one copy of strings that come again and again over the
// files of a set: masked shapes, paths of attributes, messages. It is made for
// strings that identify nobody.
package intern

import "sync"

// Table is a bounded set of strings. It is safe for concurrent use; the zero
// value is ready to use.
type Table struct {
	mu    sync.Mutex
	known map[string]string
}

// maxStrings is how many strings a table holds; then it starts anew.
const maxStrings = 1 << 14

// Bytes returns b as a string, without an allocation if the table has it.
func (t *Table) Bytes(b []byte) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s, ok := t.known[string(b)]; ok {
		return s
	}
	if t.known == nil || len(t.known) >= maxStrings {
		t.known = map[string]string{}
	}
	s := string(b)
	t.known[s] = s
	return s
}

// Join returns the parts joined, without an allocation if the table has the
// result.
func (t *Table) Join(parts ...string) string {
	var room [256]byte
	b := room[:0]
	for _, p := range parts {
		b = append(b, p...)
	}
	return t.Bytes(b)
}
