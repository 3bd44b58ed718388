package audit

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"math"
	"path"
	"slices"
	"strings"

	"assay/internal/audit/annotation"
	"assay/internal/audit/finding"
	"assay/internal/audit/quality"
	"assay/internal/audit/sniff"
	"assay/internal/audit/text"
)

// Scoring asks for the LQS besides the audit.
type Scoring struct {
	// Sample is how many files that can be images have their pixels read, the
	// same ones for the same Seed; 0 is all.
	Sample int
	Seed   uint64

	// Quick leaves bytes unread that neither the labels nor the sample need:
	// files have no SHA-256 then, and images are compared by slices of them
	// first. It is for a browser, where reading all takes minutes.
	Quick bool

	// PatientKey is the column or key of label files that names the patient,
	// Patient reads it from the path of an image. Without them the usual
	// names and PatientID are taken.
	PatientKey string
	Patient    func(path string) string

	// Format is the format of label files that may be in several; "" takes the
	// one that fits best.
	Format annotation.Format

	// Splits says which part of the set a file, or the files below a folder,
	// are meant for, by path; without it, the names of folders and lists do.
	Splits map[string]annotation.Split
}

// labels reads what a file tells of labels and image quality.
func (i *inspection) labels(ctx context.Context) error {
	if !i.opts.Labels || i.second || i.opts.OnlyPixels || !i.legible() {
		return nil
	}
	src := annotation.Source{
		Path: i.file.Path, SizeBytes: i.file.SizeBytes, Content: i.file.Content, Kind: i.kind,
		Hash: i.hash.hash, PatientKey: i.opts.PatientKey, Format: i.opts.LabelFormat, Pixels: !i.file.HeaderOnly,
	}
	src.Limits = annotation.DefaultLimits()
	src.Limits.Volume = i.opts.Limits.VolumeBytes
	if i.facts.Instance != nil {
		src.SOPClass = i.facts.Instance.SOPClass
	}
	var err error
	i.facts.Labels, err = annotation.Read(ctx, src)
	if i.facts.Labels != nil {
		i.facts.Labels.Pack()
	}
	return err
}

// legible reports whether the file may be read for labels: text that the audit
// cannot read to its end, as broken JSON, may hold labels before and after the
// place, and a volume that is cut off was refused, and the LQS says so.
func (i *inspection) legible() bool {
	return i.facts.Status == Read || i.kind.Volume() || i.facts.Status != Crashed && i.kind.Textual()
}

// scored are what the LQS takes of all files.
type scored struct {
	members []annotation.Member
	sampled []bool // by file; nil if all are
	of      int    // files that can be images

	sketches []Sketch // of members, with Scoring.Quick
	pixels   []PixelRange
}

// sample picks the files whose pixels are read: those of the smallest hashes
// of seed and path, so that the choice does not depend on the order.
func (a *run) sample() {
	s := a.opts.Scoring
	if s == nil {
		return
	}
	a.scored.members = make([]annotation.Member, 0, len(a.files))
	var can []int
	for i, f := range a.files {
		if f.refuse == nil && mayBeImage(f.path) {
			can = append(can, i)
		}
	}
	a.scored.of = len(can)
	if s.Sample <= 0 || s.Sample >= len(can) {
		return
	}
	order := func(i int) uint64 {
		h := fnv.New64a()
		var seed [8]byte
		binary.LittleEndian.PutUint64(seed[:], s.Seed)
		h.Write(seed[:])
		h.Write([]byte(a.files[i].path))
		return mix(h.Sum64())
	}
	slices.SortFunc(can, func(x, y int) int { return cmp.Or(cmp.Compare(order(x), order(y)), cmp.Compare(x, y)) })
	a.scored.sampled = make([]bool, len(a.files))
	for _, i := range can[:s.Sample] {
		a.scored.sampled[i] = true
	}
}

// mix spreads a hash over all its bits: paths of one length that differ in the
// last digit differ in few of them.
//
// Source: the finalizer of MurmurHash3.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// mayBeImage tells by its name whether a file may be an image that is not a
// label of another; what it is turns out when it is read.
func mayBeImage(p string) bool {
	switch strings.ToLower(path.Ext(p)) {
	case ".json", ".jsonl", ".ndjson", ".xml", ".csv", ".tsv", ".txt", ".yaml", ".yml", ".md", ".pdf", ".html", ".docx", ".xlsx", ".data", ".names":
		return false
	}
	return !isLabel(p) && !namesLabel(path.Base(p))
}

// namesLabel reports whether a file name says that it labels another, as
// "case1_mask.png" does. Such a file is read whole: its pixels are the labels.
func namesLabel(base string) bool {
	for _, w := range folderWords(base) {
		switch w {
		case "mask", "masks", "label", "labels", "seg", "segmentation", "gt", "groundtruth":
			return true
		}
	}
	return false
}

