package fence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"assay/internal/audit/pixel"
)

// maxPageWords bounds the words of one page.
const maxPageWords = 2000

// writePages writes the list of pages: the descriptors after the list's own.
func writePages(w io.Writer, n int) error {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "/proc/self/fd/%d\n", 4+i)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeGraymap writes a raster as a binary PGM.
func writeGraymap(to io.Writer, r *pixel.Raster) error {
	if len(r.Gray) != r.Width*r.Height || len(r.Gray) == 0 {
		return errors.New("a raster does not have the size that it states")
	}
	if _, err := fmt.Fprintf(to, "P5\n%d %d\n255\n", r.Width, r.Height); err != nil {
		return err
	}
	_, err := to.Write(r.Gray)
	return err
}

// parseWords reads the table of words of n pages. Words of one line have the
// same number in their page.
//
// Columns: level, page, block, paragraph, line, word, left, top, width,
// height, confidence, text; level 1 is a page, 5 a word.
func parseWords(table []byte, n int) ([][]pixel.Word, error) {
	pages := make([][]pixel.Word, n)
	for i := range pages {
		pages[i] = []pixel.Word{} // nil would say that it was not read
	}
	page, lines := -1, map[[3]int]int{}
	for row := range bytes.Lines(table) {
		fields := bytes.SplitN(bytes.TrimRight(row, "\r\n"), []byte{'\t'}, 12)
		if len(fields) != 12 {
			continue
		}
		level, err := strconv.Atoi(string(fields[0]))
		if err != nil {
			continue // the heading
		}
		var v [10]int
		for i := range v {
			if v[i], err = strconv.Atoi(string(fields[i])); err != nil {
				return nil, err
			}
		}
		switch level {
		case 1:
			page++
			clear(lines)
			if page >= n || v[1] != page+1 {
				return nil, errors.New("the pages are not those of the list")
			}
		case 5:
			confidence, err := strconv.ParseFloat(string(fields[10]), 64)
			if err != nil || page < 0 {
				return nil, errors.New("a word without a page or confidence")
			}
			text := strings.TrimSpace(strings.ToValidUTF8(string(fields[11]), ""))
			if text == "" || len(pages[page]) >= maxPageWords {
				continue
			}
			key := [3]int{v[2], v[3], v[4]}
			line, ok := lines[key]
			if !ok {
				line = len(lines)
				lines[key] = line
			}
			pages[page] = append(pages[page], pixel.Word{
				Text: text, Confidence: confidence, Line: line,
				Box: pixel.Box{X: v[6], Y: v[7], Width: v[8], Height: v[9]},
			})
		}
	}
	if page != n-1 {
		return nil, errors.New("pages are missing")
	}
	return pages, nil
}
