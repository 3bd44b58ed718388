// Package outboundtest helps tests of requests to other people's servers.
package outboundtest

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Private are ways to write an address that is not public. None is connected to.
var Private = []string{
	"127.0.0.1", "127.1", "127.0.0.2", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "localhost", "localhost.",
	"0.0.0.0", "0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.0.1",
	"100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
	"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]",
	"[fc00::1]", "[fd00::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[100::1]", "[3fff::1]", "[5f00::1]",
}

// NameServer is a DNS server of the test: it answers A, AAAA and TXT.
type NameServer struct {
	conn  net.PacketConn
	mu    sync.Mutex
	addrs map[string][]netip.Addr // by name; each question takes the next, the last stays
	texts map[string][]string
}

// NewNameServer returns one that knows no name. It ends with the test.
func NewNameServer(t *testing.T) *NameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &NameServer{conn: conn, addrs: map[string][]netip.Addr{}, texts: map[string][]string{}}
	var done sync.WaitGroup
	done.Go(s.serve)
	t.Cleanup(func() { conn.Close(); done.Wait() })
	return s
}

func (s *NameServer) serve() {
	buffer := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
		s.answer(&m)
		if packed, err := m.Pack(); err == nil {
			s.conn.WriteTo(packed, from)
		}
	}
}

func (s *NameServer) answer(m *dnsmessage.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := m.Questions[0]
	name := strings.TrimSuffix(q.Name.String(), ".")
	add := func(body dnsmessage.ResourceBody) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: body})
	}
	list := s.addrs[name]
	switch {
	case q.Type == dnsmessage.TypeTXT:
		for _, text := range s.texts[name] {
			add(&dnsmessage.TXTResource{TXT: []string{text}})
		}
	case q.Type == dnsmessage.TypeA && len(list) > 0 && list[0].Is4():
		add(&dnsmessage.AResource{A: list[0].As4()})
		if len(list) > 1 {
			s.addrs[name] = list[1:]
		}
	case q.Type == dnsmessage.TypeAAAA && len(list) > 0 && list[0].Is6():
		add(&dnsmessage.AAAAResource{AAAA: list[0].As16()})
	}
	if len(m.Answers) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
}

// Resolver asks the server alone.
func (s *NameServer) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
}

// Set says which addresses a name leads to: each question is answered by the
// next one, the last stays.
func (s *NameServer) Set(name string, addrs ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addrs[name] = nil
	for _, a := range addrs {
		s.addrs[name] = append(s.addrs[name], netip.MustParseAddr(a))
	}
}

// Say sets the texts of a name.
func (s *NameServer) Say(name string, texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[name] = texts
}
