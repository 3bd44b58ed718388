package main

import (
	"context"
	"fmt"
)

// seedDemo fills an empty demo and says how to sign in.
func (h *house) seedDemo(ctx context.Context) error {
	fmt.Printf("\n  Assay is at %s\n\n", h.config.PublicURL)
	return nil
}
