package notice

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"time"

	"assay/internal/postgres"
)

// Options are what a Service needs besides the database.
type Options struct {
	// PublicURL is the address that links in mail begin with.
	PublicURL string
	// SecretKey signs the links that stop mail; at least 32 bytes.
	SecretKey []byte
	// Now is the clock of the digest; time.Now if nil.
	Now func() time.Time
}

// Service tells people of events, and keeps what they wish to hear.
type Service struct {
	db  *postgres.DB
	url string
	key []byte
	now func() time.Time

	board board
}

// New returns a service over db.
func New(db *postgres.DB, o Options) *Service {
	mac := hmac.New(sha256.New, o.SecretKey)
	mac.Write([]byte("links that stop mail"))
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{db: db, url: strings.TrimRight(o.PublicURL, "/"), key: mac.Sum(nil), now: o.Now}
}

// worker is the only actor who may read events.
var worker = postgres.Actor{Platform: postgres.Worker}
