package main

import (
	"strings"
	"testing"

	"github.com/procura-dev/procura/server"
)

func TestReadRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]server.Rate{
		"20/60": {PerSecond: 20, Burst: 60}, "0.5/1": {PerSecond: 0.5, Burst: 1}, "none": {PerSecond: -1, Burst: 1},
	} {
		if got, err := readRate(text); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "20", "0/1", "-1/1", "1/0", "1/", "/1", "Inf/1", "NaN/1", "1/1/1", "off"} {
		if got, err := readRate(text); err == nil {
			t.Errorf("%q: %v, want it refused", text, got)
		}
	}
}

func TestReadIssuer(t *testing.T) {
	t.Parallel()
	const good = "issuer=https://login.example,audience=a,jwksFile=keys.json,tenant=default,role=verifier,domains=a.example b.example"
	i, err := readIssuer(good, nil)
	if err != nil || i.Issuer != "https://login.example" || i.Tenant != "default" || i.Role != "verifier" || strings.Join(i.Domains, ",") != "a.example,b.example" {
		t.Errorf("%+v, %v", i, err)
	}
	for name, text := range map[string]string{
		"nothing": "", "an unknown member": good + ",scope=x", "a member twice": good + ",role=verifier", "two sources of keys": good + ",jwksUri=https://x.example",
		"two of tenant": good + ",tenantClaim=t", "two of role": good + ",roleClaim=t", "two of domains": good + ",domainsClaim=d",
		"no issuer":                        strings.Replace(good, "issuer=https://login.example,", "", 1),
		"no audience":                      strings.Replace(good, "audience=a,", "", 1),
		"no keys":                          strings.Replace(good, "jwksFile=keys.json,", "", 1),
		"no tenant":                        strings.Replace(good, "tenant=default,", "", 1),
		"no role":                          strings.Replace(good, "role=verifier,", "", 1),
		"a role that is none":              strings.Replace(good, "verifier", "root", 1),
		"a tenant that is none":            strings.Replace(good, "default", "a/b", 1),
		"an empty member":                  good + ",clientClaim=",
		"authorities for a file":           good + ",caFile=x",
		"keys from an address in clear":    strings.Replace(good, "jwksFile=keys.json", "jwksUri=http://x.example", 1),
		"authorities that are not there":   strings.Replace(good, "jwksFile=keys.json", "jwksUri=https://x.example,caFile=none.pem", 1),
		"keys from an address with a user": strings.Replace(good, "jwksFile=keys.json", "jwksUri=https://u@x.example", 1),
	} {
		if i, err := readIssuer(text, nil); err == nil {
			t.Errorf("%s: %+v, want it refused", name, i)
		}
	}
}
