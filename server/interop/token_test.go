package interop_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/procura-dev/procura/server"
)

// Access tokens that jose makes let their client in, in each algorithm that
// issuers sign with.
func TestOthersAccessTokens(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "PS256", "ES256", "ES384", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			var made struct {
				JWKS  json.RawMessage
				Token server.Token
			}
			run(t, "token.js", map[string]any{
				"alg": alg, "issuer": "https://login.example", "audience": "procura",
				"claims": map[string]any{"sub": "clinic", "client_id": "clinic"},
			}, &made)
			file := filepath.Join(t.TempDir(), "jwks.json")
			if err := os.WriteFile(file, made.JWKS, 0o600); err != nil {
				t.Fatal(err)
			}
			keys, err := server.KeysFrom(file, "", "", nil)
			if err != nil {
				t.Fatal(err)
			}
			s := newService(t, func(c *server.Config) {
				c.Issuers = server.Issuers{{Issuer: "https://login.example", Audience: "procura", Keys: keys,
					Tenant: server.DefaultTenant, Role: string(server.RoleVerifier), Domains: []string{domain}}}
			})
			s.token = made.Token
			body, err := json.Marshal(question(t, s.camp))
			if err != nil {
				t.Fatal(err)
			}
			if status, a := s.post(t, "/v1/challenges", "application/json", body); status != http.StatusCreated {
				t.Errorf("opening a challenge: %d %v", status, a)
			}
		})
	}
}
