package server_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

// Each client has a count of its own, and each tenant one over all its clients;
// Retry-After says when to come again.
func TestClientRates(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *server.Config) {
		c.ClientRate, c.TenantRate = server.Rate{PerSecond: 0.1, Burst: 2}, server.Rate{PerSecond: 0.5, Burst: 3}
	})
	theirs := h.client(elsewhere, "v", server.RoleVerifier)
	calls := func(what string, token server.Token, n, status int) *answer {
		t.Helper()
		var a *answer
		for range n {
			a = h.as(token, "GET", "/v1/decisions/x", "")
			h.wants(what, a, status, "")
		}
		return a
	}
	calls("a client's burst", h.tokens[server.RoleVerifier], 2, http.StatusNotFound)
	if a := calls("beyond it", h.tokens[server.RoleVerifier], 1, http.StatusTooManyRequests); a.Header.Get("Retry-After") != "10" {
		t.Errorf("Retry-After %q, want 10 at one call in ten seconds", a.Header.Get("Retry-After"))
	}
	calls("another role of the tenant", h.tokens[server.RoleAdmin], 1, http.StatusForbidden)
	if a := calls("beyond the tenant's burst", h.tokens[server.RoleAuditor], 1, http.StatusTooManyRequests); a.Header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q, want 2", a.Header.Get("Retry-After"))
	}
	calls("another tenant", theirs, 2, http.StatusNotFound)
	h.clock.move(10 * time.Second)
	calls("ten seconds later", h.tokens[server.RoleVerifier], 1, http.StatusNotFound)
	calls("and no more", h.tokens[server.RoleVerifier], 1, http.StatusTooManyRequests)
}

// X-Forwarded-For counts where a trusted proxy wrote it, from the right, and
// nowhere else.
func TestForwardedFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		trusted string
		headers []string // of calls that all get through
		last    string   // which does not
	}{
		"nobody is trusted":          {"192.0.2.0/24", []string{"198.51.100.1", "198.51.100.2"}, "198.51.100.3"},
		"each has its count":         {"127.0.0.0/8", []string{"198.51.100.1", "198.51.100.1", "198.51.100.2"}, "198.51.100.1"},
		"what a caller wrote itself": {"127.0.0.0/8", []string{"203.0.113.1, 198.51.100.1", "203.0.113.2, 198.51.100.1"}, "203.0.113.3, 198.51.100.1"},
		"through two proxies":        {"127.0.0.0/8", []string{"198.51.100.1, 127.0.0.2", "198.51.100.1,127.0.0.3"}, "198.51.100.1"},
		"no address":                 {"127.0.0.0/8", []string{"nonsense", "unknown"}, ""},
		"a network of IPv6":          {"127.0.0.0/8", []string{"2001:db8::1", "2001:db8::2"}, "2001:db8::3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, func(c *server.Config) {
				c.Rate, c.TrustedProxies = server.Rate{PerSecond: 1, Burst: 2}, []netip.Prefix{netip.MustParsePrefix(test.trusted)}
			})
			for _, header := range test.headers {
				h.wants(header, h.call("", "GET", "/livez", "", "X-Forwarded-For", header), http.StatusOK, "")
			}
			h.wants(test.last, h.call("", "GET", "/livez", "", "X-Forwarded-For", test.last), http.StatusTooManyRequests, "")
		})
	}
}
