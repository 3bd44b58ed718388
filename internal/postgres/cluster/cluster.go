package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Superuser is the role that owns a private cluster. Assay's server never
// connects as it; it only makes the other roles.
const Superuser = "assay_super"

// maxSocketPath is the longest folder that still leaves room for
// ".s.PGSQL.5432" within the 107 bytes of a Unix socket path.
const maxSocketPath = 90

// Options says where a cluster lives and how it listens.
type Options struct {
	Base string // folder of its own; made if absent
	TCP  bool   // listen on a free port of 127.0.0.1 rather than a Unix socket
	// Scratch gives up durability for speed: for tests, whose data is thrown
	// away.
	Scratch bool
	// Log receives one line a step; nil for silence.
	Log func(string)
}

// Cluster is a running private Postgres.
type Cluster struct {
	base, host string
	port       int
	password   string
	lock       *os.File
	process    *exec.Cmd
	exited     chan struct{}
}

// Start makes the cluster if there is none in o.Base and starts it. A second
// Start on one base fails with a sentence that says so.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Log == nil {
		o.Log = func(string) {}
	}
	bin, err := programs(ctx, o.Log)
	if err != nil {
		return nil, err
	}
	owner, err := runAs()
	if err != nil {
		return nil, err
	}
	c := &Cluster{exited: make(chan struct{})}
	if c.base, err = owner.makeBase(o.Base); err != nil {
		return nil, err
	}
	if c.lock, err = lockFile(filepath.Join(c.base, "lock")); err != nil {
		return nil, err
	}
	if err := c.prepare(ctx, bin, owner, o); err != nil {
		c.lock.Close()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) prepare(ctx context.Context, bin string, owner account, o Options) error {
	if err := c.initialize(ctx, bin, owner, o); err != nil {
		return err
	}
	secret, err := os.ReadFile(c.passwordFile())
	if err != nil {
		return fmt.Errorf("read the cluster's password: %w", err)
	}
	c.password = strings.TrimSpace(string(secret))
	if err := c.launch(bin, owner, o); err != nil {
		return err
	}
	if err := c.waitReady(ctx); err != nil {
		c.Stop()
		return err
	}
	return nil
}

func (c *Cluster) data() string         { return filepath.Join(c.base, "data") }
func (c *Cluster) passwordFile() string { return filepath.Join(c.base, "password") }
func (c *Cluster) logFile() string      { return filepath.Join(c.base, "postgres.log") }

// initialize makes the data folder: into data.tmp first, so that an
// interrupted initdb leaves nothing that looks whole.
func (c *Cluster) initialize(ctx context.Context, bin string, owner account, o Options) error {
	if version, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION")); err == nil {
		return checkMajor(ctx, bin, strings.TrimSpace(string(version)), c.data())
	}
	o.Log("making a private Postgres cluster in " + c.base)
	tmp := c.data() + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return fmt.Errorf("clear an interrupted cluster: %w", err)
	}
	random := make([]byte, 24)
	rand.Read(random)
	if err := owner.writeFile(c.passwordFile(), hex.EncodeToString(random)); err != nil {
		return err
	}
	args := []string{"-D", tmp, "-U", Superuser, "-A", "scram-sha-256", "--pwfile=" + c.passwordFile(),
		"-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"}
	if o.Scratch {
		args = append(args, "--no-sync")
	}
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...)
	initdb.Dir = c.base
	initdb.SysProcAttr = owner.attributes()
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLines(out))
	}
	return os.Rename(tmp, c.data())
}

func checkMajor(ctx context.Context, bin, dataMajor, folder string) error {
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return fmt.Errorf("postgres --version: %w", err)
	}
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return fmt.Errorf("postgres --version answers %q", out)
	}
	major, _, _ := strings.Cut(fields[2], ".")
	if major != dataMajor {
		return fmt.Errorf("%s was made by Postgres %s and the programs found are %s: install Postgres %s, or move the folder away to start empty", folder, dataMajor, major, dataMajor)
	}
	return nil
}

func (c *Cluster) launch(bin string, owner account, o Options) error {
	log, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("open the postgres log: %w", err)
	}
	defer log.Close()
	args := []string{"-D", c.data(), "-c", "log_min_messages=warning"}
	if o.TCP || len(c.base) > maxSocketPath {
		if c.port, err = freePort(); err != nil {
			return err
		}
		c.host = "127.0.0.1"
		args = append(args, "-c", "listen_addresses=127.0.0.1", "-c", "port="+strconv.Itoa(c.port), "-c", "unix_socket_directories=")
	} else {
		c.host, c.port = c.base, 5432
		args = append(args, "-k", c.base, "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700")
	}
	if o.Scratch {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	}
	c.process = exec.Command(filepath.Join(bin, "postgres"), args...)
	c.process.Dir = c.base
	c.process.Stdout, c.process.Stderr = log, log
	c.process.SysProcAttr = owner.attributes()
	started := make(chan error)
	go runTied(c.process, started, c.exited)
	if err := <-started; err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	return nil
}

func (c *Cluster) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.URL(Superuser, c.password, "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.exited:
			text, _ := os.ReadFile(c.logFile())
			return fmt.Errorf("postgres ended at once: %s", lastLines(text))
		case <-ctx.Done():
			return fmt.Errorf("postgres was not ready in time: %w", err)
		case <-tick.C:
		}
	}
}

// URL returns a connection string for a role and a database of this cluster.
func (c *Cluster) URL(role, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, password), Path: "/" + database}
	if strings.HasPrefix(c.host, "/") {
		u.RawQuery = url.Values{"host": {c.host}, "port": {strconv.Itoa(c.port)}}.Encode()
	} else {
		u.Host = net.JoinHostPort(c.host, strconv.Itoa(c.port))
	}
	return u.String()
}

// SuperURL returns the connection string of the superuser for a database.
func (c *Cluster) SuperURL(database string) string {
	return c.URL(Superuser, c.password, database)
}

// Host and Port say where the cluster listens; Host is a folder for a socket.
func (c *Cluster) Host() string { return c.host }

// Port is the TCP port, or 5432 for a socket.
func (c *Cluster) Port() int { return c.port }

// Password is the superuser's.
func (c *Cluster) Password() string { return c.password }

// Base is the folder that the cluster really uses.
func (c *Cluster) Base() string { return c.base }

// Stop shuts the cluster down and waits for it, at most ten seconds.
func (c *Cluster) Stop() error {
	defer c.lock.Close()
	if err := c.process.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop postgres: %w", err)
	}
	select {
	case <-c.exited:
		return nil
	case <-time.After(10 * time.Second):
		return errors.Join(errors.New("postgres did not stop within ten seconds"), c.process.Process.Kill())
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func lastLines(out []byte) string {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) > 5 {
		lines = lines[len(lines)-5:]
	}
	return string(bytes.Join(lines, []byte(" | ")))
}
