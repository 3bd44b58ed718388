package cluster_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/postgres/cluster"
)

// TestMain lets the test binary play the parent that is killed.
func TestMain(m *testing.M) {
	if base := os.Getenv("CLUSTER_PARENT_BASE"); base != "" {
		c, err := cluster.Start(context.Background(), cluster.Options{Base: base, Scratch: true})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("ready", c.Base())
		select {}
	}
	os.Exit(m.Run())
}

func base(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(os.TempDir(), "assay-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "pg")
}

func TestDataSurvivesARestart(t *testing.T) {
	dir := base(t)
	run := func(sql string) {
		t.Helper()
		c, err := cluster.Start(t.Context(), cluster.Options{Base: dir, Scratch: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Stop()
		conn, err := pgx.Connect(t.Context(), c.SuperURL("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	run("CREATE TABLE kept (n int)")
	run("INSERT INTO kept VALUES (1)")
}

func TestASecondStartOnOneFolderFailsClearly(t *testing.T) {
	dir := base(t)
	c, err := cluster.Start(t.Context(), cluster.Options{Base: dir, Scratch: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Stop()
	second, err := cluster.Start(t.Context(), cluster.Options{Base: dir, Scratch: true})
	if err == nil {
		second.Stop()
		t.Fatal("two clusters run in one folder")
	}
	if !strings.Contains(err.Error(), "another process") {
		t.Errorf("Start = %v, want a sentence about another process", err)
	}
}

func TestAnotherMajorVersionIsRefusedAndKept(t *testing.T) {
	dir := base(t)
	c, err := cluster.Start(t.Context(), cluster.Options{Base: dir, Scratch: true})
	if err != nil {
		t.Fatal(err)
	}
	version := filepath.Join(c.Base(), "data", "PG_VERSION")
	c.Stop()
	if err := os.WriteFile(version, []byte("9\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Start(t.Context(), cluster.Options{Base: dir, Scratch: true}); err == nil || !strings.Contains(err.Error(), "was made by Postgres 9") {
		t.Errorf("Start = %v, want a refusal that names the version", err)
	}
	if _, err := os.Stat(filepath.Join(c.Base(), "data", "base")); err != nil {
		t.Errorf("the data is gone: %v", err)
	}
}

func TestPostgresEndsWithAParentThatIsKilled(t *testing.T) {
	dir := base(t)
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "CLUSTER_PARENT_BASE="+dir)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	real, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if !ok {
		t.Fatalf("the parent says %q", line)
	}
	text, err := os.ReadFile(filepath.Join(real, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	parent.Process.Signal(syscall.SIGKILL)
	parent.Wait()
	for range 100 {
		if syscall.Kill(pid, 0) != nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("postgres %d still runs ten seconds after its parent was killed", pid)
}
