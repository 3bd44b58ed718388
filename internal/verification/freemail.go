package verification

import (
	_ "embed"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// freeMailText lists domains at which anybody gets an address, one a line; lines
// that begin with # say where it is from.
//
//go:embed freemail.txt
var freeMailText string

// alsoFree are services that the list lacks.
var alsoFree = []string{"mailbox.org", "tutanota.com", "tuta.com", "tuta.io", "tutamail.com"}

var freeMail = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for line := range strings.Lines(freeMailText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			known[line] = true
		}
	}
	for _, domain := range alsoFree {
		known[domain] = true
	}
	return known
})

// isFreeMail reports whether anybody gets an address at a domain or at one that
// it is a part of: such an address shows nothing about whose the domain is. What
// the list has of public suffixes (net.ua) says nothing of the names below them.
func isFreeMail(domain string) bool {
	domain = strings.ToLower(domain)
	suffix, _ := publicsuffix.PublicSuffix(domain)
	for ; domain != "" && domain != suffix; _, domain, _ = strings.Cut(domain, ".") {
		if freeMail()[domain] {
			return true
		}
	}
	return false
}
