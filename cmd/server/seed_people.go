package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"assay/internal/account"
	"assay/internal/id"
	"assay/internal/postgres"
)

// person is somebody of the demo. Organization is empty for platform staff.
type person struct {
	Key, Name, Email string
	Password         string
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
var order = []string{"seller", "imaging", "buyer", "reviewer", "admin"}

func newCast() cast {
	return cast{
		"seller":   {Key: "seller", Name: "Nora Field", Email: "seller@northfield.example", Organization: "Northfield Imaging Institute"},
		"imaging":  {Key: "imaging", Name: "Hugo Cross", Email: "seller@hollins.example", Organization: "Hollins Cross Radiology"},
		"buyer":    {Key: "buyer", Name: "Bea Tanaka", Email: "buyer@lumen.example", Organization: "Lumen Diagnostics"},
		"reviewer": {Key: "reviewer", Name: "Rafael Stone", Email: "reviewer@assay.example", platform: postgres.Reviewer},
		"admin":    {Key: "admin", Name: "Ada Quill", Email: "admin@assay.example", platform: postgres.Admin},
	}
}

// demoPeople makes the cast, with random passwords kept in a file that only
// its owner reads. A later start finds the same passwords.
func (h *house) demoPeople(ctx context.Context) (cast, error) {
	people := newCast()
	path := filepath.Join(h.config.Var, "demo-sign-ins")
	known, err := readSignIns(path)
	if err != nil {
		return nil, err
	}
	for _, key := range order {
		p := people[key]
		if p.Password = known[p.Email]; p.Password == "" {
			p.Password = randomText()[:16]
		}
		p.user, err = h.accounts.Provision(ctx, account.Provisioned{Name: p.Name, Email: p.Email, Password: p.Password, Platform: p.platform})
		if err != nil {
			return nil, err
		}
		if err := h.demoOrganization(ctx, p); err != nil {
			return nil, err
		}
	}
	return people, writeSignIns(path, people)
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

func readSignIns(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, fmt.Errorf("%s cannot be read: delete it and new passwords are made", path)
	}
	return known, nil
}

func writeSignIns(path string, people cast) error {
	known := map[string]string{}
	for _, p := range people {
		known[p.Email] = p.Password
	}
	text, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}

// table lists the sign-ins for a terminal.
func (c cast) table() string {
	var b strings.Builder
	for _, key := range order {
		p := c[key]
		role := key
		if key == "imaging" {
			role = "seller"
		}
		fmt.Fprintf(&b, "    %-9s %-28s %s\n", role, p.Email, p.Password)
	}
	return b.String()
}
