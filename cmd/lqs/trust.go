package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"assay/internal/audit/certificate"
)

// trustedKeys are the keys that the user names, or those of the settings
// folder. A certificate never adds one.
func trustedKeys(given []string) (certificate.Keys, error) {
	if len(given) == 0 {
		return keysOfSettings()
	}
	var keys certificate.Keys
	for _, one := range given {
		if key, err := certificate.ParseKey(one); err == nil {
			keys = append(keys, key)
			continue
		}
		more, err := readKeys(one)
		if err != nil {
			return nil, err
		}
		keys = append(keys, more...)
	}
	return keys, nil
}

// keysOfSettings reads every file of the folder assay/keys of the user's
// settings. A machine without settings trusts no key.
func keysOfSettings() (certificate.Keys, error) {
	folder, err := settingsFolder()
	if err != nil {
		return nil, nil
	}
	folder = filepath.Join(folder, "keys")
	list, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, plain(err)
	}
	var keys certificate.Keys
	for _, entry := range list {
		if entry.IsDir() {
			continue
		}
		more, err := readKeys(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		keys = append(keys, more...)
	}
	return keys, nil
}

func settingsFolder() (string, error) {
	folder, err := os.UserConfigDir()
	return filepath.Join(folder, "assay"), err
}

// readKeys reads a file of keys, or one that holds the digits of one key.
func readKeys(name string) (certificate.Keys, error) {
	text, err := readBounded(name, certificate.MaxKeysBytes)
	if err != nil {
		return nil, err
	}
	if key, err := certificate.ParseKey(string(bytes.TrimSpace(text))); err == nil {
		return certificate.Keys{key}, nil
	}
	keys, err := certificate.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no file of keys: %w", name, err)
	}
	return keys, nil
}

// revocation checks the certificate against the list, if one is given.
func (c *verifyCmd) revocation(w io.Writer, keys certificate.Keys, cert certificate.Certificate) error {
	if c.Revocations == "" {
		fmt.Fprintln(w, "Revocation   not checked: give the issuer's list by --revocations")
		return nil
	}
	file, err := readBounded(c.Revocations, certificate.MaxRevocationsBytes)
	if err != nil {
		return usageError{err}
	}
	list, err := certificate.VerifyRevocations(file, keys, cert.Issuer)
	if err != nil {
		return verdictError{exitRevocations, "the revocation list cannot be relied on: " + err.Error() + "."}
	}
	seen := readSerials()
	notCurrent := list.Current(time.Now(), seen[cert.Issuer])
	if notCurrent == nil {
		seen[cert.Issuer] = list.Serial
		writeSerials(seen)
	}
	// Revoked is revoked, however old the list is: no list takes it back.
	if entry, revoked := list.Find(cert.ID); revoked {
		return verdictError{exitRevoked, fmt.Sprintf("the issuer took this certificate back on %s: %s.", entry.RevokedAt.Format(time.DateOnly), printable(entry.Reason.Label()))}
	}
	if notCurrent != nil {
		return verdictError{exitRevocations, fmt.Sprintf("%s: it is number %d, of %s, good until %s.", notCurrent, list.Serial,
			list.IssuedAt.Format(time.DateOnly), list.NextUpdate.Format(time.DateOnly))}
	}
	fmt.Fprintf(w, "Revocation   not taken back, by list %d of %s\n", list.Serial, list.IssuedAt.Format(time.DateOnly))
	return nil
}

// maxSerialsBytes bounds the file of serials.
const maxSerialsBytes = 1 << 20

// readSerials returns the highest serial seen of each issuer: who is given an
// older list is told so. Without the file there is nothing to compare with.
func readSerials() map[string]int64 {
	serials := map[string]int64{}
	folder, err := settingsFolder()
	if err != nil {
		return serials
	}
	text, err := readBounded(filepath.Join(folder, "revocation-serials.json"), maxSerialsBytes)
	if err != nil || json.Unmarshal(text, &serials) != nil || serials == nil {
		return map[string]int64{}
	}
	return serials
}

// writeSerials keeps the serials where that is possible; a read-only home is
// no reason to refuse a certificate.
func writeSerials(serials map[string]int64) {
	folder, err := settingsFolder()
	if err != nil || os.MkdirAll(folder, 0o700) != nil {
		return
	}
	text, err := json.Marshal(serials)
	if err != nil {
		return
	}
	name := filepath.Join(folder, "revocation-serials.json")
	if os.WriteFile(name+".new", text, 0o600) == nil {
		os.Rename(name+".new", name)
	}
}
