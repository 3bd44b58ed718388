// Package verificationtest helps tests that bring a seller to a level.
package verificationtest

import (
	"context"
	"errors"
	"net"

	"assay/internal/outbound"
	"assay/internal/verification"
)

// Deaf returns a looker that reaches no name server and no domain.
func Deaf() *verification.Looker {
	return verification.NewLooker(outbound.Exceptions{Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("a test asks no name server")
	}}})
}

// Checks answers the whole checklist: what holds is met, the others do not
// apply.
func Checks(c verification.Case) (list []verification.Check) {
	for _, i := range verification.Checklist() {
		k := verification.Check{Item: i.Name, State: verification.Met}
		if i.Name == "domain" && !c.DomainHolds() || i.Name == "signer" {
			k.State, k.Note = verification.NotApplicable, "Made for a test."
		}
		list = append(list, k)
	}
	return list
}
