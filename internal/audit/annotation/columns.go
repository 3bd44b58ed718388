package annotation

import (
	"fmt"
	"strings"
	"unicode"
)

// column is a column of a table, or a key of records of JSON.
type column struct {
	name    string // for pointers
	key     string // its name in lower case, letters and digits alone
	element bool   // of an element of an array, not of a line
	profile
}

// fold writes a name in lower case, without what is no letter or digit.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// roles say which column holds what; -1 for none.
type roles struct {
	key, image, sop, series int
	label, runs             int
	patient, split          int
	sex, age, reader        int
	width, height           int // of the image
	box                     [4]int
	corners                 bool // the box is two corners, not a corner and a size
	boxText                 int  // a box in one field
	classes, readings       []int
}

// Usual names of columns, folded, the surest first.
var (
	keyNames     = []string{"id", "recordid", "uuid", "key", "rowid"}
	imageNames   = []string{"imageindex", "imageid", "imagepath", "imagename", "imagefile", "imagefilename", "filename", "filepath", "dicomid", "dicompath", "image", "images", "img", "imgid", "imgpath", "imgname", "isicid", "idcode", "imageurl", "path", "file", "scan", "scanid", "slideid", "studyid", "id"}
	sopNames     = []string{"sopinstanceuid", "instanceuid", "sopuid"}
	seriesNames  = []string{"seriesinstanceuid", "seriesuid"}
	labelNames   = []string{"findinglabels", "findinglabel", "classname", "class", "label", "labels", "category", "categoryname", "target", "diagnosis", "dx", "finding", "findings", "pathology", "abnormality", "classes", "grade", "severity", "classid", "labelname"}
	patientNames = []string{"patientid", "patient", "subjectid", "subject", "patientkey", "patientnumber", "participantid", "pid", "ptid"}
	splitNames   = []string{"split", "subset", "partition", "set", "datasplit", "phase", "usage", "fold"}
	sexNames     = []string{"sex", "gender", "patientsex", "patientgender"}
	ageNames     = []string{"age", "patientage", "ageyears", "ageatscan", "ageapprox", "ageyr", "ageinyears"}
	readerNames  = []string{"radid", "readerid", "reader", "raterid", "rater", "annotatorid", "annotator", "radiologistid", "radiologist", "labelerid", "labeler", "observerid", "observer", "graderid", "grader", "expertid", "expert", "workerid"}
	runNames     = []string{"encodedpixels", "rle", "rlemask", "maskrle", "segmentation", "encodedpixel"}
	boxTextNames = []string{"bbox", "box", "boundingbox"}
)

// boxNames are the columns of boxes: of a corner and a size, then of two
// corners.
var boxNames = [][4]string{
	{"x", "y", "width", "height"}, {"x", "y", "w", "h"}, {"bboxx", "bboxy", "bboxw", "bboxh"}, {"bboxx", "bboxy", "bboxwidth", "bboxheight"}, {"left", "top", "width", "height"},
	{"xmin", "ymin", "xmax", "ymax"}, {"x1", "y1", "x2", "y2"}, {"x0", "y0", "x1", "y1"}, {"left", "top", "right", "bottom"}, {"bboxxmin", "bboxymin", "bboxxmax", "bboxymax"},
}

const cornerBoxes = 5 // index of the first of two corners

func find(columns []column, names []string) int {
	for _, name := range names {
		for i := range columns {
			if columns[i].key == name {
				return i
			}
		}
	}
	return -1
}

