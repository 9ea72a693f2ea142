package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// attempts bounds how many addresses of a host are tried.
const attempts = 4

var errPrivate = errors.New("the host has an address that is not public")

// dialTLS connects to an address of the host that was checked, and proves the
// host by TLS.
func (c *Client) dialTLS(ctx context.Context, _, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	allowed := c.allow[authority(addr)]
	conn, err := c.dial(ctx, addr, allowed.Address)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: allowed.Roots})
	ctx, cancel := context.WithTimeout(ctx, c.limits.handshake)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("proving the host: %w", err)
	}
	return secure, nil
}

func (c *Client) dial(ctx context.Context, addr string, pinned netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limits.connect)
	defer cancel()
	targets := []netip.AddrPort{pinned}
	if !pinned.IsValid() {
		var err error
		if targets, err = c.public(ctx, addr); err != nil {
			return nil, err
		}
	}
	var failed []error
	for _, t := range targets[:min(len(targets), attempts)] {
		conn, err := c.connect(ctx, t)
		if err == nil {
			return conn, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

// public looks a host up. One address that is not public spoils all: who
// answers with both tries something.
func (c *Client) public(ctx context.Context, addr string) ([]netip.AddrPort, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := portOf(text)
	if err != nil {
		return nil, err
	}
	addresses, err := c.lookup(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("looking the host up: %w", err)
	}
	var out []netip.AddrPort
	for _, a := range addresses {
		if !Public(a) {
			return nil, errPrivate
		}
		out = append(out, netip.AddrPortFrom(a.Unmap(), port))
	}
	if len(out) == 0 {
		return nil, errors.New("the host has no address")
	}
	return out, nil
}

// special are the blocks of global unicast addresses that lead elsewhere than
// to a public host (IANA IPv4 and IPv6 Special-Purpose Address Registries).
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
	"192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23",     // protocol assignments: Teredo, ORCHID, benchmarking
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4: holds an IPv4 address
	"2620:4f:8000::/48",
	"3fff::/20", // documentation
)

// allocated is the only block of IPv6 that IANA gives out to hosts. NAT64
// (64:ff9b::/96, 64:ff9b:1::/48), ULA, link-local and IPv4-compatible
// addresses lie outside of it.
var allocated = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

// Public reports an address of a host on the public internet. An IPv4 address
// that is mapped into IPv6 is judged as what it is.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" || a.Is6() && !allocated.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
