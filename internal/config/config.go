// Package config holds every setting of the server: read from the environment
// once at start, checked as a whole, and printable without its secrets.
package config

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Config is all settings. Each field's comment is what `server config` prints.
type Config struct {
	Addr             string `env:"ASSAY_ADDR" envDefault:"127.0.0.1:8080" comment:"address to listen on"`
	PublicURL        string `env:"ASSAY_PUBLIC_URL" comment:"address that people use, such as https://assay.example; by default http and ASSAY_ADDR"`
	Var              string `env:"ASSAY_VAR" envDefault:"./var" comment:"folder for what this machine keeps"`
	DatabaseURL      string `env:"DATABASE_URL" secret:"true" comment:"Postgres as the role assay_app"`
	OwnerDatabaseURL string `env:"ASSAY_OWNER_DATABASE_URL" secret:"true" comment:"Postgres as the role assay_owner, for migrate"`
	SuperDatabaseURL string `env:"ASSAY_SUPER_DATABASE_URL" secret:"true" comment:"Postgres as a superuser, for migrate to make the roles once"`
	BlobURL          string `env:"ASSAY_BLOB_URL" secret:"true" comment:"object store: file:///folder or s3://bucket?region=…; by default a folder under ASSAY_VAR"`
	SMTPURL          string `env:"ASSAY_SMTP_URL" secret:"true" comment:"mail server: smtp://user:password@host:port or smtps://…"`
	MailFrom         string `env:"ASSAY_MAIL_FROM" envDefault:"Assay <no-reply@assay.example>" comment:"sender of e-mails"`
	SecretKey        string `env:"ASSAY_SECRET_KEY" secret:"true" comment:"32 random bytes in base64, the same on every process"`
	OldSecretKeys    string `env:"ASSAY_OLD_SECRET_KEYS" secret:"true" comment:"keys that ASSAY_SECRET_KEY replaced, separated by commas: they open what they sealed until server vault rotate has sealed it anew"`
	SigningKey       string `env:"ASSAY_SIGNING_KEY" secret:"true" comment:"32 random bytes in base64: the Ed25519 key that signs audit certificates; without it a process issues none, and workers alone may have it"`
	VaultKey         string `env:"ASSAY_VAULT_KEY" secret:"true" comment:"32 random bytes in base64: seals private documents, the same on every process; derived from ASSAY_SECRET_KEY if unset"`
	VaultOldKeys     string `env:"ASSAY_VAULT_OLD_KEYS" secret:"true" comment:"keys that ASSAY_VAULT_KEY replaced, separated by commas: they open until workers have sealed anew what they sealed"`
	LogLevel         string `env:"ASSAY_LOG_LEVEL" envDefault:"info" comment:"debug, info, warn or error"`
	AuditChildren    int    `env:"ASSAY_AUDIT_CHILDREN" envDefault:"2" comment:"fenced child processes of one worker"`
	AuditWorkers     int    `env:"ASSAY_AUDIT_WORKERS" envDefault:"1" comment:"audits that one worker runs side by side"`
	MaxFileBytes     int64  `env:"ASSAY_MAX_FILE_BYTES" envDefault:"2147483648" comment:"largest file in a submission"`
	MaxUploadBytes   int64  `env:"ASSAY_MAX_UPLOAD_BYTES" envDefault:"53687091200" comment:"largest submission"`
	MaxEntries       int    `env:"ASSAY_MAX_ENTRIES" envDefault:"50000" comment:"most entries of an archive"`
	AuditHours       int    `env:"ASSAY_AUDIT_HOURS" envDefault:"12" comment:"hours after which an audit refuses the files it has not reached"`
	QuotaBytes       int64  `env:"ASSAY_QUOTA_BYTES" envDefault:"107374182400" comment:"storage of an organization"`
	APITokenRate     int    `env:"ASSAY_API_TOKEN_RATE" envDefault:"600" comment:"requests to the API that one token may send in a minute, to one process"`
	APIAddressRate   int    `env:"ASSAY_API_ADDRESS_RATE" envDefault:"1200" comment:"requests to the API that one network address may send in a minute, to one process"`

	// Demo is set by the demo command alone: it shows the mailbox page and
	// marks the sellers.
	Demo bool `env:"-"`
}

// Load reads the settings from environ ("NAME=value" pairs). All mistakes are
// reported together, none quotes a secret.
func Load(environ []string) (Config, error) {
	var c Config
	err := env.ParseWithOptions(&c, env.Options{Environment: env.ToMap(environ)})
	if err != nil {
		return Config{}, fmt.Errorf("settings: %w", withoutValues(err))
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Addr
	}
	if c.BlobURL == "" {
		folder, err := filepath.Abs(filepath.Join(c.Var, "blob"))
		if err != nil {
			return Config{}, fmt.Errorf("settings: ASSAY_VAR: %w", err)
		}
		c.BlobURL = "file://" + filepath.ToSlash(folder)
	}
	return c, c.check()
}

func withoutValues(err error) error {
	var many env.AggregateError
	if !errors.As(err, &many) {
		return errors.New("a value cannot be read")
	}
	var mistakes []error
	for _, one := range many.Errors {
		var parse env.ParseError
		if errors.As(one, &parse) {
			mistakes = append(mistakes, fmt.Errorf("%s is not a valid %s", parse.Name, parse.Type))
			continue
		}
		mistakes = append(mistakes, one)
	}
	return errors.Join(mistakes...)
}

