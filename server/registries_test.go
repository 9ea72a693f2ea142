package server_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/did"
)

func TestRegistries(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path = "/v1/registries/camp%20issuers"
	get := func() string { return string(h.call(server.RoleAdmin, "GET", path, "").body) }
	if got := get(); got != `{"dids":[]}` {
		t.Errorf("a list that was never put: %s, want an empty one", got)
	}
	h.wants("putting", h.call(server.RoleAdmin, "PUT", path, `{"dids": ["did:example:b", "did:example:a"]}`), http.StatusNoContent, "")
	if got := get(); got != `{"dids":["did:example:a","did:example:b"]}` {
		t.Errorf("the list: %s", got)
	}
	for name, body := range map[string]string{
		"no DID":           `{"dids": ["example"]}`,
		"one twice":        `{"dids": ["did:example:a", "did:example:a"]}`,
		"no list":          `{"dids": "did:example:a"}`,
		"nothing":          `{}`,
		"something more":   `{"dids": [], "name": "x"}`,
		"one without end":  `{"dids": ["did:example:` + strings.Repeat("x", 1100) + `"]}`,
		"more than 100000": `{"dids": [` + strings.TrimSuffix(strings.Repeat(`"did:a:b",`, 100_001), ",") + `]}`,
	} {
		h.wants(name, h.call(server.RoleAdmin, "PUT", path, body), 422, "invalid")
	}
	if got := get(); got != `{"dids":["did:example:a","did:example:b"]}` {
		t.Errorf("after refusals the list is %s, want it unchanged", got)
	}
	h.wants("a name that is none", h.call(server.RoleAdmin, "PUT", "/v1/registries/a%00b", `{"dids": []}`), http.StatusNotFound, "")
}

func TestLargeRegistry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dids := make([]string, 100_000)
	for i := range dids {
		key := sha256.Sum256([]byte(strconv.Itoa(i)))
		id, _, err := did.ForKey(ed25519.PublicKey(key[:]))
		if err != nil {
			t.Fatal(err)
		}
		dids[i] = `"` + id + `"`
	}
	slices.Sort(dids)
	body := `{"dids":[` + strings.Join(dids, ",") + `]}`
	h.wants("putting 100,000", h.call(server.RoleAdmin, "PUT", "/v1/registries/large", body), http.StatusNoContent, "")
	if got := string(h.call(server.RoleAdmin, "GET", "/v1/registries/large", "").body); got != body {
		t.Errorf("%d bytes came back, want the %d that were put", len(got), len(body))
	}
}

func TestRegistryIsBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *server.Config) { c.MaxBody = 1 << 10 })
	body := func(n int) string { return `{"dids": ["` + strings.Repeat("x", n) + `"]}` }
	h.wants("16 times the limit of others", h.call(server.RoleAdmin, "PUT", "/v1/registries/large", body(16<<10-32)), 422, "invalid")
	h.wants("beyond", h.call(server.RoleAdmin, "PUT", "/v1/registries/large", body(16<<10)), 413, "too-large")
}

// A name in a path is read as one: "+" is no space there.
func TestRegistryNamesAreRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, name := range map[string]string{
		"a+b%2Bc": "a+b+c", "a+b": "a+b", "a%20b%24": "a b$", "a%252Fb%2B": "a%2Fb+", "..%2B": "..+",
	} {
		h.wants(path, h.call(server.RoleAdmin, "PUT", "/v1/registries/"+path, `{"dids": ["did:example:x"]}`), http.StatusNoContent, "")
		if dids, err := h.store.Registry(t.Context(), server.DefaultTenant, name); err != nil || len(dids) != 1 {
			t.Errorf("%s: %q holds %v (%v), want the DID", path, name, dids, err)
		}
	}
	h.wants("half an escape of a slash", h.call(server.RoleAdmin, "GET", "/v1/registries/a%2Fb", ""), http.StatusNotFound, "not-found")
}

func TestRegistryRefusesWhatIsNoDID(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const key = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	for dids, why := range map[string]string{
		`"did:example:\u0000"`:             "is no DID",
		`"did:example:a b"`:                "is no DID",
		`"did:example:a\n"`:                "is no DID",
		`"DID:example:a"`:                  "is no DID",
		`"did:"`:                           "is no DID",
		`"did:key"`:                        "is no DID",
		`"did:example:"`:                   "is no DID",
		`1`:                                "is no DID",
		`"` + key + `#z6Mk"`:               "is no DID",
		`"` + key[:len(key)-1] + `"`:       "is no DID that can sign: the did:key",
		`"did:key:zz"`:                     "is no DID that can sign: the did:key",
		`"did:jwk:e30"`:                    "is no DID that can sign: the did:jwk",
		`"` + key + `", "` + key + `"`:     "is listed twice",
		`"did:example:a", "did:example:a"`: "is listed twice",
	} {
		a := h.call(server.RoleAdmin, "PUT", "/v1/registries/x", `{"dids": [`+dids+`]}`)
		h.wants(dids, a, http.StatusUnprocessableEntity, "invalid")
		if !strings.Contains(string(a.body), why) {
			t.Errorf("%s: %s, want it to say %q", dids, a.body, why)
		}
	}
}
