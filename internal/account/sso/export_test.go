package sso

// ErrNotPublic is the cause of a refusal to ask inside the network.
var ErrNotPublic = errNotPublic
