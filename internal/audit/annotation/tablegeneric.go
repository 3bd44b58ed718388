package annotation

import "bytes"

// generic takes a row of a table of any other kind.
func (r *tableReading) generic() {
	name := r.value(r.image)
	if r.image < 0 {
		name = r.value(max(r.sop, r.series, r.patient))
	}
	labels := r.label >= 0 || len(r.classes) > 0 || len(r.readings) > 0 || r.box[0] >= 0
	if !labels && !r.describesImages() {
		r.person()
		return
	}
	apart := r.roles.key != r.image
	if apart {
		r.key(r.value(r.roles.key))
	}
	image := r.imageOf(name, !apart && r.reader < 0 && r.box[0] < 0)
	if image >= 0 {
		im := &r.in.facts.Images[image]
		im.SOP, im.Series = r.rec.hash(string(r.value(r.sop))), Hash{}
		if r.image < 0 && r.sop < 0 {
			im.Series = r.rec.hash(string(r.value(r.series)))
		}
	}
	if len(r.classes) > 0 {
		r.flags(image, false)
	}
	switch {
	case r.label >= 0:
		r.labels(image)
	case r.box[0] >= 0:
		if l := whole(image, -1, r.t.line, Positive); r.boxOf(&l) {
			l.Reader = r.readerOfRow()
			r.rec.label(l)
		}
	}
	for _, i := range r.readings {
		if v := r.value(i); holdingOf(v) != blankValue {
			l := whole(image, r.rec.class(string(v), false), r.t.line, Positive)
			l.Reader = r.rec.reader(r.columns[i].key)
			if l.Class >= 0 {
				r.rec.label(l)
			}
		}
	}
}

// describesImages reports whether a table without labels says of images what
// patient or part they belong to; one whose key may be anything does not.
func (r *tableReading) describesImages() bool {
	key := max(r.image, r.sop, r.series)
	if key < 0 || r.columns[key].key == "id" || r.columns[key].key == "file" {
		return false
	}
	return r.patient >= 0 || r.sex >= 0 || r.age >= 0 || r.roles.split >= 0
}

// labels takes the label column of a row.
func (r *tableReading) labels(image int32) {
	v := r.value(r.label)
	if holdingOf(v) == blankValue {
		return
	}
	reader := r.readerOfRow()
	if r.measured {
		l := whole(image, r.rec.class(r.columns[r.label].name, true), r.t.line, Positive)
		l.Kind, l.Value, l.Reader = Measurement, float32(number(v)), reader
		if l.Class >= 0 {
			r.rec.label(l)
		}
		return
	}
	parts := [][]byte{v}
	if r.several {
		parts = bytes.Split(v, []byte{'|'})
	}
	for _, part := range parts {
		if part = trimSpace(part); len(part) == 0 {
			continue
		}
		l := whole(image, r.rec.class(string(part), false), r.t.line, Positive)
		l.Reader = reader
		if r.box[0] >= 0 {
			r.boxOf(&l)
		}
		if l.Class >= 0 {
			r.rec.label(l)
		}
	}
}

// person takes a row that describes a patient apart from any image.
func (r *tableReading) person() {
	key := string(r.value(r.patient))
	if key == "" || r.sex < 0 && r.age < 0 && r.roles.split < 0 {
		return
	}
	p := Person{
		Patient: r.rec.hash(key), Sex: sexOf(string(r.value(r.sex))), AgeYears: float32(r.ageOfRow()),
		Split: splitWord(string(r.value(r.roles.split))), Place: r.t.line,
	}
	if len(r.in.facts.People) >= r.in.Limits.Records {
		r.in.facts.Beyond++
		return
	}
	r.in.facts.People = append(r.in.facts.People, p)
}
