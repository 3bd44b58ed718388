package audit

// Limits bound what an audit reads. A limit that is passed is a finding that
// names the limit and its value, never a silent stop.
type Limits struct {
	Files         int   // files in a set
	FileBytes     int64 // bytes of one file
	SetBytes      int64 // bytes of all files
	PathParts     int   // parts of a path
	PathPartBytes int   // bytes of one part of a path

	Findings int // distinct findings in a report; more are joined
}

// DefaultLimits returns the limits that hold unless configured otherwise.
func DefaultLimits() Limits {
	return Limits{
		Files:         200_000,
		FileBytes:     2 << 30,
		SetBytes:      50 << 30,
		PathParts:     32,
		PathPartBytes: 255,
		Findings:      20_000,
	}
}

// orDefault fills the limits that are zero.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	fill(&l.Files, d.Files)
	fill(&l.FileBytes, d.FileBytes)
	fill(&l.SetBytes, d.SetBytes)
	fill(&l.PathParts, d.PathParts)
	fill(&l.PathPartBytes, d.PathPartBytes)
	fill(&l.Findings, d.Findings)
	return l
}

func fill[T int | int64](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
}
