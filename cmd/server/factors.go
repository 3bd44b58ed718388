package main

import (
	"context"
	"fmt"
)

type resetFactorsCommand struct {
	Email string `arg:"" help:"E-mail address of the account."`
}

// Run removes the second factors of somebody who lost them all. The password
// stays.
func (c resetFactorsCommand) Run(ctx context.Context) error {
	return withHouse(ctx, nil, func(h *house) error {
		if err := h.accounts.ForgetFactors(ctx, c.Email); err != nil {
			return err
		}
		fmt.Println(c.Email + " signs in by password alone until a new second factor is added")
		return nil
	})
}
