package activity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit/certificate"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/postgres"
)

// Reason is what is wrong with a row.
type Reason string

// Reasons of a Fault.
const (
	Changed     Reason = "changed"      // the row is not what was recorded
	Missing     Reason = "missing"      // the row is gone
	Swapped     Reason = "swapped"      // the row holds the act of another
	Inserted    Reason = "inserted"     // the row was not there
	Cut         Reason = "cut"          // the record ends before this row
	Unlinked    Reason = "unlinked"     // an act is in no link of the chain
	HeadDiffers Reason = "head differs" // a published head is not what was published
	HeadMissing Reason = "head missing" // a published head is gone
)

// Fault is the first row that does not fit.
type Fault struct {
	Number int64 // of the row, or of the head
	Reason Reason
	Other  int64  // with Swapped: the row whose act it holds
	Act    string // with Unlinked: the id of the act
}

// Error says the fault in a sentence.
func (f *Fault) Error() string {
	switch f.Reason {
	case Changed:
		return fmt.Sprintf("Row %d is not what was recorded.", f.Number)
	case Missing:
		return fmt.Sprintf("Row %d is missing.", f.Number)
	case Swapped:
		return fmt.Sprintf("Row %d holds the act of row %d.", f.Number, f.Other)
	case Inserted:
		return fmt.Sprintf("Row %d was put in later.", f.Number)
	case Cut:
		return fmt.Sprintf("The tail is cut: row %d and what followed is gone.", f.Number)
	case Unlinked:
		return fmt.Sprintf("The act %s is in no link of the chain, which has %d rows.", f.Act, f.Number-1)
	case HeadDiffers:
		return fmt.Sprintf("The head published for row %d differs from the chain or from what was published.", f.Number)
	case HeadMissing:
		return fmt.Sprintf("The head published for row %d is missing from the object store.", f.Number)
	}
	return string(f.Reason)
}

// error is the fault with its kind.
func (f *Fault) error() error {
	return errs.Wrap(errs.Conflict, "The record of acts does not fit its chain.", f)
}

// Checked is what a walk over the whole chain has seen.
type Checked struct {
	Rows     int64
	Heads    int   // published heads that the chain was held against
	LastHead int64 // rows behind it are held by the chain alone
	Unsigned int   // heads without a signature that one of the keys made
}

// Verify walks the whole chain and computes every hash anew; nil keys stand for
// those that the server publishes. It returns a
// Fault, of kind errs.Conflict, with the number of the first row that does not
// fit the chain or a published head. The actor must see all rows: a platform
// admin or the worker. Memory does not grow with the rows.
func (s *Service) Verify(ctx context.Context, a postgres.Actor, keys certificate.Keys) (c Checked, err error) {
	if a.Platform != postgres.Admin && a.Platform != postgres.Worker {
		return c, errs.New(errs.Forbidden, "Only the platform verifies the whole record.")
	}
	if keys == nil && s.signer != nil {
		if keys, err = s.signer.Keys(ctx); err != nil {
			return c, err
		}
	}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		c, err = verify(ctx, tx, s.blobs, keys)
		return err
	})
	return c, err
}

// verifier is a walk over the chain.
type verifier struct {
	q        postgres.Querier
	blobs    *blob.Store
	keys     certificate.Keys
	listed   map[int64]listedHead // of the table, without those seen in the object store
	unlisted int64                // the first in the object store alone
	numbers  []int64              // of heads in the object store, ascending
	head     *Sealed              // the one that covers the next row; nil behind the last
	next     int64
	hash     []byte // of the link before
	scheme   int
	checked  Checked
}

type listedHead struct {
	Number   int64
	Hash     []byte
	Digest   []byte
	IsStored bool
}

const selectListed = `
SELECT number, hash, sha256(convert_to(file, 'UTF8')) AS digest, stored_at IS NOT NULL AS is_stored
FROM   activity_published`

