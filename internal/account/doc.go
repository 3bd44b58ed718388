// Package account owns who may act: users and their passwords, sessions,
// organizations (the tenants), memberships with a role, invitations and platform
// roles.
//
// It promises that nobody learns from an answer whether an address has an
// account, that a role is read from the database at each request, and that
// each change of state is recorded as activity in its own transaction. It
// knows no HTTP and no data set.
//
// # Reading a row before anybody is signed in
//
// Row-level security shows a user's row to the user, to colleagues and to the
// platform. A sign-in knows only an address, a mailed link only a secret. For
// these two, postgres.LookFor puts the address or the secret's SHA-256 into the
// transaction-local setting assay.key, and a policy shows the one row that
// equals it. So a statement without its WHERE shows at most that row. The
// setting ends with the transaction and is set nowhere else but there.
//
// # Signing in
//
// SignIn checks the password. For a user with a second factor that is half of
// it: SignedIn.NeedsSecondStep says so, and SignInByCode (an authenticator app,
// or a recovery code) or SignInByPasskey ends it. A passkey that verifies its
// person signs in alone. A role on the platform counts in a Visitor only after
// WithSecondFactor, which is for sessions whose SignedIn.Factor says how.
package account
