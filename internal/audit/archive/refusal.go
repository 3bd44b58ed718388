package archive

import (
	"fmt"

	"assay/internal/audit/finding"
)

// Refusal is the reason why an archive, or one entry of it, is not read.
type Refusal struct {
	// Entry is the masked name of the entry; empty if the whole archive is
	// refused.
	Entry string
	// Index is the entry's place in the archive, from 1; 0 if the whole
	// archive is refused.
	Index int
	// Reason is a sentence that names the limit and the value where there is
	// one. It quotes nothing from the archive.
	Reason string
}

// Error returns the sentence, with the entry in front.
func (r *Refusal) Error() string {
	if r.Index == 0 {
		return r.Reason
	}
	return fmt.Sprintf("Entry %d (%s): %s", r.Index, r.Entry, r.Reason)
}

// refuse returns a refusal of the whole archive.
func refuse(format string, args ...any) *Refusal {
	return &Refusal{Reason: fmt.Sprintf(format, args...)}
}

// refuseEntry returns a refusal of one entry.
func refuseEntry(index int, name, format string, args ...any) *Refusal {
	return &Refusal{Entry: finding.Mask(name), Index: index, Reason: fmt.Sprintf(format, args...)}
}

// bytesText writes a number of bytes for a person.
func bytesText(n int64) string {
	switch {
	case n < 0:
		return "an unknown number of bytes"
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// Rules returns the rules of this package.
func Rules() []finding.Rule {
	return []finding.Rule{ruleArchive, ruleEntry}
}

var ruleArchive = finding.Rule{
	ID:       "archive-refused",
	Title:    "Archive refused",
	Severity: finding.Blocker,
	Fix:      "Make the archive again with a common tool (zip, tar) from the folder itself, without encryption, links or files added by hand, and submit the new one.",
	Source:   "Assay limits; APPNOTE.TXT 6.3 (zip), POSIX.1-2008 pax (tar)",
}

var ruleEntry = finding.Rule{
	ID:       "archive-entry-refused",
	Title:    "Entry of an archive refused",
	Severity: finding.Blocker,
	Fix:      "Leave the entry out, or replace it by a plain file with a plain name, and make the archive again.",
	Source:   "Assay limits; APPNOTE.TXT 6.3 (zip), POSIX.1-2008 pax (tar)",
}

// Finding returns r as a finding about the archive called name.
func (r *Refusal) Finding(name string) finding.Finding {
	rule, path := ruleArchive, "archive"
	if r.Index > 0 {
		rule, path = ruleEntry, fmt.Sprintf("archive entry %d", r.Index)
	}
	return rule.New(path, r.Entry, r.Reason, finding.Location{File: name})
}
