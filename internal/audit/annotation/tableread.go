package annotation

import (
	"fmt"
	"hash/maphash"
	"math"
	"path"
	"slices"
	"strings"

	"assay/internal/audit/score"
)

// Rules of tables.
var (
	ruleRagged = score.Rule{
		Code: "F-300", Level: score.Error, Title: "Row whose fields do not match the header", Of: "rows",
		Cap: 5, Full: 0.05,
		Fix:    "Write as many fields as the header has; put fields that hold the separator or a quote in quotes.",
		Source: "RFC 4180 Section 2",
	}
	ruleUTF8 = score.Rule{
		Code: "F-301", Level: score.Error, Title: "Text that is not UTF-8", Of: "lines",
		Cap: 4, Full: 0.05,
		Fix:    "Write the file in UTF-8; what reads it may stop here, or read other words.",
		Source: "RFC 3629; RFC 8259 Section 8.1 for JSON",
	}
	ruleMixed = score.Rule{
		Code: "F-302", Level: score.Error, Title: "Value of another type than its column", Of: "values in columns of one type",
		Cap: 4, Full: 0.05,
		Fix:    "Write values of one type in a column, and leave a field empty if there is no value.",
		Source: "the values of the column",
	}
	ruleKey = score.Rule{
		Code: "F-303", Level: score.Error, Title: "Record there twice", Of: "records with a key",
		Cap: 5, Full: 0.05,
		Fix:    "Keep one record for each key; if they differ, find out which one is right.",
		Source: "the column that tells records apart",
	}
	ruleHeader = score.Rule{
		Code: "F-304", Level: score.Warning, Title: "Name of a column that readers will not match", Of: "columns",
		Cap: 1, Full: 0.5,
		Fix:    "Take the spaces at the ends of column names out, and give every column a name of its own.",
		Source: "SIIM-ACR's train-rle.csv, whose second column is called \" EncodedPixels\"",
	}
	ruleAge = score.Rule{
		Code: "F-305", Level: score.Error, Title: "Age that is not possible", Of: "ages",
		Cap: 3, Full: 0.05,
		Fix:    "Write ages in years, between 0 and 120, or all with their unit (045Y, 006M); leave unknown ones empty.",
		Source: "DICOM PS3.5 Section 6.2, AS, for units",
	}
	ruleFlat = score.Rule{
		Code: "C-303", Level: score.Error, Title: "Box without width or height", Of: "boxes in tables",
		Cap: 5, Full: 0.05,
		Fix:    "Draw the box again, or take it out; see that the columns are in the order of the header.",
		Source: "the box columns of the table",
	}
	ruleOutside = score.Rule{
		Code: "C-304", Level: score.Warning, Title: "Box outside of its image", Of: "boxes in tables, of images that are there",
		Cap: 3, Full: 0.1,
		Fix:    "See whether the boxes were drawn on an image of another size.",
		Source: "the box columns beside the image, beyond its edge by more than a pixel",
	}
)

// tableRules are the rules of all tables.
var tableRules = []score.Rule{
	ruleRagged, ruleUTF8, ruleMixed, ruleKey, ruleHeader, ruleAge, ruleFlat, ruleOutside,
	ruleLabelValue, ruleNoFinding, ruleAllBlank, ruleUnknownLabel, ruleVocabulary, ruleTargetBox, ruleRuns, ruleTwoLists, ruleLine,
}

// layout is how a table is written, told by its head.
type layout struct {
	format  Format
	columns []column
	roles
	records  *objectRow // of JSON; nil for separated values
	header   bool
	least    int // fields that a record must have
	spaced   []int
	several  bool // the label column holds several, parted by |
	measured bool // the label column holds numbers, not classes
}

// flag is whether a value is one of a column of 0, 1 and nothing else, as a
// class of its own is labeled.
func flag(v []byte) (state State, is bool) {
	switch string(v) {
	case "1", "1.0", "True", "true", "TRUE":
		return Positive, true
	case "0", "0.0", "False", "false", "FALSE":
		return Negative, true
	case "-1", "-1.0":
		return Uncertain, true
	}
	return 0, false
}

// tableHeadOf is what the first records of a table show.
type tableHeadOf struct {
	header []string
	widths map[int]int // records by number of fields
	flags  []int       // values of each field that are 0, 1 or -1
	filled []int
	bars   []int // values of each field that hold |
	kinds  []profile
}

