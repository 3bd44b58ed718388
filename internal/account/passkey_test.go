package account_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// answerTo is what a browser sends back to an offer of a passkey: a new key,
// without an attestation.
//
// Source: W3C Web Authentication Level 3, sections 5.8.1, 6.1, 6.5.1 and 8.7.
func answerTo(t *testing.T, c account.Ceremony) []byte {
	t.Helper()
	var offer struct {
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(c.Options, &offer); err != nil || offer.Challenge == "" {
		t.Fatalf("the offer has no challenge: %s, %v", c.Options, err)
	}
	encode := func(v any) []byte {
		b, err := webauthncbor.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes() // 4, then X and Y of 32 bytes
	if err != nil {
		t.Fatal(err)
	}
	const isPresent, isVerified, hasKey = 1, 4, 64
	site, name := sha256.Sum256([]byte("assay.test")), []byte(rand.Text())
	data := slices.Concat(site[:], []byte{isPresent | isVerified | hasKey}, make([]byte, 4), make([]byte, 16),
		binary.BigEndian.AppendUint16(nil, uint16(len(name))), name,
		encode(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})) // EC2, ES256, P-256
	text := base64.RawURLEncoding.EncodeToString
	client := fmt.Sprintf(`{"type":"webauthn.create","challenge":%q,"origin":"https://assay.test"}`, offer.Challenge)
	return fmt.Appendf(nil, `{"id":%q,"rawId":%[1]q,"type":"public-key","response":{"clientDataJSON":%q,"attestationObject":%q}}`,
		text(name), text([]byte(client)), text(encode(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})))
}

func TestOneOfManyTakesTheLastPasskeyThatAPersonMayHave(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewDatabase(t)
	s := newService(db.DB)
	a := postgres.Actor{User: registered(t, db.DB, s, "ada@example.org")}
	for n := range 19 {
		asSuper(t, db.SuperURL, insertTestPasskey, id.New[id.Passkey](), a.User, fmt.Appendf(nil, "credential %d", n))
	}
	conn, err := pgx.Connect(t.Context(), db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	hold, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hold.Exec(t.Context(), `LOCK TABLE passkey IN SHARE MODE`); err != nil { // none is written until all are on their way
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var done atomic.Int32
	const browsers = 3
	for range browsers { // all are offered one while there is room
		c, err := s.OfferPasskey(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		answer := answerTo(t, c)
		all.Go(func() {
			switch _, err := s.AddPasskey(t.Context(), a, c.State, answer, "A key", ""); {
			case err == nil:
				done.Add(1)
			case errs.KindOf(err) != errs.Conflict || !strings.Contains(errs.MessageOf(err), "at most 20 passkeys"):
				t.Errorf("AddPasskey: %v", err)
			}
		})
	}
	const waiting = `SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()`
	for deadline := time.Now().Add(time.Minute); count(t, db.SuperURL, waiting) < browsers; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not all browsers wait for a lock")
		}
	}
	if err := hold.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if n := count(t, db.SuperURL, `SELECT count(*) FROM passkey WHERE user_id = $1`, a.User); n != 20 || done.Load() != 1 {
		t.Errorf("%d of %d went through and %d passkeys stand, want 1 and 20", done.Load(), browsers, n)
	}
	_, err = s.OfferPasskey(t.Context(), a)
	wantKind(t, "an offer of one more", err, errs.Conflict)
}
