package iod_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
)

// maxVariant bounds the files that are taken apart, in bytes.
const maxVariant = 1 << 20

// TestAgreesWithDciodvfyOnWhatIsTakenOut takes the root attributes out of one
// file of each SOP Class, one at a time, and holds what the rules name then
// against what dciodvfy does.
func TestAgreesWithDciodvfyOnWhatIsTakenOut(t *testing.T) {
	if testing.Short() {
		t.Skip("starts some thousands of processes")
	}
	program := dciodvfy(t)
	made := phantoms(t)
	bases := smallest(t, program, made, append(slices.Clone(made), corpusFiles(t)...))
	var variants []variant
	for _, b := range bases {
		variants = append(variants, b.variants(t)...)
	}
	results := make([]result, len(variants))
	var wg sync.WaitGroup
	gate := make(chan bool, runtime.GOMAXPROCS(0))
	for i := range variants {
		wg.Go(func() {
			gate <- true
			results[i] = compareData(t.Context(), program, variants[i].data)
			<-gate
		})
	}
	wg.Wait()
	counts := map[difference]int{}
	agreed, judged := 0, 0
	for i, r := range results {
		if r.err != nil {
			t.Fatal(r.err)
		}
		if !r.judged {
			continue
		}
		judged++
		agreed += max(0, r.agreed-variants[i].base.before.agreed)
		for _, d := range r.differences {
			if !slices.Contains(variants[i].base.before.differences, d) {
				counts[d]++
			}
		}
	}
	if judged < 1000 {
		t.Errorf("both judged %d of %d variants, want at least 1000", judged, len(variants))
	}
	checkPage(t, "taken out", counts, fmt.Sprintf("%d SOP Classes, %d variants, %d judged by both; both name what was taken out %d times.", len(bases), len(variants), judged, agreed))
}

// base is a file before anything is taken out.
type base struct {
	data   []byte
	isMade bool
	before result
}

type variant struct {
	base *base
	data []byte
}

// smallest returns one file of each SOP Class that both sides judge.
func smallest(t *testing.T, program string, made, files []string) []*base {
	t.Helper()
	best := map[string]*base{}
	var classes []string
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || info.Size() > maxVariant {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, class, _, err := check(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		old := best[class]
		if h, _, _ := scan(t.Context(), data); h.Reason != "" { // no table of its own, or not read
			continue
		}
		if old != nil && (old.isMade || len(old.data) <= len(data)) {
			continue
		}
		r := compareData(t.Context(), program, data)
		if r.err != nil || !r.judged {
			continue
		}
		if old == nil {
			classes = append(classes, class)
		}
		best[class] = &base{data, slices.Contains(made, name), r}
	}
	slices.Sort(classes)
	list := make([]*base, len(classes))
	for i, c := range classes {
		list[i] = best[c]
	}
	return list
}

// root is an element of the outermost data set.
type root struct {
	tag                dict.Tag
	offset, value, end int64
	hasLength          bool
	implicit           bool
}

// variants returns b without each of its root attributes, and a made one with
// each of them empty too.
func (b *base) variants(t *testing.T) []variant {
	t.Helper()
	var list []variant
	for _, e := range b.roots(t.Context()) {
		if e.tag.IsPrivate() || e.tag.IsGroupLength() || e.tag == 0x00080016 {
			continue
		}
		list = append(list, variant{b, slices.Concat(b.data[:e.offset], b.data[e.end:])})
		if !b.isMade || !e.hasLength || e.value == e.end {
			continue
		}
		head := bytes.Clone(b.data[e.offset:e.value])
		width := 2
		if e.implicit || len(head) == 12 {
			width = 4
		}
		clear(head[len(head)-width:])
		list = append(list, variant{b, slices.Concat(b.data[:e.offset], head, b.data[e.end:])})
	}
	return list
}

func (b *base) roots(ctx context.Context) []root {
	var list []root
	h, err := dicom.Scan(ctx, bytes.NewReader(b.data), int64(len(b.data)), dicom.Limits{}, func(e *dicom.Element) error {
		if e.Depth == 0 && !e.Meta {
			list = append(list, root{e.Tag, e.Offset, e.ValueOffset, 0, e.Length >= 0, e.Implicit})
		}
		return nil
	})
	if err != nil || strings.HasPrefix(h.TransferSyntaxUID, "1.2.840.10008.1.2.1.99") {
		return nil // offsets of a deflated file are not those of its bytes
	}
	slices.SortFunc(list, func(x, y root) int { return cmp.Compare(x.offset, y.offset) })
	for i := range list {
		list[i].end = int64(len(b.data))
		if i+1 < len(list) {
			list[i].end = list[i+1].offset
		}
	}
	return list
}
