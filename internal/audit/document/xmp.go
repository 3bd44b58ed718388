package document

import (
	"bytes"
	"strings"

	"assay/internal/audit/finding"
)

// xmpNames are the properties that are noted when filled, by local name.
//
// Source: XMP Specification Part 1 and 2, Exif for XMP, IPTC Core.
var xmpNames = map[string][]string{
	"creator": {"A"}, "Creator": {"A"}, "Author": {"A"}, "author": {"A"}, "OwnerName": {"A"}, "SerialNumber": {"M"}, "LensSerialNumber": {"M"},
	"CreatorContactInfo": {"A"}, "CiEmailWork": {"F"}, "CiTelWork": {"D"}, "PersonInImage": {"A"}, "Rating": nil,
	"GPSLatitude": {"B"}, "GPSLongitude": {"B"}, "City": {"B"}, "Location": {"B"}, "State": {"B"}, "CaptionWriter": {"A"},
	"description": nil, "Headline": nil, "UserComment": nil, "DateTimeOriginal": {"C"},
}

// xmpQuiet are properties that programs write about themselves.
var xmpQuiet = map[string]bool{
	"CreatorTool": true, "MetadataDate": true, "ModifyDate": true, "CreateDate": true, "DocumentID": true, "InstanceID": true, "OriginalDocumentID": true,
	"Producer": true, "format": true, "when": true, "softwareAgent": true, "instanceID": true, "documentID": true, "about": true, "History": true,
	"DerivedFrom": true, "parameters": true, "action": true, "changed": true, "Rating": true, "ID": true, "UUID": true,
	"xmptk": true, "lang": true, "schemaLocation": true, "TIFF": true,
}

// xmp scans a packet of XMP, or other XML within an image.
func (in *inspection) xmp(b []byte) {
	note := func(stack []string, name, value string, offset int64) {
		if xmpQuiet[name] {
			return
		}
		hits := in.scan(ruleImage, "XMP", value, 0)
		for i := len(stack) - 1; i >= 0 && i >= len(stack)-5 && hits == 0; i-- {
			if hipaa, noted := xmpNames[stack[i]]; noted && filled(value) {
				in.add(ruleImage, hit{path: "XMP " + stack[i], hipaa: hipaa, message: "The image carries this field."})
				return
			}
		}
	}
	visit := xmlVisitor{
		text: func(stack []string, s string, offset int64) {
			name := ""
			for i := len(stack) - 1; i >= 0; i-- {
				if name = stack[i]; name != "li" && name != "Alt" && name != "Seq" && name != "Bag" {
					break
				}
			}
			note(stack, name, s, offset)
		},
		attribute: func(stack []string, name, value string, offset int64) {
			note(append(stack[:len(stack):len(stack)], name), name, value, offset)
		},
	}
	b = bytes.TrimRight(bytes.TrimSpace(b), "\x00")
	err := in.walkXML(bytes.NewReader(b), visit)
	if err != nil && err != errLimit && in.ctx.Err() == nil {
		in.scan(ruleImage, "XMP", string(b), 0) // broken XML is still text
	}
}

// xmpPackets finds packets of XMP that stand in plain bytes, as in a PDF.
func (in *inspection) xmpPackets(b []byte) {
	for range 100 {
		start := bytes.Index(b, []byte("<x:xmpmeta"))
		if start < 0 {
			return
		}
		b = b[start:]
		end := bytes.Index(b, []byte("</x:xmpmeta>"))
		if end < 0 {
			return
		}
		packet := b[:end+len("</x:xmpmeta>")]
		if len(packet) <= maxMetadata {
			in.documentXMP(packet)
		}
		b = b[len(packet):]
	}
}

// documentXMP scans the packet of a document rather than of an image.
func (in *inspection) documentXMP(b []byte) {
	in.walkXML(bytes.NewReader(b), xmlVisitor{
		text: func(stack []string, s string, _ int64) {
			for i := len(stack) - 1; i >= 0; i-- {
				if xmpQuiet[stack[i]] {
					return
				}
				if stack[i] == "creator" || stack[i] == "Author" {
					if filled(s) {
						in.add(ruleReport, hit{path: "document property Author", hipaa: []string{"A"}, shape: finding.Mask(strings.TrimSpace(s)), message: "The document's properties name a person or an organization."})
					}
					break
				}
			}
			in.scan(ruleReport, "document properties", s, 0)
		},
		attribute: func([]string, string, string, int64) {},
	})
}
