package annotation

import (
	"context"
	"errors"
	"io"
	"slices"

	"assay/internal/audit/score"
	"assay/internal/audit/sniff"
)

// input is a file that is being read, with what was found in it.
type input struct {
	Source
	ctx   context.Context
	facts *Facts
	at    *faultReader
	xml   *xmlHead  // nil until a reader asked for it
	text  *textHead // nil until a reader asked for it

	outlined *node // of JSON, once outline was asked
	drawn    int   // numbers of the outlines that are kept
}

// find counts a broken rule at a place of the file.
func (in *input) find(r score.Rule, pointer, shape, note string) {
	in.facts.Book.Find(r, score.Example{File: score.NoFile, Pointer: pointer, Shape: shape, Note: note})
}

// check counts what a rule was held against.
func (in *input) check(r score.Rule, n int) { in.facts.Book.Check(r, n) }

// reader reads the formats of one family.
type reader struct {
	// detect tells which formats the file may be in, by its content; the name
	// only settles ties. None: the file is of another family. It may read all
	// of the file, bounded.
	detect func(*input) ([]Match, error)

	// read reads a file that detect took. It returns an error only if the
	// content could not be read or the context ended; what is wrong with the
	// file is found.
	read func(*input) error
}

// readers are those to ask for a kind of file, in order.
func readers(k sniff.Kind) []reader {
	switch {
	case k == sniff.DICOM:
		return dicomReaders
	case k == sniff.JSON:
		return slices.Concat(jsonReaders, recordReaders)
	case k == sniff.JSONL:
		return lineReaders
	case k == sniff.XML:
		return xmlReaders
	case k == sniff.CSV, k == sniff.TSV:
		return tableReaders
	case k.Image():
		return pictureReaders
	case k.Volume():
		return volumeReaders
	case k.Textual():
		return textReaders
	}
	return nil
}

// Readers of each kind of file.
var (
	jsonReaders    = []reader{cocoReader, studioReader, datasetReader, labelMapReader, labelMeReader}
	tableReaders   = []reader{{detectTable, readTable}, yoloReader}
	textReaders    = []reader{yoloYAMLReader, darknetDataReader, namesReader, yoloReader, listReader}
	xmlReaders     = []reader{vocReader, labelMeXMLReader, cvatReader, lidcReader}
	pictureReaders = []reader{pictureReader}
	volumeReaders  = []reader{volumeReader}
	dicomReaders   = []reader{dicomObjects}
)

// Read looks at one file and returns what it tells of labels, nil if it is in
// no format of this package. The error is one of ctx or of the content; bad
// data is found in the Book.
func Read(ctx context.Context, src Source) (*Facts, error) {
	if src.Limits == (Limits{}) {
		src.Limits = DefaultLimits()
	}
	fault := &faultReader{r: src.Content}
	src.Content = fault
	in := &input{Source: src, ctx: ctx, facts: &Facts{}, at: fault}
	err := in.read()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case fault.err != nil:
		return nil, fault.err
	case err != nil:
		return nil, err
	case len(in.facts.Formats) == 0:
		return nil, nil
	}
	if in.facts.Beyond > 0 {
		in.check(ruleLimit, 1)
		in.find(ruleLimit, "", "", "")
	}
	return in.facts, nil
}

// read asks the readers of the kind which of them is the surest.
func (in *input) read() error {
	var best reader
	var found []Match
	byFormat := map[Format]claim{}
	for _, r := range readers(in.Kind) {
		matches, err := r.detect(in)
		if err != nil {
			return err
		}
		for _, m := range matches {
			if len(found) == 0 || m.Confidence > found[0].Confidence {
				best = r
			}
			found = append(found, m)
			byFormat[m.Format] = claim{m, r}
			slices.SortStableFunc(found, func(a, b Match) int {
				switch {
				case a.Confidence > b.Confidence:
					return -1
				case a.Confidence < b.Confidence:
					return 1
				}
				return 0
			})
		}
	}
	if len(found) == 0 {
		return nil
	}
	if named, ok := byFormat[in.Format]; ok {
		in.facts.Formats = []Match{named.match}
		return named.reader.read(in)
	}
	// Only those that tie with the surest stay.
	surest := found[0].Confidence
	in.facts.Formats = slices.DeleteFunc(found, func(m Match) bool { return m.Confidence < surest })
	return best.read(in)
}

// withRoom returns a list that has room for one more. If it has none, it gets
// room for as many as the rest of the file holds, if that goes on like this:
// to grow step by step would hold most of the list twice.
func withRoom[T any](in *input, list []T) []T {
	n := len(list)
	if n < cap(list) || in.at == nil || in.at.end <= 0 {
		return list
	}
	left := float64(max(in.SizeBytes-in.at.end, 0)) / float64(in.at.end)
	more := int(min(1.05*float64(n)*left, float64(in.Limits.Records-n)))
	if n < leastPacked || more <= n/4 {
		return list
	}
	return slices.Grow(list, more+1)
}

// claim is a reader's word that a file may be in a format.
type claim struct {
	match  Match
	reader reader
}

// section reads the file from its start.
func (in *input) section() *io.SectionReader {
	return io.NewSectionReader(in.Content, 0, in.SizeBytes)
}

// faultReader keeps the failure of a reader apart from bad data.
type faultReader struct {
	r   io.ReaderAt
	err error
	end int64 // of what was read last
}

func (f *faultReader) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.r.ReadAt(p, offset)
	f.end = offset + int64(n)
	if err != nil && !errors.Is(err, io.EOF) && f.err == nil && offset >= 0 {
		f.err = err
	}
	return n, err
}
