package account

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestCheckPassword(t *testing.T) {
	tests := []struct {
		name, password string
		refused        bool
	}{
		{"seven characters are too few", "k9#vWq2", true},
		{"eight characters of any kind do", "kvwqzjxf", false},
		{"characters are counted, not bytes", "äöüßäöü", true},
		{"spaces are characters like any other", "blue lantern over seven bridges", false},
		{"sixty-four characters are allowed", strings.Repeat("river stone ", 6)[:64], false},
		{"over 256 characters are too many", strings.Repeat("x y", 100), true},
		{"the most frequent password is refused", "password", true},
		{"upper case does not hide it", "PassWord", true},
		{"wide characters do not hide it", "ｐａｓｓｗｏｒｄ", true},
		{"a leaked password with digits is refused", "qwerty123", true},
		{"the e-mail name inside is refused", "my ada.lovelace secret", true},
		{"the name of the site inside is refused", "AssayAssay 77 lanterns", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := checkPassword(tt.password, "Ada.Lovelace@example.org")
			if (got != "") != tt.refused {
				t.Errorf("checkPassword = %q, want refused %v", got, tt.refused)
			}
		})
	}
}

func TestPasswordListHoldsWhatItSays(t *testing.T) {
	if got, want := len(passwordPlaces()), 474_743; got != want {
		t.Errorf("list holds %d passwords, want %d", got, want)
	}
	for _, word := range []string{"123456789", "iloveyou", "princess", "football", "baseball", "sunshine", "trustno1", "starwars"} {
		if !isCommonPassword(word) {
			t.Errorf("%q is not on the list", word)
		}
	}
}

func TestPasswordListTakesFewOthers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 20_000
	taken := 0
	for range n {
		if isCommonPassword(fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64())) {
			taken++
		}
	}
	if limit := n / 1000; taken > limit {
		t.Errorf("%d of %d random passwords were taken for leaked ones, want at most %d", taken, n, limit)
	}
}
