package audit

import "encoding/hex"

// result is what stays of one file, in 40 bytes.
type result struct {
	sha256               [32]byte
	hashed               bool
	kind, status, reason uint16 // indexes of results.texts
}

// results are what stays of all files. The texts of an audit are few: kinds,
// statuses and sentences.
type results struct {
	list  []result
	texts []string
	index map[string]uint16
}

func newResults(files int) results {
	return results{list: make([]result, files), texts: []string{""}, index: map[string]uint16{"": 0}}
}

// text returns the index of a text, that of "" once there are too many.
func (r *results) text(s string) uint16 {
	n, known := r.index[s]
	if !known && len(r.texts) <= 0xFFFF {
		n = uint16(len(r.texts))
		r.index[s] = n
		r.texts = append(r.texts, s)
	}
	return n
}

// put keeps what became of a file.
func (r *results) put(file int, sha256 string, f *Facts) {
	x := &r.list[file]
	x.kind, x.status, x.reason = r.text(f.Kind), r.text(string(f.Status)), r.text(f.Reason)
	if n, err := hex.Decode(x.sha256[:], []byte(sha256)); err == nil && n == len(x.sha256) {
		x.hashed = true
	}
}

// sha256 returns the digest of a file in hexadecimal, "" if it was not read.
func (r *results) sha256(file int) string {
	if x := &r.list[file]; x.hashed {
		return hex.EncodeToString(x.sha256[:])
	}
	return ""
}

// status returns what became of a file; its path is left empty.
func (r *results) status(file int) FileStatus {
	x := &r.list[file]
	return FileStatus{
		Kind: orUnknown(r.texts[x.kind]), SHA256: r.sha256(file),
		Status: Status(r.texts[x.status]), Reason: r.texts[x.reason],
	}
}

// crashed reports whether the reader died on a file.
func (r *results) crashed() bool {
	_, known := r.index[string(Crashed)]
	return known
}
