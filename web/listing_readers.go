package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/internal/catalog"
	"assay/internal/credential"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// readerLines says of each group of readers what a reviewer has checked and
// holds on the day of now.
func readerLines(e catalog.Entry, now time.Time) []page.ReadersLine {
	var lines []page.ReadersLine
	for _, g := range e.Detail.Readers {
		if g.Role == "" {
			continue
		}
		lines = append(lines, readersLine(g.On(now)))
	}
	return lines
}

func readersLine(g catalog.ReaderGroup) page.ReadersLine {
	line := page.ReadersLine{Group: listing.AnnotatorRoles.Label(g.Role), Tag: "", Sum: "Claimed by the seller, not checked"}
	if g.Claimed > 0 {
		line.Group = fmt.Sprintf("%s × %d", line.Group, g.Claimed)
	}
	n := len(g.Checked)
	if n == 0 {
		line.Text = "No reviewer has seen a certificate or license of a reader in this group."
		return line
	}
	line.Tag, line.Sum = "ok", ui.Plural(n, "reader", "readers")+" verified"
	if g.Claimed > 0 {
		line.Sum = fmt.Sprintf("%d of %s verified", n, ui.Plural(max(g.Claimed, n), "reader", "readers"))
	}
	line.Text = checkedWords(g) + ", checked by a reviewer of Assay on " + lastCheck(g) + "."
	if n < g.Claimed {
		line.Text += " The others: claimed by the seller, not checked."
	}
	for _, r := range g.Checked {
		line.Each = append(line.Each, ui.Pair{Term: r.Label, Value: readerWords(r)})
	}
	if g.Role == "radiologist" {
		line.SearchURL = datasetsURL(catalog.Query{Filters: map[catalog.Field][]string{catalog.FieldVerifiedReaders: {"1"}}})
	}
	return line
}

// checkedWords says what the checked readers are: "2 board-certified, 1
// licensed".
func checkedWords(g catalog.ReaderGroup) string {
	counts := map[string]int{}
	for _, r := range g.Checked {
		switch {
		case hasProof(r, credential.BoardCertificate):
			counts["board-certified"]++
		case hasProof(r, credential.MedicalLicense):
			counts["licensed"]++
		default:
			counts["with proof of training"]++
		}
	}
	var parts []string
	for _, word := range []string{"board-certified", "licensed", "with proof of training"} {
		if n := counts[word]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	if len(counts) == 1 { // all of them are
		_, parts[0], _ = strings.Cut(parts[0], " ")
		return upperFirst(parts[0])
	}
	return strings.Join(parts, ", ")
}

func hasProof(r catalog.Reader, kind credential.Kind) bool {
	return slices.ContainsFunc(r.Proofs, func(p catalog.Proof) bool { return p.Kind == string(kind) })
}

// lastCheck is the day of the newest check, in words.
func lastCheck(g catalog.ReaderGroup) string {
	last := ""
	for _, r := range g.Checked {
		for _, p := range r.Proofs {
			last = max(last, p.On)
		}
	}
	return dayInWords(last)
}

// readerWords says what was checked of one reader, as far as the seller shows
// it.
func readerWords(r catalog.Reader) string {
	var parts []string
	for _, p := range r.Proofs {
		text := credential.Kind(p.Kind).Label()
		if p.Body != "" {
			text += ", " + p.Body
		}
		text += ", checked on " + dayInWords(p.On)
		if p.Until != "" {
			text += ", holds until " + dayInWords(p.Until)
		}
		parts = append(parts, text)
	}
	if country := r.Proofs[0].Country; country != "" {
		parts = append(parts, "practices in "+catalog.CountryName(country))
	}
	return strings.Join(parts, "; ")
}
