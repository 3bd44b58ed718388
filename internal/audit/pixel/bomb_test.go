package pixel

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"runtime"
	"testing"

	"assay/internal/audit/sniff"
)

// TestPixelBombsAreNotDecoded holds that sizes which a header claims are
// compared with the limits before anything is allocated for them.
func TestPixelBombsAreNotDecoded(t *testing.T) {
	var png bytes.Buffer
	png.WriteString("\x89PNG\r\n\x1a\n")
	header := binary.BigEndian.AppendUint32([]byte("IHDR"), 100_000)
	header = append(binary.BigEndian.AppendUint32(header, 100_000), 8, 2, 0, 0, 0)
	binary.Write(&png, binary.BigEndian, uint32(13))
	png.Write(header)
	binary.Write(&png, binary.BigEndian, crc32.ChecksumIEEE(header))

	huge := "(0028,0002) US 3\n(0028,0004) CS RGB\n(0028,0010) US 65535\n(0028,0011) US 65535\n(0028,0100) US 16\n(0028,0101) US 16\n"
	tests := []struct {
		name string
		look func() Facts
	}{
		{"a PNG of 100,000 by 100,000", func() Facts {
			return InspectImage(bytes.NewReader(png.Bytes()), int64(png.Len()), sniff.PNG)
		}},
		{"an RLE frame of 65,535 by 65,535", func() Facts {
			return inspect(t, "(0002,0010) UI RLELossless\n"+huge+"(7FE0,0010) OB fragments:|0600000040000000"+zeros(112))
		}},
		{"a JPEG frame that claims more than it holds", func() Facts {
			return inspect(t, "(0002,0010) UI JPEGBaseline8Bit\n"+huge+"(7FE0,0010) OB fragments:|FFD8FFC0001108FFFFFFFF03011100021100031100FFDA000C03010002000300003F00FFD9")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			facts := tt.look()
			runtime.ReadMemStats(&after)
			if facts.Undecoded == "" || len(facts.Rasters) > 0 {
				t.Errorf("Undecoded = %q with %d rasters, want a sentence and none", facts.Undecoded, len(facts.Rasters))
			}
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 32 {
				t.Errorf("%d MB were allocated", mb)
			}
		})
	}
}
