package annotation

import (
	"math"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"assay/internal/audit/score"
)

// Rules of Label Studio.
var (
	studioName = score.Rule{
		Code: "F-150", Level: score.Error, Title: "Result without from_name or to_name", Of: "results", Cap: 5, Full: 0.05,
		Fix: "Name the control and the object of each result: without them it belongs to nothing.", Source: "labelstud.io/guide/task_format",
	}
	studioPercent = score.Rule{
		Code: "F-151", Level: score.Error, Title: "Percent outside 0 to 100", Of: "results with a place", Cap: 5, Full: 0.05,
		Fix: "Write x, y, width and height in percent of the image, not in pixels.", Source: "labelstud.io/guide/task_format, units of image annotations",
	}
	studioSize = score.Rule{
		Code: "F-152", Level: score.Error, Title: "original_width or original_height missing", Of: "results with a place", Cap: 4, Full: 0.05,
		Fix: "Write the size of the image beside each result: percents cannot be turned into pixels without it.", Source: "labelstud.io/guide/task_format",
	}
	studioCancelled = score.Rule{
		Code: "F-153", Level: score.Warning, Title: "Annotation was canceled", Of: "annotations", Cap: 2, Full: 0.1,
		Fix: "Label the task anew, or take the annotation out.", Source: "labelstud.io/guide/task_format, was_cancelled",
	}
	studioPredicted = score.Rule{
		Code: "F-154", Level: score.Warning, Title: "Task with predictions only", Of: "tasks", Cap: 2, Full: 0.1,
		Fix: "Have the predictions reviewed: what a model said is no annotation.", Source: "labelstud.io/guide/task_format, predictions",
	}
	studioRecord = score.Rule{
		Code: "F-155", Level: score.Error, Title: "Task or result without what it must hold", Of: "tasks and results", Cap: 4, Full: 0.05,
		Fix: "Give each task its data with the image, each result its value.", Source: "labelstud.io/guide/task_format",
	}

	studioRules = []score.Rule{studioName, studioPercent, studioSize, studioCancelled, studioPredicted, studioRecord}
)

// studioReader reads the exports JSON and JSON_MIN of Label Studio.
var studioReader = reader{detect: detectStudio, read: readStudio}

func detectStudio(in *input) ([]Match, error) {
	task := in.outline().at(0)
	switch {
	case task.get("data").is(jsonObject) && (task.get("annotations").is(jsonArray) || task.get("predictions").is(jsonArray) || task.get("completions").is(jsonArray)):
		return []Match{{LabelStudio, 0.95}}, nil
	case task.has("annotation_id", "annotator"), task.has("annotation_id", "lead_time"):
		return []Match{{LabelStudio, 0.9}}, nil
	case task.get("data").is(jsonObject) && task.has("id") && task.has("total_annotations"):
		return []Match{{LabelStudio, 0.8}}, nil
	}
	return nil, nil
}

// studio is an export that is being read.
type studio struct {
	in    *input
	w     *walker
	rec   *records
	split Split
	task  studioTask
	place int
	drawn int // numbers of the outlines that are kept
}

// studioTask is one task, with the results of everyone who labeled it.
type studioTask struct {
	image, patient, sex, age, split string
	readings                        []studioReading
	annotated, predicted            bool
	labels                          int // names kept so far
}

// studioReading is what one reader, or a model, said of a task.
type studioReading struct {
	reader    string
	model     bool
	cancelled bool
	results   []studioResult
}

// studioResult is one result.
type studioResult struct {
	pointer        string
	kind           string
	from, to       bool
	width, height  float64 // original, NaN without
	labels         []string
	percents       [4]float64 // x, y, width, height; NaN without
	around         [4]float64 // smallest and largest x and y of points
	points         int
	wrongPoint     int // the first outside 0 to 100, -1 none
	hasValue, runs bool
	outline        []float64 // x, y, x, y, … of a polygon, in percent
	brush          []byte    // run lengths of a mask
	minimal        bool      // of JSON_MIN, where from_name is the key and to_name is left out
}

// Bounds of one task.
const (
	maxStudioResults = 100_000
	maxStudioLabels  = 200_000
	maxStudioReaders = 1000
)

func readStudio(in *input) error {
	s := &studio{in: in, w: in.walk(), rec: newRecords(in), split: splitOfTable(path.Base(in.Path))}
	in.facts.At = Pointers{Image: "/%d/data/image", Label: "/%d"}
	s.w.array(func(i int) {
		s.place, s.task = i, studioTask{}
		in.check(studioRecord, 1)
		if !s.w.object(s.member) {
			if s.w.err == nil {
				in.find(studioRecord, pointerTo(i), "", "no object")
			}
			return
		}
		s.finish()
	})
	return s.w.end()
}

