package annotation

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"assay/internal/audit/nifti"
	"assay/internal/audit/score"
	"assay/internal/audit/sniff"
)

// Rules of an image volume by itself.
var (
	ruleVolumeHeader = score.Rule{
		Code: "F-401", Level: score.Error, Title: "Volume whose header makes no sense", Of: "volumes",
		Cap: 5, Full: 0.05, Hard: 0.05,
		Fix:    "Write the volume anew with the program that made it.",
		Source: "nifti1.h, nifti2.h; teem, Definition of NRRD File Format; ITK, MetaIO",
	}
	ruleVolumeShort = score.Rule{
		Code: "F-402", Level: score.Error, Title: "Volume with fewer voxels than its header says", Of: "volumes",
		Cap: 6, Full: 0.05, Hard: 0.05,
		Pixels: true,
		Fix:    "Copy the file anew: it is cut off or damaged.",
		Source: "the dimensions of the header beside the bytes of the file",
	}
	ruleForms = score.Rule{
		Code: "F-403", Level: score.Warning, Title: "qform and sform of a volume disagree", Of: "volumes with both",
		Cap: 2, Full: 0.1,
		Fix:    "Decide which of the two is right and write it into both: programs differ in which one they read.",
		Source: "nifti1.h, 3D image (volume) orientation and location in space",
	}
	ruleVolumeLimit = score.Rule{
		Code: "F-404", Level: score.Info, Title: "Volume whose voxels were not read", Of: "volumes",
		Fix:    "Nothing: the header was checked. The volume is larger than the limit, its voxels are in another file, or they are of a type that is not one number.",
		Source: "the limits of the audit",
	}
)

var volumeRules = []score.Rule{ruleVolumeHeader, ruleVolumeShort, ruleForms, ruleVolumeLimit}

var volumeReader = reader{detect: detectVolume, read: readVolume}

func detectVolume(in *input) ([]Match, error) {
	switch in.Kind {
	case sniff.NIfTI, sniff.NIfTIGz, sniff.Analyze:
		return []Match{{NIfTI, 1}}, nil
	case sniff.NRRD:
		return []Match{{NRRD, 1}}, nil
	case sniff.MHA:
		return []Match{{MHA, 1}}, nil
	}
	return nil, nil
}

// grain is the type of a voxel.
type grain byte

// Types of voxels that are one number.
const (
	noGrain grain = iota
	grainU8
	grainI8
	grainU16
	grainI16
	grainU32
	grainI32
	grainU64
	grainI64
	grainF32
	grainF64
)

// bytes is the size of a voxel.
func (g grain) bytes() int64 {
	switch g {
	case grainU8, grainI8:
		return 1
	case grainU16, grainI16:
		return 2
	case grainU32, grainI32, grainF32:
		return 4
	case grainU64, grainI64, grainF64:
		return 8
	}
	return 0
}

func (g grain) isFloat() bool { return g == grainF32 || g == grainF64 }

// voxelLayout is what the header of a volume says, in whatever format.
type voxelLayout struct {
	dims             []int64
	grain            grain
	order            binary.ByteOrder
	slope, intercept float64   // slope 0: none
	voxels           io.Reader // at the first; nil if they cannot be read
}

var errHeader = errors.New("the header of the volume makes no sense")

// beyondVolume says that a volume is over a limit lower than the default, which
// the command line has; else "".
func (in *input) beyondVolume(voxels int64, g grain) string {
	lower, usual := in.Limits.Volume, DefaultLimits().Volume
	if g == noGrain || lower >= usual || voxels <= lower/g.bytes() {
		return ""
	}
	return fmt.Sprintf("unpacked it is larger than %d MiB, the limit here; the command line reads up to %d MiB", lower>>20, usual>>20)
}

// readVolume reads the header of a volume, and its voxels if asked for.
func readVolume(in *input) error {
	in.facts.Volume = &Volume{}
	in.facts.Quality = &Quality{}
	in.check(ruleVolumeHeader, 1)
	layout, err := in.volumeLayout()
	if err != nil {
		if in.ctx.Err() == nil {
			in.find(ruleVolumeHeader, "", "", "")
		}
		in.facts.Quality = nil
		return in.ctx.Err()
	}
	v := in.facts.Volume
	v.Dims = layout.dims
	q := in.facts.Quality
	q.ColMM, q.RowMM = float32(v.SpacingMM[0]), float32(v.SpacingMM[1])
	q.ThicknessMM = float32(v.SpacingMM[2])
	if !in.Pixels {
		return nil
	}
	count, ok := product(layout.dims)
	if !ok || layout.dims[0] > maxRow || layout.grain == noGrain || layout.voxels == nil || count > in.Limits.Volume/layout.grain.bytes() {
		in.check(ruleVolumeLimit, 1)
		in.find(ruleVolumeLimit, "", "", in.beyondVolume(count, layout.grain))
		return nil
	}
	in.check(ruleVolumeShort, 1)
	switch err := in.voxels(layout); {
	case in.ctx.Err() != nil:
		return in.ctx.Err()
	case err != nil:
		v.Truncated = true
		in.find(ruleVolumeShort, "", "", "")
	default:
		v.Read = true
	}
	return nil
}

