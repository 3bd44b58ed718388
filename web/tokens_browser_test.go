package web_test

import (
	"testing"

	"assay/web/webtest"
)

func TestTokenPagesInABrowser(t *testing.T) {
	s := newSite(t, false)
	s.owner(t, "ada@example.org", "North Imaging Institute")
	p := webtest.Start(t).Visitor(t, s.URL)
	p.Go("/login?next=/account/tokens")
	p.Fill("email", "ada@example.org")
	p.Fill("password", goodPassword)
	p.Submit("#sign-in")
	p.CheckViews("tokens-empty")
	p.Go("/account/tokens/new")
	p.Submit("main form")
	p.CheckViews("token-mistakes")
	p.Fill("name", "Upload machine in the reading room")
	p.Choose("scope", "write:uploads")
	p.Choose("days", "30")
	p.Submit("main form")
	p.CheckViews("token-made")
	p.Go("/account/tokens")
	p.CheckViews("tokens")
	p.Go("/organization/tokens")
	p.CheckViews("tokens-organization")
	p.Go("/account")
	p.WantText("main", "Tokens to the API")
	p.FollowText("The API")
	p.CheckViews("api")
}
