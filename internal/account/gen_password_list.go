//go:build ignore

// gen_password_list writes password_list.bin from a list of leaked passwords,
// one a line, the most frequent first; password_list.md says which.
//
//	go run gen_password_list.go FILE
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log"
	"math/bits"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

const rateBits = 13

func main() {
	if len(os.Args) != 2 {
		fmt.Println("the list is made by hand: see password_list.md")
		return
	}
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	seen := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if word := lines.Text(); utf8.RuneCountInString(word) >= 8 {
			seen[strings.ToLower(word)] = true
		}
	}
	n := uint64(len(seen))
	places := make([]uint64, 0, n)
	for word := range seen {
		sum := sha256.Sum256([]byte(word))
		high, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:8]), n<<rateBits)
		places = append(places, high)
	}
	slices.Sort(places)
	out := binary.BigEndian.AppendUint32(nil, uint32(n))
	if err := os.WriteFile("password_list.bin", appendRice(out, places), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d passwords of 8 characters or more\n", n)
}

// appendRice writes the differences of sorted numbers.
func appendRice(out []byte, sorted []uint64) []byte {
	var b byte
	used := 0
	bit := func(v uint64) {
		b = b<<1 | byte(v)
		if used++; used == 8 {
			out, b, used = append(out, b), 0, 0
		}
	}
	var last uint64
	for _, v := range sorted {
		d := v - last
		last = v
		for range d >> rateBits {
			bit(1)
		}
		bit(0)
		for i := rateBits - 1; i >= 0; i-- {
			bit(d >> i & 1)
		}
	}
	for used != 0 {
		bit(0)
	}
	return out
}