// member takes a member of a task.
func (s *studio) member(key string) {
	switch key {
	case "data":
		s.w.object(func(key string) { s.datum(key, "/%d/data") })
	case "annotations", "completions":
		s.w.array(func(int) { s.reading(false) })
	case "predictions":
		s.w.array(func(int) { s.reading(true) })
	case "annotator", "completed_by":
		s.minimal().reader = s.reader()
	case "was_cancelled":
		if v, _ := s.w.boolean(); v {
			s.minimal().cancelled = true
		}
	case "annotation_id":
		s.minimal()
		s.task.annotated = true
	default:
		if s.w.kind() == jsonArray {
			s.control()
		} else {
			s.datum(key, "/%d")
		}
	}
}

// minimal is the only reading of a task of JSON_MIN.
func (s *studio) minimal() *studioReading {
	if len(s.task.readings) == 0 {
		s.task.readings = append(s.task.readings, studioReading{})
	}
	return &s.task.readings[0]
}

// control takes the results that JSON_MIN lists under the name of their
// control.
func (s *studio) control() {
	s.w.array(func(int) {
		if s.w.kind() != jsonObject {
			return
		}
		r := newStudioResult()
		r.minimal, r.from, r.to = true, true, true
		r.hasValue = s.w.object(func(key string) { s.value(key, &r) })
		r.pointer = s.w.pointer()
		if m := s.minimal(); r.hasValue && len(m.results) < maxStudioResults {
			m.results = append(m.results, r)
		}
	})
}

// datum takes a value of the task: the image, or who is on it.
func (s *studio) datum(key, at string) {
	t := &s.task
	name := fold(key)
	if k := s.w.kind(); k != jsonText && k != jsonNumber {
		return
	}
	text, _ := s.w.taken()
	pattern := at + strings.ReplaceAll(pointerTo(key), "%", "%%")
	f := s.in.facts
	switch {
	case s.in.PatientKey == key && key != "", s.in.PatientKey == "" && slices.Contains(patientNames, name):
		t.patient, f.At.Patient = text, pattern
	case slices.Contains(sexNames, name):
		t.sex = text
	case slices.Contains(ageNames, name):
		t.age, f.At.Age = text, pattern
	case name == "split" || name == "subset":
		t.split, f.At.Split = text, pattern
	case isPath([]byte(text)) && (t.image == "" || name == "image"):
		t.image, f.At.Image = text, pattern
	}
}

// reading takes an annotation or prediction.
func (s *studio) reading(model bool) {
	r := studioReading{model: model}
	s.w.object(func(key string) {
		switch key {
		case "completed_by":
			r.reader = s.reader()
		case "model_version":
			if model {
				if k := s.w.kind(); k == jsonText || k == jsonNumber {
					v, _ := s.w.taken()
					r.reader = "model " + v
				}
			}
		case "was_cancelled":
			r.cancelled, _ = s.w.boolean()
			if !model && r.cancelled {
				s.in.find(studioCancelled, s.w.pointer(), "", "")
			}
		case "result":
			s.w.array(func(int) {
				if one, ok := s.result(); ok && len(r.results) < maxStudioResults {
					r.results = append(r.results, one)
				}
			})
		}
	})
	if model {
		s.task.predicted = true
	} else {
		s.task.annotated = true
		s.in.check(studioCancelled, 1)
	}
	if len(s.task.readings) >= maxStudioReaders {
		s.in.facts.Beyond++
		return
	}
	s.task.readings = append(s.task.readings, r)
}

// reader takes completed_by: a number, a text, or an object with an id.
func (s *studio) reader() string {
	switch s.w.kind() {
	case jsonText, jsonNumber:
		v, _ := s.w.taken()
		return v
	case jsonObject:
		id := ""
		s.w.object(func(key string) {
			if k := s.w.kind(); (key == "id" || key == "email" && id == "") && (k == jsonText || k == jsonNumber) {
				id, _ = s.w.taken()
			}
		})
		return id
	}
	s.w.skip()
	return ""
}

func newStudioResult() studioResult {
	nan, inf := math.NaN(), math.Inf(1)
	return studioResult{width: nan, height: nan, percents: [4]float64{nan, nan, nan, nan}, around: [4]float64{inf, inf, -inf, -inf}, wrongPoint: -1}
}

