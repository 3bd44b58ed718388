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
