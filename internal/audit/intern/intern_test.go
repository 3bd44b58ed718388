package intern

import (
	"fmt"
	"testing"
)

func TestJoinReturnsTheJoinedPartsAndAllocatesOnce(t *testing.T) {
	var table Table
	if got := table.Join("PatientName", " is filled."); got != "PatientName is filled." {
		t.Errorf("Join = %q", got)
	}
	if n := testing.AllocsPerRun(100, func() { table.Join("PatientName", " is filled.") }); n > 0 {
		t.Errorf("Join of a known string allocates %v times", n)
	}
}

func TestATableStaysBounded(t *testing.T) {
	var table Table
	for i := range 3 * maxStrings {
		s := fmt.Sprint(i)
		if got := table.Bytes([]byte(s)); got != s {
			t.Fatalf("Bytes(%q) = %q", s, got)
		}
	}
	if len(table.known) > maxStrings {
		t.Errorf("the table holds %d strings, more than %d", len(table.known), maxStrings)
	}
}

func TestAMemoAsksOnceAndStaysBounded(t *testing.T) {
	asked := 0
	m := NewMemo(func(s string) int { asked++; return len(s) })
	for range 3 {
		if got := m.Of("abc"); got != 3 {
			t.Errorf("Of = %d", got)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	for i := range 3 * memoStrings {
		m.Of(fmt.Sprint(i))
	}
	if len(m.known) > memoStrings {
		t.Errorf("the memo holds %d strings, more than %d", len(m.known), memoStrings)
	}
}