func (in *input) tableHead() tableHeadOf {
	t := in.newTable()
	h := tableHeadOf{widths: map[int]int{}}
	if !t.record() {
		return h
	}
	for _, f := range t.fields {
		h.header = append(h.header, strings.ToValidUTF8(string(f), "\uFFFD"))
	}
	for n := 0; n < tableHeadMax && t.offset < tableHead && t.record(); n++ {
		h.widths[len(t.fields)]++
		h.grow(len(t.fields))
		for i, f := range t.fields {
			f = trimSpace(f)
			if h.kinds[i].add(f, 0) == blankValue {
				continue
			}
			h.filled[i]++
			if _, is := flag(f); is {
				h.flags[i]++
			}
			if slices.Contains(f, '|') {
				h.bars[i]++
			}
		}
	}
	return h
}

// grow makes room for n columns.
func (h *tableHeadOf) grow(n int) {
	for len(h.flags) < n {
		h.flags, h.filled, h.bars, h.kinds = append(h.flags, 0), append(h.filled, 0), append(h.bars, 0), append(h.kinds, profile{})
	}
}

// usual is the number of fields that most records have.
func (h *tableHeadOf) usual() int {
	best, most := len(h.header), 0
	for n, count := range h.widths {
		if count > most || count == most && n < best {
			best, most = n, count
		}
	}
	return best
}

// named reports whether the first record names columns.
func (h *tableHeadOf) named() bool {
	for _, name := range h.header {
		switch kind := holdingOf([]byte(name)); {
		case kind == integerValue || kind == numberValue || kind == dateValue:
			return false
		case kind == pathValue && !strings.Contains(name, "/"):
			return false
		}
	}
	return true
}

// layout reads how the table is written.
func (in *input) layout() *layout {
	h := in.tableHead()
	if len(h.header) == 0 {
		return nil
	}
	l := &layout{format: Table, header: h.named()}
	if l.header {
		l.columns = columnsOf(h.header, in.newTable().separator, h.usual())
	} else {
		for i := range h.header {
			l.columns = append(l.columns, column{name: fmt.Sprintf("column %d", i+1)})
		}
	}
	l.roles = rolesOf(l.columns, in.PatientKey)
	for i, name := range h.header {
		if strings.TrimSpace(name) != name && i < len(l.columns) {
			l.spaced = append(l.spaced, i)
		}
	}
	l.least = len(l.columns)
	for l.header && l.least > 1 && l.columns[l.least-1].key == "" {
		l.least--
	}
	h.grow(len(l.columns))
	if !l.header {
		l.unnamed(&h)
	}
	l.judge(&h)
	return l
}

// unnamed tells what the columns of a table without header hold: a path is
// an image, a category beside it its label.
func (l *layout) unnamed(h *tableHeadOf) {
	for i := range l.columns {
		switch holds := h.kinds[i].holds(); {
		case holds == "path" && l.image < 0:
			l.image = i
		case (holds == "category" || holds == "text" && len(l.columns) == 2) && l.label < 0:
			l.label = i
		}
	}
	if l.image < 0 {
		l.label = -1
	}
}

// judge tells the format, and the columns that are classes.
func (l *layout) judge(h *tableHeadOf) {
	taken := func(i int) bool {
		return slices.Contains([]int{l.image, l.sop, l.series, l.patient, l.split, l.sex, l.age, l.reader, l.width, l.height, l.boxText, l.runs}, i) ||
			slices.Contains(l.box[:], i) || slices.Contains(l.readings, i)
	}
	var flags []int
	for i := range l.columns {
		if h.filled[i] > 0 && h.flags[i] == h.filled[i] && !taken(i) && i != l.label && l.columns[i].key != "" {
			flags = append(flags, i)
		}
	}
	key := l.image
	if key < 0 {
		key = max(l.sop, l.series, l.patient)
	}
	switch {
	case l.isCheXpert():
		l.format, l.label = CheXpert, -1
		l.classes = l.chexpertClasses(h, taken)
	case find(l.columns, []string{"imageindex"}) >= 0 && find(l.columns, []string{"findinglabels", "findinglabel"}) >= 0:
		l.format, l.several = ChestXray14, true
		l.label = find(l.columns, []string{"findinglabels", "findinglabel"})
	case find(l.columns, []string{"patientid"}) >= 0 && find(l.columns, []string{"target"}) >= 0 && l.box[0] >= 0 && !l.corners:
		l.format = RSNA
		l.image = find(l.columns, []string{"patientid"})
		l.patient, l.label = l.image, find(l.columns, []string{"target"})
	case l.runs >= 0 && l.image >= 0:
		l.format = RunTable
	case l.label < 0 && key >= 0 && len(l.readings) == 0:
		l.classes = flags
	}
	if l.format == Table && l.label >= 0 {
		l.several = 2*h.bars[l.label] > 0
		kind := h.kinds[l.label].holds()
		l.measured = kind == "number"
	}
}

