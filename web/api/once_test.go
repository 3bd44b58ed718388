package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/idempotency"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// keyed is an operation behind once, and a token that sends it the same request
// again and again.
type keyed struct {
	*API
	db      *postgres.DB
	bearer  account.Bearer
	carried int // how often the operation was begun
}

func newKeyed(t *testing.T) *keyed {
	t.Helper()
	const password = "four lanterns over the river"
	k := &keyed{db: postgrestest.New(t)}
	accounts := account.New(k.db, account.Options{PublicURL: "https://assay.test", SecretKey: []byte("0123456789abcdef0123456789abcdef")})
	user, err := accounts.Provision(t.Context(), account.Provisioned{Name: "Ada", Email: "ada@example.org", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	a := postgres.Actor{User: user}
	if a.Organization, err = accounts.CreateOrganization(t.Context(), user, account.NewOrganization{Name: "Ada's"}); err != nil {
		t.Fatal(err)
	}
	secret, err := accounts.CreateAPIToken(t.Context(), a, account.NewAPIToken{ID: id.New[id.APIToken](), Name: "A script",
		Scopes: account.AllScopes(), Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	if k.bearer, err = accounts.Bearer(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	k.API = &API{Services: Services{Requests: idempotency.NewStore(k.db)}, log: slog.New(slog.NewTextHandler(io.Discard, nil)), carryFor: time.Minute}
	return k
}

// send sends the request to an operation; the answer of the operation is that
// of a failure, or 201.
func (k *keyed) send(ctx context.Context, act func(ctx context.Context) error) *httptest.ResponseRecorder {
	operation := k.once(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.carried++
		if err := act(r.Context()); err != nil {
			k.problemOf(r.Context(), err).write(w, r)
			return
		}
		w.WriteHeader(http.StatusCreated)
	}))
	r := httptest.NewRequestWithContext(context.WithValue(ctx, bearerKey, k.bearer), http.MethodPost, "/listings", strings.NewReader("{}"))
	r.Header.Set(keyHeader, "key-1")
	w := httptest.NewRecorder()
	operation.ServeHTTP(w, r)
	return w
}

// touch needs the database, as every operation does.
func (k *keyed) touch(ctx context.Context) error {
	return k.db.InTx(ctx, k.bearer.Actor(), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT 1`)
		return err
	})
}

func TestAClientThatHangsUpStillGetsItsEffectOnce(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	ctx, hangUp := context.WithCancel(t.Context())
	k.send(ctx, func(ctx context.Context) error {
		hangUp()
		return k.touch(ctx)
	})

	again := k.send(t.Context(), k.touch)

	if again.Code != http.StatusCreated || again.Header().Get(replayedHeader) != "true" || k.carried != 1 {
		t.Errorf("sent again: status %d, repeated %q, carried out %d times; want the first answer, 201, of one",
			again.Code, again.Header().Get(replayedHeader), k.carried)
	}
}

func TestAKeyIsFreeAgainAfterA503(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	first := k.send(t.Context(), func(context.Context) error {
		return errs.New(errs.Unavailable, "Please try again in a minute.")
	})
	again := k.send(t.Context(), k.touch)
	if first.Code != http.StatusServiceUnavailable || again.Code != http.StatusCreated || k.carried != 2 {
		t.Errorf("status %d, then %d, carried out %d times; want 503, then 201, twice", first.Code, again.Code, k.carried)
	}
}

// Nobody can tell how far a request came that took longer than it may: it is
// neither answered from memory nor carried out again.
func TestARequestThatTakesTooLongHoldsItsKey(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	k.carryFor = time.Nanosecond
	k.send(t.Context(), func(ctx context.Context) error {
		<-ctx.Done()
		return k.touch(ctx)
	})
	var open, answered int
	err := k.db.InTx(t.Context(), k.bearer.Actor(), func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE finished_at IS NULL), count(finished_at) FROM api_idempotency`).Scan(&open, &answered)
	})
	if err != nil || open != 1 || answered != 0 {
		t.Errorf("%d requests are held without an answer, %d with one, %v; want one and none", open, answered, err)
	}
}
