package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"assay/internal/audit/sniff"
	"assay/internal/errs"
)

// MaxBytes is the largest document.
const MaxBytes = 20 << 20

// mediaTypes are the documents that are taken, by content.
var mediaTypes = map[sniff.Kind]string{sniff.PDF: "application/pdf", sniff.PNG: "image/png", sniff.JPEG: "image/jpeg"}

// ends is what stands at the end of a whole file.
//
// Source: ISO 32000-2, 7.5.5; W3C PNG, 11.2.5; ITU-T T.81, B.1.1.3.
var ends = map[sniff.Kind][]byte{sniff.PDF: []byte("%%EOF"), sniff.PNG: []byte("IEND"), sniff.JPEG: {0xff, 0xd9}}

// file is a document that came in, read whole.
type file struct {
	name, mediaType, sha256 string
	body                    []byte
}

// readFile takes the bytes in and says what they are. A file that is no PDF,
// PNG or JPEG by its content is errs.Invalid, one over MaxBytes errs.TooLarge,
// both for the field "file".
func readFile(name string, content io.Reader) (file, error) {
	refuse := func(kind errs.Kind, message string) (file, error) {
		return file{}, &errs.Error{Kind: kind, Field: "file", Message: message}
	}
	body, err := io.ReadAll(io.LimitReader(content, MaxBytes+1))
	if err != nil {
		return file{}, fmt.Errorf("document: %w", err)
	}
	if len(body) > MaxBytes {
		return refuse(errs.TooLarge, "A document is at most 20 MiB. Send a smaller scan.")
	}
	if len(body) == 0 {
		return refuse(errs.Invalid, "This file is empty. Choose the document itself.")
	}
	kind, err := sniff.DetectFile(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return file{}, fmt.Errorf("document: %w", err)
	}
	media := mediaTypes[kind]
	if media == "" {
		return refuse(errs.Invalid, "Choose a PDF, PNG or JPEG file. What a file is, its content says, not its name.")
	}
	if end := ends[kind]; !bytes.Contains(body, end) {
		return refuse(errs.Invalid, "This file is cut off: its end is missing. Save it anew and send it again.")
	}
	return file{fileName(name), media, digest(body), body}, nil
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// fileName is the last part of a name, as one line that is not too long.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if !errs.IsPlainLine(string(r)) || r == utf8.RuneError || r == '"' || r == '/' {
			return '_'
		}
		return r
	}, name)
	for utf8.RuneCountInString(name) > 120 {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:] // its end tells the format
	}
	if name = strings.Trim(name, " ."); name == "" {
		return "document"
	}
	return name
}

// maxYears is how long a document holds at most, which a mistyped year exceeds.
const maxYears = 50

// checkDays refuses days that fit no document: it holds from a day until a
// later one, which is not over (fields "valid_from" and "expires_on").
func checkDays(from, until *time.Time, now time.Time) error {
	var form errs.Fields
	if until != nil && until.Before(now.UTC().Truncate(24*time.Hour)) {
		form.Add("expires_on", "This day is over. Send a document that still holds.")
	}
	if until != nil && until.After(now.AddDate(maxYears, 0, 0)) {
		form.Addf("expires_on", "This day is more than %d years away. Leave it empty if the document states no end.", maxYears)
	}
	if from != nil && until != nil && from.After(*until) {
		form.Add("expires_on", "The last day comes after the first.")
	}
	return form.Err()
}