// detectTable tells the format of a table by the names of its columns and its
// first records.
func detectTable(in *input) ([]Match, error) {
	l := in.layout()
	if l == nil {
		return nil, nil
	}
	confidence := 0.95
	switch {
	case l.format == Table && !l.header:
		confidence = 0.3
	case l.format == Table:
		confidence = 0.6
	}
	return []Match{{l.format, confidence}}, nil
}

// tableReading is a table that is being read.
type tableReading struct {
	*layout
	in    *input
	t     *table
	rec   *records
	split Split          // that the name of the file tells
	file  int32          // reader that the name of the file tells, -1 for none
	made  Origin         // by whom, as the name of the file tells
	rated map[int]rating // columns of classes by several sources
	rows  int

	seed      maphash.Seed
	keys      map[uint64]struct{} // of a key that is not the image
	repeated  []int32             // lines whose key was there before
	repeats   int
	keyedRows int

	tokens map[string]*token // labels that the vocabulary does not hold
	units  map[byte]*unitUse // of ages
}

// readTable reads any table.
func readTable(in *input) error {
	r := newTableReading(in, in.layout())
	r.head()
	for i := 0; r.t.record(); i++ {
		if i%4096 == 0 {
			if err := in.ctx.Err(); err != nil {
				return err
			}
		}
		r.record()
	}
	r.finish()
	return nil
}

func newTableReading(in *input, l *layout) *tableReading {
	r := &tableReading{
		layout: l, in: in, t: in.newTable(), rec: newRecords(in), split: splitOfTable(path.Base(in.Path)), file: -1,
		seed: maphash.MakeSeed(), keys: map[uint64]struct{}{}, tokens: map[string]*token{}, units: map[byte]*unitUse{},
	}
	r.rated = r.ratings()
	if name := firstOf(readerOfName(path.Base(in.Path)), sourceOfFile(path.Base(in.Path))); name != "" {
		r.file, r.made = r.rec.reader(name), originOfSource(name)
	}
	r.pointers()
	return r
}

// readerOfName reads from the name of a file whose readings it holds: reader1,
// rater_b; empty if it does not say.
func readerOfName(name string) string {
	words := strings.FieldsFunc(strings.ToLower(stem(name)), func(r rune) bool { return r == '_' || r == '-' || r == ' ' || r == '.' })
	for i, w := range words {
		if isReading(w) {
			return w
		}
		if i+1 < len(words) && isReading(w+words[i+1]) {
			return w + words[i+1]
		}
	}
	return ""
}

// pointers says where the facts of images and labels stand.
func (r *tableReading) pointers() {
	set := func(at *string, column int) {
		if column >= 0 {
			*at = r.columns[column].pattern()
		}
	}
	at := &r.in.facts.At
	at.Label = "%d:row"
	if r.records != nil {
		at.Label = "%d:1"
		if r.records.array {
			at.Label = "/%d"
		}
	}
	set(&at.Image, max(r.sop, r.series, r.patient))
	set(&at.Image, r.image)
	set(&at.Width, r.width)
	set(&at.Height, r.height)
	if r.format == CheXpert {
		set(&at.Patient, r.image)
	}
	set(&at.Patient, r.patient)
	set(&at.Split, r.roles.split)
	set(&at.Age, r.age)
	set(&at.Label, r.label)
	set(&at.Label, r.runs)
	set(&at.Label, r.boxText)
	set(&at.Label, r.box[0])
}

// head reads past the header, and tells what is wrong with it.
func (r *tableReading) head() {
	if !r.header {
		return
	}
	r.t.record()
	r.in.check(ruleHeader, len(r.columns))
	for _, i := range r.spaced {
		r.in.find(ruleHeader, fmt.Sprintf("%d:%s", r.t.line, r.columns[i].name), "", "spaces at an end")
	}
	seen := map[string]bool{}
	for i := range r.columns {
		if c := &r.columns[i]; c.key != "" && seen[c.name] && !strings.Contains(c.name, "[") {
			r.in.find(ruleHeader, fmt.Sprintf("%d:%s", r.t.line, c.name), "", "two columns of one name")
		}
		seen[r.columns[i].name] = true
	}
	if r.t.bad {
		r.in.find(ruleUTF8, fmt.Sprintf("%d:1", r.t.line), "", "")
	}
	r.in.check(ruleUTF8, 1)
}

