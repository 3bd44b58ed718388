package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assay/internal/account"
	"assay/internal/catalog"
	"assay/internal/postgres"
)

type seedCommand struct {
	Admin string `help:"E-mail address of a platform admin to make; the password is read from ASSAY_ADMIN_PASSWORD."`
}

// Run shows the external listings, and makes the first admin if asked.
func (c seedCommand) Run(ctx context.Context) error {
	return withHouse(ctx, nil, func(h *house) error {
		if err := catalog.SeedExternal(ctx, h.db, catalog.PlatformOrganization); err != nil {
			return err
		}
		fmt.Println("the external listings are shown")
		if c.Admin == "" {
			return nil
		}
		name, _, _ := strings.Cut(c.Admin, "@")
		_, err := h.accounts.Provision(ctx, account.Provisioned{Name: name, Email: c.Admin, Password: os.Getenv("ASSAY_ADMIN_PASSWORD"), Platform: postgres.Admin})
		if err != nil {
			return err
		}
		fmt.Println(c.Admin + " is a platform admin")
		return nil
	})
}

// seedDemo says how to sign in, then fills an empty demo by the real pipeline
// while the server already answers.
func (h *house) seedDemo(ctx context.Context) error {
	people, err := h.demoPeople(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\n  Assay is at %s\n\n  Sign in as\n%s\n", h.config.PublicURL, people.table(time.Now()))
	if err := catalog.SeedExternal(ctx, h.db, catalog.PlatformOrganization); err != nil {
		return err
	}
	done := filepath.Join(h.config.Var, "demo-seeded")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	if err := h.seedSets(ctx, people); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil
		}
		tell("the demo's data sets are not complete; the next start tries again: " + err.Error())
		return nil
	}
	tell("the demo's data sets are in place")
	return os.WriteFile(done, []byte("delete the whole folder to start the demo anew\n"), 0o600)
}
