package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"assay/internal/audit"
	"assay/internal/audit/certificate"
)

// The issuer of these scripts.
const scriptIssuer = "https://assay.example"

// key of a number, the same on every run.
func key(ts *testscript.TestScript, number string) ed25519.PrivateKey {
	n, err := strconv.Atoi(number)
	ts.Check(err)
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(n)}, ed25519.SeedSize))
}

// certify signs what a folder holds: certify FOLDER KEY CERT MANIFEST [MASKED PATH].
// It hashes the files by itself, not by what lqs uses.
func certify(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 4 && len(args) != 6 {
		ts.Fatalf("usage: certify folder key cert manifest [masked path]")
	}
	root, masked, size := ts.MkAbs(args[0]), 0, int64(0)
	var m audit.Manifest
	ts.Check(filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(root, name)
		e := audit.ManifestEntry{Path: filepath.ToSlash(rel), SizeBytes: int64(len(data)), SHA256: sum(data)}
		size += e.SizeBytes
		if len(args) == 6 && e.Path == args[5] {
			e.Path, masked = args[4], 1
		}
		m = append(m, e)
		return err
	}))
	file, err := certificate.Sign(certificate.Certificate{
		ID: "019a0000-0000-7000-8000-000000000001", Issuer: scriptIssuer, Listing: "chest-ct", Title: "Chest CT", Version: 1,
		RootDigest: m.Digest(), ClaimsDigest: sum(nil), Files: int64(len(m)), Bytes: size, MaskedNames: masked,
		Verdict: audit.Passed, NotChecked: 1, RulesVersion: "2026.11.1",
		AuditedAt: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), IssuedAt: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC),
	}, key(ts, args[1]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), file, 0o644))
	var text bytes.Buffer
	ts.Check(m.WriteText(&text))
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), text.Bytes(), 0o644))
}

// writeKeys writes a file of keys: keys FILE KEY….
func writeKeys(ts *testscript.TestScript, _ bool, args []string) {
	var keys certificate.Keys
	for _, number := range args[1:] {
		public := key(ts, number).Public().(ed25519.PublicKey)
		keys = append(keys, certificate.Key{ID: certificate.KeyID(public), Public: public, From: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)})
	}
	file, err := certificate.WriteKeys(scriptIssuer, keys)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file, 0o644))
}

// hexKey writes the digits of a public key: hexkey FILE KEY.
func hexKey(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(hex.EncodeToString(key(ts, args[1]).Public().(ed25519.PublicKey))+"\n"), 0o644))
}

// revoke writes a revocation list: revoke FILE KEY SERIAL AGE_DAYS [CERTIFICATE…].
func revoke(ts *testscript.TestScript, _ bool, args []string) {
	serial, err := strconv.ParseInt(args[2], 10, 64)
	ts.Check(err)
	age, err := strconv.Atoi(args[3])
	ts.Check(err)
	at := time.Now().AddDate(0, 0, -age)
	r := certificate.Revocations{Issuer: scriptIssuer, Serial: serial, IssuedAt: at, NextUpdate: at.AddDate(0, 0, 7)}
	for _, id := range args[4:] {
		r.Entries = append(r.Entries, certificate.Revocation{Certificate: id, RevokedAt: at, Reason: certificate.Withdrawn})
	}
	file, err := certificate.SignRevocations(r, key(ts, args[1]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file, 0o644))
}

// flip alters one byte of a file: flip FILE OFFSET.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	name := ts.MkAbs(args[0])
	data, err := os.ReadFile(name)
	ts.Check(err)
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	data[at] ^= 1
	ts.Check(os.WriteFile(name, data, 0o644))
}

// cut keeps the first bytes of a file: cut FILE BYTES.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}
