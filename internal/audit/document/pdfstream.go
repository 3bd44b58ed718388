package document

import (
	"bytes"
	"regexp"
	"strconv"
)

// pdfFile is a PDF as its bytes lie there: every stream and every object with
// a number, also those that a later revision replaced and no page shows.
//
// Source: ISO 32000-1 Section 7.3.
type pdfFile struct {
	b       []byte
	objects map[int]int // number → offset behind "obj", of the last one
}

// Bounds of a walk over a file.
const (
	maxStreams    = 50_000
	maxObjects    = 1 << 20
	maxDictionary = 64 << 10
)

// streams calls visit with the dictionary and the packed bytes of each stream.
func (f *pdfFile) streams(visit func(dictionary, data []byte)) {
	at := 0
	for range maxStreams {
		i := bytes.Index(f.b[at:], []byte("stream"))
		if i < 0 {
			return
		}
		mark := at + i
		at = mark + len("stream")
		if mark >= 3 && string(f.b[mark-3:mark]) == "end" {
			continue
		}
		dictionary := dictionaryBefore(f.b, mark)
		if dictionary == nil {
			continue
		}
		start := at
		switch rest := f.b[start:]; {
		case bytes.HasPrefix(rest, []byte("\r\n")):
			start += 2
		case bytes.HasPrefix(rest, []byte("\n")), bytes.HasPrefix(rest, []byte("\r")):
			start++
		default:
			continue
		}
		end := f.endOf(dictionary, start)
		visit(dictionary, f.b[start:end])
		at = end
	}
}

// endOf returns the end of a stream: by its length if that leads to the mark
// of the end, else by the next such mark.
func (f *pdfFile) endOf(dictionary []byte, start int) int {
	if n, ok := f.number(dictionary, "Length"); ok && n >= 0 && n <= len(f.b)-start {
		if bytes.HasPrefix(bytes.TrimLeft(f.b[start+n:min(len(f.b), start+n+16)], "\r\n \t"), []byte("endstr")) {
			return start + n
		}
	}
	if i := bytes.Index(f.b[start:], []byte("endstream")); i >= 0 {
		return start + len(bytes.TrimRight(f.b[start:start+i], "\r\n"))
	}
	return len(f.b)
}

// dictionaryBefore returns the dictionary that ends before mark, or nil.
func dictionaryBefore(b []byte, mark int) []byte {
	end := len(bytes.TrimRight(b[:mark], "\r\n \t"))
	if end < 2 || string(b[end-2:end]) != ">>" {
		return nil
	}
	depth := 0
	for i := end - 2; i >= 0 && end-i < maxDictionary; i-- {
		switch string(b[i : i+2]) {
		case ">>":
			depth++
			i--
		case "<<":
			if depth--; depth == 0 {
				return b[i:end]
			}
			i--
		}
	}
	return nil
}

var (
	pdfObject    = regexp.MustCompile(`(?:^|[\r\n \t])(\d{1,9})[ \t\r\n]+\d{1,5}[ \t\r\n]+obj\b`)
	pdfReference = regexp.MustCompile(`^(\d{1,9})[ \t\r\n]+\d{1,5}[ \t\r\n]+R\b`)
	pdfInteger   = regexp.MustCompile(`^-?\d{1,9}`)
	pdfNames     = regexp.MustCompile(`/([A-Za-z0-9]+)`)
)

// value returns what stands under a key of a dictionary, from its first byte
// on; what a reference points to instead of the reference.
func (f *pdfFile) value(dictionary []byte, key string) []byte {
	for at := 0; ; {
		i := bytes.Index(dictionary[at:], []byte("/"+key))
		if i < 0 {
			return nil
		}
		at += i + 1 + len(key)
		if at >= len(dictionary) {
			return nil
		}
		if c := dictionary[at]; c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			continue // a longer key
		}
		return f.follow(bytes.TrimLeft(dictionary[at:], " \t\r\n"))
	}
}

// follow returns what a reference points to, or v itself.
func (f *pdfFile) follow(v []byte) []byte {
	m := pdfReference.FindSubmatch(v)
	if m == nil {
		return v
	}
	number, _ := strconv.Atoi(string(m[1]))
	offset, known := f.index()[number]
	if !known {
		return nil
	}
	return bytes.TrimLeft(f.b[offset:min(len(f.b), offset+maxDictionary)], " \t\r\n")
}

func (f *pdfFile) index() map[int]int {
	if f.objects == nil {
		f.objects = map[int]int{}
		for _, m := range pdfObject.FindAllSubmatchIndex(f.b, maxObjects) {
			if n, err := strconv.Atoi(string(f.b[m[2]:m[3]])); err == nil {
				f.objects[n] = m[1]
			}
		}
	}
	return f.objects
}

// number returns an integer under a key.
func (f *pdfFile) number(dictionary []byte, key string) (int, bool) {
	n, err := strconv.Atoi(string(pdfInteger.Find(f.value(dictionary, key))))
	return n, err == nil
}

// names returns the name under a key, or those of an array.
func (f *pdfFile) names(dictionary []byte, key string) []string {
	v := f.value(dictionary, key)
	switch {
	case len(v) == 0:
		return nil
	case v[0] == '[':
		if end := bytes.IndexByte(v, ']'); end >= 0 {
			v = v[:end]
		}
		var list []string
		for _, m := range pdfNames.FindAllSubmatch(v, 8) {
			list = append(list, string(m[1]))
		}
		return list
	}
	if m := pdfNames.FindSubmatch(v); m != nil && v[0] == '/' {
		return []string{string(m[1])}
	}
	return nil
}
