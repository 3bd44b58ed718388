package annotation

import (
	"crypto/sha256"
	"path"
	"regexp"
	"strings"
)

// How folders and file names tell which reader made what is in them: a word
// for readers with a number or letter. A name of a person is none.
const readerWord = `(?:reader|rater|annotator|observer|expert|radiologist|reviewer|grader|labell?er)[-_ ]?(?:[0-9]{1,2}|[a-h])`

var (
	readerFolder = regexp.MustCompile(`(?i)^` + readerWord + `$`)
	readerSuffix = regexp.MustCompile(`(?i)^(.+)[-_.](` + readerWord + `)$`)
	readerPrefix = regexp.MustCompile(`(?i)^(` + readerWord + `)[-_.](.+)$`)
	shortSuffix  = regexp.MustCompile(`(?i)^(.+)[-_.](r[0-9]{1,2})$`) // of masks only: elsewhere it may be a run or a side
)

// cutReader parts a stem into the rest and the word for its reader, "" if it
// has none. Short takes _r1 too.
func cutReader(stem string, short bool) (rest, reader string) {
	if m := readerSuffix.FindStringSubmatch(stem); m != nil {
		return m[1], fold(m[2])
	}
	if m := readerPrefix.FindStringSubmatch(stem); m != nil {
		return m[2], fold(m[1])
	}
	if m := shortSuffix.FindStringSubmatch(stem); m != nil && short {
		return m[1], fold(m[2])
	}
	return stem, ""
}

// readerOfPath returns the word for the reader that a label file's folders or
// name tell, "" if they tell none.
func readerOfPath(p string) string {
	base := strings.ToLower(stem(path.Base(p)))
	if readerFolder.MatchString(base) {
		return fold(base)
	}
	if _, reader := cutReader(base, false); reader != "" {
		return reader
	}
	for folder := path.Dir(p); folder != "." && folder != "/"; folder = path.Dir(folder) {
		if word := path.Base(folder); readerFolder.MatchString(word) {
			return fold(word)
		}
	}
	return ""
}

// byReader reports whether the path of a label file tells its reader, so that
// its outlines are kept for comparison with those of others.
func (in *input) byReader() bool { return readerOfPath(in.Path) != "" }

// readerNamed returns the number of the reader that a word stands for, -1 for
// none. It is the reader of a column of that name, too.
func (j *joiner) readerNamed(word string) int32 {
	if word == "" {
		return -1
	}
	if j.opts.Hash != nil {
		return j.reader(j.opts.Hash("reader " + word))
	}
	var h Hash
	sum := sha256.Sum256([]byte(word))
	copy(h[:], sum[:])
	return j.reader(h)
}

// perReader are formats of which each reader has files of their own, if their
// paths tell the reader.
var perReader = map[Format]bool{
	COCOInstances: true, COCOKeypoints: true, VOC: true, LabelMeJSON: true, LabelMeXML: true, CVATImages: true,
}

// readerOfFile returns the number of the reader whom the path of a label file
// tells, -1 if it tells none or the file names its readers itself.
func (j *joiner) readerOfFile(member int, f *Facts) int32 {
	if len(f.Readers) > 0 || !perReader[f.Formats[0].Format] {
		return -1
	}
	return j.readerNamed(readerOfPath(j.members[member].Path))
}
