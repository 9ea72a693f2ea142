package seal

import (
	"encoding/json"
	"fmt"

	"github.com/procura-dev/procura/wallet/lifecycle"
)

// IssuedName is a keyed digest of what an issuer calls a credential; nil: nothing.
func (k *Key) IssuedName(tenant, name string) []byte { return k.personal("issued name", tenant, name) }

// Proxied is a keyed digest of whom a credential is about; nil: nobody.
func (k *Key) Proxied(tenant, did string) []byte { return k.personal("issued proxied", tenant, did) }

func (k *Key) personal(what, tenant, text string) []byte {
	if text == "" {
		return nil
	}
	d := k.digest([]byte(text), what, tenant)
	return d[:]
}

// eventRecord is what is sealed of an event.
type eventRecord struct {
	Reason string `json:"reason"`
	By     string `json:"by"`
}

// StatusEvent returns what seals why and by whom c is made, for each credential.
func (k *Key) StatusEvent(c *lifecycle.Change) (func(credential string) []byte, error) {
	plain, err := json.Marshal(eventRecord{c.Reason, c.By})
	if err != nil {
		return nil, fmt.Errorf("writing an event: %w", err)
	}
	return func(credential string) []byte { return k.Seal(plain, "status event", c.Tenant, credential) }, nil
}

// OpenStatusEvent fills it in.
func (k *Key) OpenStatusEvent(sealed []byte, tenant, credential string, e *lifecycle.Event) error {
	var r eventRecord
	if err := k.openRecord(sealed, &r, "status event", tenant, credential); err != nil {
		return err
	}
	e.Reason, e.By = r.Reason, r.By
	return nil
}

// ProfileKey seals the secret of a key that a profile signs with.
func (k *Key) ProfileKey(secret []byte, tenant, profile, method string) []byte {
	return k.Seal(secret, "profile key", tenant, profile, method)
}

// OpenProfileKey returns it.
func (k *Key) OpenProfileKey(sealed []byte, tenant, profile, method string) ([]byte, error) {
	return k.Open(sealed, "profile key", tenant, profile, method)
}
