package account

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Provisioned is an account that the operator makes, without mail: the first
// admin of a platform, or the people of a demo.
type Provisioned struct {
	Name, Email, Password string
	Platform              postgres.Platform // None, Reviewer or Admin
	// App is the secret of an authenticator app in base32; none if empty.
	App string
}

// Provision makes a confirmed account and gives it its platform role. For an
// address that has an account it sets the password, the app and the role anew.
func (s *Service) Provision(ctx context.Context, p Provisioned) (id.User, error) {
	p.Name, p.Email = strings.TrimSpace(p.Name), NormalizeEmail(p.Email)
	registration := Registration{Name: p.Name, Email: p.Email, Password: p.Password}
	if err := registration.check(); err != nil {
		return "", err
	}
	hash, err := s.hasher.hash(ctx, p.Password)
	if err != nil {
		return "", err
	}
	user, err := s.provisionUser(ctx, p, hash)
	if err == nil && p.App != "" {
		err = s.SetApp(ctx, user, p.App)
	}
	if err != nil || p.Platform == postgres.None {
		return user, err
	}
	return user, s.SetPlatformRole(ctx, postgres.Actor{Platform: postgres.Admin}, user, p.Platform)
}

func (s *Service) provisionUser(ctx context.Context, p Provisioned, hash string) (id.User, error) {
	known, err := s.findUser(ctx, p.Email)
	if errs.KindOf(err) == errs.NotFound && err != nil {
		user := id.New[id.User]()
		return user, s.addUser(ctx, user, Registration{Name: p.Name, Email: p.Email}, hash, true)
	}
	if err != nil {
		return "", err
	}
	return known.ID, s.db.InTx(ctx, postgres.Actor{User: known.ID}, func(tx pgx.Tx) error {
		if err := setPassword(ctx, tx, known.ID, hash); err != nil {
			return err
		}
		if known.IsConfirmed {
			return nil
		}
		return confirm(ctx, tx, known.ID)
	})
}
