package listing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Catalog is told what buyers may see, in the transaction that makes it so. An
// error undoes the whole act.
type Catalog interface {
	// Published shows a version, new or restored, or new claims of a live one.
	Published(ctx context.Context, tx pgx.Tx, p Published) error
	// TakenDown leaves a tombstone with the reason.
	TakenDown(ctx context.Context, tx pgx.Tx, t TakenDown) error
}

// Published is what buyers may see of a version from now on.
type Published struct {
	Listing Listing
	Version Version
	Claims  Revision
	Report  Report // the newest about these files
}

// TakenDown is a version that buyers may see no more.
type TakenDown struct {
	Listing Listing
	Version Version // suspended or withdrawn, with its reason
}

// Certifier issues a certificate about a version that has just gone live, in
// the transaction in which it does, unless it has one. An error undoes the
// whole act.
type Certifier interface {
	Certify(ctx context.Context, tx pgx.Tx, p Published) error
}

// Notifier tells people what happened to a version, in the transaction in
// which it happens. An error undoes the whole act.
type Notifier interface {
	// Moved tells of a version that an event has just moved.
	Moved(ctx context.Context, tx pgx.Tx, v Version, by Event) error
	// ClaimsDecided tells of changed claims of a live version.
	ClaimsDecided(ctx context.Context, tx pgx.Tx, v Version, claims Revision, outcome Outcome, reason string) error
	// ClaimsWait tells reviewers of changed claims of a live version.
	ClaimsWait(ctx context.Context, tx pgx.Tx, v Version, claims Revision) error
	// SecondPersonNeeded tells the reviewers other than the first that an
	// accepted answer to a warning about identifiers waits for one of them.
	SecondPersonNeeded(ctx context.Context, tx pgx.Tx, v Version, first id.User) error
}

// Service is the one way to write listings, claims and versions.
type Service struct {
	db        *postgres.DB
	catalog   Catalog
	notifier  Notifier  // nil is nobody
	certifier Certifier // nil issues nothing
	now       func() time.Time
}

// New returns a service over db that tells catalog what is published; now is
// the clock, time.Now outside tests.
func New(db *postgres.DB, catalog Catalog, now func() time.Time) *Service {
	if catalog == nil {
		catalog = untold{}
	}
	return &Service{db: db, catalog: catalog, now: now}
}

// Notifying returns the service with somebody to tell.
func (s *Service) Notifying(n Notifier) *Service {
	told := *s
	told.notifier = n
	return &told
}

// Certifying returns the service with somebody who issues certificates.
func (s *Service) Certifying(c Certifier) *Service {
	certifying := *s
	certifying.certifier = c
	return &certifying
}

// untold is a Catalog that nobody reads.
type untold struct{}

func (untold) Published(context.Context, pgx.Tx, Published) error { return nil }
func (untold) TakenDown(context.Context, pgx.Tx, TakenDown) error { return nil }

const insertListing = `
INSERT INTO listing (id, organization_id, slug, created_by)
VALUES (@id, @organization, @slug, nullif(@user, '')::uuid)`

// Create begins a hosted listing with its basics, which may still be empty.
func (s *Service) Create(ctx context.Context, a postgres.Actor, basics Basics) (Description, error) {
	c := Claims{Basics: basics}
	if err := c.Mistakes(StepBasics); err != nil {
		return Description{}, err
	}
	c.Basics.Asserted = Assertion{BySeller, a.User, second(s.now())}
	var d Description
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanEdit); err != nil {
			return err
		}
		l := Listing{ID: id.New[id.Listing](), Organization: a.Organization, Kind: Hosted, Slug: newSlug(basics.Title)}
		_, err := tx.Exec(ctx, insertListing, pgx.NamedArgs{
			"id": l.ID, "organization": l.Organization, "slug": l.Slug, "user": string(a.User)})
		if err != nil {
			return fmt.Errorf("insert: %w", err)
		}
		if err := addClaims(ctx, tx, l, 1, c, a.User); err != nil {
			return fmt.Errorf("claims: %w", err)
		}
		if err := s.record(ctx, tx, a, l.Organization, "listing.create", "listing", string(l.ID), nil); err != nil {
			return err
		}
		d, err = s.describe(ctx, tx, l.Organization, l.ID)
		return err
	})
	if err != nil {
		return Description{}, fmt.Errorf("create listing: %w", err)
	}
	return d, nil
}

