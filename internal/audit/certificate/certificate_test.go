package certificate_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/certificate"
)

const issuer = "https://assay.example"

var issued = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// privateKey is the same on every run.
func privateKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func trusted(key ed25519.PrivateKey) certificate.Key {
	public := key.Public().(ed25519.PublicKey)
	return certificate.Key{ID: certificate.KeyID(public), Public: public, Issuer: issuer, From: issued.AddDate(-1, 0, 0)}
}

func sample() certificate.Certificate {
	return certificate.Certificate{
		ID: "019a0000-0000-7000-8000-000000000001", Issuer: issuer, Listing: "chest-ct-abc123", Title: "Chest CT with “nodules” <1 cm & more", Version: 2,
		RootDigest: strings.Repeat("a1", 32), ClaimsDigest: strings.Repeat("b2", 32), Files: 3, Bytes: 4096,
		Verdict: audit.Flagged, Warnings: 2, Infos: 1, NotChecked: 1, RulesVersion: "2026.11.1",
		Tables: []audit.Table{{Name: "PS3.15 Table E.1-1", Edition: "2026c"}}, AuditedAt: issued.Add(-time.Hour), IssuedAt: issued,
	}
}

func sign(t testing.TB, c certificate.Certificate, key ed25519.PrivateKey) []byte {
	t.Helper()
	file, err := certificate.Sign(c, key)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWhatWasSignedIsWhatVerifyReturns(t *testing.T) {
	want := sample()
	file := sign(t, want, privateKey(1))
	got, err := certificate.Verify(file, certificate.Keys{trusted(privateKey(2)), trusted(privateKey(1))})
	if err != nil {
		t.Fatal(err)
	}
	want.Schema, want.KeyID = certificate.Schema, trusted(privateKey(1)).ID
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if again := sign(t, sample(), privateKey(1)); !bytes.Equal(file, again) {
		t.Error("the same certificate gives two files")
	}
}

// The form is documented: a verifier in another language relies on it.
func TestThePayloadHasTheDocumentedForm(t *testing.T) {
	var e struct{ Payload []byte }
	if err := json.Unmarshal(sign(t, sample(), privateKey(1)), &e); err != nil {
		t.Fatal(err)
	}
	const want = `{"schema":"assay-certificate/1","id":"019a0000-0000-7000-8000-000000000001","issuer":"https://assay.example",` +
		`"key_id":"34750f98bd59fcfc946da45aaabe933be154a4b5094e1c4abf42866505f3c97e","listing":"chest-ct-abc123","title":"Chest CT with “nodules” <1 cm & more","version":2,` +
		`"root_digest":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","claims_digest":"b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",` +
		`"files":3,"bytes":4096,"masked_names":0,"verdict":"flagged","blockers":0,"warnings":2,"infos":1,"not_checked":1,"rules_version":"2026.11.1",` +
		`"tables":[{"name":"PS3.15 Table E.1-1","edition":"2026c"}],"audited_at":"2026-11-20T09:00:00Z","issued_at":"2026-11-20T10:00:00Z"}`
	if diff := cmp.Diff(want, string(e.Payload)); diff != "" {
		t.Error(diff)
	}
}

func TestEveryAlteredByteIsRefused(t *testing.T) {
	file := sign(t, sample(), privateKey(1))
	keys := certificate.Keys{trusted(privateKey(1))}
	for i := range len(file) - 1 { // the line feed at the end may go
		for _, flip := range []byte{1, 32, 128} {
			altered := bytes.Clone(file)
			altered[i] ^= flip
			if _, err := certificate.Verify(altered, keys); err == nil {
				t.Errorf("byte %d altered from %q to %q is accepted", i, file[i], altered[i])
			}
		}
		if _, err := certificate.Verify(file[:i], keys); err == nil {
			t.Errorf("a certificate cut off after %d bytes is accepted", i)
		}
	}
}

func TestVerifySaysWhyNot(t *testing.T) {
	key := trusted(privateKey(1))
	with := func(change func(*certificate.Key)) certificate.Keys {
		k := key
		change(&k)
		return certificate.Keys{k}
	}
	other := trusted(privateKey(2))
	for _, tt := range []struct {
		name string
		keys certificate.Keys
		want error
	}{
		{"no key at all", nil, certificate.ErrUnknownKey},
		{"only another key", certificate.Keys{other}, certificate.ErrUnknownKey},
		{"another key under the id of this one", certificate.Keys{{ID: key.ID, Public: other.Public}}, certificate.ErrUnknownKey},
		{"issued before the key was in use", with(func(k *certificate.Key) { k.From = issued.Add(time.Second) }), certificate.ErrKeyTime},
		{"issued after the key was replaced", with(func(k *certificate.Key) { k.Until = issued.Add(-time.Second) }), certificate.ErrKeyTime},
		{"the key was taken back later", with(func(k *certificate.Key) { k.RevokedAt = issued.AddDate(1, 0, 0) }), certificate.ErrKeyRevoked},
		{"the key is another issuer's", with(func(k *certificate.Key) { k.Issuer = "https://other.example" }), certificate.ErrIssuer},
		{"two files know the key, one that it was taken back", append(certificate.Keys{key}, with(func(k *certificate.Key) { k.RevokedAt = issued })...), certificate.ErrKeyRevoked},
		{"a key for any issuer and time", certificate.Keys{{ID: key.ID, Public: key.Public}}, nil},
		{"a key that was replaced later", with(func(k *certificate.Key) { k.Until = issued.AddDate(1, 0, 0) }), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := certificate.Verify(sign(t, sample(), privateKey(1)), tt.keys); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
		})
	}
}

