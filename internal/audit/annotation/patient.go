package annotation

import (
	"path"
	"strconv"
	"strings"
)

// patientWords are the words after which folders and files carry the number of
// a patient, with the digits that they need at least.
var patientWords = map[string]int{
	"patient": 1, "pat": 1, "pt": 2, "pid": 1, "subject": 1, "subj": 1, "sub": 1, "person": 1, "case": 1, "p": 3,
}

// patientInPath returns the word and the number, as written, that a path tells
// its patient by: of the outermost name that has one.
func patientInPath(p string) (word, number string) {
	for more := true; more; {
		var name string
		name, p, more = strings.Cut(p, "/")
		if word, number = patientInName(name); word != "" {
			return word, number
		}
	}
	return "", ""
}

func patientInName(name string) (word, number string) {
	for i := 0; i < len(name); {
		if !letter(name[i]) {
			i++
			continue
		}
		start := i
		for i < len(name) && letter(name[i]) {
			i++
		}
		least, ok := patientWords[strings.ToLower(name[start:i])]
		if !ok || start > 0 && digit(name[start-1]) {
			continue
		}
		k := i
		if k < len(name) && (name[k] == '-' || name[k] == '_' || name[k] == ' ') {
			k++
		}
		end := k
		for end < len(name) && digit(name[end]) {
			end++
		}
		if end-k >= least && (end == len(name) || !letter(name[end])) {
			return strings.ToLower(name[start:i]), name[k:end]
		}
	}
	return "", ""
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// patients tells the patient of items from their paths, if nothing else did,
// and says how.
func (j *joiner) patients() {
	j.distrustOnePatient()
	var from []string
	headers, files, none := 0, 0, 0
	for i := range j.set.Items {
		switch it := &j.set.Items[i]; {
		case it.Patient == (Hash{}):
			none++
		case it.PatientAt.Known():
			files++
		default:
			headers++
		}
	}
	if headers > 0 {
		from = append(from, "PatientID of the headers")
	}
	if files > 0 {
		from = append(from, "what label files say")
	}
	if none > 0 && j.opts.Hash != nil {
		if how := j.patientsOfPaths(none); how != "" {
			from = append(from, how)
		}
	}
	j.set.PatientFrom = strings.Join(from, ", ")
}

// distrustOnePatient forgets a PatientID that all studies of a set share: a
// blank that stands for everybody is nobody.
func (j *joiner) distrustOnePatient() {
	var patient, study Hash
	studies := false
	for i := range j.set.Items {
		it := &j.set.Items[i]
		if it.Patient == (Hash{}) || it.Instance == nil {
			continue
		}
		if patient == (Hash{}) {
			patient, study = it.Patient, it.Instance.Study
		}
		if it.Patient != patient {
			return
		}
		studies = studies || it.Instance.Study != study
	}
	if !studies {
		return
	}
	parts := map[Split]bool{}
	for i := range j.set.Items {
		if j.set.Items[i].Patient == patient {
			parts[j.set.Items[i].Split] = true
		}
	}
	if delete(parts, NoSplit); len(parts) < 2 {
		return
	}
	for i := range j.set.Items {
		if it := &j.set.Items[i]; it.Patient == patient && !it.PatientAt.Known() {
			it.Patient = Hash{}
		}
	}
}

// patientsOfPaths tells the patients of items without one by the pattern that
// was given, or else by the word that most of their paths have; one that fewer
// than four in five have tells nothing. It returns how, in words.
func (j *joiner) patientsOfPaths(without int) string {
	if j.opts.Patient != nil {
		told := false
		j.eachPath(func(it *Item, p string) {
			if key := j.opts.Patient(p); key != "" {
				it.Patient = j.opts.Hash(key)
				told = true
			}
		})
		if told {
			return "the pattern that was given, in the paths"
		}
		return ""
	}
	count := map[string]int{}
	j.eachPath(func(_ *Item, p string) {
		if word, _ := patientInPath(p); word != "" {
			count[word]++
		}
	})
	best := ""
	for word, n := range count {
		if 5*n >= 4*without && (best == "" || n > count[best] || n == count[best] && word < best) {
			best = word
		}
	}
	if best == "" || j.startsAgain(best) {
		return ""
	}
	j.eachPath(func(it *Item, p string) {
		if word, number := patientInPath(p); word == best {
			it.Patient = j.opts.Hash(word + " " + number)
		}
	})
	return "names of folders and files that read like " + best + " with a number"
}

// eachPath calls f for every item without a patient, with the path of its file
// or the name that a label file has for it.
func (j *joiner) eachPath(f func(it *Item, p string)) {
	for i := range j.members {
		n := j.items[i]
		if n < 0 {
			continue
		}
		if it := &j.set.Items[n]; it.Patient == (Hash{}) && it.File == j.members[i].Index {
			f(it, j.members[i].Path)
		}
	}
	for i, name := range j.named.names {
		n := j.named.items[i]
		if it := &j.set.Items[n]; it.Patient == (Hash{}) {
			f(it, path.Clean(strings.ReplaceAll(name, `\`, "/")))
		}
	}
}

// startsAgain reports whether each part of the set counts its cases from the
// start: train/case_1 and test/case_1 are two patients then. It takes as a sign
// that the numbers of each part have no gap, start alike, and that the parts
// differ in size.
func (j *joiner) startsAgain(word string) bool {
	type span struct {
		seen     map[int]bool
		low, top int
	}
	parts := map[Split]*span{}
	j.eachPath(func(it *Item, p string) {
		w, number := patientInPath(p)
		n, err := strconv.Atoi(number)
		if w != word || err != nil || it.Split == NoSplit {
			return
		}
		s := parts[it.Split]
		if s == nil {
			s = &span{map[int]bool{}, n, n}
			parts[it.Split] = s
		}
		s.seen[n] = true
		s.low, s.top = min(s.low, n), max(s.top, n)
	})
	if len(parts) < 2 {
		return false
	}
	tops := map[int]bool{}
	for _, s := range parts {
		if s.low > 1 || len(s.seen) != s.top-s.low+1 || len(s.seen) < 3 {
			return false
		}
		tops[s.top] = true
	}
	return len(tops) == len(parts)
}
