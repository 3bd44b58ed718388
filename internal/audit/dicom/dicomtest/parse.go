package dicomtest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
)

// dataSet is the elements of a file or of an item, in the order given.
type dataSet struct{ elements []*element }

type element struct {
	tag       dict.Tag
	vr        dicom.VR
	value     []byte
	items     []*dataSet
	fragments [][]byte
}

func (d *dataSet) find(t dict.Tag) *element {
	for _, e := range d.elements {
		if e.tag == t {
			return e
		}
	}
	return nil
}

// insert puts e before the first element with a higher tag.
func (d *dataSet) insert(e *element) {
	i := sort.Search(len(d.elements), func(i int) bool { return d.elements[i].tag > e.tag })
	d.elements = append(d.elements[:i], append([]*element{e}, d.elements[i:]...)...)
}

func (d *dataSet) remove(t dict.Tag) {
	for i, e := range d.elements {
		if e.tag == t {
			d.elements = append(d.elements[:i], d.elements[i+1:]...)
			return
		}
	}
}

// split separates group 0002 from the rest.
func (d *dataSet) split() (meta, body *dataSet) {
	meta, body = &dataSet{}, &dataSet{}
	for _, e := range d.elements {
		if e.tag.Group() == 2 {
			meta.elements = append(meta.elements, e)
		} else {
			body.elements = append(body.elements, e)
		}
	}
	return meta, body
}

// open is a data set that lines of some indentation belong to.
type open struct {
	indent int
	set    *dataSet
	last   *element // the sequence that deeper lines belong to
}

func parse(text string) (*dataSet, error) {
	root := &dataSet{}
	stack := []open{{0, root, nil}}
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r\t ")
		content := strings.TrimLeft(line, " ")
		if content == "" || strings.HasPrefix(content, "#") {
			continue
		}
		indent := len(line) - len(content)
		starts := content == "-" || strings.HasPrefix(content, "- ")
		if starts {
			content = strings.TrimLeft(content[1:], " ")
			indent += 2
		}
		for len(stack) > 1 && indent < stack[len(stack)-1].indent {
			stack = stack[:len(stack)-1]
		}
		top := &stack[len(stack)-1]
		if indent > top.indent || starts {
			if indent == top.indent && len(stack) > 1 {
				stack = stack[:len(stack)-1]
				top = &stack[len(stack)-1]
			}
			if top.last == nil {
				return nil, fmt.Errorf("line %d: indented, but not under a sequence", number+1)
			}
			item := &dataSet{}
			top.last.items = append(top.last.items, item)
			stack = append(stack, open{indent, item, nil})
			top = &stack[len(stack)-1]
		}
		if content == "" {
			continue
		}
		set, e, err := parseLine(top.set, content)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number+1, err)
		}
		set.elements = append(set.elements, e)
		top.last = nil
		if e.vr == dicom.SQ {
			top.last = e
		}
	}
	return root, nil
}

// parseLine reads "(0040,0275)[1]/(0040,0007) LO value" and returns the data
// set that the element goes to.
func parseLine(set *dataSet, line string) (*dataSet, *element, error) {
	for {
		if len(line) < 11 || line[0] != '(' || line[10] != ')' {
			return nil, nil, fmt.Errorf("%q does not start with a tag", line)
		}
		n, err := strconv.ParseUint(line[1:5]+line[6:10], 16, 32)
		if err != nil {
			return nil, nil, fmt.Errorf("tag of %q: %w", line, err)
		}
		tag := dict.Tag(n)
		line = line[11:]
		if strings.HasPrefix(line, "[") {
			index, rest, ok := strings.Cut(line[1:], "]/")
			item, err := strconv.Atoi(index)
			if !ok || err != nil || item < 1 {
				return nil, nil, fmt.Errorf("path step of %v: %q", tag, line)
			}
			set, line = set.item(tag, item), rest
			continue
		}
		vr, text, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
		e := &element{tag: tag, vr: dicom.VR(vr)}
		if len(vr) != 2 {
			return nil, nil, fmt.Errorf("%v: VR %q", tag, vr)
		}
		return set, e, e.parseValue(text)
	}
}