// Draft returns a listing of the actor's organization with the newest revision
// of its claims. A listing of somebody else is errs.NotFound.
func (s *Service) Draft(ctx context.Context, a postgres.Actor, l id.Listing) (Description, error) {
	var d Description
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		var err error
		d, err = s.describe(ctx, tx, a.Organization, l)
		return err
	})
	if err != nil {
		return Description{}, fmt.Errorf("listing %s: %w", l, err)
	}
	return d, nil
}

func (s *Service) describe(ctx context.Context, q postgres.Querier, org id.Organization, l id.Listing) (Description, error) {
	found, err := readListing(ctx, q, org, l)
	if err != nil {
		return Description{}, err
	}
	revision, err := readNewest(ctx, q, found)
	return Description{found, revision}, err
}

// Save is the answers of one step.
type Save struct {
	Step   Step
	Token  string // Revision.Token of the claims that the form was made from
	Claims Claims // only the subjects of Step are taken from it
	Finish bool   // the step must be complete
}

var errSavedMeanwhile = errs.New(errs.Conflict, "Somebody else saved this data set in the meantime. Your answers are still below: look at theirs, then save again.")

const touchListing = `
UPDATE listing
SET    updated_at = now(),
       slug = CASE WHEN submitted_at IS NULL AND @slug <> '' THEN @slug ELSE slug END
WHERE  id = @id
AND    organization_id = @organization`

// SaveStep keeps the answers of one step in the newest revision, or in a new
// one if that is frozen. Answers that are wrong or, with Finish, missing are
// errs.Fields; a save from an outdated form is errs.Conflict. Answers that
// change nothing keep who made them and when.
func (s *Service) SaveStep(ctx context.Context, a postgres.Actor, l id.Listing, save Save) (Description, error) {
	var d Description
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanEdit); err != nil {
			return err
		}
		found, err := lockListing(ctx, tx, a.Organization, l)
		if err != nil {
			return err
		}
		if found.DeletedAt != nil {
			return errs.New(errs.Conflict, "This draft was deleted. Take it back before you change it.")
		}
		current, err := readNewest(ctx, tx, found)
		if err != nil {
			return err
		}
		if current.Token() != save.Token {
			return errSavedMeanwhile
		}
		merged := current.Claims.merge(save.Step, save.Claims, Assertion{BySeller, a.User, second(s.now())})
		if err := merged.Mistakes(save.Step); err != nil {
			return err
		}
		if save.Step == StepAnnotators {
			if err := checkLinked(ctx, tx, a.Organization, merged.Annotators.Groups); err != nil {
				return err
			}
		}
		if save.Finish {
			if err := merged.Missing(save.Step); err != nil {
				return err
			}
		}
		if err := s.keep(ctx, tx, a, found, current, merged, save.Step); err != nil {
			return err
		}
		d, err = s.describe(ctx, tx, a.Organization, l)
		return err
	})
	if err != nil {
		return Description{}, fmt.Errorf("listing %s: save %s: %w", l, save.Step, err)
	}
	return d, nil
}

// keep writes changed claims; unchanged ones leave no trace.
func (s *Service) keep(ctx context.Context, tx pgx.Tx, a postgres.Actor, l Listing, current Revision, c Claims, step Step) error {
	text, err := c.Canonical()
	if err != nil {
		return err
	}
	if DigestText(text) == current.Digest {
		return nil
	}
	if current.FrozenAt != nil {
		err = addClaims(ctx, tx, l, current.Number+1, c, a.User)
	} else {
		err = changeClaims(ctx, tx, current, c, a.User)
	}
	if err != nil {
		return err
	}
	slug := ""
	if c.Basics.Title != current.Claims.Basics.Title {
		slug = newSlug(c.Basics.Title)
	}
	if _, err := tx.Exec(ctx, touchListing, pgx.NamedArgs{"id": l.ID, "organization": l.Organization, "slug": slug}); err != nil {
		return err
	}
	return s.record(ctx, tx, a, l.Organization, "listing.save_step", "listing", string(l.ID),
		map[string]string{"step": string(step), "claims_digest": DigestText(text)})
}

const overviewQuery = `
SELECT   ` + listingColumns + `
FROM     listing l
WHERE    l.organization_id = @organization
AND      l.kind = 'hosted'
ORDER BY l.updated_at DESC, l.id DESC
LIMIT    1000`

