package certificate_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/audit"
	"assay/internal/audit/certificate"
)

func revocations(serial int64, ids ...string) certificate.Revocations {
	r := certificate.Revocations{Issuer: issuer, Serial: serial, IssuedAt: issued, NextUpdate: issued.AddDate(0, 0, 7), Entries: []certificate.Revocation{}}
	for _, id := range ids {
		r.Entries = append(r.Entries, certificate.Revocation{Certificate: id, RevokedAt: issued, Reason: certificate.Suspended})
	}
	return r
}

func TestAListOfRevocationsIsReadAsItWasSigned(t *testing.T) {
	want := revocations(3, sample().ID)
	file, err := certificate.SignRevocations(want, privateKey(1))
	if err != nil {
		t.Fatal(err)
	}
	keys := certificate.Keys{trusted(privateKey(1))}
	got, err := certificate.VerifyRevocations(file, keys, issuer)
	if err != nil {
		t.Fatal(err)
	}
	want.Schema, want.KeyID = certificate.RevocationsSchema, keys[0].ID
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, revoked := got.Find(sample().ID); !revoked {
		t.Error("the revoked certificate is not found")
	}
	if _, revoked := got.Find("019a0000-0000-7000-8000-000000000009"); revoked {
		t.Error("a certificate that is not listed is revoked")
	}
	if _, err := certificate.VerifyRevocations(file, keys, "https://other.example"); !errors.Is(err, certificate.ErrIssuer) {
		t.Errorf("a list of another issuer: %v, want ErrIssuer", err)
	}
	if _, err := certificate.VerifyRevocations(file, certificate.Keys{trusted(privateKey(2))}, issuer); !errors.Is(err, certificate.ErrUnknownKey) {
		t.Errorf("a list of an unknown key: %v, want ErrUnknownKey", err)
	}
	file[len(file)/2] ^= 1
	if _, err := certificate.VerifyRevocations(file, keys, issuer); err == nil {
		t.Error("an altered list is accepted")
	}
}

func TestAListSpeaksOfThePresentOnly(t *testing.T) {
	list := revocations(3)
	for _, tt := range []struct {
		name string
		now  time.Time
		seen int64
		want error
	}{
		{"just issued", issued, 0, nil},
		{"the same list again", issued.AddDate(0, 0, 6), 3, nil},
		{"after its next update", issued.AddDate(0, 0, 7), 3, certificate.ErrStale},
		{"an older one than seen before", issued, 4, certificate.ErrRollback},
		{"dated in the future", issued.Add(-2 * time.Hour), 0, certificate.ErrFuture},
		{"by a clock that is a little ahead", issued.Add(-time.Minute), 0, nil},
	} {
		if err := list.Current(tt.now, tt.seen); !errors.Is(err, tt.want) {
			t.Errorf("%s: Current = %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestCompareNamesEveryFileThatDiffers(t *testing.T) {
	file := func(path, sum string) audit.ManifestEntry {
		return audit.ManifestEntry{Path: path, SizeBytes: 1, SHA256: sum}
	}
	manifest := audit.Manifest{file("a", "1"), file("b", "2"), file("c", "3"), file("[name] #4", "4"), file("[name] #5", "5")}
	for _, tt := range []struct {
		name  string
		files audit.Manifest
		want  certificate.Difference
	}{
		{"masked names match by content", audit.Manifest{file("a", "1"), file("b", "2"), file("c", "3"), file("doe/1", "4"), file("doe/2", "5")}, certificate.Difference{Masked: 2}},
		{"one changed, one gone, one too many", audit.Manifest{file("a", "1"), file("b", "9"), file("new", "3"), file("doe/1", "4"), file("doe/2", "5")},
			certificate.Difference{Missing: []string{"c"}, Changed: []string{"b"}, Extra: []string{"new"}, Masked: 2}},
		{"one file cannot stand for two masked ones", audit.Manifest{file("a", "1"), file("b", "2"), file("c", "3"), file("doe/1", "4")},
			certificate.Difference{Missing: []string{"[name] #5"}, Masked: 1}},
		{"a masked file with other content", audit.Manifest{file("a", "1"), file("b", "2"), file("c", "3"), file("doe/1", "4"), file("doe/2", "6")},
			certificate.Difference{Missing: []string{"[name] #5"}, Extra: []string{"doe/2"}, Masked: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := certificate.Compare(manifest, tt.files)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if none := len(tt.want.Missing)+len(tt.want.Changed)+len(tt.want.Extra) == 0; got.IsNone() != none {
				t.Errorf("IsNone = %v", got.IsNone())
			}
		})
	}
}
