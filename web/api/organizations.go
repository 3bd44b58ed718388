package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/verification"
)

// Me is who asks.
type Me struct {
	User         Person           `json:"user" doc:"For whom the token acts."`
	Organization OrganizationName `json:"organization" doc:"In which organization it acts."`
	Role         string           `json:"role" enum:"owner,admin,editor,viewer" example:"editor" doc:"The person’s role there, as it is now."`
	Token        Token            `json:"token" doc:"The token itself."`
}

// Person is a user.
type Person struct {
	ID    id.User `json:"id" format:"uuid" example:"0193d2b0-6c1f-7c33-9d5c-1b1a2f3e4d5c" doc:"Identifier."`
	Name  string  `json:"name" example:"Nora Field" doc:"As others see it."`
	Email string  `json:"email" format:"email" example:"nora@example.org" doc:"Address."`
}

// OrganizationName is an organization in short.
type OrganizationName struct {
	ID   id.Organization `json:"id" format:"uuid" example:"0193d2b0-7a10-7d4e-8f00-3c2b1a0f9e8d" doc:"Identifier."`
	Name string          `json:"name" example:"North Imaging Institute" doc:"As others see it."`
	Slug string          `json:"slug" example:"north-imaging-institute" doc:"Its name in addresses."`
}

// Token is a token without its secret.
type Token struct {
	ID        id.APIToken     `json:"id" format:"uuid" example:"0193d2b1-0000-7000-8000-000000000001" doc:"Identifier."`
	Name      string          `json:"name" example:"Upload machine" doc:"As its owner called it."`
	Scopes    []account.Scope `json:"scopes" nullable:"false" example:"[\"read:listings\",\"write:uploads\"]" doc:"What it may do, as far as the role allows."`
	ExpiresAt time.Time       `json:"expires_at" doc:"When it ends."`
}

func (a *API) me() {
	type output struct{ Body Me }
	register(a, anyScope, huma.Operation{
		OperationID: "get-me", Method: http.MethodGet, Path: "/me", Tags: []string{tagAccount},
		Summary: "Say who asks", Description: "Any token may ask. A program checks by it that its token is good.",
	}, func(_ context.Context, b account.Bearer, _ *struct{}) (*output, error) {
		v := b.Visitor
		return &output{Me{
			User:         Person{v.User, v.Name, v.Email},
			Organization: OrganizationName{v.Organization, v.OrganizationName, v.OrganizationSlug}, Role: string(v.Role),
			Token: Token{b.Token, b.TokenName, b.Scopes, b.ExpiresAt.UTC()},
		}}, nil
	})
}

// Organization is what its members see of it.
type Organization struct {
	OrganizationName
	Role         string             `json:"role" enum:"owner,admin,editor,viewer" example:"owner" doc:"Role of the person for whom the token acts."`
	Verification verification.Level `json:"verification" example:"verified" doc:"How far the platform has verified it as a seller."`
	StoredBytes  int64              `json:"stored_bytes" example:"73400320" doc:"Bytes of its uploads that are kept."`
	QuotaBytes   int64              `json:"quota_bytes" example:"107374182400" doc:"Bytes that it may keep."`
}

type organizationInput struct {
	ReadInput
	Organization string `path:"organization" example:"0193d2b0-7a10-7d4e-8f00-3c2b1a0f9e8d" doc:"Identifier of the organization."`
}

func (a *API) organizations() {
	register(a, account.ReadOrganization, huma.Operation{
		OperationID: "list-organizations", Method: http.MethodGet, Path: "/organizations", Tags: []string{tagAccount},
		Summary: "List the organizations of the token", Description: "A token acts in one organization, so that is the one listed, whatever others its owner belongs to.",
	}, func(_ context.Context, b account.Bearer, _ *struct{}) (*listOutput[OrganizationName], error) {
		var out listOutput[OrganizationName]
		v := b.Visitor
		out.Body.Items = []OrganizationName{{v.Organization, v.OrganizationName, v.OrganizationSlug}}
		return &out, nil
	})

	type output struct {
		ETag string `header:"ETag" doc:"Names this state."`
		Body Organization
	}
	register(a, account.ReadOrganization, huma.Operation{
		OperationID: "get-organization", Method: http.MethodGet, Path: "/organizations/{organization}", Tags: []string{tagAccount},
		Summary: "Read an organization", Description: "Its verification and the storage it uses.", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, b account.Bearer, in *organizationInput) (*output, error) {
		o, err := a.organization(ctx, b, in.Organization)
		if err != nil {
			return nil, err
		}
		etag, err := etagOf(o)
		if err == nil {
			err = in.fresh(etag)
		}
		return &output{etag, o}, err
	})
}

func (a *API) organization(ctx context.Context, b account.Bearer, asked string) (Organization, error) {
	v := b.Visitor
	if asked != string(v.Organization) {
		return Organization{}, errs.New(errs.NotFound, "There is no such organization.")
	}
	standing, err := a.Verification.Standing(ctx, b.Actor())
	if err != nil {
		return Organization{}, err
	}
	used, quota, err := a.Uploads.Used(ctx, b.Actor())
	return Organization{
		OrganizationName: OrganizationName{v.Organization, v.OrganizationName, v.OrganizationSlug}, Role: string(v.Role),
		Verification: standing.Level, StoredBytes: used, QuotaBytes: quota,
	}, err
}