// resealed signs any text as if it were a certificate: it shows that the words
// themselves are refused, not only their signature.
func resealed(payload string) []byte {
	key := privateKey(1)
	signature := ed25519.Sign(key, []byte(certificate.Schema+"\n"+payload))
	return envelope(payload, trusted(key).ID, signature)
}

func envelope(payload, keyID string, signature []byte) []byte {
	file, _ := json.Marshal(map[string]string{"payload": base64.StdEncoding.EncodeToString([]byte(payload)), "key_id": keyID,
		"signature": base64.StdEncoding.EncodeToString(signature)})
	return file
}

func payloadOf(t testing.TB, file []byte) string {
	t.Helper()
	var e struct{ Payload []byte }
	if err := json.Unmarshal(file, &e); err != nil {
		t.Fatal(err)
	}
	return string(e.Payload)
}

func TestWordsThatNoIssuerWouldSignAreRefusedThoughSigned(t *testing.T) {
	good := payloadOf(t, sign(t, sample(), privateKey(1)))
	keys := certificate.Keys{trusted(privateKey(1))}
	if _, err := certificate.Verify(resealed(good), keys); err != nil {
		t.Fatalf("the unchanged words are refused: %v", err)
	}
	for _, tt := range []struct{ name, from, to string }{
		{"a field twice", `"version":2`, `"version":2,"version":3`},
		{"a field in capitals", `"version":2`, `"Version":2`},
		{"a field twice, once in capitals", `"version":2`, `"version":2,"VERSION":3`},
		{"an unknown field", `"version":2`, `"version":2,"also":1`},
		{"a missing field", `"warnings":2,`, ``},
		{"null", `"warnings":2`, `"warnings":null`},
		{"a fraction", `"warnings":2`, `"warnings":2.0`},
		{"an exponent", `"warnings":2`, `"warnings":2e0`},
		{"a negative count", `"warnings":2`, `"warnings":-2`},
		{"a number beyond what others read", `"bytes":4096`, `"bytes":9007199254740993`},
		{"a blocker", `"blockers":0`, `"blockers":1`},
		{"a failed audit", `"verdict":"flagged"`, `"verdict":"failed"`},
		{"another schema", `assay-certificate/1`, `assay-certificate/2`},
		{"a digest in capitals", `a1a1"`, `a1A1"`},
		{"another key named inside", `"key_id":"34`, `"key_id":"35`},
		{"issued before the audit", `"issued_at":"2026-11-20T10`, `"issued_at":"2026-11-20T08`},
		{"a title that steers the terminal", `"title":"Chest`, `"title":"\u001b[2JChest`},
		{"a title that reverses the text", `"title":"Chest`, `"title":"\u202eChest`},
		{"deep nesting", `"version":2`, `"version":` + strings.Repeat("[", 4000) + strings.Repeat("]", 4000)},
		{"a second object", `}`, `}{}`},
		{"a list", `{"schema"`, `[{"schema"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			last := strings.LastIndex(good, tt.from)
			if last < 0 {
				t.Fatalf("the sample does not hold %s", tt.from)
			}
			bad := good[:last] + tt.to + good[last+len(tt.from):]
			if tt.from == "}" {
				bad = good + "{}"
			}
			if _, err := certificate.Verify(resealed(bad), keys); err == nil {
				t.Errorf("accepted: %.200s", bad)
			}
		})
	}
}

func TestEnvelopesOfTheWrongFormAreRefused(t *testing.T) {
	file := string(sign(t, sample(), privateKey(1)))
	keys := certificate.Keys{trusted(privateKey(1))}
	for _, tt := range []struct{ name, file string }{
		{"nothing", ""},
		{"a key of its own", strings.Replace(file, `{"payload"`, `{"public_key":"00","payload"`, 1)},
		{"an algorithm of its own", strings.Replace(file, `{"payload"`, `{"alg":"none","payload"`, 1)},
		{"no signature", strings.Split(file, `,"signature"`)[0] + "}"},
		{"an empty signature", strings.Split(file, `,"signature"`)[0] + `,"signature":""}`},
		{"something after the end", file + "{}"},
		{"a line break in the base64", strings.Replace(file, `"payload":"`, `"payload":"\n`, 1)},
		{"over the limit", file + strings.Repeat(" ", certificate.MaxBytes)},
	} {
		if _, err := certificate.Verify([]byte(tt.file), keys); err == nil {
			t.Errorf("%s is accepted", tt.name)
		}
	}
}

// A signature on a list of revocations is none on a certificate.
func TestSignaturesDoNotCarryOverToAnotherKindOfFile(t *testing.T) {
	key := privateKey(1)
	payload := payloadOf(t, sign(t, sample(), key))
	for _, domain := range []string{"", certificate.RevocationsSchema + "\n", certificate.Schema} {
		file := envelope(payload, trusted(key).ID, ed25519.Sign(key, []byte(domain+payload)))
		if _, err := certificate.Verify(file, certificate.Keys{trusted(key)}); !errors.Is(err, certificate.ErrSignature) {
			t.Errorf("signed as %q: Verify = %v, want ErrSignature", domain, err)
		}
	}
}

func TestSignRefusesWhatVerifyWouldRefuse(t *testing.T) {
	for name, change := range map[string]func(*certificate.Certificate){
		"a blocker":     func(c *certificate.Certificate) { c.Blockers = 1 },
		"failed":        func(c *certificate.Certificate) { c.Verdict = audit.Failed },
		"no digest":     func(c *certificate.Certificate) { c.RootDigest = "" },
		"no time":       func(c *certificate.Certificate) { c.AuditedAt = time.Time{} },
		"a line feed":   func(c *certificate.Certificate) { c.Title = "a\nb" },
		"no files":      func(c *certificate.Certificate) { c.Files = 0 },
		"no identifier": func(c *certificate.Certificate) { c.ID = "" },
	} {
		c := sample()
		change(&c)
		if _, err := certificate.Sign(c, privateKey(1)); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestKeysSurviveTheirFile(t *testing.T) {
	retired := trusted(privateKey(2))
	retired.Until, retired.RevokedAt = issued, issued.Add(time.Hour)
	want := certificate.Keys{trusted(privateKey(1)), retired}
	file, err := certificate.WriteKeys(issuer, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := certificate.ParseKeys(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{
		strings.Replace(string(file), `"key_id":"3`, `"key_id":"4`, 1), // an id that is not the key's
		strings.Replace(string(file), `assay-keys/1`, `assay-keys/2`, 1),
		strings.Replace(string(file), `"public_key":"`, `"public_key":"00`, 1),
		string(file) + "x",
	} {
		if _, err := certificate.ParseKeys([]byte(bad)); err == nil {
			t.Errorf("accepted: %.200s", bad)
		}
	}
}

func FuzzCertificate(f *testing.F) {
	good := sign(f, sample(), privateKey(1))
	f.Add(good)
	f.Add([]byte(payloadOf(f, good)))
	f.Add(resealed(`{"schema":"assay-certificate/1","version":1e9}`))
	f.Add([]byte(`{"payload":"e30=","key_id":"","signature":""}`))
	list, err := certificate.SignRevocations(revocations(1), privateKey(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(list)
	keysFile, err := certificate.WriteKeys(issuer, certificate.Keys{trusted(privateKey(1))})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(keysFile)
	keys := certificate.Keys{trusted(privateKey(1))}
	f.Fuzz(func(t *testing.T, file []byte) {
		// The payload as well, so that the fuzzer need not find a base64.
		for _, candidate := range [][]byte{file, resealed(string(file))} {
			c, err := certificate.Verify(candidate, keys)
			if err != nil {
				continue
			}
			again, err := certificate.Sign(c, privateKey(1))
			if err != nil {
				t.Fatalf("what Verify accepts cannot be signed again: %v", err)
			}
			if d, err := certificate.Verify(again, keys); err != nil || cmp.Diff(c, d) != "" {
				t.Fatalf("signed again it is another certificate: %v\n%s", err, cmp.Diff(c, d))
			}
		}
		certificate.VerifyRevocations(file, keys, issuer)
		certificate.ParseKeys(file)
	})
}
