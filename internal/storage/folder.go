package storage

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Kind is what is kept.
type Kind string

// Kinds, in the order in which pages show them.
const (
	Submissions Kind = "submission"
	Reports     Kind = "report"   // of audits, with the sealed lists of texts
	Pictures    Kind = "picture"  // previews and samples, in rows
	Documents   Kind = "document" // of the vault
	Heads       Kind = "head"     // of the record of acts
	FreeAudits  Kind = "free_audit"
	Exports     Kind = "export"  // of accounts
	Unknown     Kind = "unknown" // outside of our folders
)

// Kinds returns all of them.
func Kinds() []Kind {
	return []Kind{Submissions, Reports, Pictures, Documents, Heads, FreeAudits, Exports, Unknown}
}

// folder is a part of the object store whose objects are named by rows. The
// names of its objects sort as its rows do.
type folder struct {
	prefix, suffix string // around the name of a row's object
	kind           Kind
	rows           string // a page of rows behind @after, by name
}

// key is the object of a row of that name.
func (f folder) key(name string) string { return f.prefix + name + f.suffix }

// name is the row that an object belongs to: beside an upload lie the notes
// that the receiver makes, "id.info" and "id.part".
func (f folder) name(key string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(key, f.prefix), ".")
	return name
}

// row names an object.
type row struct {
	Name         string          `db:"name"`
	Organization id.Organization `db:"organization_id"` // empty for the platform
	IsExpected   bool            `db:"is_expected"`     // the object must be there
}

// rowsAtOnce is how many rows are read at once.
const rowsAtOnce = 1000

// The rows of each folder as object_is_named knows them (migration 167). They
// are of all organizations: the job is the platform's own.
var folders = []folder{
	{"upload/", "", Submissions, `
SELECT   id::text AS name, organization_id::text AS organization_id, state = 'finished' AS is_expected
FROM     upload
WHERE    assay_platform() = 'worker'
AND      deleted_at IS NULL
AND      (@after = '' OR id > nullif(@after, '')::uuid)
ORDER BY id
LIMIT    @limit`},
	{"report/", ".json", Reports, reportRows(true)},
	{"texts/", ".sealed", Reports, reportRows(false)},
	{"vault/", "", Documents, `
SELECT   substr(blob_key, 7) AS name, organization_id, is_expected
FROM (
    (SELECT   blob_key, organization_id::text AS organization_id, true AS is_expected
     FROM     vault_version
     WHERE    assay_platform() = 'worker'
     AND      blob_key COLLATE "C" > 'vault/' || @after
     AND      blob_key COLLATE "C" < 'vault0'
     ORDER BY blob_key COLLATE "C"
     LIMIT    @limit)
    UNION ALL
    (SELECT   blob_key, '', false
     FROM     vault_leftover
     WHERE    blob_key COLLATE "C" > 'vault/' || @after
     AND      blob_key COLLATE "C" < 'vault0'
     ORDER BY blob_key COLLATE "C"
     LIMIT    @limit)
) named
ORDER BY blob_key COLLATE "C"
LIMIT    @limit`},
	{"activity/heads/", ".json", Heads, `
SELECT   lpad(number::text, 12, '0') AS name, '' AS organization_id, stored_at IS NOT NULL AS is_expected
FROM     activity_published
WHERE    number > coalesce(nullif(@after, ''), '0')::bigint
ORDER BY number
LIMIT    @limit`},
	{"free/", "", FreeAudits, `
SELECT   id::text AS name, '' AS organization_id, true AS is_expected
FROM     free_audit
WHERE    assay_platform() = 'worker'
AND      state IN ('queued', 'running')
AND      (@after = '' OR id > nullif(@after, '')::uuid)
ORDER BY id
LIMIT    @limit`},
	{"account-exports/", "", Exports, `
SELECT   id::text AS name, '' AS organization_id, ready_at IS NOT NULL AS is_expected
FROM     account_export
WHERE    assay_platform() = 'worker'
AND      failed_at IS NULL
AND      (@after = '' OR id > nullif(@after, '')::uuid)
ORDER BY id
LIMIT    @limit`},
}

func reportRows(isExpected bool) string {
	expected := "false"
	if isExpected {
		expected = "true"
	}
	return `
SELECT   id::text AS name, organization_id::text AS organization_id, ` + expected + ` AS is_expected
FROM     audit_report
WHERE    assay_platform() = 'worker'
AND      (@after = '' OR id > nullif(@after, '')::uuid)
ORDER BY id
LIMIT    @limit`
}

// names reads the rows of a folder one by one, in the order of their names.
type names struct {
	folder
	db     *postgres.DB
	page   []row
	after  string
	isLast bool
}

// first is the row that comes next; ok is false behind the last.
func (n *names) first(ctx context.Context) (r row, ok bool, err error) {
	if len(n.page) == 0 && !n.isLast {
		err = n.db.InTx(ctx, worker, func(tx pgx.Tx) error {
			n.page, err = postgres.Many[row](ctx, tx, n.rows, pgx.NamedArgs{"after": n.after, "limit": rowsAtOnce})
			return err
		})
		n.isLast = len(n.page) < rowsAtOnce
	}
	if err != nil || len(n.page) == 0 {
		return row{}, false, err
	}
	return n.page[0], true, nil
}

func (n *names) drop() {
	n.after = n.page[0].Name
	n.page = n.page[1:]
}
