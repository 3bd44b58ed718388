package fence

import "regexp"

var versionNumber = regexp.MustCompile(`\b\d+\.\d+(\.\d+)*\b`)

// versionIn returns the first version number in what a program says of
// itself, or "unknown".
func versionIn(s string) string {
	if v := versionNumber.FindString(s); v != "" {
		return v
	}
	return "unknown"
}

// bounded keeps what is written to it up to a limit, and fails beyond.
type bounded struct {
	text  []byte
	limit int
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.text)+len(p) > b.limit {
		return 0, errReplyTooLarge
	}
	b.text = append(b.text, p...)
	return len(p), nil
}
