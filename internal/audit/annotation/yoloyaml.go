package annotation

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxYAML bounds a description of a set, in bytes.
const maxYAML = 1 << 20

// yoloYAMLReader reads data.yaml: the classes of a set and its splits.
var yoloYAMLReader = reader{detect: detectYOLOYAML, read: readYOLOYAML}

// yamlKey is a key of the outermost mapping.
var yamlKey = regexp.MustCompile(`^["']?([A-Za-z_]+)["']?\s*:(\s|$)`)

func detectYOLOYAML(in *input) ([]Match, error) {
	h, err := in.headText()
	if err != nil {
		return nil, err
	}
	classes, parts := false, false
	for _, line := range h.Lines {
		m := yamlKey.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		switch m[1] {
		case "names", "nc":
			classes = true
		case "train", "val", "validation", "test":
			parts = true
		}
	}
	if !classes || !parts {
		return nil, nil
	}
	return []Match{{YOLO, 0.95}}, nil
}

// yoloYAML is a data.yaml that is being read.
type yoloYAML struct {
	in     *input
	config *Config
	told   bool // of a wrong value
}

func readYOLOYAML(in *input) error {
	c := &Config{Count: -1, Pointer: map[string]string{}}
	in.facts.Config = c
	in.check(ruleUnread, 1)
	if in.SizeBytes > maxYAML {
		in.find(ruleUnread, "", "", "the YAML is larger than 1 MiB, the limit")
		return nil
	}
	text, err := io.ReadAll(in.textReader())
	if err != nil {
		return err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		in.find(ruleUnread, yamlLine(err), "", "it is no valid YAML, at this line or the next")
		return nil
	}
	if at := yamlAlias(&document); at != nil {
		in.find(ruleUnread, fmt.Sprintf("%d:%d", at.Line, at.Column), "", "it refers to an anchor, which can grow without bound")
		return nil
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		in.find(ruleUnread, "1:1", "", "it is no mapping of keys")
		return nil
	}
	y := &yoloYAML{in: in, config: c}
	in.check(ruleYOLONames, 1)
	pairs := document.Content[0].Content
	for i := 0; i+1 < len(pairs); i += 2 {
		y.key(pairs[i].Value, pairs[i+1])
	}
	if c.Count >= 0 && len(c.Names) > 0 {
		in.check(ruleYOLOCount, 1)
		if c.Count != int64(len(c.Names)) {
			in.find(ruleYOLOCount, "nc", "", "")
		}
	}
	return nil
}

// yamlLine returns the line that an error of the syntax names.
func yamlLine(err error) string {
	m := regexp.MustCompile(`line (\d+)`).FindStringSubmatch(err.Error())
	if m == nil {
		return ""
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return ""
	}
	return linePointer(n)
}

// yamlAlias returns an alias of the document, nil if it has none.
func yamlAlias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n
	}
	for _, child := range n.Content {
		if at := yamlAlias(child); at != nil {
			return at
		}
	}
	return nil
}

// wrong tells of a key with a wrong value; one finding is enough for a file.
func (y *yoloYAML) wrong(key, note string) {
	if !y.told {
		y.in.find(ruleYOLONames, key, "", note)
		y.told = true
	}
}

func (y *yoloYAML) key(key string, value *yaml.Node) {
	switch key {
	case "path":
		y.config.Root = value.Value
		y.config.Pointer[key] = key
	case "train":
		y.split(key, Train, value)
	case "val", "validation":
		y.split(key, Validation, value)
	case "test":
		y.split(key, Test, value)
	case "nc":
		n, err := strconv.ParseInt(value.Value, 10, 32)
		if err != nil || n < 0 {
			y.wrong(key, "it is no count")
			return
		}
		y.config.Count = n
	case "names":
		y.names(value)
	case "kpt_shape":
		y.keypoints(value)
	}
}

// split takes a folder or list, or several. An empty one says that there is no
// such split.
func (y *yoloYAML) split(key string, s Split, value *yaml.Node) {
	switch value.Kind {
	case yaml.ScalarNode:
		y.add(s, value, key)
	case yaml.SequenceNode:
		for i, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				y.wrong(key, "it is no path")
				continue
			}
			y.add(s, item, fmt.Sprintf("%s[%d]", key, i))
		}
	default:
		y.wrong(key, "it is no path")
	}
}

func (y *yoloYAML) add(s Split, value *yaml.Node, pointer string) {
	if value.Tag == "!!null" || value.Value == "" || len(y.config.Splits) >= y.in.Limits.Classes {
		return
	}
	y.config.Splits = append(y.config.Splits, SplitPath{s, value.Value, pointer})
}

func (y *yoloYAML) names(value *yaml.Node) {
	y.config.Names = map[int64]string{}
	switch value.Kind {
	case yaml.SequenceNode:
		for i, item := range value.Content {
			y.name(int64(i), item)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(value.Content); i += 2 {
			n, err := strconv.ParseInt(value.Content[i].Value, 10, 32)
			if err != nil || n < 0 {
				y.wrong("names", "a name has no number")
				continue
			}
			y.name(n, value.Content[i+1])
		}
	default:
		y.wrong("names", "it is neither a list nor numbered")
	}
	for n := range y.config.Names {
		if n >= int64(len(y.config.Names)) && y.in.facts.Beyond == 0 {
			y.wrong("names", "the numbers have a gap")
			break
		}
	}
}

func (y *yoloYAML) name(n int64, value *yaml.Node) {
	switch {
	case value.Kind != yaml.ScalarNode:
		y.wrong("names", "a name is no text")
		y.config.Names[n] = ""
	case len(y.config.Names) >= y.in.Limits.Classes:
		y.in.facts.Beyond++
	default:
		y.config.Names[n] = strings.TrimSpace(value.Value)
	}
}

// keypoints takes kpt_shape: how many, and 2 or 3 numbers for each.
func (y *yoloYAML) keypoints(value *yaml.Node) {
	var shape [2]int32
	err := errors.New("it is not two numbers")
	if value.Kind == yaml.SequenceNode && len(value.Content) == 2 {
		err = value.Decode(&shape)
	}
	if err != nil || shape[0] < 1 || shape[0] > math.MaxInt16 || shape[1] != 2 && shape[1] != 3 {
		y.wrong("kpt_shape", "it is not [points, 2 or 3]")
		return
	}
	y.config.Keypoints = shape
}