// verify walks the chain that q sees. What was published is read first: the
// rows it covers are there already.
func verify(ctx context.Context, q postgres.Querier, blobs *blob.Store, keys certificate.Keys) (Checked, error) {
	v := &verifier{q: q, blobs: blobs, keys: keys, next: 1, listed: map[int64]listedHead{}}
	if err := v.list(ctx); err != nil {
		return Checked{}, err
	}
	if err := v.openHead(ctx); err != nil {
		return Checked{}, err
	}
	err := walk(ctx, q, math.MinInt64, 0, func(l link) error { return v.row(ctx, l) })
	if err == nil {
		err = v.end(ctx)
	}
	return v.checked, err
}

func (v *verifier) list(ctx context.Context) error {
	rows, err := v.q.Query(ctx, selectListed)
	if err != nil {
		return fmt.Errorf("published heads: %w", err)
	}
	listed, err := pgx.CollectRows(rows, pgx.RowToStructByName[listedHead])
	if err != nil {
		return fmt.Errorf("published heads: %w", err)
	}
	for _, l := range listed {
		v.listed[l.Number] = l
	}
	err = v.blobs.List(ctx, headPrefix, func(o blob.Object) error {
		digits := strings.TrimSuffix(strings.TrimPrefix(o.Key, headPrefix), ".json")
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			v.numbers = append(v.numbers, n)
		}
		return nil
	})
	slices.Sort(v.numbers)
	return err
}

// openHead reads the next published head, whose rows follow those of the one
// before. Where the object store and the table disagree, a signature decides
// whether the object was altered; the table is compared at the end.
func (v *verifier) openHead(ctx context.Context) error {
	v.head = nil
	if v.checked.Heads == len(v.numbers) {
		return nil
	}
	n := v.numbers[v.checked.Heads]
	file, err := (&Service{blobs: v.blobs}).readObject(ctx, n)
	if err != nil {
		return err
	}
	h, err := ReadHead(file)
	if err != nil || h.Number != n {
		return (&Fault{Number: n, Reason: HeadDiffers}).error()
	}
	if h.From != v.checked.LastHead+1 {
		return (&Fault{Number: h.From - 1, Reason: HeadMissing}).error()
	}
	digest := sha256.Sum256(file)
	listed, isKnown := v.listed[n]
	isListed := isKnown && bytes.Equal(listed.Digest, digest[:]) && hex.EncodeToString(listed.Hash) == h.Hash
	if isBad := errors.Is(h.CheckSignature(v.keys), certificate.ErrSignature); len(v.keys) > 0 && isBad && (h.IsSigned() || !isListed) {
		return (&Fault{Number: n, Reason: HeadDiffers}).error()
	}
	switch {
	case isListed:
		delete(v.listed, n)
	case !isKnown && v.unlisted == 0:
		v.unlisted = n
	}
	v.head = &h
	return nil
}

// checkLink holds a link against the row before, without any head.
func checkLink(l link, number int64, previous []byte) (rowHash []byte, f *Fault) {
	switch {
	case l.number < number:
		return nil, &Fault{Number: l.number, Reason: Inserted}
	case l.number > number, l.act == nil:
		return nil, &Fault{Number: number, Reason: Missing}
	}
	rowHash = hashRow(l.act.text())
	if !bytes.Equal(rowHash, l.rowHash) || !bytes.Equal(l.linked(previous, rowHash), l.hash) {
		return rowHash, &Fault{Number: number, Reason: Changed}
	}
	return rowHash, nil
}

// row checks one link.
func (v *verifier) row(ctx context.Context, l link) error {
	n := v.next
	own, f := checkLink(l, n, v.hash)
	switch {
	case f != nil && f.Reason != Changed:
		return f.error()
	case f != nil, v.head != nil && !bytes.Equal(own, v.head.row(n)):
		return v.explain(ctx, l, own)
	case l.scheme < v.scheme, v.head != nil && l.scheme != v.head.Scheme:
		return (&Fault{Number: n, Reason: Changed}).error()
	}
	v.next, v.hash, v.scheme = n+1, l.hash, l.scheme
	v.checked.Rows = n
	if v.head == nil || n < v.head.Number {
		return nil
	}
	return v.closeHead(ctx)
}

