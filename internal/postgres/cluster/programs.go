package cluster

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
)

// programs returns the folder that holds initdb and postgres: PG_BIN_DIR, the
// one on PATH, Debian's folders (highest version first), then the programs
// fetched before, then a fetch.
func programs(ctx context.Context, log func(string)) (string, error) {
	var folders []string
	if dir := os.Getenv("PG_BIN_DIR"); dir != "" {
		folders = append(folders, dir)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
	}
	folders = append(folders, debianFolders()...)
	cache := cacheFolder()
	folders = append(folders, filepath.Join(cache, "bin"))
	for _, dir := range folders {
		if hasPrograms(dir) {
			return dir, nil
		}
	}
	log("no Postgres found: fetching its programs once")
	if err := fetch(ctx, cache); err != nil {
		return "", errors.Join(errors.New("no Postgres found: install it (apt-get install postgresql) or set DATABASE_URL"), err)
	}
	return filepath.Join(cache, "bin"), nil
}

func hasPrograms(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

func debianFolders() []string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		return n
	}
	sort.Slice(found, func(i, j int) bool { return version(found[i]) > version(found[j]) })
	return found
}

// cacheFolder is where fetched programs are kept; root's home is closed to the
// user that runs them, so root keeps them in /var/cache.
func cacheFolder() string {
	if os.Geteuid() == 0 {
		return "/var/cache/assay/postgres"
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "assay", "postgres")
}
