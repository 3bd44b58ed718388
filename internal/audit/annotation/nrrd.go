package annotation

import (
	"bufio"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxHeaderLines bounds the header of NRRD and MetaImage in lines, and
// maxHeaderBytes in bytes.
const (
	maxHeaderLines = 10_000
	maxHeaderBytes = 1 << 20
)

// headerLines reads "key<separator>value" lines up to an empty line, or the
// line of the key last. It returns them by lower-case key, and the offset of
// what follows.
func (in *input) headerLines(separator, last string) (map[string]string, int64, error) {
	r := bufio.NewReader(io.LimitReader(in.section(), maxHeaderBytes))
	fields := map[string]string{}
	offset := int64(0)
	for range maxHeaderLines {
		line, err := r.ReadString('\n')
		offset += int64(len(line))
		line = strings.TrimRight(line, "\r\n")
		if line == "" && err == nil && last == "" {
			return fields, offset, nil
		}
		if key, value, ok := strings.Cut(line, separator); ok && !strings.HasPrefix(line, "#") {
			key = strings.ToLower(strings.TrimSpace(key))
			if _, twice := fields[key]; !twice {
				fields[key] = strings.TrimSpace(value)
			}
			if key == last {
				return fields, offset, nil
			}
		}
		if err != nil {
			if err == io.EOF && last == "" && len(fields) > 0 && offset < maxHeaderBytes {
				return fields, offset, nil // a header whose data are elsewhere
			}
			return nil, 0, errHeader
		}
	}
	return nil, 0, errHeader
}

// nrrdTypes are the names of types.
//
// Source: teem, Definition of NRRD File Format, section 5, "type".
var nrrdTypes = map[string]grain{
	"signed char": grainI8, "int8": grainI8, "int8_t": grainI8,
	"uchar": grainU8, "unsigned char": grainU8, "uint8": grainU8, "uint8_t": grainU8,
	"short": grainI16, "short int": grainI16, "signed short": grainI16, "signed short int": grainI16, "int16": grainI16, "int16_t": grainI16,
	"ushort": grainU16, "unsigned short": grainU16, "unsigned short int": grainU16, "uint16": grainU16, "uint16_t": grainU16,
	"int": grainI32, "signed int": grainI32, "int32": grainI32, "int32_t": grainI32,
	"uint": grainU32, "unsigned int": grainU32, "uint32": grainU32, "uint32_t": grainU32,
	"longlong": grainI64, "long long": grainI64, "long long int": grainI64, "signed long long": grainI64, "signed long long int": grainI64, "int64": grainI64, "int64_t": grainI64,
	"ulonglong": grainU64, "unsigned long long": grainU64, "unsigned long long int": grainU64, "uint64": grainU64, "uint64_t": grainU64,
	"float": grainF32, "double": grainF64,
}

// nrrd reads the header of an NRRD file.
//
// Source: teem, Definition of NRRD File Format, sections 1, 4, 5 and 6.
func (in *input) nrrd() (voxelLayout, error) {
	fields, offset, err := in.headerLines(": ", "")
	if err != nil {
		return voxelLayout{}, err
	}
	l := voxelLayout{dims: wholeNumbers(fields["sizes"]), grain: nrrdTypes[strings.ToLower(fields["type"])], order: binary.LittleEndian}
	dimension, err := strconv.Atoi(fields["dimension"])
	if err != nil || dimension != len(l.dims) || dimension < 1 || dimension > 16 {
		return voxelLayout{}, errHeader
	}
	if fields["endian"] == "big" {
		l.order = binary.BigEndian
	}
	in.nrrdSpace(fields, &l)
	if fields["data file"] == "" && fields["datafile"] == "" && fields["line skip"] == "" && fields["byte skip"] == "" {
		l.voxels = in.packed(strings.ToLower(fields["encoding"]), offset)
	}
	return l, nil
}

// packed returns a reader of what is packed from offset on, nil if it is
// packed in another way than gzip.
func (in *input) packed(encoding string, offset int64) io.Reader {
	r := bufio.NewReaderSize(io.NewSectionReader(in.Content, offset, max(in.SizeBytes-offset, 0)), 64<<10)
	switch encoding {
	case "raw":
		return r
	case "gzip", "gz":
		z, err := gzip.NewReader(r)
		if err != nil {
			return eofReader{}
		}
		return z
	case "zlib":
		z, err := zlib.NewReader(r)
		if err != nil {
			return eofReader{}
		}
		return z
	}
	return nil
}

// nrrdSpace reads spacing and directions. Axes that are not of space are taken
// to the end, so that the first three dimensions are.
func (in *input) nrrdSpace(fields map[string]string, l *voxelLayout) {
	v := in.facts.Volume
	spacings := strings.Fields(fields["spacings"])
	for i, s := range spacings[:min(len(spacings), 3)] {
		if x, err := strconv.ParseFloat(s, 64); err == nil && x > 0 && !math.IsInf(x, 0) {
			v.SpacingMM[i] = x
		}
	}
	directions := vectors(fields["space directions"])
	origin := vectors(fields["space origin"])
	if len(directions) != len(l.dims) || len(origin) != 1 || len(origin[0]) != 3 {
		return
	}
	axis := 0
	for i, d := range directions {
		if len(d) != 3 { // "none": not of space
			if i == 0 && len(l.dims) > 3 { // its voxels are interleaved
				l.grain = noGrain
				l.dims = append(l.dims[1:len(l.dims):len(l.dims)], l.dims[0])
			}
			continue
		}
		if axis == 3 {
			break
		}
		for r := range 3 {
			v.Affine[r][axis] = d[r]
		}
		v.SpacingMM[axis] = math.Hypot(math.Hypot(d[0], d[1]), d[2])
		axis++
	}
	for r := range 3 {
		v.Affine[r][3] = origin[0][r]
	}
	v.HasAffine = axis > 0
	// To the right, the front and the top, as NIfTI has it.
	//
	// Source: teem, Definition of NRRD File Format, section 4, "space".
	signs := map[string][2]float64{"left-posterior-superior": {-1, -1}, "lps": {-1, -1}, "left-anterior-superior": {-1, 1}, "las": {-1, 1}}[strings.ToLower(fields["space"])]
	for r, sign := range signs {
		for c := range 4 {
			if sign < 0 {
				v.Affine[r][c] = -v.Affine[r][c]
			}
		}
	}
}

// vectors reads "(1,0,0) none (0,1,0)"; none is nil.
func vectors(s string) [][]float64 {
	var list [][]float64
	for len(list) < 16 {
		s = strings.TrimSpace(s)
		switch {
		case strings.HasPrefix(s, "none"):
			list, s = append(list, nil), s[4:]
		case strings.HasPrefix(s, "("):
			inside, rest, ok := strings.Cut(s[1:], ")")
			if !ok {
				return list
			}
			var v []float64
			for part := range strings.SplitSeq(inside, ",") {
				x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
				if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
					return list
				}
				v = append(v, x)
			}
			list, s = append(list, v), rest
		default:
			return list
		}
	}
	return list
}

