// Package nifti reads the header of NIfTI-1 and NIfTI-2 files: dimensions,
// type of the voxels, where they are in the file and in space, and the fields
// of text. It reads no voxels.
package nifti

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Size1 and Size2 are the bytes of the header of NIfTI-1 and NIfTI-2.
const (
	Size1 = 348
	Size2 = 540
)

// ErrShort says that a header is cut short.
var ErrShort = errors.New("the header is cut short")

// Datatype is the type of a voxel.
type Datatype uint16

// Datatypes of voxels that are one number.
//
// Source: nifti1.h, NIFTI_TYPE codes.
const (
	Uint8   Datatype = 2
	Int16   Datatype = 4
	Int32   Datatype = 8
	Float32 Datatype = 16
	Float64 Datatype = 64
	Int8    Datatype = 256
	Uint16  Datatype = 512
	Uint32  Datatype = 768
	Int64   Datatype = 1024
	Uint64  Datatype = 1280
)

// Header is what a header says.
type Header struct {
	Size     int // bytes: Size1 or Size2
	Order    binary.ByteOrder
	Apart    bool    // the voxels are in another file
	Dims     []int64 // 1 to 7, each 1 or more
	Datatype Datatype
	Bits     int64 // of a voxel
	Start    int64 // offset of the voxels, in bytes
	Bytes    int64 // of all voxels

	Slope, Intercept float64 // of the values; Slope 0 means that there are none

	SpacingMM [3]float64
	QForm     *[3][4]float64 // voxel indices to millimeters, nil if it is not given
	SForm     *[3][4]float64

	// Fields of text, with what follows their end.
	Description, AuxFile, IntentName, DBName []byte
}

// layout is where the fields of a header stand.
type layout struct {
	size, dim, dimSize, datatype, bits         int
	pixdim, start, slope, units                int
	qcode, codeSize, quatern, srow             int
	dbName, description, auxFile, intent, real int
}

// Source: nifti1.h, nifti2.h.
var (
	layout1 = layout{
		size: Size1, dim: 40, dimSize: 2, datatype: 70, bits: 72, pixdim: 76, start: 108, slope: 112, units: 123,
		qcode: 252, codeSize: 2, quatern: 256, srow: 280, dbName: 14, description: 148, auxFile: 228, intent: 328, real: 4,
	}
	layout2 = layout{
		size: Size2, dim: 16, dimSize: 8, datatype: 12, bits: 14, pixdim: 104, start: 168, slope: 176, units: 500,
		qcode: 344, codeSize: 4, quatern: 352, srow: 400, dbName: -1, description: 240, auxFile: 320, intent: 508, real: 8,
	}
)

// HeaderSize returns how many bytes the header has that begins with b, of 4
// bytes or more.
func HeaderSize(b []byte) int {
	if binary.LittleEndian.Uint32(b) == Size2 || binary.BigEndian.Uint32(b) == Size2 {
		return Size2
	}
	return Size1
}

// Parse reads a header. An error says what is wrong; with it, the fields of
// text are there if the header is as long as it should be.
func Parse(b []byte) (*Header, error) {
	if len(b) < Size1 || len(b) < HeaderSize(b) {
		return &Header{}, ErrShort
	}
	h, l := &Header{Size: HeaderSize(b), Order: binary.LittleEndian}, layout1
	if h.Size == Size2 {
		l = layout2
	}
	if size := binary.BigEndian.Uint32(b); size == Size1 || size == Size2 {
		h.Order = binary.BigEndian
	}
	h.Description, h.AuxFile, h.IntentName = b[l.description:][:80], b[l.auxFile:][:24], b[l.intent:][:16]
	if l.dbName >= 0 {
		h.DBName = b[l.dbName:][:18]
	}
	f := fields{b, h.Order, l}
	magic := string(b[344:347])
	if h.Size == Size2 {
		magic = string(b[4:7])
	}
	h.Apart = strings.HasPrefix(magic, "ni")
	if err := f.shape(h); err != nil {
		return h, err
	}
	f.space(h)
	return h, nil
}

// fields reads numbers of a header.
type fields struct {
	b     []byte
	order binary.ByteOrder
	l     layout
}

func (f fields) real(at int) float64 {
	if f.l.real == 4 {
		return float64(math.Float32frombits(f.order.Uint32(f.b[at:])))
	}
	return math.Float64frombits(f.order.Uint64(f.b[at:]))
}

func (f fields) dim(i int) int64 {
	if f.l.dimSize == 2 {
		return int64(int16(f.order.Uint16(f.b[f.l.dim+2*i:])))
	}
	return int64(f.order.Uint64(f.b[f.l.dim+8*i:]))
}

