package server

import (
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"
)

// What a caller likes is one of the offers or nothing, and no header is
// answered with what it gives no weight.
func FuzzAccept(f *testing.F) {
	for _, seed := range []string{"", "*/*", "application/json;q=0.5, text/*", "application/json;q=NaN", "text/html;q=\"", "a/b;;q=1,"} {
		f.Add(seed)
	}
	offers := []string{"application/json", "application/yaml"}
	f.Fuzz(func(t *testing.T, header string) {
		got := accepted(header, offers...)
		if got != "" && !slices.Contains(offers, got) {
			t.Errorf("%q is answered with %q", header, got)
		}
	})
}

// A caller is counted under its connection's address, whatever it writes of
// itself, unless a proxy that is trusted wrote it.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"", "192.0.2.9", "192.0.2.9, 10.0.0.1", "fe80::1%eth0", "::ffff:10.0.0.1", ",,", "10.0.0.1,\x00"} {
		f.Add("198.51.100.1:1", seed)
		f.Add("10.0.0.2:1", seed)
	}
	proxies := netip.MustParsePrefix("10.0.0.0/8")
	s := &Server{cfg: Config{TrustedProxies: []netip.Prefix{proxies}}}
	f.Fuzz(func(t *testing.T, remote, header string) {
		r := httptest.NewRequest("GET", "/livez", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", header)
		from := addressOf(remote)
		if got := s.origin(r); !proxies.Contains(from) && got != network(from) {
			t.Errorf("%s counts as %s by %q", remote, got, header)
		}
	})
}

// A key that is found has the id that was asked for.
func FuzzKeySet(f *testing.F) {
	for _, seed := range []string{
		`{"keys": []}`, `{"keys": [{"kty": "oct", "k": "AA", "kid": "a"}]}`, `{"kty": "EC", "crv": "P-256", "kid": "a", "x": "AA", "y": "AA"}`,
		`{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`, `{"keys": null}`, "[]", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		set, err := jwk.Parse(raw)
		if err != nil {
			return
		}
		k := &Keys{}
		k.keep(set, time.Now())
		key, _ := k.lookUp("a")
		if key == nil {
			return
		}
		if id, ok := key.KeyID(); !ok || id != "a" {
			t.Errorf("found %q", id)
		}
		for _, alg := range algorithms {
			if private, err := jwk.IsPrivateKey(key); usable(key, alg) && (err != nil || private) {
				t.Errorf("a private key is usable for %s", alg)
			}
		}
	})
}
