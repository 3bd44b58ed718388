package activity

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit/certificate"
	"assay/internal/errs"
	"assay/internal/postgres"
)

// ProofSchema names the shape of a proof.
const ProofSchema = "assay-activity-proof/1"

// MaxProofBytes is the most that a proof may have.
const MaxProofBytes = 1 << 20

// Proof shows that a row stood in the record when a head was published. It
// holds nothing of other rows but hashes, which tell nothing. Hashes are
// lower-case hexadecimal.
type Proof struct {
	Schema       string    `json:"schema"`
	Issuer       string    `json:"issuer"`
	Number       int64     `json:"number"`
	Text         string    `json:"text"` // the row, as its hash is of
	RowHash      string    `json:"row_hash"`
	PreviousHash string    `json:"previous_hash"` // of the link before; empty for row 1
	Following    []string  `json:"following"`     // row hashes from number+1 up to the head
	Head         ProofHead `json:"head"`
}

// ProofHead is the published head that a proof leads to.
type ProofHead struct {
	Number int64     `json:"number"`
	Hash   string    `json:"hash"`
	At     time.Time `json:"at"`
}

const ownLink = `
SELECT c.scheme, coalesce((SELECT p.hash FROM activity_chain p WHERE p.number = c.number - 1), '\x'),
       a.id::text, a.at, a.organization_id::text, a.user_id::text, a.platform, a.verb, a.object, a.object_id, a.detail::text
FROM   activity_chain c
JOIN   activity a ON a.id = c.activity_id
WHERE  c.number = @number
AND    a.organization_id = nullif(@organization, '')::uuid`

const nextPublished = `
SELECT   number, hash, published_at
FROM     activity_published
WHERE    number >= @number
AND      stored_at IS NOT NULL
ORDER BY number
LIMIT    1`

const followingHashes = `
SELECT   row_hash
FROM     activity_chain
WHERE    number > @number
AND      number <= @head
ORDER BY number`

// Prove returns the proof of one row of the actor's organization. A row of
// another is errs.NotFound. It is errs.Conflict as long as no head was
// published behind the row, and for rows of before single rows had a hash.
func (s *Service) Prove(ctx context.Context, a postgres.Actor, number int64) (p Proof, err error) {
	p = Proof{Schema: ProofSchema, Issuer: s.issuer, Number: number, Following: []string{}}
	err = s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"number": number, "organization": string(a.Organization)}
		var scheme int
		var previous []byte
		var row act
		err := tx.QueryRow(ctx, ownLink, args).Scan(&scheme, &previous, &row.ID, &row.At, &row.Organization, &row.User,
			&row.Platform, &row.Verb, &row.Object, &row.ObjectID, &row.Detail)
		if err != nil {
			return postgres.NotFound(err, "Your organization has no act of that number.")
		}
		if scheme == schemeText {
			return errs.New(errs.Conflict, "This act was recorded before single acts could be proved. The record as a whole still vouches for it.")
		}
		p.Text, p.PreviousHash = row.text(), hex.EncodeToString(previous)
		p.RowHash = hex.EncodeToString(hashRow(p.Text))
		return p.lead(ctx, tx, args)
	})
	return p, err
}

// lead adds the way from the row to the next head.
func (p *Proof) lead(ctx context.Context, q postgres.Querier, args pgx.NamedArgs) error {
	var hash []byte
	err := q.QueryRow(ctx, nextPublished, args).Scan(&p.Head.Number, &hash, &p.Head.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.New(errs.Conflict, "There is no proof of this act yet: the head of the record is published once an hour. Come back later.")
	}
	if err != nil {
		return err
	}
	p.Head.Hash, p.Head.At = hex.EncodeToString(hash), p.Head.At.UTC()
	args["head"] = p.Head.Number
	own, err := postgres.Values[[]byte](ctx, q, followingHashes, args)
	for _, h := range own {
		p.Following = append(p.Following, hex.EncodeToString(h))
	}
	return err
}

// ReadProof reads the file of a proof.
func ReadProof(file []byte) (p Proof, err error) {
	if err := certificate.Read(bytes.TrimSpace(file), MaxProofBytes, &p); err != nil {
		return p, err
	}
	if p.Schema != ProofSchema || p.Number < 1 {
		return p, errors.New("this is not the proof of an act")
	}
	return p, nil
}

// ProvedAct is what the text of a proof says.
type ProvedAct struct {
	At           time.Time         `json:"at"`
	ID           string            `json:"id"`
	User         *string           `json:"user"`
	Verb         string            `json:"verb"`
	Detail       map[string]string `json:"detail"`
	Object       string            `json:"object"`
	Platform     string            `json:"platform"`
	ObjectID     string            `json:"object_id"`
	Organization *string           `json:"organization"`
}

// Why a proof does not hold. Test with errors.Is.
var (
	ErrProofText  = errors.New("the text is not the one that the row hash is of: it was altered")
	ErrProofChain = errors.New("the hashes do not lead to the head: one was altered, or belongs to another place")
	ErrProofHead  = errors.New("the head is not the one that was published")
)

// Check holds the proof against the head that was published, and returns the
// act. It needs no database: whoever has the head checks alone.
func (p Proof) Check(published Head) (a ProvedAct, err error) {
	if own := hex.EncodeToString(hashRow(p.Text)); own != p.RowHash {
		return a, ErrProofText
	}
	hash, err := unhexOrEmpty(p.PreviousHash)
	if err != nil {
		return a, err
	}
	if (p.PreviousHash == "") != (p.Number == 1) || p.Head.Number != p.Number+int64(len(p.Following)) {
		return a, ErrProofChain
	}
	for _, row := range append([]string{p.RowHash}, p.Following...) {
		own, err := unhex(row)
		if err != nil {
			return a, err
		}
		hash = hashLink(hash, own)
	}
	if hex.EncodeToString(hash) != p.Head.Hash {
		return a, ErrProofChain
	}
	if published.Number != p.Head.Number || published.Hash != p.Head.Hash || published.Issuer != p.Issuer {
		return a, ErrProofHead
	}
	d := json.NewDecoder(bytes.NewReader([]byte(p.Text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return a, fmt.Errorf("the text is not an act: %w", err)
	}
	return a, nil
}
