package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"assay/internal/audit"
	"assay/internal/audit/annotation"
	"assay/internal/audit/sniff"
	"assay/internal/fence"
)

const cocoBytes = 500_000_000

// largeCOCO measures a COCO file of 500 MB, made by code: what the audit with the
// LQS takes of it through the fence, beside Python's json.load alone.
func largeCOCO(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "labels")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	fmt.Printf("\n### A COCO file of %d MB (polygons of 30 vertices, 200,000 images; seed 1)\n\n", cocoBytes/1_000_000)
	name := filepath.Join(folder, "instances_train.json")
	count, err := writeCOCO(name)
	if err != nil {
		return err
	}
	fmt.Printf("%d annotations.\n\n| | processor s | s | most resident, MB |\n|---|---|---|---|\n", count)
	if err := pythonJSON(name); err != nil {
		return err
	}
	if err := annotationsAlone(ctx, name); err != nil {
		return err
	}
	if err := fencedLabels(ctx, folder, "the audit alone, through the fence", nil); err != nil {
		return err
	}
	return fencedLabels(ctx, folder, "the audit and the LQS, through the fence", &audit.Scoring{})
}

// writeCOCO writes the file and returns how many annotations it has. The
// images come last, as ids that point forward are the harder case.
func writeCOCO(name string) (annotations int, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	const images, vertices = 200_000, 30
	w := bufio.NewWriterSize(f, 1<<20)
	rng := rand.New(rand.NewPCG(1, 1))
	size := int64(0)
	write := func(s string) {
		n, _ := w.WriteString(s) // told by Flush
		size += int64(n)
	}
	write(`{"info":{"description":"made by code"},"annotations":[`)
	var b []byte
	for ; size < cocoBytes-images*70; annotations++ {
		b = b[:0]
		if annotations > 0 {
			b = append(b, ',')
		}
		x, y := 100+rng.Float64()*800, 100+rng.Float64()*800
		b = fmt.Appendf(b, `{"id":%d,"image_id":%d,"category_id":%d,"iscrowd":0,"bbox":[%.2f,%.2f,80,80],"segmentation":[[`,
			annotations+1, annotations%images+1, 1+rng.IntN(80), x-40, y-40)
		for v := range vertices {
			if v > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendFloat(b, x+40*cosines[v], 'f', 2, 64)
			b = append(b, ',')
			b = strconv.AppendFloat(b, y+40*sines[v], 'f', 2, 64)
		}
		b = append(b, `]],"area":4990.2}`...)
		write(string(b))
	}
	write(`],"categories":[`)
	for i := range 80 {
		write(fmt.Sprintf(`%s{"id":%d,"name":"class %d"}`, comma(i), i+1, i+1))
	}
	write(`],"images":[`)
	for i := range images {
		write(fmt.Sprintf(`%s{"id":%d,"width":1024,"height":1024,"file_name":"im%07d.png"}`, comma(i), i+1, i+1))
	}
	write(`]}`)
	return annotations, w.Flush()
}

// cosines and sines are those of 30 steps of 12 degrees.
var cosines, sines = func() (c, s [30]float64) {
	for i := range c {
		s[i], c[i] = math.Sincos(2 * math.Pi * float64(i) / 30)
	}
	return c, s
}()

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

const jsonScript = `
import json, resource, sys, time
start = time.perf_counter()
with open(sys.argv[1]) as f:
    json.load(f)
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss)
`

// pythonJSON prints what Python's json.load takes.
func pythonJSON(name string) error {
	out, err := exec.Command("/usr/bin/python3", "-c", jsonScript, name).Output()
	if err != nil {
		return errors.New("python3 did not run")
	}
	var used, seconds, kilobytes float64
	if _, err := fmt.Sscan(string(out), &used, &seconds, &kilobytes); err != nil {
		return err
	}
	fmt.Printf("| Python, json.load alone | %.1f | %.1f | %.0f |\n", used, seconds, kilobytes*1024/1e6)
	return nil
}

// annotationsAlone prints what reading the labels takes, without the audit.
func annotationsAlone(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	freeMemory()
	watch, start, used := watchResident(), time.Now(), processorTime()
	facts, err := annotation.Read(ctx, annotation.Source{Path: name, SizeBytes: info.Size(), Content: f, Kind: sniff.JSON})
	if err != nil {
		return err
	}
	took := time.Since(start)
	own, _, _, _ := watch.done()
	fmt.Printf("| its labels alone, in this process (%d kept, %d beyond) | %.1f | %.1f | %.0f |\n",
		len(facts.Labels), facts.Beyond, (processorTime() - used).Seconds(), took.Seconds(), float64(own)/1e6)
	return nil
}

// fencedLabels prints what an audit through one fenced child takes.
func fencedLabels(ctx context.Context, folder, what string, scoring *audit.Scoring) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	pool, err := fence.New(fence.Config{Children: 1})
	if err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(25)) // as lqs score does
	freeMemory()
	watch, start, used := watchResident(), time.Now(), processorTime()+childrenTime()
	r, err := audit.Run(ctx, root.FS(), audit.Options{NoOCR: true, Inspect: pool.Inspect, Parallel: 1, Scoring: scoring})
	took := time.Since(start)
	pool.Close()
	own, _, _, _ := watch.done()
	if err != nil {
		return err
	}
	var notes []string
	for _, f := range r.Findings {
		if f.Rule == "fmt-parser-crash" {
			notes = append(notes, f.Message)
		}
	}
	fmt.Printf("| %s | %.1f | %.1f | child %.0f, parent %.0f |\n",
		strings.TrimSpace(what+" "+strings.Join(notes, " ")), (processorTime() + childrenTime() - used).Seconds(), took.Seconds(), float64(pool.Stats().MaxRSS)/1e6, float64(own)/1e6)
	return nil
}

// childrenTime is the processor time of the children that have ended.
func childrenTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
