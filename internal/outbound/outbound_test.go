package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/internal/outbound/outboundtest"
)

// counter is a listener of the test that counts who connects.
func counter(t *testing.T) (port int, connected *atomic.Int64) {
	t.Helper()
	connected = new(atomic.Int64)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connected.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).Port, connected
}

func TestNoFormOfAPrivateAddressIsConnectedTo(t *testing.T) {
	t.Parallel()
	port, connected := counter(t)
	names := outboundtest.NewNameServer(t)
	client := NewClient(Limits{Time: 30 * time.Second, HeadBytes: 1 << 10}, Exceptions{Resolver: names.Resolver()})
	refused := func(what, address string) {
		t.Helper()
		answer, err := client.Get("https://" + address + "/")
		if err == nil {
			answer.Body.Close()
		}
		if !errors.Is(err, ErrNotPublic) {
			t.Errorf("%s: %v, want %v", what, err, ErrNotPublic)
		}
	}
	judged := 0
	for i, form := range outboundtest.Private {
		address, err := netip.ParseAddr(strings.Trim(form, "[]"))
		if err != nil {
			continue // a name, if anything
		}
		judged++
		if isPublic(address) {
			t.Errorf("%s passes as public", form)
		}
		if err := (Exceptions{}).judge("tcp", netip.AddrPortFrom(address, 443).String(), nil); err != ErrNotPublic {
			t.Errorf("%s is dialed: %v, want %v", form, err, ErrNotPublic)
		}
		if address.Is4() { // a machine may have no IPv6 to dial by
			name := fmt.Sprintf("private-%d.example.com", i)
			names.Set(name, address.String())
			refused(form, form)
			refused("a name that leads to "+form, name)
		}
	}
	if len(outboundtest.Private) < 40 || judged < 30 {
		t.Errorf("%d forms, %d of them addresses: fewer than the list has to hold", len(outboundtest.Private), judged)
	}

	names.Set("rebinding.example.com", "93.184.215.14", "127.0.0.1")
	if first, err := names.Resolver().LookupHost(t.Context(), "rebinding.example.com"); err != nil || first[0] != "93.184.215.14" {
		t.Fatalf("the first answer: %v, %v, want the public address", first, err)
	}
	refused("a name that changes its answer", "rebinding.example.com")
	names.Set("public.example.com", "93.184.215.14")
	refused("another port of a public address", fmt.Sprintf("public.example.com:%d", port))
	refused("a server of our own", fmt.Sprintf("127.0.0.1:%d", port))
	if n := connected.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestPublicAddressesAreDialed(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "192.0.66.1", "172.32.0.1"} {
		if err := (Exceptions{}).judge("tcp", netip.AddrPortFrom(netip.MustParseAddr(public), 443).String(), nil); err != nil {
			t.Errorf("%s: %v", public, err)
		}
	}
}

func TestARedirectIsAnAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	t.Cleanup(server.Close)
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	client := NewClient(Limits{Time: 30 * time.Second, HeadBytes: 1 << 10}, Exceptions{Roots: roots, Allow: func(netip.AddrPort) bool { return true }})
	answer, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusFound {
		t.Errorf("status %d, want %d", answer.StatusCode, http.StatusFound)
	}
}
