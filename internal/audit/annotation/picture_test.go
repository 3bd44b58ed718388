package annotation_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/tiff"

	"assay/internal/audit/annotation"
	"assay/internal/audit/sniff"
)

// readAll reads a file made by a test, with its pixels.
func readAll(t *testing.T, kind sniff.Kind, name string, b []byte) *annotation.Facts {
	t.Helper()
	f, err := annotation.Read(t.Context(), annotation.Source{
		Path: name, SizeBytes: int64(len(b)), Content: bytes.NewReader(b), Kind: kind, Pixels: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// filled returns a picture drawn pixel by pixel.
func filled[M interface {
	image.Image
	Set(x, y int, c color.Color)
}](m M, at func(x, y int) color.Color) M {
	b := m.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			m.Set(x, y, at(x, y))
		}
	}
	return m
}

func TestPicturesTellTheirSamples(t *testing.T) {
	size := image.Rect(0, 0, 6, 5)
	three := color.Palette{color.Black, color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}}
	tests := []struct {
		name  string
		image image.Image
		want  annotation.Picture
	}{
		{
			"gray of 8 bits", filled(image.NewGray(size), func(x, y int) color.Color { return color.Gray{uint8(x % 3)} }),
			annotation.Picture{Width: 6, Height: 5, Depth: 1, Bits: 8, Values: []annotation.Value{{0, 10}, {1, 10}, {2, 10}}},
		},
		{
			"gray of 16 bits", filled(image.NewGray16(size), func(x, y int) color.Color { return color.Gray16{uint16(300 * y)} }),
			annotation.Picture{Width: 6, Height: 5, Depth: 1, Bits: 16, Values: []annotation.Value{{0, 6}, {300, 6}, {600, 6}, {900, 6}, {1200, 6}}},
		},
		{
			"a color map tells its indices", filled(image.NewPaletted(size, three), func(x, y int) color.Color { return three[x/2] }),
			annotation.Picture{Width: 6, Height: 5, Depth: 1, Bits: 2, Indexed: true, Values: []annotation.Value{{0, 10}, {1, 10}, {2, 10}}},
		},
		{
			"a color is R+256G+65536B", filled(image.NewNRGBA(size), func(x, y int) color.Color { return color.NRGBA{1, 2, uint8(y / 4), 255} }),
			annotation.Picture{Width: 6, Height: 5, Depth: 3, Bits: 8, Values: []annotation.Value{{513, 24}, {66049, 6}}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := readAll(t, sniff.PNG, "a.png", pngOf(t, tt.image))
			if diff := cmp.Diff(&tt.want, f.Picture); diff != "" {
				t.Errorf("picture differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPNGAndTIFFOfOnePictureHaveOneDigest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	m := filled(image.NewRGBA(image.Rect(0, 0, 70, 65)), func(x, y int) color.Color {
		return color.RGBA{uint8(x), uint8(y), uint8(random.IntN(256)), 255}
	})
	var b bytes.Buffer
	if err := tiff.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	one := readAll(t, sniff.PNG, "a.png", pngOf(t, m)).Quality
	other := readAll(t, sniff.TIFF, "a.tif", b.Bytes()).Quality
	if one.Digest == ([16]byte{}) || one.Digest != other.Digest {
		t.Errorf("digests are %x and %x, want equal ones", one.Digest, other.Digest)
	}
}

func TestJPEGOfAPictureIsNearIt(t *testing.T) {
	m := chest(7)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	one, other := readAll(t, sniff.PNG, "a.png", pngOf(t, m)).Quality, readAll(t, sniff.JPEG, "a.jpg", b.Bytes()).Quality
	if !other.Lossy || one.Lossy {
		t.Errorf("lossy: PNG %v, JPEG %v", one.Lossy, other.Lossy)
	}
	if n := distance(one.Hash, other.Hash); n > 4 {
		t.Errorf("the hashes differ in %d bits, want 4 or fewer", n)
	}
	if n := distance(one.Hash, readAll(t, sniff.PNG, "b.png", pngOf(t, chest(8))).Quality.Hash); n < 12 {
		t.Errorf("the hash of another picture differs in %d bits only", n)
	}
}

// chest is a picture with large and small shapes, as no other seed has them.
func chest(seed uint64) *image.Gray {
	random := rand.New(rand.NewPCG(seed, 1))
	type blob struct{ x, y, size, light float64 }
	var blobs []blob
	for range 40 {
		blobs = append(blobs, blob{random.Float64() * 220, random.Float64() * 180, 6 + 40*random.Float64(), 80*random.Float64() - 40})
	}
	return filled(image.NewGray(image.Rect(0, 0, 220, 180)), func(x, y int) color.Color {
		v := 120.0
		for _, b := range blobs {
			v += b.light * math.Exp(-((float64(x)-b.x)*(float64(x)-b.x)+(float64(y)-b.y)*(float64(y)-b.y))/(b.size*b.size))
		}
		return color.Gray{uint8(min(max(v, 0), 255))}
	})
}

func distance(a, b uint64) int {
	n := 0
	for x := a ^ b; x != 0; x &= x - 1 {
		n++
	}
	return n
}

func TestCutPictureIsFound(t *testing.T) {
	m := filled(image.NewGray(image.Rect(0, 0, 90, 90)), func(x, y int) color.Color { return color.Gray{uint8(x * y)} })
	whole := pngOf(t, m)
	f := readAll(t, sniff.PNG, "a.png", whole[:len(whole)/2])
	if got := f.Book.Of("F-400"); got.Affected != 1 || got.Eligible != 1 {
		t.Errorf("F-400 = %+v, want 1 of 1", got)
	}
	if f.Picture == nil || f.Picture.Width != 90 {
		t.Errorf("the header of a cut picture is %+v", f.Picture)
	}
}

func FuzzPicture(f *testing.F) {
	m := filled(image.NewGray(image.Rect(0, 0, 9, 7)), func(x, y int) color.Color { return color.Gray{uint8(x * y)} })
	f.Add(pngOf(f, m))
	f.Add(pngOf(f, filled(image.NewNRGBA(image.Rect(0, 0, 3, 3)), func(x, y int) color.Color { return color.NRGBA{1, 2, 3, uint8(x)} })))
	var b bytes.Buffer
	if err := tiff.Encode(&b, m, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, err := sniff.DetectFile(bytes.NewReader(b), int64(len(b)))
		if err != nil || !kind.Image() {
			t.Skip()
		}
		limits := annotation.DefaultLimits()
		limits.Pixels = 1 << 20
		if _, err := annotation.Read(t.Context(), annotation.Source{Path: "a", SizeBytes: int64(len(b)), Content: bytes.NewReader(b), Kind: kind, Pixels: true, Limits: limits}); err != nil {
			t.Error(err)
		}
	})
}