// value returns a field of the record without spaces at its ends, nil if the
// record has no such field.
func (r *tableReading) value(column int) []byte {
	if column < 0 || column >= len(r.t.fields) {
		return nil
	}
	return trimSpace(r.t.fields[column])
}

func trimSpace(v []byte) []byte {
	for len(v) > 0 && (v[0] == ' ' || v[0] == '\t') {
		v = v[1:]
	}
	for len(v) > 0 && (v[len(v)-1] == ' ' || v[len(v)-1] == '\t') {
		v = v[:len(v)-1]
	}
	return v
}

// record takes one record.
func (r *tableReading) record() {
	r.rows++
	t := r.t
	r.in.check(ruleUTF8, 1)
	if t.bad {
		r.in.find(ruleUTF8, fmt.Sprintf("%d:1", t.line), "", "")
	}
	if !r.whole() {
		return
	}
	for i := range min(len(t.fields), len(r.columns)) {
		r.columns[i].add(t.fields[i], t.line)
	}
	switch r.format {
	case CheXpert:
		r.chexpert()
	case ChestXray14:
		r.chestXray14()
	case RSNA:
		r.rsna()
	case RunTable:
		r.runTable()
	default:
		r.generic()
	}
}

// whole tells of a record whose fields do not match the header, and reports
// whether those that are there can be trusted: with too few of them they can.
func (r *tableReading) whole() bool {
	t := r.t
	note := ""
	switch {
	case t.torn:
		note = "a quote does not close"
	case t.long:
		note = "a field is over the limit"
	case len(t.fields) < r.least:
		note = "too few fields"
	case slices.ContainsFunc(t.fields[min(len(t.fields), len(r.columns)):], func(f []byte) bool { return len(trimSpace(f)) > 0 }):
		note = "too many fields"
	}
	r.in.check(ruleRagged, 1)
	if note == "" {
		return true
	}
	r.in.find(ruleRagged, fmt.Sprintf("%d:row", t.line), "", note)
	return note == "too few fields"
}

// key notes a key of the record, which no other record should have.
func (r *tableReading) key(v []byte) {
	if len(v) == 0 {
		return
	}
	h := maphash.Bytes(r.seed, v)
	_, before := r.keys[h]
	if !before && len(r.keys) < r.in.Limits.Records {
		r.keys[h] = struct{}{}
	}
	r.keyed(!before)
}

// keyed counts a record with a key, and notes one that was there before.
func (r *tableReading) keyed(isNew bool) {
	r.keyedRows++
	if isNew {
		return
	}
	if r.repeats++; len(r.repeated) < score.MaxExamples {
		r.repeated = append(r.repeated, r.t.line)
	}
}

// imageOf returns the image of the record, with what the record says of its
// patient; -1 if it names none. isKey says that no other record should name it.
func (r *tableReading) imageOf(name []byte, isKey bool) int32 {
	if len(name) == 0 {
		return -1
	}
	i, isNew := r.rec.image(name, r.t.line)
	if isKey && i >= 0 {
		r.keyed(isNew)
	}
	if i < 0 {
		return -1
	}
	im := &r.in.facts.Images[i]
	if isNew {
		im.Split = r.split
		im.Patient = r.rec.hash(string(r.value(r.patient)))
		if r.width >= 0 {
			im.Width, im.Height = pixels(r.value(r.width)), pixels(r.value(r.height))
		}
	}
	if s := splitWord(string(r.value(r.roles.split))); s != NoSplit {
		im.Split = s
	}
	if im.Sex == 0 && r.sex >= 0 {
		im.Sex = sexOf(string(r.value(r.sex)))
	}
	if years := r.ageOfRow(); years == years && im.AgeYears != im.AgeYears {
		im.AgeYears = float32(years)
	}
	return i
}

// pixels reads a width or height, 0 if v is none.
func pixels(v []byte) int32 {
	if n := number(v); n >= 1 && n <= 1<<30 {
		return int32(n)
	}
	return 0
}

// unitUse is where ages of one unit stand.
type unitUse struct {
	count int
	lines []int32
}

