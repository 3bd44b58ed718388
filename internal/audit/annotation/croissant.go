package annotation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"assay/internal/audit/score"
)

const sourceCroissant = "MLCommons, Croissant Format Specification 1.1, 2026-01-29, and 1.0, 2024-03-01"

// Rules of descriptions of data sets.
var (
	ruleCroissantBase = score.Rule{
		Code: "F-320", Level: score.Error, Title: "Description of the set without its name or its files", Of: "properties that Croissant requires",
		Cap: 4, Full: 0.5,
		Fix:    "Give the data set a name, and a distribution of FileObjects or FileSets.",
		Source: sourceCroissant + ", Dataset-level Information",
	}
	ruleCroissantFile = score.Rule{
		Code: "F-321", Level: score.Error, Title: "File of the description without place or digest", Of: "FileObjects",
		Cap: 4, Full: 0.1,
		Fix:    "Give each FileObject its contentUrl, and its sha256 unless another file contains it or the set is live.",
		Source: sourceCroissant + ", FileObject and Checksums; the validator mlcroissant asks for a digest",
	}
	ruleCroissantRef = score.Rule{
		Code: "F-322", Level: score.Error, Title: "Source of a field that the description does not define", Of: "references of fields and files",
		Cap: 5, Full: 0.05,
		Fix:    "Refer to the @id of a FileObject, FileSet, RecordSet or Field of the same description.",
		Source: sourceCroissant + ", ID and Reference Mechanism",
	}
	ruleCroissantDigest = score.Rule{
		Code: "F-323", Level: score.Error, Title: "Digest that is not that of the file", Of: "files with a digest in the description",
		Cap: 6, Full: 0.05,
		Fix:    "Make the description anew from the files that are meant, or bring the files that it describes.",
		Source: sourceCroissant + ", Checksums",
	}
	ruleCroissantLicense = score.Rule{
		Code: "P-320", Level: score.Warning, Title: "Description of the set without a license", Of: "descriptions of the set",
		Cap: 1, Full: 1,
		Fix:    "Name the license, best by the URL that SPDX lists.",
		Source: sourceCroissant + ", license",
	}
	ruleCroissantCite = score.Rule{
		Code: "P-321", Level: score.Warning, Title: "Description of the set without a citation", Of: "descriptions of the set",
		Cap: 0.5, Full: 1,
		Fix:    "Say in citeAs how the set is cited.",
		Source: sourceCroissant + ", citeAs",
	}
)

// croissantRules are the rules of descriptions of data sets.
var croissantRules = []score.Rule{ruleCroissantBase, ruleCroissantFile, ruleCroissantRef, ruleCroissantDigest, ruleCroissantLicense, ruleCroissantCite}

// maxCroissant is how large a description may be, in bytes.
const maxCroissant = 32 << 20

// detectCroissant takes JSON whose head names the vocabulary of Croissant.
func detectCroissant(in *input) ([]Match, error) {
	head := make([]byte, min(in.SizeBytes, 64<<10))
	n, _ := io.ReadFull(in.section(), head)
	if head = head[:n]; !bytes.Contains(head, []byte("mlcommons.org/croissant")) || !bytes.Contains(head, []byte("@context")) {
		return nil, nil
	}
	return []Match{{Croissant, 0.95}}, nil
}

// croissant is a description that is being read.
type croissant struct {
	in   *input
	ids  map[string]bool
	live bool
}

func readCroissant(in *input) error {
	in.facts.Config = &Config{Count: -1, Training: -1, Test: -1, Digests: map[string]string{}, Pointer: map[string]string{}}
	in.check(ruleUnread, 1)
	if in.SizeBytes > maxCroissant {
		in.find(ruleUnread, "", "", fmt.Sprintf("larger than %d bytes, the limit", maxCroissant))
		return nil
	}
	text, err := io.ReadAll(in.section())
	if err != nil {
		return err
	}
	var root map[string]any
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), &root); err != nil {
		at := int64(0)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at = syntax.Offset
		}
		in.find(ruleUnread, in.lineColumn(at), "", "no valid JSON from here on")
		return nil
	}
	c := &croissant{in: in, ids: map[string]bool{}, live: property(root, "isLiveDataset") == true}
	c.collect(root, 0)
	c.dataset(root)
	for i, f := range list(property(root, "distribution")) {
		c.file(f, pointerTo("distribution", i))
	}
	for i, r := range list(property(root, "recordSet")) {
		record, _ := r.(map[string]any)
		for k, f := range list(property(record, "field")) {
			c.field(f, pointerTo("recordSet", i, "field", k), 0)
		}
	}
	return nil
}

// property returns a property under its bare name, or with the prefix of its
// vocabulary; nil if it is absent or empty.
func property(node map[string]any, name string) any {
	for _, prefix := range []string{"", "sc:", "cr:", "schema:", "https://schema.org/", "http://schema.org/", "http://mlcommons.org/croissant/", "ml:"} {
		switch v := node[prefix+name].(type) {
		case nil:
		case string:
			if strings.TrimSpace(v) != "" {
				return v
			}
		case []any:
			if len(v) > 0 {
				return v
			}
		default:
			return v
		}
	}
	return nil
}

