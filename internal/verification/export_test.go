package verification

import "context"

// DomainName is what the tests of looks at domains need besides what others use.
var DomainName = domainName

// Look is look with its outcome in words.
func (l *Looker) Look(ctx context.Context, domain, token string) (method, outcome string) {
	saw := l.look(ctx, domain, token)
	return saw.method, saw.outcome
}
