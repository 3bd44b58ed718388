package certificate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep the JSON of these files may nest.
const maxDepth = 4

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// wholeNumber is a number of at most 15 digits: it is the same in every
// language that reads JSON.
var wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})$`)

// decode reads the JSON of one object into the struct that v points to.
// encoding/json alone would take repeated fields, fields that differ in case,
// null for nothing and text after the end.
func decode(data []byte, limit int, v any) error {
	if len(data) > limit {
		return fmt.Errorf("the file is larger than %d bytes", limit)
	}
	if !utf8.Valid(data) {
		return errors.New("the text is not UTF-8")
	}
	fields, err := walk(data)
	if err != nil {
		return err
	}
	for _, name := range requiredFields(v) {
		if !fields[name] {
			return fmt.Errorf("the field %s is missing", name)
		}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errors.New("a field is unknown or of the wrong kind")
	}
	return nil
}

// walk checks the tokens of one object and returns the names of its fields.
func walk(data []byte) (fields map[string]bool, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	start, err := d.Token()
	if err != nil || start != json.Delim('{') {
		return nil, errors.New("the file does not hold one JSON object")
	}
	if fields, err = walkObject(d, 1); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON")
	}
	return fields, nil
}

var errSyntax = errors.New("the JSON is broken or cut off")

func walkObject(d *json.Decoder, depth int) (map[string]bool, error) {
	fields := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, errSyntax
		}
		name, _ := token.(string)
		switch {
		case !fieldName.MatchString(name):
			return nil, errors.New("a field has a name of the wrong form")
		case fields[name]:
			return nil, fmt.Errorf("the field %s stands there twice", name)
		}
		fields[name] = true
		if err := walkValue(d, depth); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, errSyntax
	}
	return fields, nil
}

func walkValue(d *json.Decoder, depth int) error {
	token, err := d.Token()
	if err != nil {
		return errSyntax
	}
	switch v := token.(type) {
	case string:
		return nil
	case json.Number:
		if !wholeNumber.MatchString(v.String()) {
			return errors.New("a number is not whole or too large")
		}
		return nil
	case json.Delim:
		if depth == maxDepth {
			return errors.New("the JSON nests too deep")
		}
		if v == '{' {
			_, err := walkObject(d, depth+1)
			return err
		}
		for d.More() {
			if err := walkValue(d, depth+1); err != nil {
				return err
			}
		}
		if _, err := d.Token(); err != nil {
			return errSyntax
		}
		return nil
	}
	return errors.New("a value is neither text, a whole number, a list nor an object")
}

// requiredFields are the fields of the struct that v points to, but those that
// may be left out.
func requiredFields(v any) []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v).Elem()) {
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		if option == "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// encode writes v in the form of the package comment.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
