package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// account is the user that initdb and postgres run as: ourselves, or an
// unprivileged one if we are root, since Postgres refuses root.
type account struct {
	drop     bool
	uid, gid uint32
}

func runAs() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		return account{drop: true, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return account{}, errors.New("no user to run Postgres as: it refuses root, and there is neither a user postgres nor a user nobody: start Assay as an ordinary user")
}

// makeBase makes the cluster's folder, owned by the account and closed to
// others. Where the account could not walk to it, a folder under
// /var/lib/assay stands in for it.
func (a account) makeBase(wanted string) (string, error) {
	base, err := filepath.Abs(wanted)
	if err != nil {
		return "", fmt.Errorf("cluster folder: %w", err)
	}
	if a.drop && !traversable(filepath.Dir(base)) {
		sum := sha256.Sum256([]byte(base))
		base = filepath.Join("/var/lib/assay", hex.EncodeToString(sum[:6]))
	}
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return "", fmt.Errorf("cluster folder: %w", err)
	}
	if err := os.Mkdir(base, 0o700); err != nil {
		if errors.Is(err, os.ErrExist) {
			return base, nil
		}
		return "", fmt.Errorf("cluster folder: %w", err)
	}
	return base, a.own(base)
}

// traversable reports whether any user may walk to folder: each parent that
// exists has its x bit for others.
func traversable(folder string) bool {
	for {
		info, err := os.Stat(folder)
		if err == nil && info.Mode().Perm()&0o001 == 0 {
			return false
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return true
		}
		folder = parent
	}
}

func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	if err := os.Chown(path, int(a.uid), int(a.gid)); err != nil {
		return fmt.Errorf("give %s to the Postgres user: %w", filepath.Base(path), err)
	}
	return nil
}

func (a account) writeFile(path, text string) error {
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return a.own(path)
}