// ageOfRow reads the age of the record, NaN if it has none, and tells one that
// is not possible.
func (r *tableReading) ageOfRow() float64 {
	years, unit := ageOf(string(r.value(r.age)))
	if years != years {
		return years
	}
	r.in.check(ruleAge, 1)
	if years < 0 || years > maxAgeYears {
		r.in.find(ruleAge, r.columns[r.age].at(r.t.line), "", "")
		return years
	}
	if unit != 0 {
		unit = 'u'
	}
	u := r.units[unit]
	if u == nil {
		u = &unitUse{}
		r.units[unit] = u
	}
	if u.count++; len(u.lines) < score.MaxExamples {
		u.lines = append(u.lines, r.t.line)
	}
	return years
}

// finish tells what only the whole table shows.
func (r *tableReading) finish() {
	r.rec, r.keys = nil, nil // their room is needed for the answer
	if bare, unit := r.units[0], r.units['u']; bare != nil && unit != nil {
		few := bare
		if unit.count < bare.count {
			few = unit
		}
		findMany(r.in, ruleAge, few.count, few.lines, r.columns[r.age].at, "with and without a unit")
	}
	r.vocabulary()
	r.keysTwice()
	r.in.facts.Records = r.rows
	labeled := r.format == CheXpert || r.format == ChestXray14 || r.format == RSNA
	for i := range r.columns {
		c := &r.columns[i]
		if !(labeled && (slices.Contains(r.classes, i) || i == r.label)) && i != r.age {
			r.mixed(c)
		}
		if len(r.in.facts.Columns) < maxColumnFacts {
			r.in.facts.Columns = append(r.in.facts.Columns, c.fact(r.isPlain(i)))
		}
	}
}

// maxColumnFacts bounds the columns of a file that are described.
const maxColumnFacts = 2000

// fact says what a column holds; the range of its numbers only if it is plain.
func (c *column) fact(plain bool) Column {
	out := Column{
		Name: c.name, Holds: c.holds(), Filled: c.filled(), Blank: c.counts[blankValue], Zero: c.zeros,
		Distinct: c.spread.distinct(), Min: math.NaN(), Max: math.NaN(),
	}
	if plain && (out.Holds == "number" || out.Holds == "integer") {
		out.Min, out.Max = c.spread.bounds(out.Holds == "integer")
	}
	return out
}

// isPlain reports whether the numbers of a column may be of something else
// than a person, a time or the name of a thing.
func (r *tableReading) isPlain(i int) bool {
	if slices.Contains([]int{r.roles.key, r.image, r.sop, r.series, r.patient, r.reader, r.age}, i) {
		return false
	}
	return !slices.ContainsFunc(privateWords, func(w string) bool { return strings.Contains(r.columns[i].key, w) })
}

// privateWords are in the folded names of columns whose numbers may tell a
// person, a time or the name of a thing.
var privateWords = []string{
	"id", "uid", "number", "num", "mrn", "accession", "patient", "subject", "person", "name", "date", "time", "year", "month", "day", "birth", "dob",
	"age", "phone", "fax", "zip", "postal", "code", "ssn", "account", "serial", "address", "latitude", "longitude", "index", "key", "record",
}

// mixed tells the values of another type than most in a column.
func (r *tableReading) mixed(c *column) { mixedTypes(r.in, c, c.at) }

func mixedTypes(in *input, c *column, at func(line int32) string) {
	kinds, count := c.odd()
	in.check(ruleMixed, c.filled())
	if count == 0 {
		return
	}
	var lines []int32
	for _, k := range kinds {
		lines = append(lines, c.lines[k]...)
	}
	slices.Sort(lines)
	findMany(in, ruleMixed, count, lines, at, "")
}

// findMany counts a rule broken count times, with the lines that were kept.
func findMany(in *input, rule score.Rule, count int, lines []int32, at func(line int32) string, note string) {
	for i := range count {
		if i < len(lines) {
			in.find(rule, at(lines[i]), "", note)
		} else {
			in.find(rule, "", "", note)
		}
	}
}

// Shares of records with a key that was there before, up to which they are
// mistakes; with more, the column is no key.
const (
	maxRepeats   = 0.1
	maxRepeatsID = 0.5 // of a column that is called id and names no image
)

// keysTwice tells records whose key was there before.
func (r *tableReading) keysTwice() {
	n := r.keyedRows
	share := maxRepeats
	switch {
	case r.format == CheXpert || r.format == ChestXray14:
		share = 1
	case r.roles.key != r.image:
		share = maxRepeatsID
	}
	if n == 0 || float64(r.repeats) > share*float64(n) {
		return
	}
	r.in.facts.Repeats = r.repeats
	r.in.check(ruleKey, n)
	column := max(r.roles.key, 0)
	findMany(r.in, ruleKey, r.repeats, r.repeated, r.columns[column].at, "")
}
