package audit

// SortBytes returns limits under which each sort of the set keeps so many bytes
// in memory.
func SortBytes(l Limits, n int) Limits {
	l.sortBytes = n
	return l
}