// closeHead holds the chain against the head of the row just seen.
func (v *verifier) closeHead(ctx context.Context) error {
	h := v.head
	if h.Hash != hex.EncodeToString(v.hash) {
		return (&Fault{Number: h.Number, Reason: HeadDiffers}).error()
	}
	if !h.IsSigned() || h.CheckSignature(v.keys) != nil {
		v.checked.Unsigned++
	}
	v.checked.Heads++
	v.checked.LastHead = h.Number
	return v.openHead(ctx)
}

// explain tells a changed row from one that stands elsewhere, by the rows
// behind it.
func (v *verifier) explain(ctx context.Context, l link, own []byte) error {
	n := v.next
	want := v.expected(l)
	var standsAt, belongsTo int64
	covered := v.checked.Heads
	err := walk(ctx, v.q, n, 0, func(later link) error {
		if later.act != nil && bytes.Equal(hashRow(later.act.text()), want) {
			standsAt = later.number
		}
		for v.head != nil && later.number > v.head.Number { // its published hash
			v.checked.Heads++
			v.checked.LastHead = v.head.Number
			if err := v.openHead(ctx); err != nil {
				return err
			}
		}
		if bytes.Equal(v.expected(later), own) {
			belongsTo = later.number
		}
		return nil
	})
	v.checked.Heads = covered
	f := &Fault{Number: n, Reason: Changed}
	switch {
	case err != nil:
	case belongsTo > 0 && standsAt > 0:
		f.Reason, f.Other = Swapped, belongsTo
	case belongsTo > 0:
		f.Reason = Missing
	case standsAt > 0:
		f.Reason = Inserted
	}
	return f.error()
}

// expected is the hash that a row should have: as published, else as linked.
func (v *verifier) expected(l link) []byte {
	if v.head != nil && l.number >= v.head.From && l.number <= v.head.Number {
		return v.head.row(l.number)
	}
	return l.rowHash
}

const compareEnd = `
SELECT h.number, h.hash, (SELECT coalesce(max(number), 0) FROM activity_chain)
FROM   activity_head h`

const firstUnlinked = `
SELECT   a.id::text
FROM     activity a
WHERE    NOT EXISTS (SELECT FROM activity_chain c WHERE c.activity_id = a.id)
ORDER BY a.at, a.id
LIMIT    1`

// end holds the last row against the heads: the published ones, and the one
// from which the database goes on.
func (v *verifier) end(ctx context.Context) error {
	if v.head != nil {
		return (&Fault{Number: v.next, Reason: Cut}).error()
	}
	var number, last int64
	var hash []byte
	err := v.q.QueryRow(ctx, compareEnd).Scan(&number, &hash, &last)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return (&Fault{Number: v.next - 1, Reason: HeadDiffers}).error()
	case err != nil:
		return fmt.Errorf("head of activity: %w", err)
	case number > last:
		return (&Fault{Number: last + 1, Reason: Cut}).error()
	case number < last:
		return (&Fault{Number: number + 1, Reason: HeadDiffers}).error()
	case number == v.checked.Rows && !bytes.Equal(hash, v.hash):
		return (&Fault{Number: number, Reason: HeadDiffers}).error()
	}
	var unlinked string
	switch err := v.q.QueryRow(ctx, firstUnlinked).Scan(&unlinked); {
	case err == nil:
		return (&Fault{Number: v.next, Reason: Unlinked, Act: unlinked}).error()
	case !errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("acts without a link: %w", err)
	}
	return v.compareList()
}

// compareList finds a head that the table and the object store tell
// differently, or that one of them lacks. What agrees was struck off the list.
func (v *verifier) compareList() error {
	f := &Fault{Number: math.MaxInt64}
	for n, l := range v.listed {
		_, isThere := slices.BinarySearch(v.numbers, n)
		switch {
		case n >= f.Number || !isThere && !l.IsStored: // about to be stored
		case isThere:
			f.Number, f.Reason = n, HeadDiffers
		default:
			f.Number, f.Reason = n, HeadMissing
		}
	}
	if f.Reason != "" {
		return f.error()
	}
	if v.unlisted > 0 {
		return (&Fault{Number: v.unlisted, Reason: HeadDiffers}).error()
	}
	return nil
}
