// Package notary issues audit certificates for versions that go live, keeps
// them, and publishes which of them were taken back. It is the
// listing.Certifier of the server.
//
// A certificate is written in the transaction that publishes or restores. A
// process without the signing key issues none; the sweep of one that has it
// finds what is missing, so the key may stay with the workers. The database
// itself takes a certificate back when its version is suspended or withdrawn.
//
// What a certificate says and how it is signed is the business of package
// audit/certificate. The private key comes from the settings and is in no
// table; the public keys are, with the time in which each was in use.
package notary