// list returns the elements of an array, or a value alone as one.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// collect notes the names under which parts are defined: an object with no
// more than an @id refers to one.
func (c *croissant) collect(v any, depth int) {
	if depth > c.in.Limits.JSONDepth {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			c.collect(e, depth+1)
		}
	case map[string]any:
		if id, ok := v["@id"].(string); ok && len(v) > 1 {
			c.ids[id] = true
		}
		// Croissant 0.8 refers by name; 1.0 still names what it defines.
		if name, ok := property(v, "name").(string); ok && v["@id"] == nil && v["@type"] != nil {
			c.ids[name] = true
		}
		for key, e := range v {
			if key != "@context" && key != "data" && key != "examples" {
				c.collect(e, depth+1)
			}
		}
	}
}

// dataset holds what the set as a whole must say.
func (c *croissant) dataset(root map[string]any) {
	for _, name := range []string{"name", "distribution"} {
		c.in.check(ruleCroissantBase, 1)
		if property(root, name) == nil {
			c.in.find(ruleCroissantBase, pointerTo(name), "", "missing")
		}
	}
	for _, w := range []struct {
		name string
		rule score.Rule
	}{{"license", ruleCroissantLicense}, {"citeAs", ruleCroissantCite}} {
		c.in.check(w.rule, 1)
		if property(root, w.name) == nil {
			c.in.find(w.rule, pointerTo(w.name), "", "missing")
		}
	}
}

// file holds one FileObject or FileSet.
func (c *croissant) file(v any, at string) {
	f, _ := v.(map[string]any)
	for _, container := range list(property(f, "containedIn")) {
		c.reference(container, at+"/containedIn")
	}
	if kind, _ := f["@type"].(string); strings.HasSuffix(kind, "FileSet") {
		return
	}
	c.in.check(ruleCroissantFile, 1)
	where, _ := property(f, "contentUrl").(string)
	digest, _ := property(f, "sha256").(string)
	inside := property(f, "containedIn") != nil
	switch {
	case where == "":
		c.in.find(ruleCroissantFile, at+"/contentUrl", "", "missing")
	case digest == "" && property(f, "md5") == nil && !inside && !c.live:
		c.in.find(ruleCroissantFile, at+"/sha256", "", "missing")
	}
	if config := c.in.facts.Config; where != "" && digest != "" && len(config.Digests) < c.in.Limits.Records {
		config.Digests[where] = strings.ToLower(digest)
		config.Pointer[where] = at + "/sha256"
	}
}

// field holds one field of a record, and those within it.
func (c *croissant) field(v any, at string, depth int) {
	f, ok := v.(map[string]any)
	if !ok || depth > c.in.Limits.JSONDepth {
		return
	}
	for _, name := range []string{"source", "references"} {
		if s := property(f, name); s != nil {
			c.reference(s, at+"/"+name)
		}
	}
	for i, sub := range list(property(f, "subField")) {
		c.field(sub, at+pointerTo("subField", i), depth+1)
	}
}

// reference holds a reference, or the references of a data source, against
// what the description defines.
func (c *croissant) reference(v any, at string) {
	node, ok := v.(map[string]any)
	if !ok {
		if name, ok := v.(string); ok {
			c.resolve(strings.TrimPrefix(name, "#"), at)
		}
		return
	}
	if id, ok := node["@id"].(string); ok && len(node) == 1 {
		c.resolve(id, at)
		return
	}
	for _, name := range []string{"fileObject", "fileSet", "recordSet", "field", "distribution"} {
		if part := property(node, name); part != nil {
			c.reference(part, at+"/"+name)
		}
	}
}

func (c *croissant) resolve(id, at string) {
	c.in.check(ruleCroissantRef, 1)
	if c.ids[id] {
		return
	}
	// Before 1.0, a field was referred to as record/field by their names.
	if record, field, ok := strings.Cut(id, "/"); ok && c.ids[record] && c.ids[field] {
		return
	}
	c.in.find(ruleCroissantRef, at, "", "not defined")
}

// joinCroissant holds the digests of descriptions against those of the files.
func joinCroissant(j *joiner) {
	var bases map[string][]int
	for i := range j.members {
		f := j.members[i].Facts
		if f == nil || f.Config == nil || f.Formats[0].Format != Croissant {
			continue
		}
		places := make([]string, 0, len(f.Config.Digests))
		for place := range f.Config.Digests {
			places = append(places, place)
		}
		slices.Sort(places)
		if bases == nil {
			bases = map[string][]int{}
			for k := range j.members {
				base := path.Base(j.members[k].Path)
				bases[base] = append(bases[base], k)
			}
		}
		for _, place := range places {
			file, ok := j.described(i, place, bases)
			if !ok || j.members[file].SHA256 == "" {
				continue
			}
			j.check(ruleCroissantDigest, 1)
			if !strings.EqualFold(j.members[file].SHA256, f.Config.Digests[place]) {
				j.find(ruleCroissantDigest, i, f.Config.Pointer[place], "", "")
			}
		}
	}
}

// described finds the file of the set that a contentUrl means: by its path, or
// by the name at the end of a URL if only one file has it.
func (j *joiner) described(member int, place string, bases map[string][]int) (int, bool) {
	if u, err := url.Parse(place); err == nil && u.Path != "" {
		place = u.Path
	}
	place = strings.TrimPrefix(place, "/")
	for _, p := range []string{path.Join(path.Dir(j.members[member].Path), place), path.Clean(place)} {
		if i, ok := j.byPath[p]; ok {
			return i, true
		}
	}
	if named := bases[path.Base(place)]; len(named) == 1 {
		return named[0], true
	}
	return 0, false
}