// item returns the item of a sequence, which is added if it is not there.
func (d *dataSet) item(tag dict.Tag, item int) *dataSet {
	e := d.find(tag)
	if e == nil {
		e = &element{tag: tag, vr: dicom.SQ}
		d.insert(e)
	}
	for len(e.items) < item {
		e.items = append(e.items, &dataSet{})
	}
	return e.items[item-1]
}

func (e *element) parseValue(text string) error {
	if e.vr == dicom.SQ || text == "" {
		return nil
	}
	if strings.HasPrefix(text, `"`) {
		s, err := strconv.Unquote(text)
		if err != nil {
			return fmt.Errorf("%v: %q: %w", e.tag, text, err)
		}
		e.value = []byte(s)
		return nil // as it stands, without padding
	}
	kind, rest, _ := strings.Cut(text, ":")
	var err error
	switch kind {
	case "hex":
		e.value, err = parseHex(rest)
	case "zeros":
		var n int
		n, err = strconv.Atoi(rest)
		e.value = make([]byte, max(n, 0))
	case "text":
		e.value = pad([]byte(rest), ' ')
	case "fragments":
		for _, f := range strings.Split(rest, "|") {
			b, failed := parseHex(f)
			if failed != nil {
				err = failed
			}
			e.fragments = append(e.fragments, pad(b, 0))
		}
	default:
		err = e.parseTyped(text)
	}
	if err != nil {
		return fmt.Errorf("%v %s: %w", e.tag, e.vr, err)
	}
	return nil
}

// parseTyped reads values as their VR writes them.
func (e *element) parseTyped(text string) error {
	switch {
	case e.vr == dicom.UI:
		values := strings.Split(text, `\`)
		for i, v := range values {
			if class, ok := dict.SOPClassByKeyword(v); ok {
				values[i] = class.UID
			} else if syntax, ok := dict.TransferSyntaxByKeyword(v); ok {
				values[i] = syntax.UID
			}
		}
		e.value = pad([]byte(strings.Join(values, `\`)), 0)
	case e.vr.WordSize() < 2:
		e.value = pad([]byte(text), ' ')
	default:
		for _, v := range strings.Split(text, `\`) {
			b, err := number(e.vr, strings.TrimSpace(v))
			if err != nil {
				return err
			}
			e.value = append(e.value, b...)
		}
	}
	return nil
}

// number returns one binary value, little endian.
func number(vr dicom.VR, text string) ([]byte, error) {
	order := binary.LittleEndian
	switch vr {
	case dicom.FL, dicom.OF:
		f, err := strconv.ParseFloat(text, 32)
		return order.AppendUint32(nil, math.Float32bits(float32(f))), err
	case dicom.FD, dicom.OD:
		f, err := strconv.ParseFloat(text, 64)
		return order.AppendUint64(nil, math.Float64bits(f)), err
	case dicom.AT:
		n, err := strconv.ParseUint(strings.NewReplacer("(", "", ",", "", ")", "").Replace(text), 16, 32)
		return order.AppendUint16(order.AppendUint16(nil, uint16(n>>16)), uint16(n)), err
	}
	n, err := strconv.ParseInt(text, 0, 64)
	switch vr.WordSize() {
	case 2:
		return order.AppendUint16(nil, uint16(n)), err
	case 4:
		return order.AppendUint32(nil, uint32(n)), err
	}
	return order.AppendUint64(nil, uint64(n)), err
}

func parseHex(text string) ([]byte, error) {
	return hex.DecodeString(strings.ReplaceAll(text, " ", ""))
}

// pad returns b with an even length.
func pad(b []byte, with byte) []byte {
	if len(b)%2 != 0 {
		return append(bytes.Clone(b), with)
	}
	return b
}

func deflate(b []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("dicomtest: " + err.Error())
	}
	return out.Bytes()
}
