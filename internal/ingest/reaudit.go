package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/audit"
	"assay/internal/id"
	"assay/internal/job"
	"assay/internal/postgres"
)

// Audits by newer rules run over the files of versions that are live, when
// nobody else needs the machine. They move no version by themselves: see
// outcome.go for what becomes of what they find.

// mostReaudits is how many of them wait at once; the rest follow as these end.
const mostReaudits = 20

// selectOutdated finds versions whose newest report goes by other rules, those
// that an audit by new rules took down too: a later one may clear them.
const selectOutdated = `
SELECT   v.id AS version, v.organization_id AS organization, r.rules_version AS rules
FROM     version v
JOIN     LATERAL (SELECT rules_version
                  FROM   audit_report a
                  WHERE  a.version_id = v.id
                  ORDER BY a.created_at DESC, a.id DESC
                  LIMIT  1) r ON true
WHERE    assay_platform() = 'worker'
AND      (v.state = 'live'
          OR v.state = 'suspended' AND EXISTS (SELECT FROM reaudit x WHERE x.version_id = v.id AND x.outcome = 'identifiers'))
AND      r.rules_version <> @rules
AND      NOT EXISTS (SELECT FROM reaudit x WHERE x.version_id = v.id AND x.rules_version = @rules)
ORDER BY v.live_at, v.id
LIMIT    1000`

type outdated struct {
	Version      id.Version
	Organization id.Organization
	Rules        string
}

const insertReaudit = `
INSERT INTO reaudit (id, organization_id, version_id, rules_version)
VALUES (@id, @organization, @version, @rules)
ON CONFLICT ON CONSTRAINT reaudit_once DO NOTHING`

// selectLeft finds those whose worker died and that no job waits for.
const selectLeft = `
SELECT   x.id
FROM     reaudit x
WHERE    x.state = 'queued'
AND      assay_platform() = 'worker'
AND      greatest(x.queued_at, x.renewed_at) < now() - make_interval(secs => @lease)
AND      NOT EXISTS (SELECT FROM river_job j WHERE j.kind = @kind AND j.args ->> 'reaudit' = x.id::text
                     AND j.state IN ('available', 'scheduled', 'retryable', 'pending', 'running'))`

// QueueReaudits puts live versions that older rules audited in line for an
// audit by these, a bounded number at once.
func (s *Service) QueueReaudits(ctx context.Context, _ job.QueueReaudits) error {
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('reaudit'))`); err != nil {
			return err
		}
		if err := takeUpLeft(ctx, tx); err != nil {
			return err
		}
		var waiting int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM reaudit WHERE state = 'queued'`).Scan(&waiting); err != nil {
			return err
		}
		list, err := postgres.Many[outdated](ctx, tx, selectOutdated, pgx.NamedArgs{"rules": s.rules()})
		if err != nil {
			return err
		}
		for _, o := range list {
			if waiting >= mostReaudits {
				break
			}
			if !isOlder(o.Rules, s.rules()) {
				continue // audited by a newer program that runs beside this one
			}
			if err := s.queueReaudit(ctx, tx, o); err != nil {
				return err
			}
			waiting++
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("queue audits by new rules: %w", err)
	}
	return nil
}

func takeUpLeft(ctx context.Context, tx pgx.Tx) error {
	left, err := postgres.Values[id.Reaudit](ctx, tx, selectLeft, pgx.NamedArgs{"lease": 2 * leaseTime.Seconds(), "kind": job.ReauditVersion{}.Kind()})
	for _, x := range left {
		err = errors.Join(err, job.Insert(ctx, tx, job.ReauditVersion{Reaudit: x}))
	}
	return err
}

func (s *Service) queueReaudit(ctx context.Context, tx pgx.Tx, o outdated) error {
	x := id.New[id.Reaudit]()
	tag, err := tx.Exec(ctx, insertReaudit, pgx.NamedArgs{"id": x, "organization": o.Organization, "version": o.Version, "rules": s.rules()})
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	return job.Insert(ctx, tx, job.ReauditVersion{Reaudit: x})
}

