package iodtest_test

import (
	"strings"
	"testing"

	"assay/internal/audit/iod/iodtest"
)

func TestCompleteAddsWhatIsLackingAndKeepsTheRest(t *testing.T) {
	const given = "(0008,0016) UI CTImageStorage\n(0010,0020) LO SUBJ-1\n-(0010,0040)\n(0028,0010) US 4\n"
	got := iodtest.Complete(given, 3)
	for _, want := range []string{"(0010,0020) LO SUBJ-1\n", "(0010,0010) PN\n", "(0020,0013) IS 3\n", "(7FE0,0010) OB hex:"} {
		if !strings.Contains(got, want) {
			t.Errorf("Complete lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "(0010,0040)") {
		t.Errorf("Complete adds what was left out:\n%s", got)
	}
	if again := iodtest.Complete(got, 3); strings.Count(again, "\n") != strings.Count(got, "\n")+1 {
		t.Errorf("a second time adds more than the attribute left out:\n%s", again)
	}
}
