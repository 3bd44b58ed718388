package activity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/postgres"
)

// Schemes of a link.
const (
	schemeText = 1 // the link is of the row's text
	schemeRow  = 2 // the link is of the row's hash
)

// rowDomain keeps the hash of a row apart from every other hash.
const rowDomain = "assay-activity-row/2\n"

// act is a row as it stands in the table.
type act struct {
	ID                 string
	At                 time.Time // to the microsecond
	Organization, User *string
	Platform           string
	Verb               string
	Object, ObjectID   string
	Detail             string // JSON as Postgres writes it
}

// link is a row of the chain; the act is nil if its row is gone.
type link struct {
	number  int64
	scheme  int
	act     *act
	rowHash []byte
	hash    []byte
}

// text is the row as one JSON object, byte for byte what jsonb makes of it: keys
// by length, then by bytes; one space behind each colon and comma.
//
// Source: PostgreSQL, src/backend/utils/adt/jsonb.c (JsonbToCString) and
// jsonb_util.c (lengthCompareJsonbStringValue).
func (a *act) text() string {
	var b strings.Builder
	b.WriteString(`{"at": ` + quoted(a.At.UTC().Format("2006-01-02T15:04:05.000000Z")))
	b.WriteString(`, "id": ` + quoted(a.ID))
	b.WriteString(`, "user": ` + orNull(a.User))
	b.WriteString(`, "verb": ` + quoted(a.Verb))
	b.WriteString(`, "detail": ` + a.Detail)
	b.WriteString(`, "object": ` + quoted(a.Object))
	b.WriteString(`, "platform": ` + quoted(a.Platform))
	b.WriteString(`, "object_id": ` + quoted(a.ObjectID))
	b.WriteString(`, "organization": ` + orNull(a.Organization) + `}`)
	return b.String()
}

// oldText is the text of scheme 1: a JSON list, with the time in seconds since
// 1970.
func (a *act) oldText() string {
	micros := a.At.UnixMicro()
	sign := ""
	if micros < 0 {
		sign, micros = "-", -micros
	}
	epoch := fmt.Sprintf("%s%d.%06d", sign, micros/1e6, micros%1e6)
	return "[" + strings.Join([]string{quoted(a.ID), epoch, orNull(a.Organization), orNull(a.User), quoted(a.Platform),
		quoted(a.Verb), quoted(a.Object), quoted(a.ObjectID), a.Detail}, ", ") + "]"
}

func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return quoted(*s)
}

// quoted is a JSON string with the escapes of Postgres and no others.
//
// Source: PostgreSQL, src/backend/utils/adt/json.c (escape_json).
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\b':
			b.WriteString(`\b`)
		case c == '\f':
			b.WriteString(`\f`)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ':
			b.WriteString(`\u00` + strconv.FormatInt(int64(c>>4), 16) + strconv.FormatInt(int64(c&15), 16))
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// hashRow is the hash of a row's own text.
func hashRow(text string) []byte {
	sum := sha256.Sum256([]byte(rowDomain + text))
	return sum[:]
}

// hashLink is the hash of a link behind the one before, which is empty for the
// first.
func hashLink(previous, of []byte) []byte {
	h := sha256.New()
	h.Write(previous)
	h.Write(of)
	return h.Sum(nil)
}

// linked is the hash that the link must have behind previous.
func (l link) linked(previous, rowHash []byte) []byte {
	if l.scheme == schemeText {
		return hashLink(previous, []byte(l.act.oldText()))
	}
	return hashLink(previous, rowHash)
}

// walkPage is how many links are in memory at once.
const walkPage = 2000

const selectLinks = `
SELECT   c.number, c.scheme, c.row_hash, c.hash, a.id::text, a.at, a.organization_id::text, a.user_id::text,
         a.platform, a.verb, a.object, a.object_id, a.detail::text
FROM     activity_chain c
LEFT JOIN activity a ON a.id = c.activity_id
WHERE    c.number > @after
ORDER BY c.number
LIMIT    @limit`

// walk calls visit with each link behind a number, at most limit of them, 0
// for all.
func walk(ctx context.Context, q postgres.Querier, after, limit int64, visit func(link) error) error {
	for {
		page := int64(walkPage)
		if limit > 0 {
			page = min(page, limit)
		}
		links, err := readLinks(ctx, q, after, page)
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := visit(l); err != nil {
				return err
			}
			after = l.number
		}
		if limit > 0 {
			if limit -= page; limit == 0 {
				return nil
			}
		}
		if int64(len(links)) < page {
			return nil
		}
	}
}

func readLinks(ctx context.Context, q postgres.Querier, after, limit int64) ([]link, error) {
	rows, err := q.Query(ctx, selectLinks, pgx.NamedArgs{"after": after, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("read the chain: %w", err)
	}
	links, err := pgx.CollectRows(rows, scanLink)
	if err != nil {
		return nil, fmt.Errorf("read the chain: %w", err)
	}
	return links, nil
}

func scanLink(row pgx.CollectableRow) (l link, err error) {
	var id, platform, verb, object, objectID, detail *string
	var at *time.Time
	a := &act{}
	err = row.Scan(&l.number, &l.scheme, &l.rowHash, &l.hash, &id, &at, &a.Organization, &a.User,
		&platform, &verb, &object, &objectID, &detail)
	if err != nil || id == nil {
		return l, err
	}
	a.ID, a.At, a.Platform, a.Verb, a.Object, a.ObjectID, a.Detail = *id, *at, *platform, *verb, *object, *objectID, *detail
	l.act = a
	return l, nil
}
