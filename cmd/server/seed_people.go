package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// person is somebody of the demo. Organization is empty for platform staff.
type person struct {
	Key, Name, Email string
	Password         string
	App              string // secret of the authenticator app of platform staff, in base32
	Organization     string
	platform         postgres.Platform
	user             id.User
	org              id.Organization
}

func (p *person) actor() postgres.Actor {
	return postgres.Actor{User: p.user, Organization: p.org, Platform: p.platform}
}

// cast is everybody in the demo, by key.
type cast map[string]*person

// order is how the cast is listed.
var order = []string{"seller", "imaging", "buyer", "reviewer", "second", "admin"}

func newCast() cast {
	return cast{
		"seller":   {Key: "seller", Name: "Nora Field", Email: "seller@northfield.example", Organization: "Northfield Imaging Institute"},
		"imaging":  {Key: "imaging", Name: "Hugo Cross", Email: "seller@hollins.example", Organization: "Hollins Cross Radiology"},
		"buyer":    {Key: "buyer", Name: "Bea Tanaka", Email: "buyer@lumen.example", Organization: "Lumen Diagnostics"},
		"reviewer": {Key: "reviewer", Name: "Rafael Stone", Email: "reviewer@assay.example", platform: postgres.Reviewer},
		"second":   {Key: "second", Name: "Mira Lund", Email: "reviewer2@assay.example", platform: postgres.Reviewer},
		"admin":    {Key: "admin", Name: "Ada Quill", Email: "admin@assay.example", platform: postgres.Admin},
	}
}

// demoPeople makes the cast, with random passwords and secrets of authenticator
// apps kept in a file that only its owner reads. A later start finds the same.
func (h *house) demoPeople(ctx context.Context) (cast, error) {
	people := newCast()
	path := signInsPath(h.config.Var)
	known, err := readSignIns(path)
	if err != nil {
		return nil, err
	}
	for _, key := range order {
		p := people[key]
		p.take(known[p.Email])
		if err := h.demoPerson(ctx, p); err != nil {
			return nil, err
		}
		if err := h.demoOrganization(ctx, p); err != nil {
			return nil, err
		}
	}
	return people, writeSignIns(path, people)
}

// demoPerson makes the account. A random password may be taken for a leaked one:
// then another is drawn.
func (h *house) demoPerson(ctx context.Context, p *person) (err error) {
	for range 10 {
		p.user, err = h.accounts.Provision(ctx, account.Provisioned{Name: p.Name, Email: p.Email, Password: p.Password, Platform: p.platform, App: p.App})
		if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Field != "password" {
			return err
		}
		p.Password = randomText()[:16]
	}
	return err
}

func (h *house) demoOrganization(ctx context.Context, p *person) error {
	if p.Organization == "" {
		return nil
	}
	v, err := h.accounts.Visitor(ctx, p.user, "")
	if err != nil {
		return err
	}
	if v.Organization != "" {
		p.org = v.Organization
		return nil
	}
	p.org, err = h.accounts.CreateOrganization(ctx, p.user, account.NewOrganization{Name: p.Organization, IsDemo: true})
	return err
}

// take keeps what a person signs in with, or makes it.
func (p *person) take(known signIn) {
	p.Password, p.App = known.Password, known.App
	if p.Password == "" {
		p.Password = randomText()[:16]
	}
	if p.App == "" && p.platform != postgres.None {
		p.App = randomSecret()
	}
}

func randomSecret() string {
	random := make([]byte, 20)
	rand.Read(random)
	return base32.StdEncoding.EncodeToString(random)
}

// signIn is what a person of the demo signs in with.
type signIn struct {
	Password string `json:"password"`
	App      string `json:"app,omitempty"`
}

// UnmarshalJSON also reads a password alone, as older demos kept it.
func (s *signIn) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &s.Password) == nil {
		return nil
	}
	type plain signIn
	return json.Unmarshal(text, (*plain)(s))
}

func signInsPath(folder string) string { return filepath.Join(folder, "demo-sign-ins") }

func readSignIns(path string) (map[string]signIn, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]signIn{}, nil
	}
	if err != nil {
		return nil, err
	}
	known := map[string]signIn{}
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, fmt.Errorf("%s cannot be read: delete it and new passwords are made", path)
	}
	return known, nil
}

func writeSignIns(path string, people cast) error {
	known := map[string]signIn{}
	for _, p := range people {
		known[p.Email] = signIn{p.Password, p.App}
	}
	text, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}

// table lists the sign-ins for a terminal, and how staff get their codes.
func (c cast) table(now time.Time) string {
	var b strings.Builder
	for _, key := range order {
		p := c[key]
		role := key
		if key == "imaging" {
			role = "seller"
		}
		fmt.Fprintf(&b, "    %-9s %-28s %s\n", role, p.Email, p.Password)
	}
	b.WriteString("\n  Reviewer and admin are asked for a code of six digits too. Make them with\n\n    bin/server code\n\n" +
		"  or give these secrets to an authenticator app:\n\n")
	for _, key := range order {
		if p := c[key]; p.App != "" {
			fmt.Fprintf(&b, "    %-9s %s  (now %s)\n", key, p.App, codeNow(p.App, now))
		}
	}
	return b.String()
}

// codeNow is the code of a secret, or what is wrong with it.
func codeNow(secret string, now time.Time) string {
	code, _, err := account.CodeOf(secret, now)
	if err != nil {
		return errs.MessageOf(err)
	}
	return code
}

type codeCommand struct {
	Email string `arg:"" optional:"" help:"Whose code; everybody's if left out."`
}

// Run prints the codes that the authenticator apps of the demo's reviewer and
// admin would show now.
func (c codeCommand) Run() error {
	settings, err := settings()
	if err != nil {
		return err
	}
	known, err := readSignIns(signInsPath(settings.Var))
	if err != nil {
		return err
	}
	now, found := time.Now(), false
	for _, email := range slices.Sorted(maps.Keys(known)) {
		secret := known[email].App
		if secret == "" || (c.Email != "" && c.Email != email) {
			continue
		}
		code, until, err := account.CodeOf(secret, now)
		if err != nil {
			return fmt.Errorf("the secret of %s in %s: %w", email, signInsPath(settings.Var), err)
		}
		found = true
		fmt.Printf("%s  %s  new code in %d s\n", code, email, int(until.Sub(now).Seconds())+1)
	}
	if !found {
		return errors.New("no such person in the demo: start it with `server demo`, or name its folder in ASSAY_VAR")
	}
	return nil
}
