package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"assay/internal/config"
	"assay/internal/fence"
	"assay/internal/postgres"
	"assay/internal/postgres/cluster"
)

type demoCommand struct{}

// Run starts a private Postgres (or uses DATABASE_URL's), migrates, serves and
// seeds. A second run finds its data again.
func (demoCommand) Run(ctx context.Context) error {
	c, err := settings()
	if err != nil {
		return err
	}
	c.Demo = true
	if os.Getenv("ASSAY_LOG_LEVEL") == "" {
		c.LogLevel = "warn" // the terminal shows the address and the sign-ins, not a line a request
	}
	if os.Getenv("ASSAY_PUBLIC_URL") == "" {
		c.PublicURL = namedAddress(c.PublicURL)
	}
	if err := os.MkdirAll(c.Var, 0o755); err != nil {
		return fmt.Errorf("ASSAY_VAR: %w", err)
	}
	secrets, err := loadSecrets(filepath.Join(c.Var, "demo-secrets.json"))
	if err != nil {
		return err
	}
	if c.SecretKey == "" {
		c.SecretKey = secrets.Key
	}
	if c.SigningKey == "" {
		c.SigningKey = secrets.Signing
	}
	tellMissing()
	if c.DatabaseURL == "" {
		private, err := startDatabase(ctx, &c, secrets)
		if err != nil {
			return err
		}
		defer private.Stop()
	}
	return run(ctx, c, true, true, func(h *house) error { return h.seedDemo(ctx) })
}

// namedAddress calls this machine localhost: browsers make no passkeys for a
// site that is reached by a number.
func namedAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		return address
	}
	u.Host = net.JoinHostPort("localhost", u.Port())
	return u.String()
}

func startDatabase(ctx context.Context, c *config.Config, s demoSecrets) (*cluster.Cluster, error) {
	private, err := cluster.Start(ctx, cluster.Options{Base: filepath.Join(c.Var, "postgres"), Log: tell})
	if err != nil {
		return nil, err
	}
	const database = "assay"
	c.DatabaseURL = private.URL(postgres.AppRole, s.App, database)
	c.OwnerDatabaseURL = private.URL(postgres.OwnerRole, s.Owner, database)
	err = postgres.Bootstrap(ctx, private.SuperURL("postgres"), database, s.Owner, s.App)
	if err == nil {
		err = postgres.Migrate(ctx, c.OwnerDatabaseURL)
	}
	if err != nil {
		return nil, errors.Join(err, private.Stop())
	}
	return private, nil
}

// demoSecrets are made once and kept in a file that only its owner reads.
type demoSecrets struct{ Owner, App, Key, Signing string }

func loadSecrets(path string) (demoSecrets, error) {
	var s demoSecrets
	text, err := os.ReadFile(path)
	if err == nil {
		if err := json.Unmarshal(text, &s); err != nil {
			return s, fmt.Errorf("%s cannot be read: move it away, and the var folder with it, to start anew", path)
		}
		if s.Signing != "" {
			return s, nil
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return s, err
	}
	if s.Key == "" {
		s = demoSecrets{Owner: randomText(), App: randomText(), Key: randomKey()}
	}
	s.Signing = randomKey() // also for a demo from before there were certificates
	if text, err = json.Marshal(s); err != nil {
		return s, err
	}
	return s, os.WriteFile(path, text, 0o600)
}

func randomKey() string {
	key := make([]byte, 32)
	rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

func randomText() string {
	random := make([]byte, 18)
	rand.Read(random)
	return hex.EncodeToString(random)
}

// tellMissing names the optional programs that are not there and what stays
// unchecked without them.
func tellMissing() {
	tools, err := fence.NewTools(fence.ToolsConfig{})
	if err != nil {
		return // the start of the server says why
	}
	for _, p := range tools.Programs() {
		if p.Missing() {
			tell(fmt.Sprintf("%s is not installed: it is needed %s, which is reported as not checked (apt-get install %s)", p.Name, p.Purpose, p.Package))
		}
	}
}

func tell(sentence string) { fmt.Fprintln(os.Stderr, "assay: "+sentence) }
