package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

type loginCmd struct {
	Server     string `arg:"" optional:"" env:"ASSAY_SERVER" help:"Address of the server, such as https://assay.example."`
	TokenStdin bool   `help:"Read the token from standard input instead of asking for it."`
}

type (
	logoutCmd struct{}
	whoamiCmd struct {
		JSON bool `name:"json" help:"Print the answer of the server."`
	}
)

// who is what the server says of a token.
type who struct {
	User         struct{ Name, Email string }
	Organization struct{ Name string }
	Role         string
	Token        struct {
		Name      string
		Scopes    []string
		ExpiresAt time.Time `json:"expires_at"`
	}
}

// Run asks for the token, tries it and keeps it.
func (l *loginCmd) Run(ctx context.Context, s *streams) error {
	if l.Server == "" {
		return usageError{errors.New("name the server: lqs login https://assay.example")}
	}
	token, err := l.readToken(s)
	if err != nil {
		return err
	}
	c, err := newClient(l.Server, token)
	if err != nil {
		return err
	}
	var w who
	if _, err := c.ask(ctx, "GET", "/me", nil, nil, &w); err != nil {
		return usageError{err}
	}
	if err := c.save(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Signed in to %s as %s, for %s (%s). The token ends on %s.\n",
		printable(c.Server), printable(w.User.Name), printable(w.Organization.Name), printable(w.Role), w.Token.ExpiresAt.Format(time.DateOnly))
	return nil
}

// readToken takes the token from the environment, from standard input, or from
// the keyboard without showing it; never from the command line, which other
// people of the machine can read.
func (l *loginCmd) readToken(s *streams) (string, error) {
	if token := os.Getenv("ASSAY_TOKEN"); token != "" && !l.TokenStdin {
		return token, nil
	}
	if l.TokenStdin {
		line, err := bufio.NewReader(io.LimitReader(os.Stdin, 1000)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return line, nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return "", usageError{errors.New("give the token by --token-stdin or in ASSAY_TOKEN")}
	}
	fmt.Fprintf(s.err, "Token (make one at %s/account/tokens): ", printable(l.Server))
	text, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(s.err)
	return string(text), err
}

// Run forgets server and token.
func (logoutCmd) Run(s *streams) error {
	name, err := credentialsFile()
	if err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return plain(err)
	}
	fmt.Fprintln(s.out, "Signed out on this machine. To end the token itself, revoke it under Account, Tokens.")
	return nil
}

// Run asks the server whose token it is.
func (w *whoamiCmd) Run(ctx context.Context, s *streams) error {
	c, err := savedClient()
	if err != nil {
		return err
	}
	var body json.RawMessage
	if _, err := c.ask(ctx, "GET", "/me", nil, nil, &body); err != nil {
		return usageError{err}
	}
	if w.JSON {
		_, err := fmt.Fprintf(s.out, "%s\n", body)
		return err
	}
	var me who
	if err := json.Unmarshal(body, &me); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s <%s>\n%s, %s\nToken “%s”, until %s\n", printable(me.User.Name), printable(me.User.Email),
		printable(me.Organization.Name), printable(me.Role), printable(me.Token.Name), me.Token.ExpiresAt.Format(time.DateOnly))
	for _, scope := range me.Token.Scopes {
		fmt.Fprintln(s.out, "  "+printable(scope))
	}
	return nil
}
