package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"assay/internal/config"
	"assay/internal/postgres"
)

type migrateCommand struct{}

// Run migrates as the owner. With a superuser's address it makes the roles and
// the database first, with the passwords of the other two addresses.
func (migrateCommand) Run(ctx context.Context) error {
	c, err := settings()
	if err != nil {
		return err
	}
	if c.OwnerDatabaseURL == "" {
		return errors.New("ASSAY_OWNER_DATABASE_URL is not set: name the database as the role assay_owner")
	}
	if c.SuperDatabaseURL != "" {
		if err := bootstrap(ctx, c); err != nil {
			return err
		}
	}
	if err := postgres.Migrate(ctx, c.OwnerDatabaseURL); err != nil {
		return err
	}
	fmt.Println("the database is at the newest version")
	return nil
}

func bootstrap(ctx context.Context, c config.Config) error {
	owner, err1 := url.Parse(c.OwnerDatabaseURL)
	app, err2 := url.Parse(c.DatabaseURL)
	if err1 != nil || err2 != nil || owner.User == nil || app.User == nil {
		return errors.New("to make the roles, DATABASE_URL and ASSAY_OWNER_DATABASE_URL must hold their passwords")
	}
	ownerPassword, _ := owner.User.Password()
	appPassword, _ := app.User.Password()
	if ownerPassword == "" || appPassword == "" {
		return errors.New("to make the roles, DATABASE_URL and ASSAY_OWNER_DATABASE_URL must hold their passwords")
	}
	return postgres.Bootstrap(ctx, c.SuperDatabaseURL, owner.Path[1:], ownerPassword, appPassword)
}
