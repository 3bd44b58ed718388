package listing_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/internal/listing"
)

var update = flag.Bool("update", false, "write docs/lifecycle.md anew")

const drawingFile = "../../docs/lifecycle.md"

func TestDrawingShowsTheLifecycleOfTheCode(t *testing.T) {
	want := drawing()
	if *update {
		if err := os.WriteFile(drawingFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(drawingFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/lifecycle.md is not what lifecycle.go says; run go test ./internal/listing -run Drawing -update\n%s", diff)
	}
}

func drawing() string {
	var b strings.Builder
	b.WriteString(drawingHead)
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> draft\n")
	for _, tr := range listing.Transitions() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", tr.From, tr.To, tr.Event)
	}
	for _, state := range listing.States {
		if state.Value.IsFinal() {
			fmt.Fprintf(&b, "    %s --> [*]\n", state.Value)
		}
	}
	b.WriteString("```\n\n## States\n\n| state | on pages | meaning | events that leave it |\n|---|---|---|---|\n")
	for _, state := range listing.States {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", state.Value, state.Label, state.Help, leaving(state.Value))
	}
	b.WriteString("\n## Moves\n\n| from | event | to | fired by |\n|---|---|---|---|\n")
	for _, tr := range listing.Transitions() {
		parties := make([]string, len(tr.By))
		for i, p := range tr.By {
			parties[i] = string(p)
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %s |\n", tr.From, tr.Event, tr.To, strings.Join(parties, " or "))
	}
	b.WriteString(drawingTail)
	return b.String()
}

func leaving(s listing.State) string {
	var events []string
	for _, tr := range listing.Transitions() {
		if tr.From == s {
			events = append(events, "`"+string(tr.Event)+"`")
		}
	}
	if len(events) == 0 {
		return "none: final"
	}
	return strings.Join(events, ", ")
}

const drawingHead = `# The life of a version

A listing has versions; a version is a set of files on its way to buyers. This
page is written from ` + "`internal/listing/lifecycle.go`" + ` by
` + "`go test ./internal/listing -run Drawing -update`" + `, and the same test
fails when the two differ. Another test compares the code with the table
` + "`version_transition`" + `, from which the database refuses every other move.

A version that is ` + "`audit_failed`, `changes_requested` or `rejected`" + ` is
final: the seller starts a new version. ` + "`audit_error`" + ` is our fault, not
the seller's.

`

const drawingTail = `
## What a move needs

| before a version | the database holds that |
|---|---|
| leaves ` + "`auditing`" + ` with a report | its manifest is sealed: ` + "`root_digest`" + ` is the SHA-256 that the database itself computes over path, size and SHA-256 of each file, and neither changes again |
| is ` + "`approved`" + ` | the newest decision about exactly this ` + "`root_digest` and `claims_digest`" + ` approves, and the newest report about these files names no blocker; each warning has an answer that a reviewer accepted |
| is approved at once | it passed without a warning, the seller is verified at that moment, a rights document was accepted, a reviewer has approved another listing of the seller, no version of the listing is suspended, and no report about it is open or was upheld with consequences |
| is ` + "`live`" + ` | the same approval and report hold, the seller is verified at the moment of publishing, and no other version of the listing is live; if another one is suspended, a reviewer has approved this one since |
| returns from ` + "`suspended`" + ` | the same approval and report hold, its seller is not suspended, and no newer version has been on offer |
| is restored by a granted appeal | the appeal is against the suspension that holds now, and no other upheld report holds a version of the listing down |
| leaves ` + "`embargoed`" + ` by a worker | the day has come |
| goes on offer, or is embargoed, by a worker | who planned it, or set its day last, belongs to the seller and may publish at that moment |
| is ` + "`suspended`, `withdrawn`, `rejected` or `changes_requested`" + ` | a reason is given |

Only one version of a listing is on its way at a time (` + "`uploading`, `queued`, `auditing`, `audit_error`, `in_review`, `approved`, `embargoed`" + `).
A ` + "`draft`" + ` has no files and keeps nothing back: the version before it can be submitted, and an upload that begins takes the draft up again.
Each move leaves a row in ` + "`version_event`" + `, which cannot be written by hand, and a row of activity in the same transaction.

A reviewer is a platform reviewer or admin who does not belong to the seller's
organization. A worker is a background process that nobody asked.

## Suspensions

A suspension is undone by reviewers alone. What is approved or embargoed beside the suspended
version goes back to them in the same transaction (` + "`recall`" + `), is checked anew and decided in a
round of its own; its seller is told and has nothing to do. What comes later is not approved at
once, so a reviewer sees it before it takes the place of the tombstone. A suspended version
returns only if nothing newer has been on offer: else its seller sends a new one.

## New rules

A live version is audited again when the rules of the audit change, over the same bytes.
That report stands beside the one of the submission (` + "`audit_report.is_reaudit`" + `) and moves
nothing by itself: the version goes on to be shown, answered for and certified by the
report of its submission. What is new in it decides:

| new | what happens |
|---|---|
| nothing, or less | it is noted |
| a warning, or a blocker that names nobody | reviewers look (` + "`/review/reaudits`" + `), the seller is told, the version stays on offer |
| a blocker of a direct identifier | a worker suspends the version at once; the public reason names the rules and no value |

Where a version goes live, returns or is certified anew, the newest report counts, that
of an audit by new rules too, unless a reviewer has closed it with a reason or it repeats
what an earlier one said. What a reviewer has closed is known: later rules that find it
again note it and ask nobody. A direct identifier cannot be closed away: such a version
returns when a later audit finds its files clear, and else the seller sends a new one.

## Claims

Claims are revisions of their own. The newest one can be edited until it is
frozen: when the files are queued for the audit, or when it is submitted.
Editing afterwards makes the next revision.

Changing the claims of a live version moves no files:

- Changed license, rights, consent, labels or annotators wait for a reviewer,
  and the approved claims stay live. On approval the live version takes the new
  claims in the same transaction.
- A changed claim about de-identification or reports is refused: the audit held the
  files against the one that is live, so the changed one goes with a new version.
- Any other change holds at once, if the seller is verified at that moment and has
  fewer than three strikes, as for publishing; the database compares the two
  revisions and keeps a decision of kind ` + "`carried`" + `.
- Of a suspended version nothing is decided. Its changed claims wait until it is back
  on offer; their clock and their checks begin anew then.
- What waits lapses when the version leaves the catalog for good or a newer one takes
  its place before a reviewer has decided. The same claims can be sent for the newer one.

A version is submitted with the newest claims. If the de-identification claim
has changed since the audit held the files against it, the seller starts a new
version, so that the audit sees the new claim.
`
