package web_test

import (
	"testing"
	"time"

	"assay/web/webtest"
)

func TestTokenPagesInABrowser(t *testing.T) {
	s := newSite(t, false)
	ada := s.owner(t, "ada@example.org", "North Imaging Institute")
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
	s.age(t, ada.User, 11*time.Minute)
	p.Go("/account/tokens")
	p.FollowText("Make a token")
	p.WantText("h1", "Confirm that it is you")
	p.CheckViews("token-proof")
	p.Fill("password", goodPassword)
	p.Submit("#prove-password")
	p.WantText("h1", "Make a token")
	p.Go("/account")
	p.WantText("main", "Tokens to the API")
	p.FollowText("The API")
	p.CheckViews("api")
}
