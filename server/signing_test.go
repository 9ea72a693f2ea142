package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

func (h *house) keys() []server.JWK {
	h.Helper()
	var set struct{ Keys []server.JWK }
	if err := json.Unmarshal(h.call("", "GET", "/bundles/keys", "").body, &set); err != nil {
		h.Fatal(err)
	}
	return set.Keys
}

// verified returns the claims of a JWS that one of the keys signed, and its id.
func verified(t *testing.T, jws string, keys []server.JWK) (claims map[string]any, kid string) {
	t.Helper()
	parts := strings.Split(jws, ".")
	decode := func(text string) []byte {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	var header struct{ Alg, Kid string }
	if err := json.Unmarshal(decode(parts[0]), &header); err != nil || header.Alg != "ES256" {
		t.Fatalf("header %+v: %v", header, err)
	}
	i := slices.IndexFunc(keys, func(k server.JWK) bool { return k.ID == header.Kid })
	if i < 0 {
		t.Fatalf("%s is not served", header.Kid)
	}
	number := func(raw []byte) *big.Int { return new(big.Int).SetBytes(raw) }
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, decode(keys[i].X), decode(keys[i].Y)))
	if err != nil {
		t.Fatal(err)
	}
	digest, signature := sha256.Sum256([]byte(parts[0]+"."+parts[1])), decode(parts[2])
	if !ecdsa.Verify(key, digest[:], number(signature[:32]), number(signature[32:])) {
		t.Fatal("the signature does not hold")
	}
	if err := json.Unmarshal(decode(parts[1]), &claims); err != nil {
		t.Fatal(err)
	}
	return claims, header.Kid
}

// The same content has the same signature, so that a pack can be made again.
func TestSigningIsDeterministic(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := &server.Signing{Store: h.store, Now: h.clock.now}
	first, err := s.Sign(t.Context(), "JWT", map[string]any{"x": 1})
	again, err2 := s.Sign(t.Context(), "JWT", map[string]any{"x": 1})
	if err != nil || err2 != nil || first != again {
		t.Errorf("got %s, then %s: %v, %v", first, again, err, err2)
	}
	verified(t, first, h.keys())
}

// A key is served a day before it signs, and a week after the next one does.
func TestSigningKeysOverlap(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := &server.Signing{Store: h.store, Now: h.clock.now}
	signs := func() string {
		t.Helper()
		jws, err := s.Sign(t.Context(), "JWT", map[string]any{"x": 1})
		if err != nil {
			t.Fatal(err)
		}
		_, kid := verified(t, jws, h.keys())
		return kid
	}
	served := func(what string, want int) {
		t.Helper()
		if got := len(h.keys()); got != want {
			t.Errorf("%s: %d keys are served, want %d", what, got, want)
		}
	}
	first := signs()
	served("at first", 1)
	if err := s.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.clock.move(time.Second)
	served("after a rotation", 2)
	if signs() != first {
		t.Error("a key signs before it was served for a day")
	}
	h.clock.move(24 * time.Hour)
	if signs() == first {
		t.Error("the old key signs after a day")
	}
	served("a day later", 2)
	h.clock.move(7 * 24 * time.Hour)
	served("a week later", 1)
	if signs() == first {
		t.Error("the old key signs")
	}
}

func TestAuthZENMetadata(t *testing.T) {
	t.Parallel()
	const address = "https://pdp.example"
	h := newHouse(t, func(c *server.Config) { c.URL = address })
	for path, pdp := range map[string]string{"": address, "/" + elsewhere: address + "/" + elsewhere} {
		a := h.call("", "GET", "/.well-known/authzen-configuration"+path, "")
		h.wants("metadata", a, http.StatusOK, "")
		plain := a.json(t)
		signed, _ := verified(t, plain["signed_metadata"].(string), h.keys())
		for _, m := range []map[string]any{plain, signed} {
			if m["policy_decision_point"] != pdp || m["access_evaluation_endpoint"] != pdp+"/access/v1/evaluation" || m["search_action_endpoint"] != pdp+"/access/v1/search/action" {
				t.Errorf("got %v", m)
			}
		}
		if signed["iss"] != pdp || signed["signed_metadata"] != nil || plain["iss"] != nil || len(plain["supported_obligations"].([]any)) != 4 {
			t.Errorf("plain %v, signed %v", plain, signed)
		}
	}
	h.wants("no tenant's name", h.call("", "GET", "/.well-known/authzen-configuration/%2e%2e", ""), http.StatusNotFound, "")
	unnamed := newHouse(t).call("", "GET", "/.well-known/authzen-configuration", "").json(t)
	if unnamed["signed_metadata"] != nil {
		t.Error("what a caller says who we are was signed")
	}
}

// A tenant's endpoints answer its own clients alone.
func TestAuthZENTenants(t *testing.T) {
	t.Parallel()
	h := certified(t)
	a := h.call(server.RoleWalletServer, "POST", "/"+server.DefaultTenant+"/access/v1/evaluation", aliceReads)
	if string(a.body) != `{"decision":true}` {
		t.Errorf("its own: %d %s", a.StatusCode, a.body)
	}
	h.wants("another's", h.call(server.RoleWalletServer, "POST", "/"+elsewhere+"/access/v1/evaluation", aliceReads), http.StatusNotFound, "not-found")
	theirs := h.client(elsewhere, "wallets", server.RoleWalletServer)
	h.wants("by another's", h.as(theirs, "POST", "/"+server.DefaultTenant+"/access/v1/search/subject", readers("")), http.StatusNotFound, "not-found")
}
