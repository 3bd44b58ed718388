package document_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"strings"
	"testing"
)

// part is a directory of a slide: its description, the layout of its image
// and the strips.
type part struct {
	description   string
	subfile       uint32
	width, height uint32
	compression   uint32
	photometric   uint32
	tables        []byte
	strips        [][]byte
}

// slideOf returns a TIFF of several directories.
func slideOf(parts ...part) []byte {
	le := binary.LittleEndian
	b := []byte("II*\x00\x00\x00\x00\x00")
	next := 4 // where the offset of the next directory is to be written
	for _, p := range parts {
		var offsets, counts []byte
		for _, s := range p.strips {
			offsets = le.AppendUint32(offsets, uint32(len(b)))
			counts = le.AppendUint32(counts, uint32(len(s)))
			b = append(b, s...)
		}
		type entry struct {
			tag, kind uint16
			value     []byte
		}
		long := func(n uint32) []byte { return le.AppendUint32(nil, n) }
		entries := []entry{{254, 4, long(p.subfile)}, {256, 4, long(p.width)}, {257, 4, long(p.height)}, {258, 3, le.AppendUint16(nil, 8)},
			{259, 3, le.AppendUint16(nil, uint16(p.compression))}, {262, 3, le.AppendUint16(nil, uint16(p.photometric))}}
		if p.description != "" {
			entries = append(entries, entry{270, 2, []byte(p.description + "\x00")})
		}
		if len(p.strips) > 0 {
			entries = append(entries, entry{273, 4, offsets}, entry{277, 3, le.AppendUint16(nil, 1)}, entry{278, 4, long(p.height / uint32(len(p.strips)))}, entry{279, 4, counts})
		}
		if p.tables != nil {
			entries = append(entries, entry{347, 7, p.tables})
		}
		places := make([]uint32, len(entries))
		for i, e := range entries {
			if len(e.value) > 4 {
				places[i] = uint32(len(b))
				b = append(b, e.value...)
			}
		}
		le.PutUint32(b[next:], uint32(len(b)))
		b = le.AppendUint16(b, uint16(len(entries)))
		for i, e := range entries {
			size := map[uint16]int{2: 1, 3: 2, 4: 4, 7: 1}[e.kind]
			b = le.AppendUint16(le.AppendUint16(b, e.tag), e.kind)
			b = le.AppendUint32(b, uint32(len(e.value)/size))
			if len(e.value) > 4 {
				b = le.AppendUint32(b, places[i])
			} else {
				b = append(b, append(bytes.Clone(e.value), make([]byte, 4-len(e.value))...)...)
			}
		}
		next = len(b)
		b = append(b, 0, 0, 0, 0)
	}
	return b
}

// abbreviated takes the tables out of a JPEG, as slides keep them once for all
// strips.
func abbreviated(t *testing.T, width, height int) (tables, strip []byte) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	tables, strip = []byte{0xff, 0xd8}, []byte{0xff, 0xd8}
	for at := 2; ; {
		size := 2 + int(binary.BigEndian.Uint16(whole[at+2:]))
		segment := whole[at : at+size]
		if marker := segment[1]; marker == 0xdb || marker == 0xc4 {
			tables = append(tables, segment...)
		} else if marker == 0xda {
			return append(tables, 0xff, 0xd9), append(strip, whole[at:]...)
		} else {
			strip = append(strip, segment...)
		}
		at += size
	}
}

func TestLabelAndOverviewOfSlidesAreHandedOn(t *testing.T) {
	tables, strip := abbreviated(t, 16, 8)
	gray := [][]byte{[]byte(ramp(16, 6, 1)), []byte(ramp(16, 6, 1))}
	main := part{description: "Aperio Image Library v12\n100x100 JPEG", width: 100, height: 100, compression: 7, photometric: 6}
	label := part{description: "Aperio Image Library v12\nlabel 16x12", subfile: 1, width: 16, height: 12, compression: 1, photometric: 1, strips: gray}
	nameless := label
	nameless.description = ""
	macro := part{description: "Aperio Image Library v12\nmacro 16x16", subfile: 9, width: 16, height: 16, compression: 7, photometric: 1, tables: tables, strips: [][]byte{strip, strip}}
	ome := part{description: `<?xml version="1.0"?><OME><Image Name="scan"><Pixels><TiffData IFD="0"/></Pixels></Image><Image Name="Label image"><Pixels><TiffData IFD="1"/></Pixels></Image></OME>`, width: 100, height: 100, compression: 1, photometric: 1}
	unpackable := label
	unpackable.compression = 34712
	tests := []struct {
		name   string
		slide  []byte
		places string
		finds  string
		size   image.Point
	}{
		{"a label", slideOf(main, label), "label image", "blocker wsi-metadata label image", image.Pt(16, 12)},
		{"a label without description", slideOf(main, nameless), "label image", "blocker wsi-metadata label image", image.Pt(16, 12)},
		{"an overview in JPEG strips", slideOf(main, macro), "overview image", "warning wsi-metadata overview image", image.Pt(16, 16)},
		{"a label of OME", slideOf(ome, nameless), "label image", "blocker wsi-metadata label image", image.Pt(16, 12)},
		{"a label that cannot be unpacked", slideOf(main, unpackable), "", "blocker wsi-metadata label image", image.Point{}},
		{"no label", slideOf(main), "", "", image.Point{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			images, list := shown(t, tt.slide)
			var places []string
			for _, i := range images {
				places = append(places, i.Place)
				if size := decoded(t, i).Bounds().Size(); size != tt.size {
					t.Errorf("the image is %v", size)
				}
			}
			if got := strings.Join(places, " "); got != tt.places {
				t.Errorf("handed on %q, want %q", got, tt.places)
			}
			if got := strings.Join(lines(list), "\n"); !strings.Contains(got, tt.finds) || tt.finds == "" && strings.Contains(got, "wsi") {
				t.Errorf("findings %q, want %q", got, tt.finds)
			}
		})
	}
}
