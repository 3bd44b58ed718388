package document

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// reader returns the file as UTF-8: from UTF-16 by its byte order mark, from
// Windows-1252 if it is not valid UTF-8. exact says that offsets still hold.
func (in *inspection) reader() (r *bufio.Reader, exact bool) {
	raw := io.NewSectionReader(in.f, 0, in.size)
	head := make([]byte, min(in.size, 64<<10))
	n, _ := io.ReadFull(raw, head)
	head = head[:n]
	raw = io.NewSectionReader(in.f, 0, in.size)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return bufio.NewReaderSize(io.NewSectionReader(in.f, 3, in.size-3), 64<<10), false
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		d := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		return bufio.NewReaderSize(transform.NewReader(raw, d), 64<<10), false
	case validHead(head):
		return bufio.NewReaderSize(raw, 64<<10), true
	}
	return bufio.NewReaderSize(transform.NewReader(raw, charmap.Windows1252.NewDecoder()), 64<<10), false
}

// validHead reports whether head is UTF-8, apart from a rune cut at its end.
func validHead(head []byte) bool {
	for i := 0; i < 4 && i <= len(head); i++ {
		if utf8.Valid(head[:len(head)-i]) {
			return true
		}
	}
	return false
}

// eachLine calls line with every line, without its end and at most maxScan
// bytes at a time, and where it starts.
func (in *inspection) eachLine(r *bufio.Reader, line func(s string, offset int64)) error {
	var offset int64
	for count := 0; ; count++ {
		if count%4096 == 0 {
			if err := in.ctx.Err(); err != nil {
				return err
			}
		}
		b, err := r.ReadSlice('\n')
		start := offset
		offset += int64(len(b))
		for _, part := range bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\r")) {
			if len(part) > 0 {
				line(string(part), start)
			}
			start += int64(len(part)) + 1
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil // the end, or a failure that the reader noted
		}
	}
}

// lines scans lines in their order. A line that ends in a colon is read with
// the next one, as forms have it.
type lines struct {
	in      *inspection
	path    string
	label   string
	labelAt int64
}

func (l *lines) add(s string, offset int64) {
	if l.label != "" {
		s, offset, l.label = l.label+" "+s, l.labelAt, ""
	}
	if trimmed := strings.TrimSpace(s); strings.HasSuffix(trimmed, ":") && len(trimmed) < 60 {
		l.label, l.labelAt = trimmed, offset
		return
	}
	l.in.scan(ruleReport, l.path, s, offset)
}

// text adds every line of a text whose offsets are not known.
func (l *lines) text(s string) {
	for line := range strings.Lines(s) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			l.add(line, 0)
		}
	}
}

// end scans a label that nothing followed.
func (l *lines) end() {
	l.in.scan(ruleReport, l.path, l.label, l.labelAt)
	l.label = ""
}

// plain scans a text line by line.
func (in *inspection) plain() error {
	r, exact := in.reader()
	l := &lines{in: in, path: "text"}
	err := in.eachLine(r, func(s string, offset int64) {
		if !exact {
			offset = 0
		}
		l.add(s, offset)
	})
	l.end()
	return err
}
