package annotation_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit/annotation"
	"assay/internal/audit/sniff"
)

// volume is a NIfTI file to be made.
type volume struct {
	dims    []int
	code    int16 // datatype
	bits    int16
	voxels  any // a slice of numbers of that type
	spacing [3]float32
	qform   int16
	quatern [6]float32
	sform   int16
	srow    [3][4]float32
	two     bool // NIfTI-2
	order   binary.ByteOrder
}

// bytes writes the file.
func (v volume) bytes(t testing.TB) []byte {
	t.Helper()
	order := v.order
	if order == nil {
		order = binary.LittleEndian
	}
	put := func(b []byte, at int, x any) {
		var w bytes.Buffer
		if err := binary.Write(&w, order, x); err != nil {
			t.Fatal(err)
		}
		copy(b[at:], w.Bytes())
	}
	b := make([]byte, 352)
	if v.two {
		b = make([]byte, 544)
		put(b, 0, int32(540))
		copy(b[4:], "n+2\x00\r\n\x1a\n")
		put(b, 12, v.code)
		put(b, 14, v.bits)
		put(b, 16, int64(len(v.dims)))
		for i, d := range v.dims {
			put(b, 24+8*i, int64(d))
		}
		put(b, 104, 1.0)
		for i, s := range v.spacing {
			put(b, 112+8*i, float64(s))
		}
		put(b, 168, int64(544))
	} else {
		put(b, 0, int32(348))
		put(b, 40, int16(len(v.dims)))
		for i, d := range v.dims {
			put(b, 42+2*i, int16(d))
		}
		put(b, 70, v.code)
		put(b, 72, v.bits)
		put(b, 76, float32(1))
		put(b, 80, v.spacing)
		put(b, 108, float32(352))
		put(b, 252, v.qform)
		put(b, 254, v.sform)
		put(b, 256, v.quatern)
		put(b, 280, v.srow)
		copy(b[344:], "n+1\x00")
	}
	var w bytes.Buffer
	w.Write(b)
	if err := binary.Write(&w, order, v.voxels); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

func gzipped(b []byte) []byte {
	var w bytes.Buffer
	z := gzip.NewWriter(&w)
	z.Write(b)
	z.Close()
	return w.Bytes()
}

var cube = []int16{
	0, 1, 1, 0,
	0, 0, 0, 1,
	2, 0, 0, 0,

	0, 0, 0, 0,
	0, 0, 0, 0,
	0, 0, 2, 2,
}

func TestVolumesTellTheirVoxels(t *testing.T) {
	want := &annotation.Volume{
		Dims: []int64{4, 3, 2}, SpacingMM: [3]float64{1, 2, 3}, Integer: true, Read: true,
		Values: []annotation.Value{{0, 18}, {1, 3}, {2, 3}}, Firsts: []int64{0, 1, 8},
		Parts: []annotation.Value{{1, 1}, {2, 2}}, Max: 2,
	}
	v := volume{dims: []int{4, 3, 2}, code: 4, bits: 16, voxels: cube, spacing: [3]float32{1, 2, 3}}
	big, two, float := v, v, v
	big.order = binary.BigEndian
	two.two = true
	reals := make([]float32, len(cube))
	for i, x := range cube {
		reals[i] = float32(x)
	}
	float.code, float.bits, float.voxels = 16, 32, reals
	raw := new(bytes.Buffer)
	binary.Write(raw, binary.LittleEndian, cube)
	packed := new(bytes.Buffer)
	z := zlib.NewWriter(packed)
	z.Write(raw.Bytes())
	z.Close()
	nrrd := "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 3 2\nspacings: 1 2 3\nendian: little\nencoding: %s\n\n%s"
	meta := "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n%sElementSpacing = 1 2 3\nDimSize = 4 3 2\nElementType = MET_SHORT\nElementDataFile = LOCAL\n%s"
	tests := []struct {
		name, path string
		kind       sniff.Kind
		content    []byte
	}{
		{"NIfTI-1", "a.nii", sniff.NIfTI, v.bytes(t)},
		{"NIfTI-1 of the other byte order", "a.nii", sniff.NIfTI, big.bytes(t)},
		{"NIfTI-1 in gzip", "a.nii.gz", sniff.NIfTIGz, gzipped(v.bytes(t))},
		{"NIfTI-2", "a.nii", sniff.NIfTI, two.bytes(t)},
		{"whole numbers as floats", "a.nii", sniff.NIfTI, float.bytes(t)},
		{"NRRD", "a.nrrd", sniff.NRRD, fmt.Appendf(nil, nrrd, "raw", raw.Bytes())},
		{"NRRD in gzip", "a.nrrd", sniff.NRRD, fmt.Appendf(nil, nrrd, "gzip", gzipped(raw.Bytes()))},
		{"MetaImage", "a.mha", sniff.MHA, fmt.Appendf(nil, meta, "", raw.Bytes())},
		{"packed MetaImage", "a.mha", sniff.MHA, fmt.Appendf(nil, meta, "CompressedData = True\n", packed.Bytes())},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := readAll(t, tt.kind, tt.path, tt.content)
			if diff := cmp.Diff(want, f.Volume); diff != "" {
				t.Errorf("volume differs (-want +got):\n%s", diff)
			}
			if f.Quality.RowMM != 2 || f.Quality.ColMM != 1 || f.Quality.ThicknessMM != 3 {
				t.Errorf("quality has the spacing %+v", f.Quality)
			}
			for _, c := range f.Book.Tallies {
				if c.Affected > 0 {
					t.Errorf("%s was found", c.Code)
				}
			}
		})
	}
}

