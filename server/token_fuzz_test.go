package server

import (
	"context"
	"strings"
	"testing"
	"time"
)

// Nobody who holds no key of the issuer is a client, and what is wrong with a
// token never faults.
func FuzzAccessToken(f *testing.F) {
	for _, seed := range []string{
		"..", "e30.e30.", "e30.eyJpc3MiOiJpIn0.AA",
		"eyJhbGciOiJFZERTQSIsImtpZCI6ImEiLCJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJpIn0.AA",
		"eyJhbGciOiJub25lIiwia2lkIjoiYSIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJpIn0.",
	} {
		f.Add(seed)
	}
	keys := &Keys{read: func(context.Context) ([]byte, error) {
		return []byte(`{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`), nil
	}}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	issuers := Issuers{{Issuer: "i", Audience: "us", Keys: keys, Tenant: "default", Role: string(RoleVerifier)}}
	f.Fuzz(func(t *testing.T, token string) {
		if strings.Count(token, ".") != 2 { // what the door asks before it reads a JWT
			return
		}
		if client, _, err := issuers.client(t.Context(), Token(token), now); err == nil {
			t.Errorf("%q is %+v", token, client)
		}
	})
}