// wholeNumbers reads numbers of 1 or more; nil if one is none.
func wholeNumbers(s string) []int64 {
	var list []int64
	for f := range strings.FieldsSeq(s) {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil || n < 1 || len(list) == 16 {
			return nil
		}
		list = append(list, n)
	}
	return list
}

// metaTypes are the names of types.
//
// Source: ITK, MetaIO, Reference: Tags of MetaImage, "ElementType".
var metaTypes = map[string]grain{
	"MET_CHAR": grainI8, "MET_UCHAR": grainU8, "MET_SHORT": grainI16, "MET_USHORT": grainU16,
	"MET_INT": grainI32, "MET_UINT": grainU32, "MET_LONG": grainI32, "MET_ULONG": grainU32,
	"MET_LONG_LONG": grainI64, "MET_ULONG_LONG": grainU64, "MET_FLOAT": grainF32, "MET_DOUBLE": grainF64,
}

// metaImage reads the header of a MetaImage file.
//
// Source: ITK, MetaIO, Reference: Tags of MetaImage.
func (in *input) metaImage() (voxelLayout, error) {
	fields, offset, err := in.headerLines("=", "elementdatafile")
	if err != nil {
		return voxelLayout{}, err
	}
	l := voxelLayout{dims: wholeNumbers(fields["dimsize"]), grain: metaTypes[fields["elementtype"]], order: binary.LittleEndian}
	dimension, err := strconv.Atoi(fields["ndims"])
	if err != nil || dimension != len(l.dims) || dimension < 1 || dimension > 10 {
		return voxelLayout{}, errHeader
	}
	isTrue := func(key string) bool { return strings.EqualFold(fields[key], "true") }
	if isTrue("binarydatabyteordermsb") || isTrue("elementbyteordermsb") {
		l.order = binary.BigEndian
	}
	if n := fields["elementnumberofchannels"]; n != "" && n != "1" {
		l.grain = noGrain
	}
	in.metaSpace(fields, dimension)
	if strings.EqualFold(fields["elementdatafile"], "LOCAL") && !strings.EqualFold(fields["binarydata"], "false") {
		encoding := "raw"
		if isTrue("compresseddata") {
			encoding = "zlib"
		}
		l.voxels = in.packed(encoding, offset)
	}
	return l, nil
}

func (in *input) metaSpace(fields map[string]string, dimension int) {
	v := in.facts.Volume
	spacing := reals(first(fields, "elementspacing", "elementsize"))
	for i := range min(len(spacing), 3) {
		v.SpacingMM[i] = math.Abs(spacing[i])
	}
	matrix, offset := reals(first(fields, "transformmatrix", "rotation", "orientation")), reals(first(fields, "offset", "position", "origin"))
	if dimension < 3 || len(matrix) != dimension*dimension || len(offset) != dimension || len(spacing) != dimension {
		return
	}
	v.HasAffine = true
	for r := range 3 {
		sign := 1.0
		if r < 2 { // to the left and back, turned as NIfTI has it
			sign = -1
		}
		for c := range 3 {
			v.Affine[r][c] = sign * matrix[c*dimension+r] * spacing[c]
		}
		v.Affine[r][3] = sign * offset[r]
	}
}

func first(fields map[string]string, keys ...string) string {
	for _, k := range keys {
		if s, ok := fields[k]; ok {
			return s
		}
	}
	return ""
}

// reals reads numbers; nil if one is none.
func reals(s string) []float64 {
	var list []float64
	for f := range strings.FieldsSeq(s) {
		x, err := strconv.ParseFloat(f, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) || len(list) == 100 {
			return nil
		}
		list = append(list, x)
	}
	return list
}