// result takes a result; relations between results are none.
func (s *studio) result() (studioResult, bool) {
	r := newStudioResult()
	ok := s.w.object(func(key string) {
		switch key {
		case "type":
			r.kind, _ = s.w.text()
		case "from_name":
			v, _ := s.w.text()
			r.from = v != ""
		case "to_name":
			v, _ := s.w.text()
			r.to = v != ""
		case "value":
			r.hasValue = s.w.object(func(key string) { s.value(key, &r) })
		default:
			s.original(key, &r)
		}
	})
	r.pointer = s.w.pointer()
	return r, ok && r.kind != "relation"
}

// original takes the size of the image.
func (s *studio) original(key string, r *studioResult) {
	switch key {
	case "original_width":
		r.width, _ = s.w.number()
	case "original_height":
		r.height, _ = s.w.number()
	}
}

// value takes a member of a value.
func (s *studio) value(key string, r *studioResult) {
	w := s.w
	switch key {
	case "x", "y", "width", "height", "radiusX", "radiusY":
		at := map[string]int{"x": 0, "y": 1, "width": 2, "height": 3, "radiusX": 2, "radiusY": 3}[key]
		if w.kind() == jsonNumber {
			r.percents[at], _ = w.number()
		}
	case "points":
		w.array(func(i int) {
			w.array(func(k int) {
				if v, ok := w.number(); ok && k < 2 {
					r.point(i, k, v)
				}
			})
		})
	case "rle":
		r.runs = true
		w.array(func(int) {
			if v, ok := w.number(); ok && v >= 0 && v < 256 && len(r.brush) < maxBrushBytes {
				r.brush = append(r.brush, byte(v))
			}
		})
	case "choices", "taxonomy":
		s.labels(r)
	default:
		if strings.HasSuffix(key, "labels") {
			if r.kind == "" {
				r.kind = key
			}
			s.labels(r)
		} else if r.minimal {
			s.original(key, r)
		}
	}
}

// point takes x (k = 0) or y of a vertex.
func (r *studioResult) point(i, k int, v float64) {
	r.points = i + 1
	if len(r.outline) == 2*i+k {
		r.outline = append(r.outline, v)
	}
	r.around[k], r.around[k+2] = min(r.around[k], v), max(r.around[k+2], v)
	if (v < -percentSlack || v > 100+percentSlack) && r.wrongPoint < 0 {
		r.wrongPoint = i
	}
}

// labels takes names of classes.
func (s *studio) labels(r *studioResult) {
	if s.w.kind() == jsonText {
		s.addLabel(r)
		return
	}
	s.w.array(func(int) {
		if s.w.kind() == jsonText {
			s.addLabel(r)
		}
	})
}

func (s *studio) addLabel(r *studioResult) {
	v, _ := s.w.text()
	if s.task.labels++; s.task.labels > maxStudioLabels || len(v) > 1<<10 {
		s.in.facts.Beyond++
		return
	}
	r.labels = append(r.labels, v)
}

// finish keeps a task.
func (s *studio) finish() {
	t := &s.task
	in := s.in
	if t.image == "" {
		in.find(studioRecord, pointerTo(s.place), "", "no image in its data")
	}
	in.check(studioPredicted, 1)
	if t.predicted && !t.annotated {
		in.find(studioPredicted, pointerTo(s.place, "predictions"), "", "")
	}
	image := int32(-1)
	if t.image != "" {
		image, _ = s.rec.image([]byte(studioImage(t.image)), int32(s.place))
	}
	if image >= 0 {
		s.describe(image)
	}
	for i := range t.readings {
		s.keep(&t.readings[i], image)
	}
}

// describe gives the image what the task says of it.
func (s *studio) describe(image int32) {
	t, im := &s.task, &s.in.facts.Images[image]
	im.Patient = s.rec.hash(t.patient)
	im.Sex = sexOf(t.sex)
	if t.age != "" {
		years, _ := ageOf(t.age)
		im.AgeYears = float32(years)
	}
	im.Split = splitWord(t.split)
	if im.Split == NoSplit {
		im.Split = s.split
	}
	for _, r := range t.readings {
		if !r.model && !r.cancelled && len(r.results) == 0 && t.annotated {
			im.Empty = true // looked at, nothing found
			if reader := s.rec.reader(r.reader); reader >= 0 {
				s.in.facts.Blanks = append(s.in.facts.Blanks, Blank{Image: image, Reader: reader})
			}
		}
	}
}

// studioImage is the path of an image in what a task calls it: a path, a URL,
// or where Label Studio keeps uploads, which begin with eight hexadecimal
// digits and a hyphen.
func studioImage(name string) string {
	if u, err := url.Parse(name); err == nil && (u.Scheme != "" || strings.HasPrefix(name, "/data/")) {
		name = strings.TrimPrefix(u.Path, "/")
		if d := u.Query().Get("d"); d != "" {
			name = d
		}
	}
	base := path.Base(name)
	if strings.Contains(name, "upload/") && len(base) > 9 && base[8] == '-' && isHex(base[:8]) {
		return base[9:]
	}
	return name
}

