package archive

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// checkName returns the clean path of an entry, "." for the root, and whether
// the name says it is a folder. A name that some program could read as
// another place, or that a person cannot see for what it is, yields a reason.
func checkName(name string, lim Limits) (clean string, folder bool, reason string) {
	if name == "" {
		return "", false, "The entry has no name."
	}
	if reason := checkRunes(name); reason != "" {
		return "", false, reason
	}
	switch {
	case strings.HasPrefix(name, "/"):
		return "", false, "The name is absolute; names must be relative to the archive."
	case len(name) >= 2 && name[1] == ':' && isLetter(name[0]):
		return "", false, "The name starts with a drive letter; names must be relative to the archive."
	case strings.Contains(name, "\\"):
		return "", false, "The name contains a backslash, which some programs read as a folder separator."
	}
	clean = name
	for strings.HasPrefix(clean, "./") {
		clean = clean[2:]
	}
	if trimmed, found := strings.CutSuffix(clean, "/"); found {
		clean, folder = trimmed, true
	}
	if clean == "" || clean == "." {
		return ".", true, ""
	}
	parts := strings.Split(clean, "/")
	if len(parts) > lim.NameParts {
		return "", false, fmt.Sprintf("The path has %d parts; the limit is %d.", len(parts), lim.NameParts)
	}
	for _, part := range parts {
		switch {
		case part == "..":
			return "", false, "The name contains \"..\", which leads out of the archive."
		case part == "." || part == "":
			return "", false, "The name contains an empty or \".\" part."
		case len(part) > lim.NamePartBytes:
			return "", false, fmt.Sprintf("A part of the path has %d bytes; the limit is %d.", len(part), lim.NamePartBytes)
		}
	}
	return clean, folder, ""
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// checkRunes refuses names with characters that do not print or that change
// how the others are shown.
func checkRunes(name string) string {
	if !utf8.ValidString(name) {
		return "The name is not valid UTF-8."
	}
	for _, r := range name {
		switch {
		case r == 0:
			return "The name contains a NUL character."
		case unicode.IsControl(r):
			return "The name contains a control character."
		case unicode.Is(unicode.Cf, r), r == 0x2028, r == 0x2029:
			return "The name contains an invisible or direction-changing character."
		case r == utf8.RuneError:
			return "The name contains a replacement character."
		}
	}
	return ""
}

// collisionKey is equal for names that some file system holds to be the same:
// by case, by Unicode composition, or by dots and blanks at the end of a part.
func collisionKey(clean string) string {
	ascii := true
	for i := range len(clean) {
		if clean[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		clean = strings.ToLower(clean)
	} else {
		clean = norm.NFC.String(cases.Fold().String(norm.NFKC.String(clean)))
	}
	if !strings.Contains(clean, ".") && !strings.Contains(clean, " ") {
		return clean
	}
	parts := strings.Split(clean, "/")
	for i, part := range parts {
		parts[i] = strings.TrimRight(part, ". ")
	}
	return strings.Join(parts, "/")
}
