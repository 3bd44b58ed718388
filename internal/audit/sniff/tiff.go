package sniff

import (
	"bytes"
	"encoding/binary"
)

// isTIFF reports a TIFF or BigTIFF header, in either byte order.
func isTIFF(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	switch string(b[:4]) {
	case "II*\x00", "MM\x00*", "II+\x00", "MM\x00+":
		return true
	}
	return false
}

// Tags of TIFF 6.0, and the one that every NDPI file carries.
const (
	tiffDescription = 270
	tiffMake        = 271
	ndpiFormatFlag  = 65420
)

// tiffKind tells whole-slide images from plain TIFF by the first directory.
func tiffKind(w window) Kind {
	var order binary.ByteOrder = binary.LittleEndian
	if w.head[0] == 'M' {
		order = binary.BigEndian
	}
	big := order.Uint16(w.head[2:]) == 43
	kind := TIFF
	walkDirectory(w, order, big, func(tag uint16, value []byte) bool {
		switch {
		case tag == ndpiFormatFlag, tag == tiffMake && bytes.HasPrefix(value, []byte("Hamamatsu")):
			kind = NDPI
		case tag == tiffDescription && bytes.HasPrefix(value, []byte("Aperio")):
			kind = SVS
		case tag == tiffDescription && bytes.Contains(value, []byte("<OME")):
			kind = OME
		}
		return kind == TIFF
	})
	return kind
}

// walkDirectory visits the entries of the first directory with up to 1 KiB of
// each text value, until visit returns false or the bytes are not at hand.
func walkDirectory(w window, order binary.ByteOrder, big bool, visit func(tag uint16, value []byte) bool) {
	entrySize, inline := 12, 4
	var at int64
	var count int
	if big {
		entrySize, inline = 20, 8
		field := w.at(8, 8)
		if field == nil {
			return
		}
		at = int64(order.Uint64(field))
		field = w.at(at, 8)
		if field == nil {
			return
		}
		count = int(min(order.Uint64(field), 512))
		at += 8
	} else {
		at = int64(order.Uint32(w.head[4:]))
		field := w.at(at, 2)
		if field == nil {
			return
		}
		count = int(min(order.Uint16(field), 512))
		at += 2
	}
	for i := range count {
		e := w.at(at+int64(i*entrySize), entrySize)
		if e == nil {
			return
		}
		length, place := int64(order.Uint32(e[4:])), int64(order.Uint32(e[8:]))
		if big {
			length, place = int64(order.Uint64(e[4:])), int64(order.Uint64(e[12:]))
		}
		var value []byte
		if order.Uint16(e[2:]) == 2 { // ASCII
			if length >= 0 && length <= int64(inline) {
				value = e[entrySize-inline:][:length]
			} else if length > 0 {
				value = w.at(place, int(min(length, 1024)))
			}
		}
		if !visit(order.Uint16(e), value) {
			return
		}
	}
}
