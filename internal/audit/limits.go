package audit

import (
	"fmt"
	"time"

	"assay/internal/audit/annotation"
	"assay/internal/audit/archive"
	"assay/internal/audit/dicom"
)

// Limits bound what an audit reads. A limit that is passed is a finding that
// names the limit and its value, never a silent stop.
type Limits struct {
	Files         int   // files in a set
	FileBytes     int64 // bytes of one file
	SetBytes      int64 // bytes of all files
	PathParts     int   // parts of a path
	PathPartBytes int   // bytes of one part of a path

	ArchiveEntries    int   // entries of an archive, of any sort
	ArchiveRatio      int64 // bytes out for a byte of archive, overall
	ArchiveEntryRatio int64 // bytes out for a packed byte of one entry

	DICOM dicom.Limits

	VolumeBytes int64 // of the voxels of a volume, unpacked, that are read for labels

	ReadFrames int // frames of a set in which text is read

	// SetTime is how long an audit may take; what it has not reached by then
	// is refused.
	SetTime time.Duration

	Findings int // distinct findings in a report; more are joined
	Crashes  int // files on which the reader may die before the rest is refused

	sortBytes int // of what is compared between files, in memory for each sort
}

// DefaultLimits returns the limits that hold unless configured otherwise.
func DefaultLimits() Limits {
	a := archive.DefaultLimits()
	return Limits{
		Files:             200_000,
		FileBytes:         2 << 30,
		SetBytes:          50 << 30,
		PathParts:         32,
		PathPartBytes:     255,
		ArchiveEntries:    a.Entries,
		ArchiveRatio:      a.Ratio,
		ArchiveEntryRatio: a.EntryRatio,
		DICOM:             dicom.DefaultLimits(),
		VolumeBytes:       annotation.DefaultLimits().Volume,
		ReadFrames:        20_000,
		SetTime:           12 * time.Hour,
		Findings:          20_000,
		Crashes:           50,
		sortBytes:         roomOfSort,
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
	fill(&l.ArchiveEntries, d.ArchiveEntries)
	fill(&l.ArchiveRatio, d.ArchiveRatio)
	fill(&l.ArchiveEntryRatio, d.ArchiveEntryRatio)
	fill(&l.VolumeBytes, d.VolumeBytes)
	fill(&l.ReadFrames, d.ReadFrames)
	fill(&l.SetTime, d.SetTime)
	fill(&l.Findings, d.Findings)
	fill(&l.Crashes, d.Crashes)
	fill(&l.sortBytes, d.sortBytes)
	fill(&l.DICOM.Depth, d.DICOM.Depth)
	fill(&l.DICOM.WarnDepth, d.DICOM.WarnDepth)
	fill(&l.DICOM.Elements, d.DICOM.Elements)
	fill(&l.DICOM.TextBytes, d.DICOM.TextBytes)
	fill(&l.DICOM.ValueBytes, d.DICOM.ValueBytes)
	fill(&l.DICOM.HeaderBytes, d.DICOM.HeaderBytes)
	fill(&l.DICOM.InflateBytes, d.DICOM.InflateBytes)
	fill(&l.DICOM.InflateRatio, d.DICOM.InflateRatio)
	return l
}

func fill[T int | int64 | time.Duration](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
}

// archive returns the limits of an archive that holds the set.
func (l Limits) archive(scratch archive.Scratch) archive.Limits {
	return archive.Limits{
		Entries: l.ArchiveEntries, FileBytes: l.FileBytes, TotalBytes: l.SetBytes,
		Ratio: l.ArchiveRatio, EntryRatio: l.ArchiveEntryRatio,
		NamePartBytes: l.PathPartBytes, NameParts: l.PathParts, Scratch: scratch,
	}
}

// LimitText is one limit for people.
type LimitText struct{ Name, Value string }

// Texts lists the limits in words, to be shown before an upload starts.
func (l Limits) Texts() []LimitText {
	l = l.orDefault()
	return []LimitText{
		{"Size of one file", FormatBytes(l.FileBytes)},
		{"Size of all files together", FormatBytes(l.SetBytes)},
		{"Files in a folder", fmt.Sprint(l.Files)},
		{"Entries in an archive", fmt.Sprint(l.ArchiveEntries)},
		{"Unpacked size of an archive", fmt.Sprintf("%d times its own, %d times for one entry", l.ArchiveRatio, l.ArchiveEntryRatio)},
		{"Time of an audit", l.SetTime.String()},
		{"Length of a name", fmt.Sprintf("%d bytes, %d folders deep", l.PathPartBytes, l.PathParts)},
		{"Elements in a DICOM file", fmt.Sprint(l.DICOM.Elements)},
		{"Nesting of DICOM sequences", fmt.Sprint(l.DICOM.Depth)},
		{"A text value in DICOM", FormatBytes(l.DICOM.TextBytes)},
		{"Any other value but pixels in DICOM", FormatBytes(l.DICOM.ValueBytes)},
		{"Header of a DICOM file", FormatBytes(l.DICOM.HeaderBytes)},
		{"Frames in which text is read", fmt.Sprintf("%d of a set, those likely to show some first", l.ReadFrames)},
	}
}
