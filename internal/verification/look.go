package verification

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"assay/internal/errs"
	"assay/internal/outbound"
)

// Where the token of an organization is looked for.
const (
	dnsLabel  = "_assay-verification"
	filePath  = "/.well-known/assay-verification.txt"
	tokenMark = "assay-verification="
)

// Limits of a look at a domain.
const (
	lookTime      = 5 * time.Second // for DNS, and again for the file
	maxFileBytes  = 1 << 10
	maxHeadBytes  = 8 << 10
	maxTXTRecords = 50
)

// Looker looks for tokens at other people's domains. It asks public addresses
// alone (see package outbound).
type Looker struct {
	resolver *net.Resolver
	client   *http.Client
}

// NewLooker returns a looker.
func NewLooker(e outbound.Exceptions) *Looker {
	return &Looker{e.Resolver, outbound.NewClient(outbound.Limits{Time: lookTime, HeadBytes: maxHeadBytes}, e)}
}

// Outcomes of a look.
const (
	found       = "found"
	absent      = "absent"      // there is no record and no file
	different   = "different"   // there is one, with another token
	unreachable = "unreachable" // the domain does not answer
	refused     = "refused"     // it leads to an address that is not public
)

// sight is what a look found.
type sight struct {
	method  string // dns or file; empty if not found
	outcome string
	dns     string // what was seen, in a sentence; empty if it was not looked at
	file    string
}

// look searches a domain for a token, first in DNS, then in the file.
func (l *Looker) look(ctx context.Context, domain, token string) (saw sight) {
	saw.outcome, saw.dns = l.lookDNS(ctx, domain, token)
	if saw.outcome == found {
		saw.method = "dns"
		return saw
	}
	byFile, text := l.lookFile(ctx, domain, token)
	saw.file = text
	switch {
	case byFile == found:
		saw.method, saw.outcome = "file", found
	case saw.outcome != different:
		saw.outcome = byFile
	}
	return saw
}

const theToken = "The token is there."

func (l *Looker) lookDNS(ctx context.Context, domain, token string) (outcome, saw string) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	resolver := l.resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	records, err := resolver.LookupTXT(ctx, dnsLabel+"."+domain+".")
	var failure *net.DNSError
	switch {
	case errors.As(err, &failure) && failure.IsNotFound:
		return absent, "There is no TXT record at this name."
	case err != nil:
		return absent, "The domain’s name servers did not answer."
	}
	for i, r := range records {
		if i == maxTXTRecords {
			break
		}
		if strings.TrimSpace(r) == tokenMark+token {
			return found, theToken
		}
	}
	if len(records) == 0 {
		return absent, "There is no TXT record at this name."
	}
	return different, "There is another text: " + quoted(records[0])
}

func (l *Looker) lookFile(ctx context.Context, domain, token string) (outcome, saw string) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+domain+filePath, nil)
	if err != nil {
		return unreachable, noAnswer(err)
	}
	request.Header.Set("User-Agent", "assay-verification")
	answer, err := l.client.Do(request)
	if errors.Is(err, outbound.ErrNotPublic) {
		return refused, "The domain leads to an address that is not on the public net."
	}
	if err != nil {
		return unreachable, noAnswer(err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return absent, fmt.Sprintf("The address answers with a redirect (%d), which we do not follow.", answer.StatusCode)
	case answer.StatusCode != http.StatusOK:
		return absent, fmt.Sprintf("The address answers with %d %s.", answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxFileBytes))
	if err != nil {
		return unreachable, noAnswer(err)
	}
	for line := range strings.Lines(string(body)) {
		if strings.TrimSpace(line) == tokenMark+token {
			return found, theToken
		}
	}
	if len(body) == 0 {
		return different, "The file is empty."
	}
	return different, "There is another text: " + quoted(string(body))
}

// noAnswer says why there was no answer by HTTPS.
func noAnswer(err error) string {
	var certificate *tls.CertificateVerificationError
	var name *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &certificate):
		return "The domain’s certificate is not valid, so nothing was fetched."
	case errors.As(err, &name) && name.IsNotFound:
		return "The domain has no address."
	case errors.As(err, &timeout) && timeout.Timeout():
		return "There was no answer within 5 seconds."
	}
	return "There was no answer by HTTPS."
}

// maxQuoted is how many characters of a stranger's text are shown.
const maxQuoted = 120

// quoted is the beginning of a stranger's text on one line.
func quoted(text string) string {
	line := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !errs.IsPlainLine(string(r)) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	runes := []rune(strings.Join(strings.Fields(line), " "))
	if len(runes) > maxQuoted {
		return "“" + string(runes[:maxQuoted]) + "…”"
	}
	return "“" + string(runes) + "”"
}