const newestClaimsOfAll = `
SELECT DISTINCT ON (c.listing_id) ` + claimsColumns + `
FROM     listing_claims c
WHERE    c.organization_id = @organization
ORDER BY c.listing_id, c.revision DESC`

const versionsOfAll = `
SELECT   ` + versionColumns + `
FROM     version v
WHERE    v.organization_id = @organization
ORDER BY v.listing_id, v.number`

// List returns the listings of the actor's organization, the last changed
// first, the deleted drafts among them.
func (s *Service) List(ctx context.Context, a postgres.Actor) ([]Overview, error) {
	var list []Overview
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanRead); err != nil {
			return err
		}
		args := pgx.NamedArgs{"organization": a.Organization}
		listings, err := postgres.Many[Listing](ctx, tx, overviewQuery, args)
		if err != nil {
			return err
		}
		claims, err := postgres.Many[claimsRow](ctx, tx, newestClaimsOfAll, args)
		if err != nil {
			return err
		}
		versions, err := postgres.Many[Version](ctx, tx, versionsOfAll, args)
		if err != nil {
			return err
		}
		list, err = overviews(listings, claims, versions)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list listings: %w", err)
	}
	return list, nil
}

func overviews(listings []Listing, claims []claimsRow, versions []Version) ([]Overview, error) {
	list := make([]Overview, len(listings))
	at := make(map[id.Listing]*Overview, len(listings))
	for i, l := range listings {
		list[i].Listing = l
		at[l.ID] = &list[i]
	}
	for _, row := range claims {
		revision, err := row.revision()
		if err != nil {
			return nil, err
		}
		if o := at[row.ListingID]; o != nil {
			o.Revision = revision
		}
	}
	for i := range versions {
		o := at[versions[i].Listing]
		if o == nil {
			continue
		}
		o.Newest = &versions[i]
		if versions[i].State == Live {
			o.Live = &versions[i]
		}
	}
	return list, nil
}

const setDeleted = `
UPDATE listing
SET    deleted_at = CASE WHEN @deleted THEN now() END,
       updated_at = now()
WHERE  id = @id
AND    organization_id = @organization`

// Delete puts a draft aside; Undelete takes it back. What was submitted once
// can only be withdrawn.
func (s *Service) Delete(ctx context.Context, a postgres.Actor, l id.Listing) error {
	return s.setDeleted(ctx, a, l, true)
}

// Undelete takes a deleted draft back.
func (s *Service) Undelete(ctx context.Context, a postgres.Actor, l id.Listing) error {
	return s.setDeleted(ctx, a, l, false)
}

func (s *Service) setDeleted(ctx context.Context, a postgres.Actor, l id.Listing, deleted bool) error {
	err := s.db.InTx(ctx, a, func(tx pgx.Tx) error {
		if _, err := account.Require(ctx, tx, a, account.Role.CanEdit); err != nil {
			return err
		}
		found, err := lockListing(ctx, tx, a.Organization, l)
		if err != nil {
			return err
		}
		if (found.DeletedAt != nil) == deleted {
			return nil
		}
		if found.SubmittedAt != nil {
			return errs.New(errs.Conflict, "This data set was submitted, so it cannot be deleted. A live version can be withdrawn.")
		}
		newest, err := findVersion(ctx, tx, newestVersion, a.Organization, l)
		if err != nil {
			return err
		}
		if deleted && newest != nil && oneIn(newest.State, Uploading, Queued, Auditing) {
			return errs.New(errs.Conflict, "Files are being uploaded or audited. Cancel the upload, or wait for the report, before you delete the draft.")
		}
		if _, err := tx.Exec(ctx, setDeleted, pgx.NamedArgs{"id": l, "organization": a.Organization, "deleted": deleted}); err != nil {
			return err
		}
		verb := "listing.undelete"
		if deleted {
			verb = "listing.delete"
		}
		return s.record(ctx, tx, a, a.Organization, verb, "listing", string(l), nil)
	})
	if err != nil {
		return fmt.Errorf("listing %s: delete: %w", l, err)
	}
	return nil
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, a postgres.Actor, org id.Organization, verb, object, objectID string, detail map[string]string) error {
	return activity.Record(ctx, tx, activity.Entry{
		Actor: a, Organization: org, Verb: verb, Object: object, ObjectID: objectID, Detail: detail,
	})
}