// rolesOf tells what columns hold by their names. patientKey is the name of
// the patient's column, if the caller knows it.
func rolesOf(columns []column, patientKey string) roles {
	r := roles{
		key: find(columns, keyNames), image: find(columns, imageNames), sop: find(columns, sopNames), series: find(columns, seriesNames), label: find(columns, labelNames),
		runs: find(columns, runNames), patient: find(columns, patientNames), split: find(columns, splitNames), sex: find(columns, sexNames),
		age: find(columns, ageNames), reader: find(columns, readerNames), width: -1, height: -1, boxText: find(columns, boxTextNames), box: [4]int{-1, -1, -1, -1},
	}
	if patientKey != "" {
		if i := find(columns, []string{fold(patientKey)}); i >= 0 {
			r.patient = i
		}
	}
	for i, names := range boxNames {
		var at [4]int
		all := true
		for k, name := range names {
			at[k] = find(columns, []string{name})
			all = all && at[k] >= 0
		}
		if all {
			r.box, r.corners = at, i >= cornerBoxes
			break
		}
	}
	if r.corners || r.box[0] < 0 {
		r.width, r.height = find(columns, []string{"width", "imagewidth"}), find(columns, []string{"height", "imageheight"})
	}
	if r.key < 0 {
		r.key = r.image
	}
	for i := range columns {
		if isReading(columns[i].key) {
			r.readings = append(r.readings, i)
		}
	}
	if len(r.readings) < 2 {
		r.readings = nil
	}
	return r
}

// isReading reports whether a folded name is that of one reader among others:
// reader1, rater2, radiologistb.
func isReading(key string) bool {
	for _, word := range []string{"reader", "rater", "radiologist", "annotator", "observer", "grader", "expert"} {
		if rest, ok := strings.CutPrefix(key, word); ok && (len(rest) == 1 || len(rest) == 2) && rest != "id" {
			return true
		}
	}
	return false
}

// columnsOf names the columns of a header. A name with a bracket that holds
// separators covers several fields; where records have that many fields less,
// it is one column.
func columnsOf(fields []string, separator byte, fieldsOfRecords int) []column {
	groups := bracketGroups(fields)
	joined := len(fields)
	for _, n := range groups {
		joined -= n - 1
	}
	var columns []column
	for i := 0; i < len(fields); i++ {
		n := groups[i]
		if n == 0 {
			name := strings.TrimSpace(fields[i])
			columns = append(columns, column{name: columnName(name, len(columns)), key: fold(name)})
			continue
		}
		whole := strings.TrimSpace(strings.Join(fields[i:i+n], string(separator)))
		base, _, _ := strings.Cut(whole, "[")
		if fieldsOfRecords == joined && joined != len(fields) {
			columns = append(columns, column{name: columnName(whole, len(columns)), key: fold(base)})
		} else {
			for k := range n {
				part := fields[i+k]
				if k == 0 {
					_, part, _ = strings.Cut(part, "[")
				}
				columns = append(columns, column{name: columnName(whole, len(columns)), key: fold(base) + fold(part)})
			}
		}
		i += n - 1
	}
	return columns
}

// bracketGroups returns, by the index at which a bracket opens, how many
// fields it covers; none if it covers one.
func bracketGroups(fields []string) map[int]int {
	groups := map[int]int{}
	for i := 0; i < len(fields); i++ {
		open := strings.LastIndexByte(fields[i], '[')
		if open < 0 || strings.IndexByte(fields[i][open:], ']') >= 0 {
			continue
		}
		for k := i + 1; k < min(len(fields), i+8); k++ {
			if strings.HasSuffix(strings.TrimSpace(fields[k]), "]") {
				groups[i] = k - i + 1
				i = k
				break
			}
		}
	}
	return groups
}

// columnName is the name of a column in pointers: its own, if it reads like a
// name and not like a value.
func columnName(name string, i int) string {
	if name == "" || len(name) > 80 {
		return fmt.Sprintf("column %d", i+1)
	}
	digits := 0
	for _, r := range name {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '@' || unicode.IsControl(r) || r == unicode.ReplacementChar:
			return fmt.Sprintf("column %d", i+1)
		}
	}
	if kind := holdingOf([]byte(name)); digits > 4 || kind == integerValue || kind == numberValue || kind == dateValue {
		return fmt.Sprintf("column %d", i+1)
	}
	return name
}

// pattern is a pointer to a column in any line.
func (c *column) pattern() string {
	name := strings.ReplaceAll(c.name, "%", "%%")
	if c.element {
		return "/%d" + name
	}
	return "%d:" + name
}

// at is a pointer to a column in one line.
func (c *column) at(line int32) string { return fmt.Sprintf(c.pattern(), line) }
