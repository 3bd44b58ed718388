package moderation

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
)

// Service is the one way to write flags, strikes and appeals.
type Service struct {
	db       *postgres.DB
	listings *listing.Service
	links    []byte // the key that reporters' links are made with
	now      func() time.Time
}

// New returns a service over db. Secret, of 32 random bytes, is that of the
// server: links of reporters are made by a key derived from it. Now is the
// clock, time.Now outside tests.
func New(db *postgres.DB, listings *listing.Service, secret []byte, now func() time.Time) *Service {
	return &Service{db, listings, linkKey(secret), now}
}

// worker is on whose behalf flags are made: a visitor is nobody.
var worker = postgres.Actor{Platform: postgres.Worker}

const (
	noSuchFlag    = "There is no such report."
	noSuchAppeal  = "There is no such appeal."
	noSuchListing = "There is no data set at this address."
)

// mustReview answers everybody but reviewers and admins as if nothing were
// there.
func mustReview(a postgres.Actor) error {
	if a.User == "" || a.Platform != postgres.Reviewer && a.Platform != postgres.Admin {
		return errs.New(errs.NotFound, "There is no page at this address.")
	}
	return nil
}

// record notes an act. What the seller must not learn of has no organization.
func record(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, verb, object, objectID string, detail map[string]string) error {
	return activity.Record(ctx, tx, activity.Entry{Actor: a, Organization: org, Verb: verb, Object: object, ObjectID: objectID, Detail: detail})
}

// sentences say in words what the database refuses.
var sentences = map[string]string{
	"flag_transition":       "This report moved on in the meantime. Reload the page to see where it is now.",
	"flag_taken":            "Another reviewer has taken this report. Take it over before you decide.",
	"flag_party":            "This step is not yours to take.",
	"flag_suspends":         "No version of this data set is on offer, so none can be suspended.",
	"flag_merged":           "A report can be merged into another one of the same data set only.",
	"strike_once":           "This report has led to a strike already.",
	"samples_party":         "A reviewer outside the seller’s organization decides on hidden pictures.",
	"appeal_once":           "This decision was appealed before. Each can be appealed once.",
	"appeal_subject":        "There is no such decision to appeal, or it was taken back already.",
	"appeal_in_time":        "A decision can be appealed within 60 days; this one is older.",
	"appeal_party":          "You belong to this seller. Another reviewer has to decide.",
	"appeal_other_reviewer": "You made the decision that is appealed. Another reviewer has to rule on it.",
	"appeal_decided_once":   "Somebody else has decided in the meantime. Reload the page to see what.",
}

// refusal turns what the database refuses into errs.Conflict with a sentence.
func refusal(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	if sentence, ok := sentences[pg.ConstraintName]; ok {
		return errs.Wrap(errs.Conflict, sentence, err)
	}
	if postgres.IsRefused(err) {
		return errs.Wrap(errs.Conflict, "The state of this report forbids that step.", err)
	}
	return err
}

// sentence checks a text that somebody has to write.
func sentence(f *errs.Fields, field, text string, least, most int, short string) {
	switch n := len([]rune(text)); {
	case n < least:
		f.Add(field, short)
	case n > most:
		f.Addf(field, "Use at most %d characters.", most)
	}
}

// lower begins a sentence of ours within another one.
func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func clean(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
