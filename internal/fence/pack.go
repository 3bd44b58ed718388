package fence

import (
	"errors"
	"strings"

	"assay/internal/audit"
	"assay/internal/audit/deid"
	"assay/internal/audit/finding"
)

// The files of a set say mostly the same: rules, paths, shapes and sentences
// come again and again. A child therefore sends each such string once, and its
// number from then on.

// packed is what a child answers for a file: its facts without those strings.
type packed struct {
	Facts      audit.Facts
	Fresh      []string // the next numbers
	Restart    bool     // numbers start anew, before Fresh
	Findings   []packedFinding
	Header     []packedFinding // of Facts.Header
	Held       []packedHeld
	NotChecked []packedOmission
}

type packedFinding struct {
	Rule, Severity, HIPAA, Action, Path, Shape, Message, Fix uint32

	Count  int
	Frame  int
	Offset int64
	Places []finding.Location // if there is not one plain location
}

type packedHeld struct {
	Finding packedFinding
	Kind    deid.HeldKind
	Value   deid.Hash
}

type packedOmission struct {
	What, Why uint32
	Count     int
}

// maxNumbers is how many strings have numbers before they start anew.
const maxNumbers = 1 << 16

// packer numbers the strings of one child. The zero value is ready to use.
type packer struct {
	numbers map[string]uint32
	fresh   []string
}

func (p *packer) pack(f audit.Facts) packed {
	var out packed
	if p.numbers == nil || len(p.numbers) > maxNumbers {
		p.numbers, out.Restart = map[string]uint32{}, true
	}
	p.fresh = nil
	out.Findings = p.findings(f.Findings)
	f.Findings = nil
	for _, n := range f.NotChecked {
		out.NotChecked = append(out.NotChecked, packedOmission{p.number(n.What), p.number(n.Why), n.Count})
	}
	f.NotChecked = nil
	if f.Header != nil {
		header := *f.Header
		out.Header = p.findings(header.Findings)
		for _, h := range header.Held {
			out.Held = append(out.Held, packedHeld{p.finding(&h.Finding), h.Kind, h.Value})
		}
		header.Findings, header.Held = nil, nil
		f.Header = &header
	}
	out.Facts, out.Fresh = f, p.fresh
	return out
}

func (p *packer) number(s string) uint32 {
	n, ok := p.numbers[s]
	if !ok {
		n = uint32(len(p.numbers))
		p.numbers[s] = n
		p.fresh = append(p.fresh, s)
	}
	return n
}

func (p *packer) findings(list []finding.Finding) []packedFinding {
	out := make([]packedFinding, len(list))
	for i := range list {
		out[i] = p.finding(&list[i])
	}
	return out
}

func (p *packer) finding(f *finding.Finding) packedFinding {
	out := packedFinding{
		Rule: p.number(f.Rule), Severity: p.number(string(f.Severity)), HIPAA: p.number(joinLetters(f.HIPAA)),
		Action: p.number(f.Action), Path: p.number(f.Path), Shape: p.number(f.Shape),
		Message: p.number(f.Message), Fix: p.number(f.Fix), Count: f.Count,
	}
	if len(f.Locations) == 1 && f.Locations[0].File == "" && f.Locations[0].Boxes == nil {
		out.Frame, out.Offset = f.Locations[0].Frame, f.Locations[0].Offset
	} else {
		out.Places = f.Locations
	}
	return out
}

// joinLetters joins the letters of HIPAA; most findings have none or one.
func joinLetters(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list, ",")
}

// unpacker is the parent's side of a packer. The zero value is ready to use.
type unpacker struct {
	strings []string
	letters map[string][]string
}

var errNumber = errors.New("the child used the number of a string that it never sent")

func (u *unpacker) unpack(in packed) (audit.Facts, error) {
	if in.Restart {
		u.strings = nil
	}
	u.strings = append(u.strings, in.Fresh...)
	if len(u.strings) > 2*maxNumbers+len(in.Fresh) {
		return audit.Facts{}, errNumber
	}
	f := in.Facts
	r := unpacking{unpacker: u}
	f.Findings = r.findings(in.Findings)
	for _, n := range in.NotChecked {
		f.NotChecked = append(f.NotChecked, audit.NotChecked{What: r.text(n.What), Why: r.text(n.Why), Count: n.Count})
	}
	if f.Header != nil {
		f.Header.Findings = r.findings(in.Header)
		for _, h := range in.Held {
			one := r.findings([]packedFinding{h.Finding})
			f.Header.Held = append(f.Header.Held, deid.Held{Finding: one[0], Kind: h.Kind, Value: h.Value})
		}
	}
	if r.wrong {
		return audit.Facts{}, errNumber
	}
	return f, nil
}

// unpacking is one answer being unpacked.
type unpacking struct {
	*unpacker
	wrong bool
}

func (r *unpacking) text(n uint32) string {
	if int64(n) >= int64(len(r.strings)) {
		r.wrong = true
		return ""
	}
	return r.strings[n]
}

// hipaa returns the letters that a string joins; equal ones share a slice.
func (r *unpacking) hipaa(joined string) []string {
	if joined == "" {
		return nil
	}
	list, ok := r.letters[joined]
	if !ok {
		if r.letters == nil || len(r.letters) > maxNumbers {
			r.letters = map[string][]string{}
		}
		list = strings.Split(joined, ",")
		r.letters[joined] = list
	}
	return list
}

func (r *unpacking) findings(list []packedFinding) []finding.Finding {
	if len(list) == 0 {
		return nil
	}
	out := make([]finding.Finding, len(list))
	places := make([]finding.Location, len(list))
	for i, p := range list {
		places[i] = finding.Location{Frame: p.Frame, Offset: p.Offset}
		out[i] = finding.Finding{
			Rule: r.text(p.Rule), Severity: finding.Severity(r.text(p.Severity)), HIPAA: r.hipaa(r.text(p.HIPAA)),
			Action: r.text(p.Action), Path: r.text(p.Path), Shape: r.text(p.Shape),
			Message: r.text(p.Message), Fix: r.text(p.Fix), Count: p.Count, Locations: places[i : i+1 : i+1],
		}
		if p.Places != nil {
			out[i].Locations = p.Places
		}
	}
	return out
}
