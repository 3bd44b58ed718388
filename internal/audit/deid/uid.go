package deid

import (
	"strconv"
	"strings"
)

// Roots under which device makers and hospital systems issue UIDs.
var originalRoots = []struct{ root, name string }{
	{"1.2.840.113619", "GE"},
	{"1.3.12.2.1107", "Siemens"},
	{"1.3.46.670589", "Philips"},
	{"1.2.840.113704", "Philips"},
	{"1.2.392.200036", "a Japanese maker"},
	{"1.2.392.200046", "Canon"},
	{"1.2.410.200010", "a Korean maker"},
	{"1.2.410.200001", "a Korean maker"},
	{"1.2.410.200013", "a Korean maker"},
	{"1.2.124.113532", "Agfa"},
	{"1.3.51", "Agfa"},
	{"1.2.752.24", "Sectra"},
	{"1.2.840.113663", "Acuson"},
	{"1.2.840.113543", "Konica Minolta"},
	{"1.2.840.113564", "Carestream"},
	{"1.2.840.113681", "Hologic"},
	{"1.2.840.113674", "Picker"},
	{"1.2.840.113717", "a PACS maker"},
	{"1.2.840.113745", "a PACS maker"},
	{"1.2.840.113654", "a hospital system"},
	{"1.2.840.113747", "a hospital system"},
	{"1.2.840.114350", "Epic"},
	{"1.2.840.114257", "a PACS maker"},
	{"1.2.840.114340", "a device maker"},
	{"1.2.840.114202", "a device maker"},
	{"1.2.246.512", "Planmeca"},
	{"1.2.246.352", "Varian"},
	{"1.2.528.1.1001", "a hospital system"},
	{"1.2.276.0.37", "a hospital system"},
	{"1.2.276.0.20", "Brainlab"},
	{"1.2.156.112605", "United Imaging"},
	{"1.2.156.14702", "Neusoft"},
	{"1.2.156.112536", "Mindray"},
	{"2.16.840.1.113662", "Philips"},
	{"2.16.840.1.113669", "Merge"},
	{"1.3.76.13", "Esaote"},
	{"1.2.826.0.1.3680043.2.1125", "a device maker"},
}

// newRoots are those under which programs make UIDs anew.
var newRoots = []string{
	"2.25.",                       // from a UUID
	publicRoot,                    // The Cancer Imaging Archive
	"1.3.6.1.4.1.9590.100.1.",     // anonymization tools
	"1.2.826.0.1.3680043.8.498.",  // pydicom
	"1.2.826.0.1.3680043.10.511.", // highdicom
	"1.2.826.0.1.3680043.9.3811.", // pynetdicom and deid tools
	"1.2.840.10008.",              // of the standard itself
}

// publicRoot is the root under which The Cancer Imaging Archive publishes data
// sets: the same UIDs in a submission mean that it holds a copy of one.
const publicRoot = "1.3.6.1.4.1.14519.5.2.1."

// uidStanding says what the form of a UID tells about its origin.
type uidStanding struct {
	maker string // whose root it is; "" if no known one
	date  int    // days of a date inside a component; 0 if none
	fresh bool   // under a root of programs that make UIDs anew
}

func (s uidStanding) original() bool { return s.maker != "" || s.date != 0 }

func standingOfUID(uid string) uidStanding {
	for _, root := range newRoots {
		if strings.HasPrefix(uid, root) {
			return uidStanding{fresh: true}
		}
	}
	var s uidStanding
	for _, o := range originalRoots {
		if strings.HasPrefix(uid, o.root) && len(uid) > len(o.root) && uid[len(o.root)] == '.' {
			s.maker = o.name
			break
		}
	}
	s.date = dateInUID(uid)
	return s
}

// dateInUID returns the days of the first component that is a date
// (YYYYMMDD) or a date and a time, from 1900 to 2049; 0 if there is none.
func dateInUID(uid string) int {
	for component := range strings.SplitSeq(uid, ".") {
		switch len(component) {
		case 8:
		case 10, 12, 14, 17, 20, 21:
			if !timeFollows(component[8:]) {
				continue
			}
		default:
			continue
		}
		if component[:2] != "19" && (component[:2] != "20" || component[2] > '4') {
			continue
		}
		if days := parseDate(component); days != 0 {
			return days
		}
	}
	return 0
}

func timeFollows(s string) bool {
	for i, limit := range []int{24, 60, 60} {
		if len(s) < 2*i+2 {
			break
		}
		if n, err := strconv.Atoi(s[2*i : 2*i+2]); err != nil || n >= limit {
			return false
		}
	}
	return true
}
