package compile

import (
	"bytes"
	"fmt"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/util"
)

// Verify refuses a bundle that is not signed, as OPA verifies signatures, by one of
// some keys, or that holds anything else than what is signed. The keys are JSON or YAML
// as OPA's configuration has them: {"keys": {id: {"algorithm", "key"}}}.
func Verify(raw, keys []byte) error {
	var by struct {
		Keys map[string]*bundle.KeyConfig `json:"keys"`
	}
	if err := util.Unmarshal(keys, &by); err != nil {
		return fmt.Errorf("reading the keys: %w", err)
	}
	for id, key := range by.Keys {
		if key == nil || key.Algorithm != "ES256" || key.Key == "" {
			return fmt.Errorf("key %q is none of ES256", id)
		}
	}
	loader := bundle.NewTarballLoaderWithBaseURL(bytes.NewReader(raw), "")
	reader := bundle.NewCustomReader(loader).WithBundleVerificationConfig(bundle.NewVerificationConfig(by.Keys, "", "", nil))
	if _, err := reader.Read(); err != nil {
		return fmt.Errorf("verifying the bundle: %w", err)
	}
	return nil
}
