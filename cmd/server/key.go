package main

import (
	"context"
	"fmt"

	"assay/internal/config"
)

type revokeKeyCommand struct {
	ID string `arg:"" help:"The key's id, as /.well-known/assay-keys.json lists it."`
}

// Run takes a key back with every certificate that it signed. Processes that
// still sign with it issue nothing from then on.
func (c revokeKeyCommand) Run(ctx context.Context) error {
	return withHouse(ctx, signsNothing, func(h *house) error {
		n, err := h.notary.RevokeKey(ctx, c.ID)
		if err != nil {
			return err
		}
		fmt.Printf("the key is taken back, and with it %d certificates; workers with another ASSAY_SIGNING_KEY issue new ones\n", n)
		return nil
	})
}

// signsNothing leaves the process without the key that signs certificates.
func signsNothing(c *config.Config) { c.SigningKey = "" }
