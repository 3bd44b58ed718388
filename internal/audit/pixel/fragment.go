package pixel

import (
	"encoding/binary"
	"errors"
	"io"
)

// span is a run of bytes in the file.
type span struct{ offset, length int64 }

const (
	maxFragments  = 1 << 20
	maxFrameBytes = 128 << 20 // of one compressed frame
)

var errFragments = errors.New("the fragments of the pixel data cannot be told apart")

// fragments lists the fragments of encapsulated pixel data, and the offsets of
// the Basic Offset Table, from the first item at offset on.
//
// Source: DICOM PS3.5 Section A.4.
func fragments(content io.ReaderAt, offset, size int64, order binary.ByteOrder) (list []span, table []byte, err error) {
	var head [8]byte
	for item := 0; ; item++ {
		if _, err := content.ReadAt(head[:], offset); err != nil {
			return list, table, errFragments
		}
		tag := uint32(order.Uint16(head[:]))<<16 | uint32(order.Uint16(head[2:]))
		if tag == 0xFFFEE0DD {
			return list, table, nil
		}
		length := int64(order.Uint32(head[4:]))
		if tag != 0xFFFEE000 || length > size-offset-8 || len(list) == maxFragments {
			return list, table, errFragments
		}
		s := span{offset + 8, length}
		switch {
		case item > 0:
			list = append(list, s)
		case length <= 4*maxFragments:
			table = make([]byte, length)
			if _, err := content.ReadAt(table, s.offset); err != nil {
				return nil, nil, errFragments
			}
		}
		offset += 8 + length
	}
}

// group returns the fragments of each frame: by one fragment a frame, by the
// offset tables, or by where a codestream begins. It may return more or fewer
// frames than the header states.
func group(content io.ReaderAt, list []span, basic, extended []byte, frames int) [][]span {
	switch {
	case len(list) == 0:
		return nil
	case len(list) == frames:
		return slicesOf(list, func(int) bool { return true })
	case frames == 1 && len(basic) <= 4:
		return [][]span{list}
	case len(extended) >= 8 && len(extended)%8 == 0:
		return byOffsets(list, len(extended)/8, func(i int) int64 { return int64(binary.LittleEndian.Uint64(extended[8*i:])) })
	case len(basic) >= 4:
		return byOffsets(list, len(basic)/4, func(i int) int64 { return int64(binary.LittleEndian.Uint32(basic[4*i:])) })
	}
	return slicesOf(list, func(i int) bool {
		var b [2]byte
		content.ReadAt(b[:], list[i].offset)
		return i == 0 || b[0] == 0xFF && (b[1] == 0xD8 || b[1] == 0x4F)
	})
}

// slicesOf cuts list before each i for which starts is true.
func slicesOf(list []span, starts func(i int) bool) [][]span {
	var out [][]span
	begin := 0
	for i := 1; i <= len(list); i++ {
		if i == len(list) || starts(i) {
			out = append(out, list[begin:i:i])
			begin = i
		}
	}
	return out
}

// byOffsets cuts list where the items begin that n offsets name.
func byOffsets(list []span, n int, offset func(int) int64) [][]span {
	next := 1
	return slicesOf(list, func(i int) bool {
		for next < n && offset(next) < list[i].offset-list[0].offset {
			next++
		}
		if next < n && offset(next) == list[i].offset-list[0].offset {
			next++
			return true
		}
		return false
	})
}

// gather reads the bytes of the fragments of a frame.
func gather(content io.ReaderAt, list []span, buffer []byte) ([]byte, error) {
	total := int64(0)
	for _, s := range list {
		total += s.length
	}
	if total > maxFrameBytes {
		return nil, errTooLarge
	}
	if int64(cap(buffer)) < total {
		buffer = make([]byte, total)
	}
	buffer = buffer[:total]
	at := int64(0)
	for _, s := range list {
		if n, err := content.ReadAt(buffer[at:at+s.length], s.offset); int64(n) < s.length {
			return nil, err
		}
		at += s.length
	}
	return buffer, nil
}
