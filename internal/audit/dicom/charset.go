package dicom

// Charset is the character repertoire that a Specific Character Set selects.
// The zero value is the default repertoire, ASCII.
type Charset struct{ terms string }

func (s *scanner) parseCharset(value []byte) Charset { return Charset{uidOf(value)} }

// Text returns the value of a text VR decoded to UTF-8.
func Text(e *Element, charset Charset) (string, error) { return uidOf(e.Value), nil }
