package webtest

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Authenticator is a device in the tab that makes passkeys and uses them
// without asking. Its person counts as verified.
type Authenticator struct {
	page *Page
	id   webauthn.AuthenticatorID
}

// Authenticator gives the tab a device for passkeys. The server must be at
// localhost: browsers make none for an address that is a number.
func (p *Page) Authenticator() Authenticator {
	p.t.Helper()
	a := Authenticator{page: p}
	p.do("add a device for passkeys", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		made, err := cdp.Call(ctx, tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: "ctap2", Transport: "internal", HasResidentKey: true, HasUserVerification: true,
				AutomaticPresenceSimulation: true, IsUserVerified: true,
			}})
		a.id = made.AuthenticatorID
		return err
	}))
	return a
}

// SetUserVerified says whether the device recognizes its person from now on.
func (a Authenticator) SetUserVerified(is bool) {
	a.page.t.Helper()
	a.page.do("change who the device recognizes", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: is})
		return err
	}))
}