// headerOnly reports whether the pixels of a file are left out of the sample.
func (a *run) headerOnly(i int) bool {
	return a.scored.sampled != nil && !a.scored.sampled[i] && mayBeImage(a.files[i].path)
}

// takeLabels keeps what the LQS needs of a file.
func (a *run) takeLabels(i int, sums sums, f *Facts) {
	if a.opts.Scoring == nil {
		return
	}
	m := annotation.Member{
		Index: int32(i), Path: a.files[i].path, SizeBytes: a.files[i].size, Kind: sniff.Kind(f.Kind), Facts: f.Labels, SHA256: sums.sha256,
	}
	if f.Pixels != nil {
		m.Digest = f.Pixels.Digest
	}
	if m.Digest == ([16]byte{}) {
		m.Digest = sums.pixels
	}
	if q := f.Labels; m.Digest == ([16]byte{}) && q != nil && q.Quality != nil {
		m.Digest = q.Quality.Digest
	}
	if in := f.Instance; in != nil {
		if m.Facts == nil && in.Frames > 0 {
			m.Facts = imageFacts(f)
		}
		m.Instance = &annotation.Instance{
			SOP: in.SOPInstance, Series: in.Series, Study: in.Study, Patient: in.Patient, Frame: in.Place.Frame,
			SOPClass: in.SOPClass, Modality: in.Modality, Manufacturer: in.Manufacturer, Model: in.Model, Institution: in.Institution,
			AgeYears: float32(in.AgeYears), FieldStrengthT: float32(in.FieldStrengthT), KVp: float32(in.KVp),
			Rows: int32(in.Rows), Columns: int32(in.Columns), Frames: int32(in.Frames),
			ThicknessMM: float32(in.SliceThicknessMM), Place: in.Place, FrameItems: int32(in.FrameItems),
			LengthDiffers: slices.ContainsFunc(f.Findings, func(f finding.Finding) bool { return f.Rule == "pix-length-mismatch" }),
		}
		if in.AgeYears < 0 {
			m.Instance.AgeYears = float32(math.NaN())
		}
		if in.Sex != "" {
			m.Instance.Sex = in.Sex[0]
		}
	}
	a.scored.members = append(a.scored.members, m)
	if a.quick() {
		a.scored.sketches = append(a.scored.sketches, f.Sketch)
		a.scored.pixels = append(a.scored.pixels, rangeOf(f))
	}
}

// rangeOf says where the pixels of a file lie, as far as its header tells.
func rangeOf(f *Facts) PixelRange {
	if f.Instance == nil {
		return PixelRange{}
	}
	return f.Instance.Pixels
}

// score concludes the LQS, once the report of the audit stands.
func (a *run) score(r *Report) {
	s := a.opts.Scoring
	if s == nil {
		return
	}
	hash := newHasher(a.inspect.Key)
	set := annotation.Join(a.scored.members, annotation.JoinOptions{
		Patient: s.Patient, Splits: s.Splits, Hash: hash.hash, Compared: a.set.compared,
		SplitOf: func(p string) (annotation.Split, byte) {
			of := splitOf(p)
			return splitNames[of.part], of.fold
		},
	})
	opts := quality.Options{
		Version: r.Tool.Version, ManifestSHA256: r.Input.RootDigest, Files: r.Input.Files, Bytes: r.Input.Bytes, Partial: a.quick(),
		PHI: phiGate(r), Mask: a.maskName,
		Name: func(file int32) string {
			if file < 0 || int(file) >= len(a.files) {
				return ""
			}
			return a.nameOf(int(file))
		},
	}
	if a.scored.sampled != nil {
		opts.Sample = &quality.Sample{N: s.Sample, Of: a.scored.of, Seed: s.Seed}
	}
	r.Quality = quality.Conclude(set, opts)
}

var splitNames = map[part]annotation.Split{trainingPart: annotation.Train, validationPart: annotation.Validation, testPart: annotation.Test}

// phiGate says what the audit found of identifiers.
func phiGate(r *Report) quality.Gate {
	g := quality.Gate{State: "clear", Message: "No blocker of identifiers was found in what was checked."}
	for _, f := range r.Findings {
		if f.Severity == finding.Blocker && len(f.HIPAA) > 0 {
			g.State = "stop"
			g.Count += f.Count
		}
	}
	if g.State == "stop" {
		g.Message = "The files hold what identifies people. Do not share them before it is taken out; the audit report says where."
	}
	return g
}

// maskName masks the name of a class if it reads like an identifier.
func (a *run) maskName(name string) string {
	scanner := plainScanner
	if a.known != nil {
		scanner = a.known
	}
	if len(scanner.Scan(name, text.Where{})) > 0 || len(scanner.ScanKnown(name)) > 0 {
		return finding.Mask(name)
	}
	return name
}