func TestBadVolumesAreFound(t *testing.T) {
	identity := [3][4]float32{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}
	v := volume{dims: []int{4, 3, 2}, code: 4, bits: 16, voxels: cube, spacing: [3]float32{1, 1, 1}}
	no, agree, disagree := v, v, v
	no.dims = nil
	agree.qform, agree.sform, agree.srow = 1, 1, identity
	disagree.qform, disagree.sform, disagree.srow = 1, 1, identity
	disagree.quatern[3] = 0.5
	whole := v.bytes(t)
	bomb := volume{dims: []int{32767, 32767, 32767}, code: 64, bits: 64, voxels: []float64{}, spacing: [3]float32{1, 1, 1}}
	complexes := volume{dims: []int{1}, code: 32, bits: 64, voxels: []float32{1, 2}}
	tests := []struct {
		name    string
		content []byte
		want    string
	}{
		{"no dimensions", no.bytes(t), "F-401"},
		{"voxels that are cut off", whole[:len(whole)-1], "F-402"},
		{"voxels that are cut off in gzip", gzipped(whole[:len(whole)-1]), "F-402"},
		{"damaged gzip", gzipped(whole)[:24], "F-401"},
		{"transforms that disagree", disagree.bytes(t), "F-403"},
		{"transforms that agree", agree.bytes(t), ""},
		{"more voxels than the limit", bomb.bytes(t), "F-404"},
		{"voxels of two numbers", complexes.bytes(t), "F-404"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind := sniff.NIfTI
			if tt.content[0] == 0x1f {
				kind = sniff.NIfTIGz
			}
			got := ""
			for _, c := range readAll(t, kind, "a.nii", tt.content).Book.Tallies {
				if c.Affected > 0 {
					got += c.Code
				}
			}
			if got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

func TestVoxelsThatAreNoLabelsAreTold(t *testing.T) {
	reals := make([]float32, 24)
	reals[1], reals[5], reals[23] = float32(math.NaN()), 1.5, float32(math.Inf(1))
	v := volume{dims: []int{4, 3, 2}, code: 16, bits: 32, voxels: reals}
	f := readAll(t, sniff.NIfTI, "a.nii", v.bytes(t))
	if got := f.Volume; got.NaN != 1 || got.NaNAt != [3]int64{1, 0, 0} || got.Integer || got.PartAt != [3]int64{1, 1, 0} || len(got.Values) != 1 || got.Values[0] != (annotation.Value{Count: 21}) {
		t.Errorf("volume = %+v", got)
	}
	if f.Quality.NotFinite != 2 {
		t.Errorf("NotFinite = %d, want 2", f.Quality.NotFinite)
	}
}

// A browser reads smaller volumes than the command line.
func TestAVolumeOverALowerLimitPointsToTheCommandLine(t *testing.T) {
	v := volume{dims: []int{512, 512, 1100}, code: 16, bits: 32, voxels: []float32{}, spacing: [3]float32{1, 1, 1}}
	b := v.bytes(t)
	limits := annotation.DefaultLimits()
	limits.Volume = 1 << 30
	f, err := annotation.Read(t.Context(), annotation.Source{Path: "a.nii", SizeBytes: int64(len(b)), Content: bytes.NewReader(b), Kind: sniff.NIfTI, Pixels: true, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range f.Book.Tallies {
		for _, e := range c.Examples {
			got = append(got, c.Code+": "+e.Note)
		}
	}
	if diff := cmp.Diff([]string{"F-404: unpacked it is larger than 1024 MiB, the limit here; the command line reads up to 4096 MiB"}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func FuzzVolume(f *testing.F) {
	v := volume{dims: []int{4, 3, 2}, code: 4, bits: 16, voxels: cube, spacing: [3]float32{1, 2, 3}, qform: 1, sform: 1}
	f.Add(v.bytes(f))
	f.Add(gzipped(v.bytes(f)))
	v.two = true
	f.Add(v.bytes(f))
	f.Add([]byte("NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 2 2 1\nspace: LPS\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: raw\n\nabcdefgh"))
	f.Add([]byte("ObjectType = Image\nNDims = 3\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\nabcdefgh"))
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, err := sniff.DetectFile(bytes.NewReader(b), int64(len(b)))
		if err != nil || !kind.Volume() {
			t.Skip()
		}
		limits := annotation.DefaultLimits()
		limits.Volume = 1 << 20
		if _, err := annotation.Read(t.Context(), annotation.Source{Path: "a", SizeBytes: int64(len(b)), Content: bytes.NewReader(b), Kind: kind, Pixels: true, Limits: limits}); err != nil {
			t.Error(err)
		}
	})
}
