package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// pending is an upload that was begun and not finished, as it is kept on this
// machine: where it goes and what from. It holds no token and no name of a
// person.
type pending struct {
	Server      string    `json:"server"`
	Listing     string    `json:"listing"`
	Path        string    `json:"path"` // what is sent, as an absolute path
	URL         string    `json:"url"`  // where its bytes go
	Version     string    `json:"version"`
	Fingerprint string    `json:"fingerprint"`
	SizeBytes   int64     `json:"size_bytes"`
	BegunAt     time.Time `json:"begun_at"`
}

func (p pending) remote() remoteUpload {
	return remoteUpload{URL: p.URL, Version: p.Version, Fingerprint: p.Fingerprint, SizeBytes: p.SizeBytes}
}

// stateFolder is where programs keep what they need to go on.
//
// Source: XDG Base Directory Specification, XDG_STATE_HOME.
func stateFolder() (string, error) {
	if folder := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(folder) {
		return filepath.Join(folder, "assay", "uploads"), nil
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		folder, err := os.UserConfigDir()
		return filepath.Join(folder, "assay", "uploads"), err
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state", "assay", "uploads"), err
}

// pendingFile is the file of the upload of a data set at a server.
func pendingFile(server, listing string) (string, error) {
	folder, err := stateFolder()
	sum := sha256.Sum256([]byte(server + "\n" + listing))
	return filepath.Join(folder, hex.EncodeToString(sum[:12])+".json"), err
}

// save keeps the upload where its owner alone may read it.
func (p pending) save() error {
	name, err := pendingFile(p.Server, p.Listing)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return plain(err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	// Another run may read it at this moment: it is whole, or the one before.
	fresh := fmt.Sprintf("%s.%d", name, os.Getpid())
	if err := writePrivate(fresh, bytes.NewBuffer(append(text, '\n'))); err != nil {
		return err
	}
	return os.Rename(fresh, name)
}

// forget removes what is kept of an upload.
func (p pending) forget() error {
	name, err := pendingFile(p.Server, p.Listing)
	if err == nil {
		if err = os.Remove(name); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	return err
}

// findPending returns the upload of a data set that is kept; false if none is.
func findPending(server, listing string) (pending, bool) {
	name, err := pendingFile(server, listing)
	if err != nil {
		return pending{}, false
	}
	p, ok := readPending(name)
	return p, ok && p.Server == server && p.Listing == listing
}

// allPending returns the uploads to a server that are kept.
func allPending(server string) []pending {
	folder, err := stateFolder()
	if err != nil {
		return nil
	}
	names, _ := filepath.Glob(filepath.Join(folder, "*.json"))
	var list []pending
	for _, name := range names {
		if p, ok := readPending(name); ok && p.Server == server {
			list = append(list, p)
		}
	}
	return list
}

// readPending reads a file that may have been written by anybody with access to
// it: what is no upload of its server is none.
func readPending(name string) (pending, bool) {
	text, err := readBounded(name, 64<<10)
	var p pending
	if err != nil || json.Unmarshal(text, &p) != nil {
		return p, false
	}
	return p, p.Listing != "" && p.Fingerprint != "" && p.SizeBytes > 0 && filepath.IsAbs(p.Path) &&
		strings.Contains(p.URL, "/api/v1/uploads/")
}

// chosen returns the one upload that is meant: that of the data set, or the only
// one that is kept.
func chosen(server, listing string) (pending, error) {
	if listing != "" {
		if p, ok := findPending(server, listing); ok {
			return p, nil
		}
		return pending{}, usageError{errors.New("no upload of this data set is kept on this machine. Name what to send: lqs upload LISTING PATH")}
	}
	list := allPending(server)
	switch len(list) {
	case 0:
		return pending{}, usageError{errors.New("no upload is kept on this machine. Name a data set and what to send: lqs upload LISTING PATH")}
	case 1:
		return list[0], nil
	}
	text := "several uploads are kept. Name the data set:"
	for _, p := range list {
		text += fmt.Sprintf("\n  lqs upload %s   (%s, begun %s)", printable(p.Listing), printable(p.Path), p.BegunAt.Local().Format(time.DateTime))
	}
	return pending{}, usageError{errors.New(text)}
}
