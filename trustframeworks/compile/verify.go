package compile

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/util"
)

// Verify refuses a bundle that is not signed, as OPA verifies signatures, by one of
// some keys, or that holds anything else than what is signed. The keys are JSON or YAML
// as OPA's configuration has them: {"keys": {id: {"algorithm", "key"}}}.
func Verify(raw, keys []byte) error {
	by, err := readKeys(keys)
	if err != nil {
		return err
	}
	loader := bundle.NewTarballLoaderWithBaseURL(bytes.NewReader(raw), "")
	reader := bundle.NewCustomReader(loader).WithBundleVerificationConfig(bundle.NewVerificationConfig(by, "", "", nil))
	if _, err := reader.Read(); err != nil {
		return fmt.Errorf("verifying the bundle: %w", err)
	}
	return nil
}

func readKeys(raw []byte) (map[string]*bundle.KeyConfig, error) {
	var by struct {
		Keys map[string]*bundle.KeyConfig `json:"keys"`
	}
	if err := util.Unmarshal(raw, &by); err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	for id, key := range by.Keys {
		if key == nil || key.Algorithm != "ES256" || key.Key == "" {
			return nil, fmt.Errorf("key %q is none of ES256", id)
		}
	}
	return by.Keys, nil
}

// ReadKeys reads the same keys as [Verify] does, by their ids.
func ReadKeys(raw []byte) (map[string]*ecdsa.PublicKey, error) {
	by, err := readKeys(raw)
	if err != nil {
		return nil, err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for id, k := range by {
		block, rest := pem.Decode([]byte(k.Key))
		if block == nil || len(bytes.TrimSpace(rest)) > 0 {
			return nil, fmt.Errorf("key %q is no PEM", id)
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", id, err)
		}
		key, ok := parsed.(*ecdsa.PublicKey)
		if !ok || key.Curve != elliptic.P256() {
			return nil, fmt.Errorf("key %q is none of ES256", id)
		}
		keys[id] = key
	}
	return keys, nil
}
