package compile_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"testing"

	"github.com/procura-dev/procura/trustframeworks/compile"
)

// keysOf are keys as OPA's configuration has them.
func keysOf(t *testing.T, algorithm string, public any, after string) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})) + after
	raw, err := json.Marshal(map[string]any{"keys": map[string]any{"one": map[string]any{"algorithm": algorithm, "key": text}}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestReadKeys(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	large, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := compile.ReadKeys(keysOf(t, "ES256", &key.PublicKey, "\n"))
	if err != nil || len(keys) != 1 || !keys["one"].Equal(&key.PublicKey) {
		t.Errorf("got %v, %v", keys, err)
	}
	for name, raw := range map[string][]byte{
		"another algorithm": keysOf(t, "RS256", &key.PublicKey, ""),
		"another curve":     keysOf(t, "ES256", &large.PublicKey, ""),
		"another kind":      keysOf(t, "ES256", edwards, ""),
		"something after":   keysOf(t, "ES256", &key.PublicKey, "x"),
		"no PEM":            []byte(`{"keys": {"one": {"algorithm": "ES256", "key": "x"}}}`),
		"no key in it":      []byte("{\"keys\": {\"one\": {\"algorithm\": \"ES256\", \"key\": \"-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----\\n\"}}}"),
		"no file of keys":   []byte("["),
	} {
		if keys, err := compile.ReadKeys(raw); err == nil {
			t.Errorf("%s: %v", name, keys)
		}
	}
}
