package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// vaultCommand is about what the server seals.
type vaultCommand struct {
	Rotate rotateCommand `cmd:"" help:"Bring everything sealed under the newest keys of the settings, so that older ones can be destroyed."`
}

type rotateCommand struct{}

// Run seals anew what lies under older keys. It may be interrupted and run
// again, beside a server at work.
func (rotateCommand) Run(ctx context.Context) error {
	return withHouse(ctx, signsNothing, func(h *house) error { return h.rotate(ctx, os.Stdout) })
}

// rotate tells of each kind of sealed things how many it sealed anew. One kind
// that cannot be finished does not keep the others back; the error names it.
func (h *house) rotate(ctx context.Context, out io.Writer) error {
	var failed []error
	total := 0
	for _, kind := range []struct {
		name   string
		reseal func(context.Context) (int, error)
	}{
		{"private documents", h.vault.Reseal},
		{"names and numbers of annotators", h.readers.Reseal},
		{"secrets of authenticator apps", h.accounts.Reseal},
		{"secrets of organizations' sign-in", h.sso.Reseal},
		{"lists of texts", h.audits.Reseal},
	} {
		n, err := kind.reseal(ctx)
		fmt.Fprintf(out, "%-34s %d sealed anew\n", kind.name, n)
		failed, total = append(failed, err), total+n
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("not everything is under the newest keys; keep the older ones and run this again: %w", err)
	}
	if total == 0 {
		fmt.Fprintln(out, "everything lies under the newest keys: ASSAY_VAULT_OLD_KEYS and ASSAY_OLD_SECRET_KEYS can be emptied")
		return nil
	}
	fmt.Fprintln(out, "run this again once all processes have the newest keys: it says when the older ones can go")
	return nil
}
