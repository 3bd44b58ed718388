package dicom

import (
	"bytes"

	"assay/internal/audit/dicom/dict"
	"assay/internal/audit/finding"
)

const preambleBytes = 128

// requiredMeta are the Type 1 elements of the File Meta Information.
//
// Source: DICOM PS3.10 Section 7.1.
var requiredMeta = [...]Tag{0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012}

func metaBit(tag Tag) uint8 {
	for i, t := range requiredMeta {
		if t == tag {
			return 1 << i
		}
	}
	return 0
}

// open looks at the start of the file and enters the File Meta Information,
// or, without one, the data set.
func (s *scanner) open() error {
	b, err := s.w.bytes(0, preambleBytes+16)
	if err != nil {
		return err
	}
	root := frame{defined: true, limit: s.w.size}
	switch {
	case hasPrefix(b, s.w.size):
		s.h.HasPreamble = true
		s.checkPreamble(b[:preambleBytes])
		s.pos = preambleBytes + 4
	case len(b) >= 4 && string(b[:4]) == "DICM":
		s.pos = 4
		s.problem("fmt-part10", finding.Warning, 0, 0, "The file has no preamble of 128 bytes before its DICM prefix.")
	default:
		if _, ok := guessEncoding(b, s.w.size); !ok {
			s.refuse("fmt-part10", "The file is not DICOM: it has no DICM prefix and does not start with a data element.")
			return nil
		}
		s.problem("fmt-part10", finding.Warning, 0, 0, "The file has no preamble and no DICM prefix.")
	}
	s.push(root)
	s.inMeta = true
	return nil
}

// hasPrefix reports whether b, the start of a file, has a preamble and the
// DICM prefix. The four letters may also stand there by chance, in a file that
// has no preamble.
func hasPrefix(b []byte, size int64) bool {
	const end = preambleBytes + 4
	if len(b) < end || string(b[preambleBytes:end]) != "DICM" {
		return false
	}
	if _, ok := guessEncoding(b[end:], size-end); ok || len(b) < end+8 {
		return true
	}
	_, ok := guessEncoding(b, size)
	return !ok
}

// leaveMeta does nothing within the File Meta Information; at its end it
// enters the data set.
func (s *scanner) leaveMeta() error {
	b, err := s.w.bytes(s.pos, 14)
	if err != nil {
		return err
	}
	if len(b) >= 4 && tagOf(b, false).Group() == 2 {
		s.h.HasMeta = true
		return nil
	}
	s.inMeta = false
	s.checkMeta()
	if len(b) == 0 {
		s.refuse("fmt-truncated", "The file ends before its data set starts.")
		return nil
	}
	if s.syntax.Deflated {
		limit := s.lim.InflateBytes
		if left := s.w.size - s.pos; left < limit/s.lim.InflateRatio {
			limit = left * s.lim.InflateRatio
		}
		s.w.inflate(s.pos, limit)
		s.stack[0].limit = s.w.size
		if b, err = s.w.bytes(s.pos, 14); err != nil {
			return err
		}
	}
	f := &s.stack[0]
	f.implicit, f.bigEndian = s.syntax.Implicit, s.syntax.BigEndian
	guess, ok := guessEncoding(b, s.w.size-s.pos)
	switch {
	case !ok:
		if s.syntax.UID == "" {
			s.refuse("fmt-transfer-syntax", "No known encoding fits the data set.")
		}
	case s.syntax.UID == "":
		f.implicit, f.bigEndian = guess.implicit, guess.bigEndian
	case guess.implicit != f.implicit || guess.bigEndian != f.bigEndian:
		s.problem("fmt-transfer-syntax", finding.Warning, 0, s.pos, "The data set is not encoded as its transfer syntax says.")
		f.implicit, f.bigEndian = guess.implicit, guess.bigEndian
	}
	return nil
}

// checkMeta judges the File Meta Information just left and finds the transfer
// syntax.
func (s *scanner) checkMeta() {
	h := s.h
	if !h.HasMeta {
		s.problem("fmt-part10", finding.Warning, 0, s.pos, "The file has no File Meta Information; its encoding had to be guessed.")
		return
	}
	for i, t := range requiredMeta {
		if s.metaSeen&(1<<i) == 0 {
			s.problem("fmt-part10", finding.Warning, t, s.pos, "The File Meta Information lacks "+dict.Keyword(t)+".")
		}
	}
	switch {
	case s.metaEnd > s.w.size:
		s.problem("fmt-part10", finding.Blocker, requiredMeta[0], s.pos, "The length of the File Meta Information reaches past the end of the file.")
	case s.metaEnd != 0 && s.metaEnd != s.pos:
		s.problem("fmt-part10", finding.Warning, requiredMeta[0], s.pos, "The length of the File Meta Information is wrong.")
	}
	s.checkTransferSyntax()
}