// rules is the version of the rules that this program audits by.
func (s *Service) rules() string {
	if s.options.RulesVersion != "" {
		return s.options.RulesVersion
	}
	return audit.RulesVersion
}

// isOlder reports whether one version of the rules is older than another:
// numbers between dots, "2026.11.2". What is no such version is older.
func isOlder(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, err := strconv.Atoi(x[i])
		n, err2 := strconv.Atoi(y[i])
		if err != nil || err2 != nil {
			return err != nil
		}
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}

// laterBy is how long an audit by new rules steps back for a seller's.
const laterBy = time.Minute

// Reaudit carries out one job. It steps back as long as a seller waits for an
// audit.
func (s *Service) Reaudit(ctx context.Context, j job.ReauditVersion) error {
	var sellersWait bool
	err := s.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM version WHERE state = 'queued')`).Scan(&sellersWait)
	})
	if err != nil {
		return err
	}
	if sellersWait {
		return job.Later(laterBy)
	}
	r := &run{Service: s, lease: id.New[string](), reaudit: j.Reaudit}
	if err := r.takeReaudit(ctx); err != nil {
		if errors.Is(err, errLost) {
			return nil
		}
		return err
	}
	report, err := r.audit(ctx)
	if err == nil {
		err = r.storeReaudit(ctx, report)
	}
	if err == nil || errors.Is(err, errLost) {
		return nil
	}
	s.log.Error("audit by new rules broke", "version", r.version, "error", err)
	return errors.Join(errReaudit, r.giveReauditBack(context.WithoutCancel(ctx)))
}

// errReaudit is what the queue keeps of a failure: no cause, which might quote.
var errReaudit = errors.New("the audit by new rules broke: see the log")

const takeReaudit = `
UPDATE reaudit
SET    lease = @lease, renewed_at = now(), attempt = attempt + 1
WHERE  id = @reaudit
AND    state = 'queued'
AND    (lease IS NULL OR renewed_at < now() - make_interval(secs => @seconds))
RETURNING version_id, organization_id, attempt`

// takeReaudit takes the lease, and what is to be audited. One that is over or
// that another worker has is errLost.
func (r *run) takeReaudit(ctx context.Context) error {
	err := r.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"reaudit": r.reaudit, "lease": r.lease, "seconds": leaseTime.Seconds()}
		err := tx.QueryRow(ctx, takeReaudit, args).Scan(&r.version, &r.organization, &r.attempt)
		if errors.Is(err, pgx.ErrNoRows) {
			return errLost
		}
		if err == nil {
			r.upload, err = finishedUpload(ctx, tx, r.version)
		}
		return err
	})
	if err != nil {
		return err
	}
	d, err := r.versions.Version(ctx, worker, r.version)
	if err == nil {
		r.claims, r.claimsDigest = d.Claims.Claims, d.Claims.Digest
	}
	return err
}

// renewReaudit keeps the lease on an audit by new rules.
func renewReaudit(ctx context.Context, q postgres.Querier, r *run) error {
	tag, err := q.Exec(ctx, `UPDATE reaudit SET renewed_at = now() WHERE id = @reaudit AND lease = @lease AND state = 'queued'`,
		pgx.NamedArgs{"reaudit": r.reaudit, "lease": r.lease})
	if err != nil {
		return fmt.Errorf("renew the lease: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errLost
	}
	return nil
}

// giveReauditBack lets the next try have it, or gives up after too many.
func (r *run) giveReauditBack(ctx context.Context) error {
	return r.db.InTx(ctx, worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
		UPDATE reaudit
		SET    lease = NULL, state = CASE WHEN attempt >= @most THEN 'broken' ELSE state END
		WHERE  id = @reaudit
		AND    lease = @lease
		AND    state = 'queued'`, pgx.NamedArgs{"reaudit": r.reaudit, "lease": r.lease, "most": maxAttempts})
		return err
	})
}
