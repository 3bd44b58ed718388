package dicom

import (
	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
)

// maxProblems bounds the different problems noted of one file.
const maxProblems = 100

// problem notes something wrong at the element tag of the data set at hand.
func (s *scanner) problem(rule string, severity finding.Severity, tag Tag, offset int64, message string) {
	for i := range s.h.Problems {
		if p := &s.h.Problems[i]; p.Message == message && p.Rule == rule && p.Severity == severity {
			p.Count++
			return
		}
	}
	if len(s.h.Problems) >= maxProblems {
		return
	}
	path := ""
	if tag != 0 {
		parents := s.parents
		if n := len(parents); n > 0 && parents[n-1].Tag == tag {
			parents = parents[:n-1]
		}
		path = string(appendPath(nil, parents, tag, dict.Keyword(tag)))
	}
	s.h.Problems = append(s.h.Problems, Problem{Rule: rule, Severity: severity, Path: path, Message: message, Offset: offset, Count: 1})
}

// refuse notes a blocker that ends the scan.
func (s *scanner) refuse(rule, message string) {
	tag := Tag(0)
	if n := len(s.parents); n > 0 {
		tag = s.parents[n-1].Tag
	}
	s.problem(rule, finding.Blocker, tag, s.pos, message)
	s.refuseQuietly(message)
	s.done = true
}

// refuseQuietly says that part of the file stays unchecked, for a reason that
// a problem already tells. The first reason stays.
func (s *scanner) refuseQuietly(reason string) {
	if s.h.Status == Read {
		s.h.Status, s.h.Reason = Refused, reason
	}
}
