package audittest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"assay/internal/audit/dicom"
	"assay/internal/audit/dicom/dict"
)

// Edit returns a copy of a DICOM file in Explicit VR Little Endian in which an
// element of the outermost data set has another value. The value is padded to
// an even length.
func Edit(data []byte, tag dict.Tag, value []byte) ([]byte, error) {
	e, err := find(data, tag)
	if err != nil {
		return nil, err
	}
	if len(value)%2 == 1 {
		pad := byte(' ')
		if e.VR == "UI" {
			pad = 0
		}
		value = append(bytes.Clone(value), pad)
	}
	out := bytes.Clone(data[:e.ValueOffset])
	if e.VR.HasLongLength() {
		binary.LittleEndian.PutUint32(out[e.ValueOffset-4:], uint32(len(value)))
	} else {
		binary.LittleEndian.PutUint16(out[e.ValueOffset-2:], uint16(len(value)))
	}
	return append(append(out, value...), data[e.ValueOffset+e.Length:]...), nil
}

// Value returns the bytes of an element of the outermost data set.
func Value(data []byte, tag dict.Tag) ([]byte, error) {
	e, err := find(data, tag)
	if err != nil {
		return nil, err
	}
	return data[e.ValueOffset : e.ValueOffset+e.Length], nil
}

func find(data []byte, tag dict.Tag) (found dicom.Element, err error) {
	_, err = dicom.Scan(context.Background(), bytes.NewReader(data), int64(len(data)), dicom.Limits{}, func(e *dicom.Element) error {
		if e.Depth == 0 && e.Tag == tag {
			found = *e
		}
		return nil
	})
	if err == nil && found.Tag != tag {
		err = fmt.Errorf("no element %v", tag)
	}
	return found, err
}
