// Package sso lets people sign in with their organization's own provider of
// OpenID Connect.
//
// An owner sets issuer, client and secret; the domain is the one that the
// organization has proved, and the database lets nothing else be enabled: who
// loses the proof calls LoseProof, and the sign-in goes off with it. Enable
// fetches the provider's description first. All requests go to public addresses
// on port 443, judged when they are dialed, follow no redirect, and are bounded in
// time and bytes.
//
// # No takeover by an address
//
// An ID token opens an account only through oidc_identity, where its subject is
// bound: by the person, signed in, shortly after showing a proof of the account's
// own, and with the address of the account confirmed in the token; or by an
// invitation, where the mailed link and the token name the same address. So a
// provider that names a stranger's address gains nothing.
//
// Whoever runs the provider could open the accounts bound to it. A session that
// began by it therefore reaches that organization alone (account.Means), counts
// as no proof before changes of how the account is entered, and gives no role on
// the platform. A second factor is asked for as after a password. Connecting and
// disconnecting is told to the person, and sessions end with the connection and
// with the provider.
//
// # The only way in
//
// Require makes the provider the only way in. The wish holds while the provider
// is off; an owner with a second factor comes in past it, which is recorded.
//
// Sources: OpenID Connect Core 1.0 sections 3.1.2.1, 3.1.3.7; Discovery 1.0
// section 4.3; RFC 7636; RFC 9207; RFC 9700.
package sso
