package main

import (
	"context"
	"fmt"

	"assay/internal/catalog"
)

// seedDemo fills an empty demo and says how to sign in.
func (h *house) seedDemo(ctx context.Context) error {
	if err := catalog.SeedExternal(ctx, h.db, catalog.PlatformOrganization); err != nil {
		return err
	}
	fmt.Printf("\n  Assay is at %s\n\n", h.config.PublicURL)
	return nil
}