// product multiplies dimensions; false if that overflows.
func product(dims []int64) (int64, bool) {
	n := int64(1)
	for _, d := range dims {
		if d < 1 || n > math.MaxInt64/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// volumeLayout reads the header.
func (in *input) volumeLayout() (voxelLayout, error) {
	switch in.Kind {
	case sniff.NIfTI:
		return in.nifti(bufio.NewReaderSize(in.section(), 64<<10))
	case sniff.NIfTIGz:
		z, err := gzip.NewReader(bufio.NewReaderSize(in.section(), 64<<10))
		if err != nil {
			return voxelLayout{}, errHeader
		}
		return in.nifti(z)
	case sniff.Analyze:
		return in.analyze()
	case sniff.NRRD:
		return in.nrrd()
	}
	return in.metaImage()
}

// grains are the types of voxels of NIfTI.
var grains = map[nifti.Datatype]grain{
	nifti.Uint8: grainU8, nifti.Int8: grainI8, nifti.Uint16: grainU16, nifti.Int16: grainI16,
	nifti.Uint32: grainU32, nifti.Int32: grainI32, nifti.Uint64: grainU64, nifti.Int64: grainI64,
	nifti.Float32: grainF32, nifti.Float64: grainF64,
}

// formTolerance is by how much two transforms may differ, in millimeters.
const formTolerance = 1e-3

func (in *input) nifti(r io.Reader) (voxelLayout, error) {
	b := make([]byte, nifti.Size2)
	if _, err := io.ReadFull(r, b[:nifti.Size1]); err != nil {
		return voxelLayout{}, errHeader
	}
	size := nifti.HeaderSize(b)
	if _, err := io.ReadFull(r, b[nifti.Size1:size]); err != nil {
		return voxelLayout{}, errHeader
	}
	h, err := nifti.Parse(b[:size])
	if err != nil || h.Start < 0 {
		return voxelLayout{}, errHeader
	}
	v := in.facts.Volume
	v.SpacingMM = h.SpacingMM
	v.Affine, v.HasAffine = h.Affine()
	if h.QForm != nil && h.SForm != nil {
		in.check(ruleForms, 1)
		if far(*h.QForm, *h.SForm, h.Dims) {
			in.find(ruleForms, "", "", "")
		}
	}
	l := voxelLayout{dims: h.Dims, grain: grains[h.Datatype], order: h.Order, slope: h.Slope, intercept: h.Intercept}
	if l.grain.bytes()*8 != h.Bits {
		l.grain = noGrain
	}
	if !h.Apart {
		if _, err := io.CopyN(io.Discard, r, max(h.Start-int64(size), 0)); err != nil {
			r = eofReader{}
		}
		l.voxels = r
	}
	return l, nil
}

// eofReader has nothing.
type eofReader struct{}

func (eofReader) Read([]byte) (int, error) { return 0, io.EOF }

// far reports whether two transforms put a corner of the volume to places that
// are more than the tolerance apart, which grows with the distance: the
// numbers are of single precision.
func far(a, b [3][4]float64, dims []int64) bool {
	for corner := range 8 {
		var at [4]float64
		at[3] = 1
		for i := range 3 {
			if corner>>i&1 == 1 && i < len(dims) {
				at[i] = float64(dims[i] - 1)
			}
		}
		for r := range 3 {
			var x, y float64
			for c := range 4 {
				x += a[r][c] * at[c]
				y += b[r][c] * at[c]
			}
			if !(math.Abs(x-y) <= formTolerance+1e-5*math.Abs(x)) {
				return true
			}
		}
	}
	return false
}

// analyze reads the size from ANALYZE 7.5, whose voxels are in another file.
func (in *input) analyze() (voxelLayout, error) {
	var b [nifti.Size1]byte
	if _, err := in.Content.ReadAt(b[:], 0); err != nil {
		return voxelLayout{}, errHeader
	}
	h, err := nifti.Parse(b[:])
	if err != nil {
		return voxelLayout{}, errHeader
	}
	in.facts.Volume.SpacingMM = h.SpacingMM
	return voxelLayout{dims: h.Dims}, nil
}
