package activity_test

import (
	"context"
	"crypto/ed25519"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/audit/certificate"
	"assay/internal/blob"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

const issuer = "https://assay.example"

// signer signs with a key that it also publishes.
type signer struct{ key ed25519.PrivateKey }

// Seal signs v.
func (s signer) Seal(_ context.Context, _ postgres.Querier, schema string, v any) ([]byte, error) {
	return certificate.Seal(schema, v, s.key)
}

// Keys returns the public key.
func (s signer) Keys(context.Context) (certificate.Keys, error) {
	public := s.key.Public().(ed25519.PublicKey)
	return certificate.Keys{{ID: certificate.KeyID(public), Public: public}}, nil
}

func key(n byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return ed25519.NewKeyFromSeed(seed)
}

func newBlobs(t *testing.T) *blob.Store {
	t.Helper()
	blobs, err := blob.Open(t.Context(), "file://"+t.TempDir()+"/blob")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	return blobs
}

// newService signs what it publishes, into a store of its own.
func newService(t *testing.T, db *postgres.DB) *activity.Service {
	t.Helper()
	return activity.New(db, newBlobs(t), signer{key(1)}, issuer)
}

// nasty are texts that two writers of JSON could write differently.
var nasty = []string{"plain", "", `quotes " and \ and /`, "tab\tline\nreturn\rback\bfeed\f", "\x01\x1f\x7f", "grüße 漢字 🫀", "<a&b>", "\u2028\u2029", "{\"a\": 1}", "  spaces  "}

// recordMany records n acts of several organizations, with texts of every
// kind, and returns the organization of each.
func recordMany(t *testing.T, db *postgres.DB, n int) []id.Organization {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(n)))
	organizations := []id.Organization{id.New[id.Organization](), id.New[id.Organization](), ""}
	verbs := []string{"version.publish", "member.set_role", "upload.finish", "grant.make"}
	var owners []id.Organization
	for range n {
		o := organizations[random.IntN(len(organizations))]
		a := postgres.Actor{Organization: o}
		if random.IntN(4) > 0 {
			a.User = id.New[id.User]()
		}
		if random.IntN(4) == 0 {
			a.Platform = postgres.Reviewer
		}
		detail := map[string]string{}
		for range random.IntN(4) {
			detail[nasty[random.IntN(len(nasty))]] = nasty[random.IntN(len(nasty))]
		}
		err := db.InTx(t.Context(), a, func(tx pgx.Tx) error {
			return activity.Record(t.Context(), tx, activity.Entry{Actor: a, Organization: o, Verb: verbs[random.IntN(len(verbs))],
				Object: nasty[random.IntN(len(nasty))], ObjectID: id.New[string](), Detail: detail})
		})
		if err != nil {
			t.Fatal(err)
		}
		owners = append(owners, o)
	}
	return owners
}

func publish(t *testing.T, s *activity.Service) {
	t.Helper()
	if err := s.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func super(t *testing.T, d postgrestest.Database) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), d.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}
