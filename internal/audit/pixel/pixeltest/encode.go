package pixeltest

import (
	"bytes"
	"encoding/binary"
)

// RLE compresses one frame from its byte planes, of which there are at most 15:
// for 16-bit samples the high bytes, then the low bytes.
//
// Source: DICOM PS3.5 Annex G.
func RLE(planes ...[]byte) []byte {
	head := make([]byte, 64)
	binary.LittleEndian.PutUint32(head, uint32(len(planes)))
	body := []byte{}
	for i, p := range planes {
		binary.LittleEndian.PutUint32(head[4+4*i:], uint32(64+len(body)))
		body = append(body, packBits(p)...)
		if len(body)%2 == 1 {
			body = append(body, 0)
		}
	}
	return append(head, body...)
}

// packBits writes runs of equal bytes and stretches of others.
func packBits(p []byte) []byte {
	var out bytes.Buffer
	for i := 0; i < len(p); {
		run := 1
		for i+run < len(p) && run < 128 && p[i+run] == p[i] {
			run++
		}
		if run > 1 {
			out.Write([]byte{byte(257 - run), p[i]})
			i += run
			continue
		}
		n := 1
		for i+n < len(p) && n < 128 && (i+n+1 >= len(p) || p[i+n] != p[i+n+1]) {
			n++
		}
		out.WriteByte(byte(n - 1))
		out.Write(p[i : i+n])
		i += n
	}
	return out.Bytes()
}