func (c Config) check() error {
	var mistakes []error
	mistake := func(name, text string) { mistakes = append(mistakes, fmt.Errorf("%s %s", name, text)) }
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		mistake("ASSAY_ADDR", "is not host:port")
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		mistake("ASSAY_PUBLIC_URL", "is not an http or https address")
	}
	for name, value := range map[string]string{"DATABASE_URL": c.DatabaseURL, "ASSAY_OWNER_DATABASE_URL": c.OwnerDatabaseURL, "ASSAY_SUPER_DATABASE_URL": c.SuperDatabaseURL} {
		if u, err := url.Parse(value); err != nil || (value != "" && u.Scheme != "postgres" && u.Scheme != "postgresql") {
			mistake(name, "is not a postgres:// address")
		}
	}
	if u, err := url.Parse(c.BlobURL); err != nil || (u.Scheme != "file" && u.Scheme != "s3") {
		mistake("ASSAY_BLOB_URL", "is neither a file:// nor an s3:// address")
	}
	if u, err := url.Parse(c.SMTPURL); err != nil || (c.SMTPURL != "" && u.Scheme != "smtp" && u.Scheme != "smtps") {
		mistake("ASSAY_SMTP_URL", "is neither a smtp:// nor a smtps:// address")
	}
	if c.SecretKey != "" {
		if key, err := base64.StdEncoding.DecodeString(c.SecretKey); err != nil || len(key) != 32 {
			mistake("ASSAY_SECRET_KEY", "is not 32 bytes in base64")
		}
	}
	if _, err := c.signingKey(); err != nil {
		mistake("ASSAY_SIGNING_KEY", "is not 32 bytes in base64")
	}
	for name, value := range map[string]string{"ASSAY_VAULT_KEY": c.VaultKey, "ASSAY_VAULT_OLD_KEYS": c.VaultOldKeys, "ASSAY_OLD_SECRET_KEYS": c.OldSecretKeys} {
		if _, err := keysOf(value); err != nil {
			mistake(name, "is not 32 bytes in base64")
		}
	}
	if keys, _ := keysOf(c.VaultKey); len(keys) > 1 {
		mistake("ASSAY_VAULT_KEY", "is more than one key: name older ones in ASSAY_VAULT_OLD_KEYS")
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		mistake("ASSAY_LOG_LEVEL", "is none of debug, info, warn, error")
	}
	for name, n := range map[string]int64{"ASSAY_AUDIT_CHILDREN": int64(c.AuditChildren), "ASSAY_AUDIT_WORKERS": int64(c.AuditWorkers), "ASSAY_MAX_FILE_BYTES": c.MaxFileBytes,
		"ASSAY_MAX_UPLOAD_BYTES": c.MaxUploadBytes, "ASSAY_MAX_ENTRIES": int64(c.MaxEntries), "ASSAY_AUDIT_HOURS": int64(c.AuditHours), "ASSAY_QUOTA_BYTES": c.QuotaBytes, "ASSAY_API_TOKEN_RATE": int64(c.APITokenRate), "ASSAY_API_ADDRESS_RATE": int64(c.APIAddressRate)} {
		if n < 1 {
			mistake(name, "is not above 0")
		}
	}
	return errors.Join(mistakes...)
}

// CheckServing reports what a server needs beyond what Load checks.
func (c Config) CheckServing() error {
	var mistakes []error
	if c.DatabaseURL == "" {
		mistakes = append(mistakes, errors.New("DATABASE_URL is not set: name a Postgres, or try `make demo`"))
	}
	if c.SecretKey == "" {
		mistakes = append(mistakes, errors.New("ASSAY_SECRET_KEY is not set: make one with `head -c 32 /dev/urandom | base64`"))
	}
	return errors.Join(mistakes...)
}

// CertificateKey returns the private key that signs certificates; nil if there
// is none.
func (c Config) CertificateKey() ed25519.PrivateKey {
	key, _ := c.signingKey() // Load has checked it
	return key
}

func (c Config) signingKey() (ed25519.PrivateKey, error) {
	if c.SigningKey == "" {
		return nil, nil
	}
	seed, err := base64.StdEncoding.DecodeString(c.SigningKey)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("not a seed")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// FormerSecretKeys returns the keys of 32 bytes that the secret key replaced.
func (c Config) FormerSecretKeys() [][]byte {
	keys, _ := keysOf(c.OldSecretKeys) // Load has checked them
	return keys
}

// VaultKeys returns the keys of 32 bytes that are set for the vault, the one
// that seals first: none if it is derived from the secret key.
func (c Config) VaultKeys() (keys [][]byte) {
	for _, value := range []string{c.VaultKey, c.VaultOldKeys} {
		more, _ := keysOf(value) // Load has checked them
		keys = append(keys, more...)
	}
	return keys
}

// keysOf reads keys of 32 bytes in base64, separated by commas.
func keysOf(list string) (keys [][]byte, err error) {
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != 32 {
			return nil, errors.New("not a key")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Secure reports whether people reach the server through https.
func (c Config) Secure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// Environ returns the process's environment. It is here so that only this
// package and main read it.
func Environ() []string { return os.Environ() }