// checkTransferSyntax looks the transfer syntax up. One that is not known
// leaves the encoding to be guessed.
func (s *scanner) checkTransferSyntax() {
	const rule, tag = "fmt-transfer-syntax", Tag(0x00020010)
	uid := s.h.TransferSyntaxUID
	syntax, known := dict.LookupTransferSyntax(uid)
	switch {
	case uid == "":
		s.problem(rule, finding.Blocker, tag, s.pos, "The file does not name its transfer syntax.")
		return
	case !known:
		s.problem(rule, finding.Blocker, tag, s.pos, "The transfer syntax is private or not in the standard; pixels cannot be read.")
		return
	case syntax.IsPrivate():
		s.problem(rule, finding.Blocker, tag, s.pos, "The transfer syntax is private; other programs cannot be expected to read the pixels.")
	case syntax.BigEndian:
		s.problem(rule, finding.Warning, tag, s.pos, "The transfer syntax, Explicit VR Big Endian, is retired.")
	case syntax.Retired:
		s.problem(rule, finding.Warning, tag, s.pos, "The transfer syntax is retired.")
	case syntax.Deflated:
		s.problem(rule, finding.Info, tag, s.pos, "The data set is deflated; many programs cannot read it.")
	}
	if syntax.UID == "1.2.840.10008.1.2.6.1" || syntax.UID == "1.2.840.10008.1.2.6.2" || syntax.Family == "realtime_video_not_file" {
		s.problem(rule, finding.Blocker, tag, s.pos, "The transfer syntax is not one for files.")
		return
	}
	s.syntax = syntax
}

// layout is how the elements of a data set are written.
type layout struct{ implicit, bigEndian bool }

// guessEncoding finds the encoding in which b, at the start of a data set with
// left bytes, is a data element. ok is false if there is none.
func guessEncoding(b []byte, left int64) (guess layout, ok bool) {
	if len(b) < 8 {
		return layout{}, false
	}
	for _, bigEndian := range [2]bool{false, true} {
		tag := tagOf(b, bigEndian)
		if tag.Group() > 0x00FF || tag.Group() == 0 || tag.IsPrivate() && tag.Group() < 9 {
			continue
		}
		if _, known := parseVR(b[4], b[5]); known {
			return layout{false, bigEndian}, true
		}
		if _, known := dict.Lookup(tag); known && int64(uint32Of(b[4:], bigEndian)) <= left-8 {
			return layout{true, bigEndian}, true
		}
		if dict.VR(tag) == "SQ" && uint32Of(b[4:], bigEndian) == undefined {
			return layout{true, bigEndian}, true
		}
	}
	return layout{}, false
}

// signature is the start of a file that another program would run or open.
type signature struct{ magic, kind string }

var executableSignatures = [...]signature{
	{"MZ", "a Windows program"},
	{"\x7fELF", "an ELF program"},
	{"\xfe\xed\xfa\xce", "a Mach-O program"}, {"\xfe\xed\xfa\xcf", "a Mach-O program"},
	{"\xce\xfa\xed\xfe", "a Mach-O program"}, {"\xcf\xfa\xed\xfe", "a Mach-O program"},
	{"\xca\xfe\xba\xbe", "a Mach-O or Java program"},
	{"#!", "a script"},
	{"PK\x03\x04", "a ZIP archive"}, {"PK\x05\x06", "a ZIP archive"},
	{"%PDF", "a PDF document"},
	{"Rar!\x1a\x07", "a RAR archive"}, {"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"}, {"\x1f\x8b\x08", "a gzip file"},
}

// checkPreamble looks for other file types in the 128 bytes that a program may
// use as it likes (CVE-2019-11687).
//
// Source: DICOM PS3.10 Section 7.1 and its note on dual-purpose TIFF files.
func (s *scanner) checkPreamble(b []byte) {
	const rule = "fmt-preamble-polyglot"
	if isZero(b) {
		return
	}
	for _, sig := range executableSignatures {
		if bytes.HasPrefix(b, []byte(sig.magic)) {
			s.problem(rule, finding.Blocker, 0, 0, "The preamble makes the file "+sig.kind+" as well.")
			return
		}
	}
	if kind := markupKind(b); kind != "" {
		s.problem(rule, finding.Blocker, 0, 0, "The preamble makes the file "+kind+" as well.")
		return
	}
	switch string(b[:4]) {
	case "II*\x00", "MM\x00*", "II+\x00", "MM\x00+":
		s.problem(rule, finding.Info, 0, 0, "The preamble makes the file a TIFF image as well, which the standard allows.")
	default:
		s.problem(rule, finding.Warning, 0, 0, "The preamble is not empty; its 128 bytes can hold anything.")
	}
}

// markupKind names the active document that b starts or contains, or "".
func markupKind(b []byte) string {
	low := bytes.ToLower(b)
	for _, sig := range [...]signature{
		{"<script", "an HTML page"}, {"<html", "an HTML page"}, {"<!doctype", "an HTML page"},
		{"<svg", "an SVG image"}, {"<?php", "a PHP script"}, {"<?xml", "an XML document"},
		{"<iframe", "an HTML page"}, {"<body", "an HTML page"}, {"javascript:", "an HTML page"}, {"%pdf-", "a PDF document"},
	} {
		if bytes.Contains(low, []byte(sig.magic)) {
			return sig.kind
		}
	}
	return ""
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