func isHex(s string) bool {
	_, err := strconv.ParseUint(s, 16, 64)
	return err == nil
}

// keep judges the results of a reading, and keeps them as labels.
func (s *studio) keep(r *studioReading, image int32) {
	reader := s.rec.reader(r.reader)
	for i := range r.results {
		one := &r.results[i]
		placed := s.judge(one)
		if image >= 0 && one.width > 0 && one.width <= math.MaxInt32 && one.height > 0 && one.height <= math.MaxInt32 {
			im := &s.in.facts.Images[image]
			if im.Width == 0 {
				im.Width, im.Height = int32(one.width), int32(one.height)
			}
		}
		shape := int32(-1)
		if placed && len(s.task.readings) > 1 && len(one.labels) > 0 && (one.runs || one.kindOf() == Polygon) {
			if out := s.outline(one); out != nil {
				shape = int32(len(s.in.facts.Shapes))
				s.in.facts.Shapes = append(s.in.facts.Shapes, *out)
			}
		}
		for _, name := range one.labels {
			l := whole(image, s.rec.class(name, false), int32(s.place), Positive)
			l.Reader, l.Unit, l.Origin = reader, int32(s.place), Human
			if r.model {
				l.Origin = Model
			}
			if placed {
				l.Kind, l.Box, l.Shape = one.kindOf(), one.box(), shape
			}
			s.rec.label(l)
		}
	}
}

// judge holds a result against the rules; it reports whether it has a place in
// the image.
func (s *studio) judge(r *studioResult) bool {
	in := s.in
	in.check(studioName, 1)
	in.check(studioRecord, 1)
	switch {
	case !r.from:
		in.find(studioName, r.pointer, "", "from_name")
	case !r.to:
		in.find(studioName, r.pointer, "", "to_name")
	}
	if !r.hasValue {
		in.find(studioRecord, r.pointer, "", "no value")
		return false
	}
	placed := !math.IsNaN(r.percents[0]) || r.points > 0 || r.runs
	if !placed {
		return false
	}
	in.check(studioSize, 1)
	if math.IsNaN(r.width) || math.IsNaN(r.height) {
		in.find(studioSize, r.pointer, "", "")
	}
	in.check(studioPercent, 1)
	if at := r.outside(); at != "" {
		value := "/value/"
		if r.minimal {
			value = "/"
		}
		in.find(studioPercent, r.pointer+value+at, "", "")
	}
	return true
}

// percentSlack is how far a sum of percents may pass 100 by rounding.
const percentSlack = 0.5

// outside names the member of a value that lies outside 0 to 100.
func (r *studioResult) outside() string {
	names := [4]string{"x", "y", "width", "height"}
	radius := strings.HasPrefix(r.kind, "ellipse")
	if radius {
		names[2], names[3] = "radiusX", "radiusY"
	}
	for i, v := range r.percents {
		if v < 0 || v > 100 {
			return names[i]
		}
	}
	for i := range 2 {
		if !radius && r.percents[i]+r.percents[i+2] > 100+percentSlack {
			return names[i+2]
		}
	}
	if r.wrongPoint >= 0 {
		return "points/" + strconv.Itoa(r.wrongPoint)
	}
	return ""
}

func (r *studioResult) kindOf() Kind {
	switch {
	case r.runs:
		return Mask
	case r.points > 0:
		return Polygon
	case math.IsNaN(r.percents[2]), strings.HasPrefix(r.kind, "keypoint"):
		return Keypoints
	case strings.HasPrefix(r.kind, "ellipse"):
		return Polygon
	}
	return Box
}

// box is the box of a result in pixels; zero if the size of the image is not
// known.
func (r *studioResult) box() [4]float32 {
	p := r.percents
	if r.points >= 3 {
		a := r.around
		p = [4]float64{a[0], a[1], a[2] - a[0], a[3] - a[1]}
	}
	if strings.HasPrefix(r.kind, "ellipse") {
		p = [4]float64{p[0] - p[2], p[1] - p[3], 2 * p[2], 2 * p[3]}
	}
	if math.IsNaN(p[0] + p[1] + p[2] + p[3] + r.width + r.height) {
		return [4]float32{}
	}
	return [4]float32{
		float32(p[0] * r.width / 100), float32(p[1] * r.height / 100), float32(p[2] * r.width / 100), float32(p[3] * r.height / 100),
	}
}