func (f fields) code(i int) int {
	if f.l.codeSize == 2 {
		return int(int16(f.order.Uint16(f.b[f.l.qcode+2*i:])))
	}
	return int(int32(f.order.Uint32(f.b[f.l.qcode+4*i:])))
}

// shape reads the dimensions and where the voxels are.
func (f fields) shape(h *Header) error {
	dims := f.dim(0)
	if dims < 1 || dims > 7 {
		return fmt.Errorf("the header has %d dimensions; 1 to 7 are possible", dims)
	}
	h.Datatype = Datatype(f.order.Uint16(f.b[f.l.datatype:]))
	h.Bits = int64(f.order.Uint16(f.b[f.l.bits:]))
	bits := h.Bits
	for i := range int(dims) {
		d := f.dim(i + 1)
		if d < 1 {
			return fmt.Errorf("dimension %d of the header is %d", i+1, d)
		}
		if bits > math.MaxInt64/8/d {
			return errors.New("the dimensions of the header multiply to more bytes than any file has")
		}
		bits *= d
		h.Dims = append(h.Dims, d)
	}
	h.Bytes = (bits + 7) / 8
	if f.l.size == Size2 {
		h.Start = int64(f.order.Uint64(f.b[f.l.start:]))
	} else {
		start := f.real(f.l.start)
		if math.IsNaN(start) || start < 0 || start > 1<<40 {
			return errors.New("the place of the voxels in the header is no number")
		}
		h.Start = int64(start)
	}
	h.Slope, h.Intercept = f.real(f.l.slope), f.real(f.l.slope+f.l.real)
	if h.Slope == 0 || !finite(h.Slope) || !finite(h.Intercept) {
		h.Slope, h.Intercept = 0, 0
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// space reads the spacing and the two ways to say where voxels are.
//
// Source: nifti1.h, 3D image (volume) orientation and location in space,
// methods 2 and 3.
func (f fields) space(h *Header) {
	unit := 1.0
	switch f.b[f.l.units+f.unitByte()] & 7 {
	case 1: // meters
		unit = 1000
	case 3: // micrometers
		unit = 0.001
	}
	var size [3]float64
	for i := range size {
		size[i] = math.Abs(f.real(f.l.pixdim + f.l.real*(i+1)))
		if finite(size[i]) {
			h.SpacingMM[i] = size[i] * unit
		}
	}
	if f.code(0) > 0 {
		h.QForm = f.quaternion(h.SpacingMM, unit)
	}
	if f.code(1) > 0 {
		h.SForm = new([3][4]float64)
		for r := range 3 {
			for c := range 4 {
				h.SForm[r][c] = f.real(f.l.srow+f.l.real*(4*r+c)) * unit
			}
		}
	}
}

// unitByte is the byte of xyzt_units with the units of space.
func (f fields) unitByte() int {
	if f.l.size == Size2 && f.order == binary.ByteOrder(binary.BigEndian) {
		return 3
	}
	return 0
}

// quaternion returns the affine transform of method 2.
func (f fields) quaternion(size [3]float64, unit float64) *[3][4]float64 {
	at := func(i int) float64 { return f.real(f.l.quatern + f.l.real*i) }
	b, c, d := at(0), at(1), at(2)
	a := 1 - b*b - c*c - d*d
	if a < 1e-7 { // a rotation by 180 degrees, rounded
		n := math.Sqrt(b*b + c*c + d*d)
		a, b, c, d = 0, b/n, c/n, d/n
	} else {
		a = math.Sqrt(a)
	}
	if f.real(f.l.pixdim) < 0 { // qfac
		size[2] = -size[2]
	}
	m := [3][4]float64{
		{a*a + b*b - c*c - d*d, 2*b*c - 2*a*d, 2*b*d + 2*a*c, at(3) * unit},
		{2*b*c + 2*a*d, a*a + c*c - b*b - d*d, 2*c*d - 2*a*b, at(4) * unit},
		{2*b*d - 2*a*c, 2*c*d + 2*a*b, a*a + d*d - c*c - b*b, at(5) * unit},
	}
	for r := range 3 {
		for k := range 3 {
			m[r][k] *= size[k]
		}
	}
	return &m
}

// Affine returns the transform of voxel indices to millimeters, by the SForm
// before the QForm, and whether there is one.
func (h *Header) Affine() ([3][4]float64, bool) {
	switch {
	case h.SForm != nil:
		return *h.SForm, true
	case h.QForm != nil:
		return *h.QForm, true
	}
	return [3][4]float64{}, false
}
