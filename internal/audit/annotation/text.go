package annotation

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// textHead is the start of a text file, to tell its format.
type textHead struct {
	Lines []string // whole ones, without white space at their ends
	Whole bool     // they are all lines of the file
}

// maxTextHead is how many bytes a textHead takes.
const maxTextHead = 64 << 10

// headText returns the start of the file. It is read once for all formats.
func (in *input) headText() (*textHead, error) {
	if in.text != nil {
		return in.text, nil
	}
	b, err := io.ReadAll(io.LimitReader(in.textReader(), maxTextHead+1))
	if err != nil {
		return nil, err
	}
	h := &textHead{Whole: len(b) <= maxTextHead}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, maxTextHead+2)
	lines.Split(splitLines)
	for lines.Scan() {
		h.Lines = append(h.Lines, strings.TrimSpace(lines.Text()))
	}
	if !h.Whole && len(h.Lines) > 0 {
		h.Lines = h.Lines[:len(h.Lines)-1]
	}
	in.text = h
	return h, nil
}

// textReader reads the file as UTF-8: a byte order mark is dropped, UTF-16
// with one is decoded.
func (in *input) textReader() io.Reader {
	return transform.NewReader(in.section(), unicode.BOMOverride(transform.Nop))
}

// eachLine calls f for each line that is not blank, without white space at its
// ends; n counts from 1. A line over the limit of a field ends the reading
// with a finding.
func (in *input) eachLine(f func(n int, line string)) error {
	in.check(ruleUnread, 1)
	lines := bufio.NewScanner(in.textReader())
	lines.Buffer(nil, int(in.Limits.FieldBytes))
	lines.Split(splitLines)
	n := 0
	for lines.Scan() {
		n++
		if n%4096 == 0 {
			if err := in.ctx.Err(); err != nil {
				return err
			}
		}
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
			f(n, string(line))
		}
	}
	if err := lines.Err(); !errors.Is(err, bufio.ErrTooLong) {
		return err
	}
	in.find(ruleUnread, linePointer(n+1), "", "a line is longer than the limit")
	return nil
}

// linePointer is the pointer of a line, from 1.
func linePointer(n int) string { return fmt.Sprintf("%d:1", n) }

// splitLines parts lines at LF, CR LF and CR.
func splitLines(data []byte, end bool) (advance int, token []byte, err error) {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0 && end && len(data) > 0:
		return len(data), data, nil
	case i < 0, data[i] == '\r' && i+1 == len(data) && !end:
		return 0, nil, nil
	case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
		return i + 2, data[:i], nil
	}
	return i + 1, data[:i], nil
}

// inFolder reports whether one of the folders of a path has the name, in any
// case.
func inFolder(p, name string) bool {
	return slices.ContainsFunc(strings.Split(path.Dir(p), "/"), func(folder string) bool { return strings.EqualFold(folder, name) })
}

// hasExtension reports whether a path ends so, in any case.
func hasExtension(p string, extensions ...string) bool {
	return slices.Contains(extensions, strings.ToLower(path.Ext(p)))
}
