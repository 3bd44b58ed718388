package dicom

// Trim returns a value without the spaces and NULs around it.
//
// Source: DICOM PS3.5 Section 6.2, padding of values to an even length.
func Trim[V string | []byte](v V) V {
	start := 0
	for start < len(v) && isPadding(v[start]) {
		start++
	}
	return v[start:max(start, endOfValue(v))]
}

// TrimRight returns a value without the spaces and NULs behind it.
func TrimRight[V string | []byte](v V) V { return v[:endOfValue(v)] }

func endOfValue[V string | []byte](v V) int {
	end := len(v)
	for end > 0 && isPadding(v[end-1]) {
		end--
	}
	return end
}

func isPadding(c byte) bool { return c == ' ' || c == 0 }
