package review

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/catalog"
	"assay/internal/id"
	"assay/internal/license"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Change is a claim that differs from the one approved last.
type Change struct{ Subject, Term, Before, Now string }

// changes compares two revisions of claims line by line, as buyers read them.
func changes(old, now listing.Claims) []Change {
	was, is := linesOf(old), linesOf(now)
	var list []Change
	for _, l := range is.order {
		if was.text[l] != is.text[l] {
			list = append(list, Change{l.subject, l.term, was.text[l], is.text[l]})
		}
	}
	for _, l := range was.order {
		if _, kept := is.text[l]; !kept {
			list = append(list, Change{l.subject, l.term, was.text[l], ""})
		}
	}
	return list
}

type line struct{ subject, term string }

type lines struct {
	order []line
	text  map[line]string
}

func (l *lines) add(subject, term, text string) {
	at := line{subject, term}
	if _, ok := l.text[at]; ok {
		text = l.text[at] + "; " + text
	} else {
		l.order = append(l.order, at)
	}
	l.text[at] = text
}

func linesOf(c listing.Claims) lines {
	l := lines{text: map[line]string{}}
	e := catalog.Publication{Claims: c}.Entry()
	l.add("Basics", "Title", e.Title)
	l.add("Basics", "Summary", e.Summary)
	l.add("Basics", "Body parts", strings.Join(listing.BodyParts.Labels(c.Basics.BodyParts), ", "))
	l.add("Basics", "Tasks", strings.Join(listing.Tasks.Labels(c.Basics.Tasks), ", "))
	l.add("License", "Name", c.License.Name)
	l.add("License", "Tier", e.Tier.Label())
	l.add("License", "Access", e.Access.Label())
	for i, g := range c.License.Grants {
		subject := "Rights"
		if i > 0 {
			subject = fmt.Sprintf("Rights, group of files %d", i+1)
		}
		for _, use := range license.AllUses() {
			cell := g.Cells[use]
			l.add(subject, use.Label(), strings.Trim(cell.Verdict.Label()+", "+cell.Clause+", "+cell.Condition, ", "))
		}
	}
	for _, claim := range e.Detail.Claims {
		l.add(claim.Subject, claim.Term, claim.Value)
	}
	for _, fact := range e.Detail.Facts {
		l.add("Figures", fact.Label, fact.Value)
	}
	l.add("Known problems", "Caveats", strings.Join(c.Caveats.List, " "))
	return l
}

// FileChanges is how the files of a version differ from those of an earlier
// one, by path and digest.
type FileChanges struct {
	Added, Removed, Changed, Same int
	Paths                         []FileChange // at most mostPaths of each kind
}

// FileChange is one file that differs.
type FileChange struct {
	Kind string `db:"kind"` // added, removed or changed
	Path string `db:"path"`
}

// mostPaths is how many paths of each kind are named.
const mostPaths = 20

const comparedFiles = `
WITH compared AS (
    SELECT coalesce(n.path, o.path) AS path,
           CASE WHEN o.path IS NULL THEN 'added'
                WHEN n.path IS NULL THEN 'removed'
                WHEN n.sha256 <> o.sha256 OR n.size_bytes <> o.size_bytes THEN 'changed'
                ELSE 'same' END AS kind
    FROM      (SELECT path, sha256, size_bytes FROM version_file WHERE version_id = @now AND organization_id = @organization) n
    FULL JOIN (SELECT path, sha256, size_bytes FROM version_file WHERE version_id = @before AND organization_id = @organization) o
           ON o.path = n.path
)`

const countChanges = comparedFiles + `
SELECT count(*) FILTER (WHERE kind = 'added'), count(*) FILTER (WHERE kind = 'removed'),
       count(*) FILTER (WHERE kind = 'changed'), count(*) FILTER (WHERE kind = 'same')
FROM   compared`

const namedChanges = comparedFiles + `
SELECT   kind, path
FROM     (SELECT kind, path, row_number() OVER (PARTITION BY kind ORDER BY path COLLATE "C") AS i
          FROM   compared
          WHERE  kind <> 'same') c
WHERE    i <= @most
ORDER BY kind, path COLLATE "C"`

// compareFiles compares the manifests of two versions of an organization.
func compareFiles(ctx context.Context, q postgres.Querier, org id.Organization, before, now id.Version) (*FileChanges, error) {
	args, c := pgx.NamedArgs{"organization": org, "before": before, "now": now, "most": mostPaths}, FileChanges{}
	if err := q.QueryRow(ctx, countChanges, args).Scan(&c.Added, &c.Removed, &c.Changed, &c.Same); err != nil {
		return nil, err
	}
	if c.Added+c.Removed+c.Changed == 0 {
		return &c, nil
	}
	var err error
	c.Paths, err = postgres.Many[FileChange](ctx, q, namedChanges, args)
	return &c, err
}
